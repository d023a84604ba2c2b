//! The loader: brings text, publishes snapshots, keeps the last good one. Apart from all that answers.

mod event;
mod file;
mod follow;
mod last_good;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub use event::Event;

use crate::context::{AttributeKind, AttributeValue};
use crate::error::Error;
use crate::facts::Facts;
use crate::flag::{Declaration, Declared};
use crate::flag_set::FlagSet;
use crate::flags::Flags;
use crate::live::Live;
use crate::snapshot::Snapshot;
use crate::status::Origin;
use crate::time::Time;
use crate::value::Kind;

use file::{Fetched, Limits};
use follow::Follower;

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
    source: Source,
    facts: Facts,
    declared: Vec<Declaration>,
    last_good: Option<PathBuf>,
    built_in: Option<String>,
    on_event: Box<dyn Fn(&Event) + Send>,
    poll: Duration,
    clock: Box<dyn Fn() -> Time + Send>,
}

enum Source {
    File(PathBuf, Limits),
    Text(String),
}

impl Source {
    fn fetch(&self) -> Result<Fetched, Error> {
        match self {
            Source::File(path, limits) => Fetched::from_file(path, *limits),
            Source::Text(text) => Ok(Fetched::of_text(text)),
        }
    }
}

impl Loader {
    /// Flags from a file, and from the list files that it names beside it.
    pub fn file(path: impl Into<PathBuf>) -> Loader {
        Loader::new(Source::File(path.into(), Limits::default()))
    }

    /// Flags from a text that is at hand, without list files.
    pub fn text(text: impl Into<String>) -> Loader {
        Loader::new(Source::Text(text.into()))
    }

    fn new(source: Source) -> Loader {
        Loader {
            source,
            facts: Facts::new(),
            declared: Vec::new(),
            last_good: None,
            built_in: None,
            on_event: Box::new(|_| {}),
            poll: Duration::from_secs(1),
            clock: Box::new(|| Time::from(SystemTime::now())),
        }
    }

    /// Gives a fact: an attribute that this service knows once and for all.
    pub fn fact(mut self, fact: AttributeValue<'_>) -> Loader {
        self.facts = self.facts.with(fact);
        self
    }

    /// Gives all facts at once, instead of those given before.
    pub fn facts(mut self, facts: Facts) -> Loader {
        self.facts = facts;
        self
    }

    /// Says what the code counts on. At a start, a flag or attribute that the file lacks or has with another type is an
    /// error; at a later publication it is told as an event, and the flags are published even so: the next kill switch
    /// must not wait for it.
    pub fn declare(mut self, declared: &[&dyn Declared]) -> Loader {
        self.declared.extend(declared.iter().map(|declared| declared.declaration()));
        self
    }

    /// Keeps a copy of the last good file here, for a start at which the file cannot be read or is refused.
    pub fn last_good(mut self, path: impl Into<PathBuf>) -> Loader {
        self.last_good = Some(path.into());
        self
    }

    /// A flag file built into the program, for a start without anything else.
    pub fn built_in(mut self, text: impl Into<String>) -> Loader {
        self.built_in = Some(text.into());
        self
    }

    /// Is told what happens, on the loader's thread, after it happened. A panic in it ends nothing.
    pub fn on_event(mut self, tell: impl Fn(&Event) + Send + 'static) -> Loader {
        self.on_event = Box::new(tell);
        self
    }

    /// How often the source is looked at: once a second, if nothing is said.
    pub fn poll(mut self, interval: Duration) -> Loader {
        self.poll = interval;
        self
    }

    /// The largest flag file and the largest list file that are read, in bytes: 32 MiB and 256 MiB, if nothing is said.
    /// A larger one is told as one that cannot be read.
    pub fn largest(mut self, file: u64, list: u64) -> Loader {
        if let Source::File(_, limits) = &mut self.source {
            *limits = Limits { file, list };
        }
        self
    }

    /// Another clock than the system's for conditions on `now`: for tests, and for answers as of another time.
    pub fn clock(mut self, clock: impl Fn() -> Time + Send + 'static) -> Loader {
        self.clock = Box::new(clock);
        self
    }

    /// Loads, and follows the source on a thread that ends with the last clone of the returned handle.
    ///
    /// # Errors
    /// [`Error`] if nothing can serve: the source is refused or cannot be read and there is neither a last good copy nor
    /// a built-in text; or if a fact or a declared flag is wrong.
    pub fn start(self) -> Result<Flags, Error> {
        let (loaded, follower) = self.load()?;
        follower.start(loaded)
    }

    /// Loads once, without a thread: for jobs. Conditions on `now` stay as of the load.
    ///
    /// # Errors
    /// As [`Loader::start`].
    pub fn read_once(self) -> Result<Flags, Error> {
        let (loaded, follower) = self.load()?;
        Ok(follower.keep(loaded))
    }

    /// The first load: source, else last good copy, else built-in text, else the source's error.
    fn load(self) -> Result<(Loaded, Follower), Error> {
        let mut first_error = None;
        for origin in [Origin::Source, Origin::LastGood, Origin::BuiltIn] {
            let fetched = match (origin, &self.last_good, &self.built_in) {
                (Origin::Source, ..) => self.source.fetch(),
                (Origin::LastGood, Some(path), _) => last_good::read(path),
                (Origin::BuiltIn, _, Some(text)) => Ok(Fetched::of_text(text)),
                _ => continue,
            };
            match fetched.and_then(|fetched| self.loaded(fetched, origin)) {
                Ok(loaded) => {
                    let follower = Follower::new(self, first_error, &loaded);
                    return Ok((loaded, follower));
                }
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        Err(first_error.unwrap_or_else(|| Error::start("there is nothing to load")))
    }

    fn loaded(&self, fetched: Fetched, origin: Origin) -> Result<Loaded, Error> {
        let set = fetched.read()?;
        let wrong: Vec<String> =
            self.facts.check(&set).iter().filter(|fault| fault.is_error()).map(ToString::to_string).collect();
        let wrong: Vec<String> = wrong.into_iter().chain(undeclared(&self.declared, &set)).collect();
        if !wrong.is_empty() {
            return Err(Error::start(wrong.join("\n")));
        }
        let now = (self.clock)();
        let live = Arc::new(Live::new(Snapshot::compile(&set, &self.facts, now)));
        Ok(Loaded { live, set, fetched, origin })
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
}

impl std::fmt::Debug for Loader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.source {
            Source::File(path, _) => write!(f, "Loader({})", path.display()),
            Source::Text(_) => f.write_str("Loader(a text)"),
        }
    }
}

/// What a first load brought.
struct Loaded {
    live: Arc<Live>,
    set: FlagSet,
    fetched: Fetched,
    origin: Origin,
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
