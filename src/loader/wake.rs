//! How the loader's thread sleeps: until its next look, until it is woken, or until it is to end.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Who sleeps longer may as well have a look: no clock can be asked to ring after the end of time.
const LONGEST_SLEEP: Duration = Duration::from_secs(86_400);

/// The bell of one loader's thread.
///
/// A process that is forked off has a bell and no thread, and perhaps a lock that nobody gives back: in there, nothing is
/// rung.
#[derive(Debug)]
pub(crate) struct Wake {
    bell: Mutex<Bell>,
    rung: Condvar,
    process: u32,
}

impl Default for Wake {
    fn default() -> Wake {
        Wake { bell: Mutex::default(), rung: Condvar::new(), process: std::process::id() }
    }
}

#[derive(Debug, Default)]
struct Bell {
    look: bool,
    end: bool,
    ended: bool,
}

/// Why a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Woken {
    /// The time is over, or somebody asked for a look.
    Look,
    /// The thread is to end.
    End,
}

impl Wake {
    /// Whether this is the process in which the loader was started.
    pub(crate) fn is_here(&self) -> bool {
        self.process == std::process::id()
    }

    /// Asks for a look, now.
    pub(crate) fn look(&self) {
        if self.is_here() {
            self.bell().look = true;
            self.rung.notify_all();
        }
    }

    /// Asks the thread to end.
    pub(crate) fn end(&self) {
        if self.is_here() {
            self.bell().end = true;
            self.rung.notify_all();
        }
    }

    /// Says that the thread has ended.
    pub(super) fn has_ended(&self) {
        self.bell().ended = true;
        self.rung.notify_all();
    }

    /// Waits until the thread has ended, but no longer than `most`. Says whether it has.
    pub(crate) fn wait_for_end(&self, most: Duration) -> bool {
        if !self.is_here() {
            return false;
        }
        let bell = self.bell();
        let (bell, _) = self
            .rung
            .wait_timeout_while(bell, most, |bell| !bell.ended)
            .unwrap_or_else(PoisonError::into_inner);
        bell.ended
    }

    /// Sleeps, by a clock that no one can set.
    pub(super) fn sleep(&self, most: Duration) -> Woken {
        let deadline = Instant::now() + most.min(LONGEST_SLEEP);
        let mut bell = self.bell();
        loop {
            if bell.end {
                return Woken::End;
            }
            if std::mem::take(&mut bell.look) {
                return Woken::Look;
            }
            let Some(left) = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
            else {
                return Woken::Look;
            };
            (bell, _) = self.rung.wait_timeout(bell, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A thread that panicked with the bell left it as it was.
    fn bell(&self) -> MutexGuard<'_, Bell> {
        self.bell.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
