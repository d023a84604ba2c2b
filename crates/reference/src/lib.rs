//! The oracle: what a flag file means, written down a second time, as plainly as it can be.
//!
//! It walks the flag set as the file has it: no compiling, no folding of facts, no tables, no short cuts. Where the
//! library is fast, this is slow; where the library is clever, this is obvious. It shares with the library the reading
//! of flag files and nothing else: contexts, versions, instants, addresses, three-valued logic and bucketing are read
//! off FORMAT.md anew, so that a mistake would have to be made twice to go unseen. Clarity over speed, always: whoever
//! doubts an answer of the library should be able to settle it by reading here.
//!
//! [`generate`] makes flag files and contexts to hold the two against each other.
//!
//! ```
//! use waterspout::flag_set::FlagSet;
//!
//! let set = FlagSet::parse(r#"{"version": 1, "flags": {"beta": {"rules": [{"when": {"key": {"is": "ada"}}}]}}}"#)?;
//! let answer = waterspout_reference::answer(&set, "{}", "2026-12-01", r#"{"targetingKey": "ada"}"#, "beta");
//! assert_eq!(answer.to_string(), "on = true, TARGETING_MATCH by rule 0");
//! # Ok::<(), waterspout::Error>(())
//! ```

pub mod address;
mod answer;
mod attribute;
pub mod bucket;
mod condition;
mod context;
mod flag;
pub mod generate;
mod seen;
pub mod time;
mod truth;
pub mod version;

use waterspout::flag_set::FlagSet;

pub use answer::Answer;
pub use context::Context;
pub use seen::{Seen, Sighting};
pub use truth::Truth;

/// The answer of one flag.
///
/// `facts` and `context` are JSON objects, `now` is a time as a flag file writes it.
///
/// # Panics
/// If `facts` or `context` is refused, or `now` is no time.
#[must_use]
pub fn answer(set: &FlagSet, facts: &str, now: &str, context: &str, flag: &str) -> Answer {
    let context = Context::read(context).expect("a context is a JSON object without repeated keys");
    Reference::new(set, facts, now).answer(&context, flag)
}

/// A flag set with what a service knows when it answers: its facts, and the time.
pub struct Reference<'s> {
    set: &'s FlagSet,
    facts: Context,
    now: time::Instant,
    seen: Seen,
}

impl<'s> Reference<'s> {
    /// `facts` is a JSON object, `now` a time as a flag file writes it.
    ///
    /// # Panics
    /// If they are not.
    #[must_use]
    pub fn new(set: &'s FlagSet, facts: &str, now: &str) -> Reference<'s> {
        Reference {
            set,
            facts: Context::read(facts).expect("facts are a JSON object without repeated keys"),
            now: time::read(now).expect("`now` is a time"),
            seen: Seen::default(),
        }
    }

    /// The answer of one flag for a context.
    #[must_use]
    pub fn answer(&self, context: &Context, flag: &str) -> Answer {
        match self.set.flag(flag) {
            Some(definition) => flag::answer(&self.ask(context), definition),
            None => Answer::flag_not_found(),
        }
    }

    /// Which ways were gone so far, so that a test can tell whether it went them all.
    #[must_use]
    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    fn ask<'a>(&'a self, context: &'a Context) -> Asked<'a> {
        Asked { set: self.set, facts: &self.facts, now: self.now, context, seen: &self.seen }
    }
}

/// One question: a flag set, and all that an answer may depend on.
#[derive(Clone, Copy)]
struct Asked<'a> {
    set: &'a FlagSet,
    facts: &'a Context,
    now: time::Instant,
    context: &'a Context,
    seen: &'a Seen,
}
