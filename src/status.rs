//! What serves, and why: to be read at any time.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

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

/// What serves, as the loader writes it down.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) generation: u64,
    pub(crate) fingerprint: u128,
    pub(crate) flags: usize,
    pub(crate) origin: Origin,
    pub(crate) since: Instant,
    pub(crate) last_error: Option<String>,
}

/// The record that the loader keeps and handles read.
#[derive(Debug)]
pub(crate) struct Record(Mutex<Serving>);

impl Record {
    pub(crate) fn new(serving: Serving) -> Record {
        Record(Mutex::new(serving))
    }

    /// The record, for a moment. A thread that panicked with it left whole values behind.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Serving> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn status(&self, pinned: usize) -> Status {
        let serving = self.lock();
        Status {
            generation: serving.generation,
            fingerprint: serving.fingerprint,
            flags: serving.flags,
            origin: serving.origin,
            age: serving.since.elapsed(),
            last_error: serving.last_error.clone(),
            pinned,
        }
    }
}
