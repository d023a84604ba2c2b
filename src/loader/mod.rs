//! The loader: brings text, publishes snapshots, keeps the last good one. Apart from all that answers.
//!
//! A [`Source`] brings content; the control decides what of it is published; the following thread asks the one and hands
//! to the other.

mod chain;
mod control;
mod event;
mod file;
mod follow;
mod keep;
mod last_good;
mod regular;
mod source;
mod status;
mod wake;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

pub use chain::{Chain, Overlay};
pub(crate) use control::Control;
pub use event::Event;
pub use source::{Content, Fetch, Source, Waker};
pub use status::{Origin, Status};

use crate::context::AttributeValue;
use crate::error::Error;
use crate::facts::Facts;
use crate::flag::Declared;
use crate::limits::Limits;
use crate::time::Time;

use control::{Followed, Lacking, Policy, Start, Trouble};
use file::FileSource;
use keep::Keep;
use source::FixedText;
use wake::Wake;

type Clock = Box<dyn Fn() -> Time + Send + Sync>;
type Tell = Box<dyn Fn(&Event) + Send + Sync>;

/// Where flags come from and how they are followed: a builder that ends in [`Loader::start`] or [`Loader::read_once`].
///
/// ```no_run
/// use waterspout::{Attribute, Declared, Flag, Loader};
///
/// const NEW_CHECKOUT: Flag<bool> = Flag::new("new-checkout", false);
/// const ENVIRONMENT: Attribute<str> = Attribute::new("environment");
/// static ALL: &[&dyn Declared] = &[&NEW_CHECKOUT, &ENVIRONMENT];
///
/// let flags = Loader::file("flags.json")
///     .fact(ENVIRONMENT.of("production"))
///     .declare(ALL)
///     .last_good("/var/lib/shop/flags.last")
///     .on_event(|event| eprintln!("flags: {event}"))
///     .start()?;
/// # Ok::<(), waterspout::Error>(())
/// ```
#[must_use = "a loader does nothing until it is started"]
pub struct Loader {
    source: AnySource,
    policy: Policy,
    last_good: Option<PathBuf>,
    built_in: Option<String>,
    poll: Duration,
    deadline: Duration,
}

/// Files are kept apart only so that the builder can set their limits.
enum AnySource {
    File(FileSource),
    Other(Box<dyn Source>),
}

impl AnySource {
    fn as_mut(&mut self) -> &mut dyn Source {
        match self {
            AnySource::File(file) => file,
            AnySource::Other(other) => &mut **other,
        }
    }
}

impl Loader {
    /// Flags from a file, and from the list files that it names beside it.
    pub fn file(path: impl Into<PathBuf>) -> Loader {
        Loader::new(AnySource::File(FileSource::new(path.into())))
    }

    /// Flags from a text that is at hand, without list files.
    pub fn text(text: impl Into<String>) -> Loader {
        Loader::source(FixedText(text.into()))
    }

    /// Flags from a source of the service's own.
    pub fn source(source: impl Source + 'static) -> Loader {
        Loader::new(AnySource::Other(Box::new(source)))
    }

    fn new(source: AnySource) -> Loader {
        let policy = Policy {
            facts: Facts::new(),
            declared: Vec::new(),
            lacking: Lacking::IsTold,
            limits: Limits::default(),
            clock: Box::new(|| Time::from(SystemTime::now())),
            tell: Box::new(|_| {}),
        };
        Loader {
            source,
            policy,
            last_good: None,
            built_in: None,
            poll: Duration::from_secs(1),
            deadline: Duration::from_secs(10),
        }
    }

    /// Gives a fact: an attribute that this service knows once and for all.
    pub fn fact(mut self, fact: AttributeValue<'_>) -> Loader {
        self.policy.facts = self.policy.facts.with(fact);
        self
    }

    /// Gives all facts at once, instead of those given before.
    pub fn facts(mut self, facts: Facts) -> Loader {
        self.policy.facts = facts;
        self
    }

