//! The loader: brings text, publishes snapshots, keeps the last good one. Apart from all that answers.
//!
//! A [`Source`] brings content; the control decides what of it is published; the following thread asks the one and hands
//! to the other.

mod chain;
mod control;
mod event;
mod file;
mod follow;
mod last_good;
mod source;
mod status;
mod wake;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, SystemTime};

pub use chain::{Chain, Overlay};
pub(crate) use control::Control;
pub use event::Event;
pub use source::{Content, Fetch, Source, Waker};
pub use status::{Origin, Status};

use crate::context::{AttributeKind, AttributeValue};
use crate::error::Error;
use crate::facts::Facts;
use crate::flag::{Declaration, Declared};
use crate::flag_set::FlagSet;
use crate::live::Live;
use crate::time::Time;
use crate::value::Kind;

use control::{Followed, Policy, Serving};
use file::{FileSource, Limits};
use last_good::Copy;
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
            refuse_mismatches: false,
            last_good: None,
            clock: Box::new(|| Time::from(SystemTime::now())),
            tell: Box::new(|_| {}),
        };
        Loader {
            source,
            policy,
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
        self.policy.refuse_mismatches = true;
        self
    }

    /// Keeps a copy of the last good content here, for a start at which the source cannot be read or is refused. It also
    /// remembers what was rolled back.
    pub fn last_good(mut self, path: impl Into<PathBuf>) -> Loader {
        self.policy.last_good = Some(path.into());
        self
    }

    /// A flag file built into the program, for a start without anything else.
    pub fn built_in(mut self, text: impl Into<String>) -> Loader {
        self.built_in = Some(text.into());
        self
    }

    /// Is told what happens, after it happened, on the thread that did it: the loader's, or one that rolls back or
    /// installs. A panic in it harms nothing.
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

    /// How long a start waits for the source before it falls back on the last good copy or the built-in text: ten
    /// seconds, if nothing is said.
    pub fn first_load_within(mut self, deadline: Duration) -> Loader {
        self.deadline = deadline;
        self
    }

    /// The largest flag file and the largest list file that are read, in bytes: 32 MiB and 256 MiB, if nothing is said.
    /// A larger one is told as one that cannot be read.
    pub fn largest(mut self, file: u64, list: u64) -> Loader {
        if let AnySource::File(source) = &mut self.source {
            source.set_limits(Limits { file, list });
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
        let Loader { mut source, policy, built_in, poll, deadline } = self;
        let wake = Arc::new(Wake::default());
        let described = source.as_mut().describe();
        source.as_mut().wake_by(Waker(Arc::clone(&wake)));
        let (brought, first) = mpsc::channel();
        let (ready, control) = mpsc::channel();
        let thread_wake = Arc::clone(&wake);
        let thread = thread::Builder::new().name("waterspout".to_owned());
        let thread = thread.spawn(move || run(source, &brought, &control, &thread_wake, poll));
        thread.map_err(|error| Error::io("the loader's thread", error))?;
        let fetched = match first.recv_timeout(deadline) {
            Ok(fetched) => fetched,
            Err(RecvTimeoutError::Timeout) => {
                let seconds = deadline.as_secs_f64();
                Err(Error::of_source(format!("{described}: no answer within {seconds} s")))
            }
            Err(RecvTimeoutError::Disconnected) => {
                Err(Error::of_source(format!("{described}: the thread ended")))
            }
        };
        let followed = Followed { source: described, wake };
        let control = first_publication(fetched, policy, followed, built_in)?;
        // The thread waits for this, or has panicked.
        control.set_following(ready.send(Arc::clone(&control)).is_ok());
        Ok(control)
    }

    /// Loads once, without a thread.
    pub(crate) fn load_once(self) -> Result<Arc<Control>, Error> {
        let Loader { mut source, policy, built_in, .. } = self;
        let followed = Followed { source: source.as_mut().describe(), wake: Arc::default() };
        first_publication(follow::fetch(source.as_mut(), None), policy, followed, built_in)
    }
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
    fetched: Result<Fetch, Error>,
    policy: Policy,
    followed: Followed,
    built_in: Option<String>,
) -> Result<Arc<Control>, Error> {
    let copy = policy.last_good.as_deref().map(last_good::read).and_then(Result::ok);
    let held_back = copy.as_ref().and_then(|copy| copy.held_back);
    let mut trouble = None;
    let from_source = fetched.and_then(|fetched| match fetched {
        Fetch::Content(content) => Ok(content),
        Fetch::Unchanged => {
            let source = &followed.source;
            Err(Error::of_source(format!("{source}: says that nothing has changed, at the start")))
        }
    });
    let choices = [
        (Origin::Source, Some(from_source)),
        (Origin::LastGood, copy.map(|Copy { content, .. }| Ok(Arc::unwrap_or_clone(content)))),
        (Origin::BuiltIn, built_in.map(|text| Ok(Content::of(text)))),
    ];
    for (origin, content) in choices {
        let Some(content) = content else { continue };
        let held = |content: &Content| origin == Origin::Source && held_back == Some(content.fingerprint());
        let fingerprint = content.as_ref().map_or(0, Content::fingerprint);
        let read = content.and_then(|content| {
            if held(&content) {
                return Err(Error::start(
                    "the source still has what was rolled back; it is held back until it changes",
                ));
            }
            let layers = content.read_layers()?;
            let errors = policy.errors(&layers.0);
            if errors.is_empty() { Ok((content, layers)) } else { Err(Error::start(errors.join("\n"))) }
        });
        match read {
            Ok((content, layers)) => {
                let live = Arc::new(Live::new(policy.snapshot(&layers.0)));
                let serving = Serving::of(content, layers, origin, &policy);
                // Content that replaces what was held back lets go of it.
                let held_back = held_back.filter(|_| origin != Origin::Source);
                return Ok(Arc::new(Control::new(live, policy, followed, serving, held_back, trouble)));
            }
            Err(error) => trouble = trouble.or(Some((fingerprint, error))),
        }
    }
    Err(trouble.map_or_else(|| Error::start("there is nothing to load"), |(_, error)| error))
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

/// What the code counts on and the file does not have, one line each.
fn undeclared(declared: &[Declaration], set: &FlagSet) -> Vec<String> {
    let fault = |declaration: &Declaration| match *declaration {
        Declaration::Flag { key, kind } => match set.flag(key) {
            None => Some(format!("the code counts on a flag `{key}`, which the file does not have")),
            Some(flag) if flag.kind() != kind => Some(flag_differs(key, kind, flag.kind())),
            Some(_) => None,
        },
        Declaration::Attribute { name, kind } => match set.attribute(name) {
            None => {
                Some(format!("the code counts on an attribute `{name}`, which the file does not declare"))
            }
            Some(attribute) if attribute.kind() != kind => {
                Some(attribute_differs(name, kind, attribute.kind()))
            }
            Some(_) => None,
        },
    };
    declared.iter().filter_map(fault).collect()
}

fn flag_differs(key: &str, coded: Kind, written: Kind) -> String {
    let a = |kind| if kind == Kind::Integer { "an" } else { "a" };
    format!(
        "the code counts on {} {coded} flag `{key}`, and the file's is {} {written} flag",
        a(coded),
        a(written)
    )
}

fn attribute_differs(name: &str, coded: AttributeKind, written: AttributeKind) -> String {
    format!("the code gives the attribute `{name}` as a `{coded}`, and the file declares a `{written}`")
}
