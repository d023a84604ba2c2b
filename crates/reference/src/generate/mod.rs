//! Flag files and contexts for tests to search through: valid almost always, and small enough in what they name that
//! values meet their tests.
//!
//! A [`File`] is a model that a test can edit (widen a rollout, add a denial, delete a flag) and print as JSON. What a
//! service and its requests say is a [`Load`].

mod condition;
mod file;
mod flag;
mod load;
mod pool;

use proptest::test_runner::Config;

pub use condition::condition;
pub use file::{Attribute, File, Flag, Outcome, Rule, Segment, file};
pub use load::{Load, Request, load};
pub use pool::{ATTRIBUTES, FLAG_KEYS};

/// The configuration of a search: as many cases as `PROPTEST_CASES` says, or as the test thinks enough.
///
/// No seeds are kept: a failure prints the file and the context, which make a case of their own.
#[must_use]
pub fn config(enough: u32) -> Config {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(enough);
    Config { cases, failure_persistence: None, ..Config::default() }
}