    /// Says what the code counts on. At a start, a flag or attribute that the file lacks or has with another type is an
    /// error; at a later publication it is told as an event, and the flags are published even so: the next kill switch
    /// must not wait for it. [`Loader::refuse_mismatches`] is the other choice.
    pub fn declare(mut self, declared: &[&dyn Declared]) -> Loader {
        self.policy.declared.extend(declared.iter().map(|declared| declared.declaration()));
        self
    }

    /// Refuses a later file too that lacks something that the code counts on, or that a fact does not fit.
    pub fn refuse_mismatches(mut self) -> Loader {
        self.policy.lacking = Lacking::IsRefused;
        self
    }

    /// Keeps a copy of the last good content here, for a start at which the source cannot be read or is refused. It also
    /// remembers what was rolled back. Content that lacks something that the code counts on is not kept: no start could
    /// use it.
    pub fn last_good(mut self, path: impl Into<PathBuf>) -> Loader {
        self.last_good = Some(path.into());
        self
    }

    /// A flag file built into the program, for a start without anything else.
    pub fn built_in(mut self, text: impl Into<String>) -> Loader {
        self.built_in = Some(text.into());
        self
    }

    /// Is told what happens, after it happened, on the thread that did it: the loader's, or one that rolls back or
    /// installs. A panic in it harms nothing; while it takes its time, the source is not looked at.
    pub fn on_event(mut self, tell: impl Fn(&Event) + Send + Sync + 'static) -> Loader {
        self.policy.tell = Box::new(tell);
        self
    }

    /// How often the source is looked at: once a second, if nothing is said. A list file is taken once it has stayed the
    /// same for so long.
    pub fn poll(mut self, interval: Duration) -> Loader {
        self.poll = interval;
        if let AnySource::File(file) = &mut self.source {
            file.set_settle(interval);
        }
        self
    }

    /// How long [`Loader::start`] and [`Loader::read_once`] wait for the source before they fall back on the last good copy
    /// or the built-in text: ten seconds, if nothing is said.
    pub fn first_load_within(mut self, deadline: Duration) -> Loader {
        self.deadline = deadline;
        self
    }

    /// Other [`Limits`] than those that hold everywhere. Those of bytes are for [`Loader::file`]; a source of the service's
    /// own has its own.
    pub fn limits(mut self, limits: Limits) -> Loader {
        self.policy.limits = limits;
        if let AnySource::File(file) = &mut self.source {
            file.set_limits(limits);
        }
        self
    }

    /// Another clock than the system's for conditions on `now`: for tests, and for answers as of another time.
    pub fn clock(mut self, clock: impl Fn() -> Time + Send + Sync + 'static) -> Loader {
        self.policy.clock = Box::new(clock);
        self
    }

    /// Loads on the thread that follows.
    pub(crate) fn launch(self) -> Result<Arc<Control>, Error> {
        let Loader { mut source, policy, last_good, built_in, poll, deadline } = self;
        let wake = Arc::new(Wake::default());
        let followed = Followed { source: source.as_mut().describe(), wake: Arc::clone(&wake) };
        source.as_mut().wake_by(Waker(Arc::clone(&wake)));
        let (brought, first) = mpsc::channel();
        let (ready, control) = mpsc::channel();
        on_a_thread(move || run(source, &brought, &control, &wake, poll))?;
        let fetched = wait_for(&first, deadline, &followed.source);
        let control = first_publication(fetched, policy, last_good, built_in, followed)?;
        // The thread waits for this, or has panicked.
        control.set_following(ready.send(Arc::clone(&control)).is_ok());
        Ok(control)
    }

    /// Loads once, without a thread that stays.
    pub(crate) fn load_once(self) -> Result<Arc<Control>, Error> {
        let Loader { mut source, policy, last_good, built_in, deadline, .. } = self;
        let followed = Followed { source: source.as_mut().describe(), wake: Arc::default() };
        let (brought, first) = mpsc::channel();
        let thread = on_a_thread(move || drop(brought.send(follow::fetch(source.as_mut(), None))))?;
        let fetched = wait_for(&first, deadline, &followed.source);
        if thread.is_finished() || fetched.is_ok() {
            let _ = thread.join();
        }
        first_publication(fetched, policy, last_good, built_in, followed)
    }
}

