//! The handle that a service shares, clones and asks; and what those on call do with it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::context::Context;
use crate::error::Error;
use crate::flag::Flag;
use crate::live::{Live, Reader, View};
use crate::loader::{Content, Control, Loader, Status};

/// The flags of a service: a cheap handle to share, clone and ask.
///
/// Made by a [`Loader`](crate::Loader). Whatever happens to the file, it keeps answering from the last good snapshot; the
/// loader's thread ends with the last clone.
///
/// A process that is forked off has the flags of that moment and no loader's thread: it keeps answering, and
/// [`Status::following`] says so. Whatever would change something does nothing there, or says why it cannot; a loader of
/// its own follows again.
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
    control: Arc<Control>,
    thread: Option<Arc<Thread>>,
}

/// The loader's thread, which ends with the last handle.
struct Thread(Arc<Control>);

impl Drop for Thread {
    fn drop(&mut self) {
        self.0.wake().end();
    }
}

impl Loader {
    /// Loads, and follows the source on a thread that ends with the last clone of the returned handle.
    ///
    /// # Errors
    /// [`Error`] if nothing can serve: the source is refused or cannot be read and there is neither a last good copy nor
    /// a built-in text; or if a fact or a declared flag is wrong.
    pub fn start(self) -> Result<Flags, Error> {
        let control = self.launch()?;
        let thread = Some(Arc::new(Thread(Arc::clone(&control))));
        Ok(Flags { live: Arc::clone(control.live()), control, thread })
    }

    /// Loads once, without a thread: for jobs. Conditions on `now` stay as of the load.
    ///
    /// # Errors
    /// As [`Loader::start`].
    pub fn read_once(self) -> Result<Flags, Error> {
        let control = self.load_once()?;
        Ok(Flags { live: Arc::clone(control.live()), control, thread: None })
    }
}

impl Flags {
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
        self.control.status()
    }

    /// Serves again what served before the last publication, and holds what serves now back until the source changes:
    /// for those on call. With [`Loader::last_good`] it is held back across restarts too. Returns the new generation.
    ///
    /// ```
    /// use waterspout::{Context, Flag, Flags};
    ///
    /// const BETA: Flag<bool> = Flag::new("beta", false);
    ///
    /// let flags = Flags::from_text(r#"{"version": 1, "flags": {"beta": {}}}"#)?;
    /// flags.install(r#"{"version": 1, "flags": {"beta": {"default": "on"}}}"#)?;
    /// flags.rollback()?;
    /// assert!(!flags.is_on(&BETA, &Context::anonymous(&[])));
    /// # Ok::<(), waterspout::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error`] if nothing else has served since the start or since the last rollback; if something else came to serve
    /// while this was called; in a process that was forked off.
    pub fn rollback(&self) -> Result<u64, Error> {
        self.control.rollback()
    }

    /// Publishes what the service fetched itself: a text, or [`Content`] where there are lists. Returns its generation.
    ///
    /// A source that is followed has the last word: what it brings when it next changes replaces this.
    ///
    /// # Errors
    /// [`Error`] if the content is refused, or in a process that was forked off; what served before still does.
    pub fn install(&self, content: impl Into<Content>) -> Result<u64, Error> {
        self.control.install(content.into())
    }

    /// Leaves new content of the source alone until [`Flags::resume`]. Conditions on `now` go on.
    pub fn pause(&self) {
        self.control.set_paused(true);
    }

    /// Follows the source again, and looks at it at once.
    pub fn resume(&self) {
        self.control.set_paused(false);
        self.refresh();
    }

    /// Asks the loader to look at the source now instead of at its next poll.
    pub fn refresh(&self) {
        self.control.wake().look();
    }

    /// Ends the loader's thread, and waits for that, but no longer than `most`; says whether it has ended. The flags keep
    /// answering as they are.
    pub fn stop(&self, most: Duration) -> bool {
        self.control.wake().end();
        self.thread.is_none() || self.control.wake().wait_for_end(most)
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
