//! The shared handle: which snapshot answers now. Publishing is one pointer swap.
//!
//! The only file that names arc-swap. Old snapshots are kept here until nobody looks at them, and are freed by whoever
//! publishes, so that a request never frees one.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Cache};

use crate::context::Context;
use crate::error::Error;
use crate::flag::Flag;
use crate::loader::{Keeper, Loader, Status};
use crate::snapshot::Snapshot;

/// The flags of a service: a cheap handle to share, clone and ask.
///
/// Made by a [`Loader`]. Whatever happens to the file, it keeps answering from the last good snapshot; the loader's
/// thread ends with the last clone.
///
/// ```
/// use waterspout::{Context, Flag, Flags};
///
/// const NEW_CHECKOUT: Flag<bool> = Flag::new("new-checkout", false);
///
/// let flags = Flags::from_text(r#"{"version": 1, "flags": {"new-checkout": {"rules": [{"rollout": 100}]}}}"#)?;
/// assert!(flags.is_on(&NEW_CHECKOUT, &Context::new("user-42", &[])));
/// # Ok::<(), waterspout::Error>(())
/// ```
#[derive(Clone)]
pub struct Flags {
    live: Arc<Live>,
    keeper: Arc<Keeper>,
}

impl Flags {
    pub(crate) fn new(live: Arc<Live>, keeper: Keeper) -> Flags {
        Flags { live, keeper: Arc::new(keeper) }
    }

    /// Flags from a text that is at hand, without facts or list files: for tests and small programs.
    ///
    /// # Errors
    /// [`Error`] if the text is refused, or declares facts.
    pub fn from_text(text: impl Into<String>) -> Result<Flags, Error> {
        Loader::text(text).start()
    }

    /// One consistent snapshot for one unit of work: what a request, or one step of a job, should ask.
    ///
    /// A view costs one count up and one down, lives across `.await`s and threads, and keeps answering from its
    /// snapshot whatever is published meanwhile.
    #[inline]
    #[must_use]
    pub fn view(&self) -> View {
        View(self.live.current.load_full())
    }

    /// A cached view for a worker that asks again and again: the fastest path. It looks for a newer snapshot each time
    /// it is asked for a view, and holds on to the last one it saw.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader(Cache::new(Arc::clone(&self.live.current)))
    }

    /// Whether a flag is on, now: for a single question. A request with several should take a [`Flags::view`].
    #[inline]
    #[must_use]
    pub fn is_on(&self, flag: &Flag<bool>, context: &Context<'_>) -> bool {
        self.live.current.load().value(flag, context)
    }

    /// What serves, since when, and what was wrong last.
    #[must_use]
    pub fn status(&self) -> Status {
        self.keeper.status()
    }

    /// Fixes a flag's answer until the returned guard is dropped: for the tests of an application.
    ///
    /// Holds for this handle and its clones, on every thread, across reloads; guards nest, the newest wins. The answer
    /// is the forced value whatever the file says, also where the file has no such flag, and other flags that require
    /// it see it. Costs the hot path nothing: a snapshot with the answer in it is published.
    ///
    /// ```
    /// use waterspout::{Context, Flag, Flags};
    ///
    /// const NEW_CHECKOUT: Flag<bool> = Flag::new("new-checkout", false);
    ///
    /// let flags = Flags::from_text(r#"{"version": 1, "flags": {}}"#)?;
    /// let on = flags.force(&NEW_CHECKOUT, true);
    /// assert!(flags.is_on(&NEW_CHECKOUT, &Context::anonymous(&[])));
    /// drop(on);
    /// assert!(!flags.is_on(&NEW_CHECKOUT, &Context::anonymous(&[])));
    /// # Ok::<(), waterspout::Error>(())
    /// ```
    #[cfg(feature = "test-util")]
    #[must_use = "the answer is forced until this guard is dropped"]
    pub fn force<T: crate::value::FlagType + ?Sized>(
        &self,
        flag: &Flag<T>,
        value: T::Value<'_>,
    ) -> crate::Forced {
        crate::force::Forced::new(Arc::clone(&self.live), flag.key(), T::write(value))
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flags(generation {})", self.view().generation())
    }
}

/// One consistent snapshot: everything it is asked is answered from the same publication of the flags.
///
/// Derefs to [`Snapshot`], which has the questions.
#[derive(Clone, Debug)]
pub struct View(Arc<Snapshot>);

impl Deref for View {
    type Target = Snapshot;

    #[inline]
    fn deref(&self) -> &Snapshot {
        &self.0
    }
}

/// A worker's own cached snapshot. See [`Flags::reader`].
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

/// The place that readers look at, and what publishing needs beside it.
pub(crate) struct Live {
    current: Arc<ArcSwap<Snapshot>>,
    publisher: Mutex<Publisher>,
}

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
        let snapshot = Arc::new(snapshot);
        Live {
            current: Arc::new(ArcSwap::new(Arc::clone(&snapshot))),
            publisher: Mutex::new(Publisher {
                generation: 1,
                retired: Vec::new(),
                #[cfg(feature = "test-util")]
                unforced: snapshot,
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

    /// What serves.
    pub(crate) fn current(&self) -> Arc<Snapshot> {
        self.current.load_full()
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
        publisher.retired.retain(|old| Arc::strong_count(old) > 1);
        publisher.generation
    }

    /// How many old snapshots somebody still looks at. Frees the others.
    pub(crate) fn pinned(&self) -> usize {
        let mut publisher = self.publisher();
        publisher.retired.retain(|old| Arc::strong_count(old) > 1);
        publisher.retired.len()
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

#[cfg(feature = "test-util")]
impl Publisher {
    fn with_forced(&mut self, snapshot: Snapshot) -> Snapshot {
        let forced = snapshot.with_forced(&self.forced);
        self.unforced = Arc::new(snapshot);
        forced
    }
}