fn on_a_thread(run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    let thread = thread::Builder::new().name("waterspout".to_owned());
    thread.spawn(run).map_err(|error| Error::io("the loader's thread", error))
}

/// What the source brings first, if it does so in time.
fn wait_for(
    first: &Receiver<Result<Fetch, Error>>,
    deadline: Duration,
    source: &str,
) -> Result<Content, Error> {
    let why = match first.recv_timeout(deadline) {
        Ok(Ok(Fetch::Content(content))) => return Ok(content),
        Ok(Err(error)) => return Err(error),
        Ok(Ok(Fetch::Unchanged)) => "says that nothing has changed, at the start".to_owned(),
        Ok(Ok(Fetch::Changing)) => "is being changed, at the start".to_owned(),
        Err(RecvTimeoutError::Timeout) => format!("no answer within {} s", deadline.as_secs_f64()),
        Err(RecvTimeoutError::Disconnected) => "the thread ended".to_owned(),
    };
    Err(Error::of_source(format!("{source}: {why}")))
}

/// The loader's thread: brings the first content, then follows once there is something that serves.
fn run(
    mut source: AnySource,
    brought: &Sender<Result<Fetch, Error>>,
    control: &Receiver<Arc<Control>>,
    wake: &Arc<Wake>,
    poll: Duration,
) {
    let first = follow::fetch(source.as_mut(), None);
    // If nobody waits any more, the next look brings it again.
    let _ = brought.send(first);
    if let Ok(control) = control.recv() {
        follow::follow(&control, source.as_mut(), wake, poll);
    }
    wake.has_ended();
}

/// The first publication: source, else last good copy, else built-in text, else the source's error.
fn first_publication(
    fetched: Result<Content, Error>,
    policy: Policy,
    last_good: Option<PathBuf>,
    built_in: Option<String>,
    followed: Followed,
) -> Result<Arc<Control>, Error> {
    let keep = last_good.map(Keep::at);
    let (copy, copy_error) = match keep.as_ref().map_or(Ok(None), Keep::read) {
        Ok(copy) => (copy, None),
        Err(error) => (None, Some(error)),
    };
    if let Some(error) = copy_error.clone() {
        policy.tell(&Event::CopyUnusable { error });
    }
    let held_back = copy.as_ref().and_then(|copy| copy.held_back);
    let accept = |content, origin| policy.accept(content, origin, Lacking::IsRefused);
    let trouble = match fetched {
        Err(error) => Trouble::Away(error),
        Ok(content) if held_back == Some(content.fingerprint()) => Trouble::HeldBack(content.fingerprint()),
        Ok(content) => {
            let fingerprint = content.fingerprint();
            match accept(content, Origin::Source) {
                // Content that replaces what was held back lets go of it.
                Ok(accepted) => {
                    let start = Start { accepted, held_back: None, trouble: None, copy_error };
                    return Ok(Arc::new(Control::new(policy, keep, followed, start)));
                }
                Err(error) => Trouble::Refused(fingerprint, error),
            }
        }
    };
    let copy = copy.map(|copy| (Origin::LastGood, Arc::unwrap_or_clone(copy.content)));
    let built_in = built_in.map(|text| (Origin::BuiltIn, Content::of(text)));
    let instead = [copy, built_in].into_iter().flatten();
    match instead.filter_map(|(origin, content)| accept(content, origin).ok()).next() {
        Some(accepted) => {
            let start = Start { accepted, held_back, trouble: Some(trouble), copy_error };
            Ok(Arc::new(Control::new(policy, keep, followed, start)))
        }
        None => Err(trouble.into_error()),
    }
}

impl std::fmt::Debug for Loader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let described = match &self.source {
            AnySource::File(file) => file.describe(),
            AnySource::Other(other) => other.describe(),
        };
        write!(f, "Loader({described})")
    }
}
