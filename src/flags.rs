//! The handle that a service shares, clones and asks.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use crate::context::Context;
use crate::flag::Flag;
use crate::live::{Live, Reader, View};
use crate::status::{Record, Status};

/// The flags of a service: a cheap handle to share, clone and ask.
///
/// Made by a [`Loader`](crate::Loader). Whatever happens to the file, it keeps answering from the last good snapshot; the loader's
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
    record: Arc<Record>,
    /// When the last handle drops it, the loader's channel closes and its thread ends.
    _thread: Option<Arc<Sender<()>>>,
}

impl Flags {
    pub(crate) fn new(live: Arc<Live>, record: Arc<Record>, thread: Option<Sender<()>>) -> Flags {
        Flags { live, record, _thread: thread.map(Arc::new) }
    }

    /// One consistent snapshot for one unit of work: what a request, or one step of a job, should ask.
    ///
    /// A view costs one count up and one down, lives across `.await`s and threads, and keeps answering from its
    /// snapshot whatever is published meanwhile.
    #[inline]
    #[must_use]
    pub fn view(&self) -> View {
        self.live.view()
    }

    /// A cached view for a worker that asks again and again: the fastest path. It looks for a newer snapshot each time
    /// it is asked for a view, and holds on to the last one it saw.
    #[must_use]
    pub fn reader(&self) -> Reader {
        self.live.reader()
    }

    /// Whether a flag is on, now: for a single question. A request with several should take a [`Flags::view`].
    #[inline]
    #[must_use]
    pub fn is_on(&self, flag: &Flag<bool>, context: &Context<'_>) -> bool {
        self.live.ask(|snapshot| snapshot.value(flag, context))
    }

    /// What serves, since when, and what was wrong last.
    #[must_use]
    pub fn status(&self) -> Status {
        self.record.status(self.live.pinned())
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
