//! What is doubtful in one flag file: accepted by every service, but probably not what was meant.
//!
//! A lint never says more than it can show. Where a flag is too large to be gone through, it keeps silent.

use crate::Rule;

/// Every lint, by name.
const LINTS: &[&Rule] = &[];

/// The rules that look at one file.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    LINTS.iter().copied()
}
