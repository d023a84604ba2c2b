//! What an evaluator must be able to do to be compared. One file of `engines/` each.

use crate::workload::{Spec, User};

/// Whose an engine is, and so how its rows are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Ours,
    Peer,
    /// A package without rules of its own: shown, and no measure of anything.
    Facade,
    /// The harness itself.
    Harness,
}

/// An evaluator, driven the way its own documentation drives it on its fastest path.
pub trait Engine: Sized + Send + Sync + 'static {
    /// The package, and the way it is asked where there is more than one.
    const NAME: &'static str;

    /// What a reader of the table should know: what was substituted, what the engine does besides.
    const NOTE: &'static str;

    const STANDING: Standing = Standing::Peer;

    /// How code names a flag.
    type Flag;

    /// Who asks, in the engine's own form.
    type Context;

    /// What one thread of a service holds to ask with.
    type Worker<'e>;

    /// The workload in the engine's own format.
    fn configuration(spec: &Spec) -> String;

    /// From its own text to something that answers: all that the engine does between the two.
    fn load(text: &str) -> Result<Self, String>;

    /// Replaces what serves, while readers read.
    fn reload(&self, text: &str) -> Result<(), String>;

    /// Whether [`Engine::reload`] can: some engines are only fed by a network.
    const RELOADS: bool = true;

    fn worker(&self) -> Self::Worker<'_>;

    /// Made once per flag, outside what is timed.
    fn flag(&self, key: &'static str) -> Self::Flag;

    fn context(user: &'static User) -> Self::Context;

    /// The check.
    fn is_on(worker: &mut Self::Worker<'_>, flag: &Self::Flag, context: &Self::Context) -> bool;

    /// The check, with the context built for it.
    #[inline]
    fn is_on_for(worker: &mut Self::Worker<'_>, flag: &Self::Flag, user: &'static User) -> bool {
        Self::is_on(worker, flag, &Self::context(user))
    }

    /// All these flags for one user: how many are on.
    #[inline]
    fn count_on(worker: &mut Self::Worker<'_>, flags: &[Self::Flag], context: &Self::Context) -> usize {
        flags.iter().filter(|flag| Self::is_on(worker, flag, context)).count()
    }
}
