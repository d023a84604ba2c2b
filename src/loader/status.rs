//! What serves, and why: to be read at any time.

use std::time::Duration;

use crate::diagnostic::Diagnostic;

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
    /// What the source is.
    pub source: String,
    /// How long they have served.
    pub age: Duration,
    /// How long ago the source last answered; `None` if it never did.
    pub source_age: Option<Duration>,
    /// What is wrong with the source, in words; `None` if it was well when it was last looked at.
    pub last_error: Option<String>,
    /// What was found in the content that was refused last; empty once the source is well again.
    pub findings: Vec<Diagnostic>,
    /// What the code counts on and the file that serves lacks, and facts that do not fit it, one line each.
    pub mismatches: Vec<String>,
    /// The fingerprint that a rollback holds back until the source changes.
    pub held_back: Option<u128>,
    /// Whether new content is left alone: [`Flags::pause`](crate::Flags::pause).
    pub paused: bool,
    /// Whether the source is followed: there is a loader's thread, in this process. A process that was forked off has
    /// none; it keeps answering, and nothing new reaches it.
    pub following: bool,
    /// How many old snapshots some view or reader still looks at.
    pub pinned: usize,
}

/// Where the flags that serve came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The source itself.
    Source,
    /// The last good copy, since the source could not be used when the service started, or was rolled back.
    LastGood,
    /// The text built into the program, since nothing else could be used.
    BuiltIn,
    /// A text that the service installed: [`Flags::install`](crate::Flags::install).
    Installed,
    /// The content that served before: [`Flags::rollback`](crate::Flags::rollback).
    RolledBack,
}
