//! The place that readers look at: which snapshot answers now. Publishing is one pointer swap.
//!
//! The only file that names arc-swap. Old snapshots are kept here until nobody looks at them, and are freed by whoever
//! publishes, so that a request never frees one.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Cache};

use crate::snapshot::Snapshot;

/// One consistent snapshot: everything it is asked is answered from the same publication of the flags.
///
/// Derefs to [`Snapshot`], which has the questions.
#[derive(Clone)]
pub struct View(Arc<Snapshot>);

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "View(generation {})", self.generation())
    }
}

impl Deref for View {
    type Target = Snapshot;

    #[inline]
    fn deref(&self) -> &Snapshot {
        &self.0
    }
}

/// A worker's own cached snapshot. See [`Flags::reader`](crate::Flags::reader).
///
/// ```
/// use waterspout::{Context, Flag, Flags};
///
/// const BETA: Flag<bool> = Flag::new("beta", false);
///
/// let flags = Flags::from_text(r#"{"version": 1, "flags": {"beta": {}}}"#)?;
/// let mut reader = flags.reader();
/// for user in ["ada", "bob"] {
///     let view = reader.view();
///     assert!(!view.value(&BETA, &Context::new(user, &[])));
/// }
/// # Ok::<(), waterspout::Error>(())
/// ```
pub struct Reader(Cache<Arc<ArcSwap<Snapshot>>, Arc<Snapshot>>);

impl Reader {
    /// The newest snapshot.
    #[inline]
    pub fn view(&mut self) -> &Snapshot {
        self.0.load()
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reader")
    }
}

/// A value that is replaced as a whole, and read without waiting for whoever replaces it.
#[derive(Debug)]
pub(crate) struct Posted<T>(ArcSwap<T>);

impl<T> Posted<T> {
    pub(crate) fn new(value: T) -> Posted<T> {
        Posted(ArcSwap::new(Arc::new(value)))
    }

    pub(crate) fn replace(&self, value: T) {
        drop(self.0.swap(Arc::new(value)));
    }

    pub(crate) fn read(&self) -> Arc<T> {
        self.0.load_full()
    }
}

/// The place that readers look at, and what publishing needs beside it.
#[derive(Debug)]
pub(crate) struct Live {
    current: Arc<ArcSwap<Snapshot>>,
    publisher: Mutex<Publisher>,
}

#[derive(Debug)]
struct Publisher {
    generation: u64,
    /// Published before, and perhaps still looked at.
    retired: Vec<Arc<Snapshot>>,
    /// What was published, before anything was forced.
    #[cfg(feature = "test-util")]
    unforced: Arc<Snapshot>,
    #[cfg(feature = "test-util")]
    forced: Vec<crate::force::ForcedAnswer>,
}

impl Live {
    /// The first publication.
    pub(crate) fn new(mut snapshot: Snapshot) -> Live {
        snapshot.generation = 1;
        #[cfg(feature = "test-util")]
        let unforced = Arc::new(snapshot.with_forced(&[]));
        Live {
            current: Arc::new(ArcSwap::new(Arc::new(snapshot))),
            publisher: Mutex::new(Publisher {
                generation: 1,
                retired: Vec::new(),
                #[cfg(feature = "test-util")]
                unforced,
                #[cfg(feature = "test-util")]
                forced: Vec::new(),
            }),
        }
    }

    /// Publishes a snapshot by one pointer swap, and frees those that nobody looks at any more. Returns its generation.
    pub(crate) fn publish(&self, snapshot: Snapshot) -> u64 {
        let mut publisher = self.publisher();
        #[cfg(feature = "test-util")]
        let snapshot = publisher.with_forced(snapshot);
        self.swap(&mut publisher, snapshot)
    }

    #[inline]
    pub(crate) fn view(&self) -> View {
        View(self.current.load_full())
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader(Cache::new(Arc::clone(&self.current)))
    }

    /// One question to what serves, without a count.
    #[inline]
    pub(crate) fn ask<A>(&self, question: impl FnOnce(&Snapshot) -> A) -> A {
        question(&self.current.load())
    }

    fn publisher(&self) -> std::sync::MutexGuard<'_, Publisher> {
        // A thread that panicked here left whole values behind.
        self.publisher.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn swap(&self, publisher: &mut Publisher, mut snapshot: Snapshot) -> u64 {
        publisher.generation += 1;
        snapshot.generation = publisher.generation;
        let old = self.current.swap(Arc::new(snapshot));
        publisher.retired.push(old);
        publisher.free_retired();
        publisher.generation
    }

    /// How many old snapshots somebody still looks at.
    pub(crate) fn pinned(&self) -> usize {
        self.publisher().pinned()
    }

    /// The same for a process that was forked off, where whoever held the lock will not give it back.
    pub(crate) fn pinned_at_fork(&self) -> usize {
        self.publisher.try_lock().map_or(0, |publisher| publisher.pinned())
    }

    /// Frees the old snapshots that nobody looks at any more. Only the loader calls it: freeing takes time.
    pub(crate) fn free_retired(&self) {
        self.publisher().free_retired();
    }

    /// Changes what is forced, and publishes that.
    #[cfg(feature = "test-util")]
    pub(crate) fn force(&self, change: impl FnOnce(&mut Vec<crate::force::ForcedAnswer>)) {
        let mut publisher = self.publisher();
        change(&mut publisher.forced);
        let snapshot = publisher.unforced.with_forced(&publisher.forced);
        self.swap(&mut publisher, snapshot);
    }
}

impl Publisher {
    fn pinned(&self) -> usize {
        self.retired.iter().filter(|old| Arc::strong_count(old) > 1).count()
    }

    fn free_retired(&mut self) {
        // Nobody can come to look at a retired snapshot anew, so a count of one stays one.
        self.retired.retain(|old| Arc::strong_count(old) > 1);
    }

    #[cfg(feature = "test-util")]
    fn with_forced(&mut self, snapshot: Snapshot) -> Snapshot {
        let forced = snapshot.with_forced(&self.forced);
        self.unforced = Arc::new(snapshot);
        forced
    }
}
