//! No evaluator: what the harness's own loop costs, for the table of checks.

use std::hint::black_box;

use crate::engine::{Engine, Standing};
use crate::workload::{Spec, User};

pub struct Nothing;

impl Engine for Nothing {
    const NAME: &'static str = "nothing: the harness alone";
    const NOTE: &'static str = "It reads one byte of the context, and answers by it.";
    const STANDING: Standing = Standing::Harness;
    type Flag = ();
    type Context = &'static [u8];
    type Worker<'e> = ();

    fn configuration(_spec: &Spec) -> String {
        String::new()
    }

    fn load(_text: &str) -> Result<Self, String> {
        Ok(Nothing)
    }

    fn reload(&self, _text: &str) -> Result<(), String> {
        Ok(())
    }

    fn worker(&self) {}

    fn flag(&self, _key: &'static str) {}

    fn context(user: &'static User) -> &'static [u8] {
        user.key.as_bytes()
    }

    #[inline]
    fn is_on((): &mut (), (): &(), context: &&'static [u8]) -> bool {
        context[0] == b'u'
    }

    /// The byte is read for each flag, where a compiler would read it once for all.
    #[inline]
    fn count_on(worker: &mut (), flags: &[()], context: &&'static [u8]) -> usize {
        flags.iter().filter(|flag| Self::is_on(worker, flag, black_box(context))).count()
    }
}
