//! What serves, and why: to be read at any time.

use std::time::Duration;

/// What serves, since when, and what was wrong last.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// Which publication serves: 1 for the first.
    pub generation: u64,
    /// The fingerprint of the flag file and its lists.
    pub fingerprint: u128,
    /// How many flags there are.
    pub flags: usize,
    /// Where they came from.
    pub origin: Origin,
    /// How long they have served.
    pub age: Duration,
    /// What was wrong with the source when it was last looked at, in words; `None` if all is well.
    pub last_error: Option<String>,
    /// How many old snapshots some view or reader still looks at.
    pub pinned: usize,
}

/// Where the flags that serve came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The source itself.
    Source,
    /// The last good copy, since the source could not be used when the service started.
    LastGood,
    /// The text built into the program, since nothing else could be used.
    BuiltIn,
}
