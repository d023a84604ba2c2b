//! Keeping the last good copy: one write at a time, and again later where one failed.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::last_good::{Copy, Place};
use crate::error::Error;

/// A copy that could not be written is tried again after so long, and each time after twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// But no later than this: a disk that is full is emptied some time.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Where the copy is kept, and whether it is still to be written.
#[derive(Debug)]
pub(super) struct Keep {
    /// Held while the copy is written, so that an older content never follows a newer one.
    writing: Mutex<Option<Again>>,
    place: Place,
}

/// A write that failed.
#[derive(Clone, Copy, Debug)]
struct Again {
    due: Instant,
    wait: Duration,
}

impl Keep {
    pub(super) fn at(path: PathBuf) -> Keep {
        Keep { writing: Mutex::default(), place: Place::new(path) }
    }

    pub(super) fn read(&self) -> Result<Option<Copy>, Error> {
        self.place.read()
    }

    /// Whether a write failed, long enough ago to try it again.
    pub(super) fn is_due(&self) -> bool {
        self.writing().is_some_and(|again| Instant::now() >= again.due)
    }

    /// Writes what `copy` says when its turn has come; `None` if there is nothing to write.
    pub(super) fn write(&self, copy: impl FnOnce() -> Option<Copy>) -> Option<Result<(), Error>> {
        let mut writing = self.writing();
        let written = self.place.write(&copy()?);
        let wait = writing.map_or(FIRST_WAIT, |again| (2 * again.wait).min(LONGEST_WAIT));
        *writing = written.is_err().then(|| Again { due: Instant::now() + wait, wait });
        Some(written)
    }

    fn writing(&self) -> MutexGuard<'_, Option<Again>> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
