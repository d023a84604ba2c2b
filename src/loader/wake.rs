//! How the loader's thread sleeps: until its next look, until it is woken, or until it is to end.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The bell of one loader's thread.
#[derive(Debug, Default)]
pub(crate) struct Wake {
    bell: Mutex<Bell>,
    rung: Condvar,
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
    /// Asks for a look, now.
    pub(crate) fn look(&self) {
        self.bell().look = true;
        self.rung.notify_all();
    }

    /// Asks the thread to end.
    pub(crate) fn end(&self) {
        self.bell().end = true;
        self.rung.notify_all();
    }

    /// Says that the thread has ended.
    pub(super) fn has_ended(&self) {
        self.bell().ended = true;
        self.rung.notify_all();
    }

    /// Waits until the thread has ended, but no longer than `most`. Says whether it has.
    pub(crate) fn wait_for_end(&self, most: Duration) -> bool {
        let bell = self.bell();
        let (bell, _) = self
            .rung
            .wait_timeout_while(bell, most, |bell| !bell.ended)
            .unwrap_or_else(PoisonError::into_inner);
        bell.ended
    }

    /// Sleeps, by a clock that no one can set.
    pub(super) fn sleep(&self, most: Duration) -> Woken {
        let deadline = Instant::now() + most;
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
