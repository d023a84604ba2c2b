//! What serves, and why: to be read at any time.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::diagnostic::Diagnostic;
use crate::mismatch::Mismatch;

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
    /// When they came to serve, by the clock of the system at that moment.
    pub loaded_at: SystemTime,
    /// How long they have served, by a clock that nobody can set.
    pub age: Duration,
    /// How long ago the source last answered; `None` if it never did.
    pub source_age: Option<Duration>,
    /// What is wrong with the source, in words; `None` if it was well when it was last looked at.
    pub last_error: Option<String>,
    /// What was found in the content that was refused last; empty once the source is well again.
    pub findings: Vec<Diagnostic>,
    /// What the code counts on and the file that serves lacks, facts that do not fit it, flags in several layers.
    pub mismatches: Vec<Mismatch>,
    /// Why the last good copy could not be read at the start, or written since; `None` if all is well with it. It is tried
    /// again until it can be written.
    pub copy_error: Option<String>,
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

impl Origin {
    /// The word for logs and metrics: `source`, `last-good`, `built-in`, `installed`, `rolled-back`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Source => "source",
            Origin::LastGood => "last-good",
            Origin::BuiltIn => "built-in",
            Origin::Installed => "installed",
            Origin::RolledBack => "rolled-back",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
