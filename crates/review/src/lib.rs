//! Review of flag files: what is doubtful in one, and what an edit from one to another does to people.
//!
//! It reads with the library and answers with the library, so that it cannot say anything that a service would not do.

mod answer;
mod change;
mod condition;
pub mod diff;
mod finding;
mod flip;
mod format;
mod lint;
mod place;
pub mod plan;
mod reach;
pub mod report;
mod rule;
mod token;
mod tree;

pub use answer::write_answer;
pub use finding::Finding;
pub use flip::{Asked, Change, Flip};
pub use format::format;
pub use lint::lint;
pub use place::Place;
pub use rule::{Example, Rule, rule, rules};
