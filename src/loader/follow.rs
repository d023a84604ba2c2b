//! The following thread: looks at the source, publishes what is new, and compiles anew when the clock passes an instant
//! that the file names.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::file::Fetched;
use super::{Event, Loaded, Loader, last_good, undeclared};
use crate::error::Error;
use crate::flag_set::FlagSet;
use crate::flags::Flags;
use crate::live::Live;
use crate::snapshot::Snapshot;
use crate::status::{Origin, Record, Serving};

/// A loader that has loaded, ready to follow.
pub(super) struct Follower {
    loader: Loader,
    record: Arc<Record>,
    /// The fingerprint that was looked at last: published or refused.
    looked_at: Option<u128>,
}

impl Follower {
    /// `first_error` says why the source did not serve, if it did not.
    pub(super) fn new(loader: Loader, first_error: Option<Error>, loaded: &Loaded) -> Follower {
        let fingerprint = loaded.fetched.fingerprint();
        let from_source = loaded.origin == Origin::Source;
        let serving = Serving {
            generation: 1,
            fingerprint,
            flags: loaded.set.flags.len(),
            origin: loaded.origin,
            since: Instant::now(),
            last_error: first_error.as_ref().map(ToString::to_string),
        };
        let follower = Follower {
            loader,
            record: Arc::new(Record::new(serving)),
            looked_at: from_source.then_some(fingerprint),
        };
        if let Some(error) = first_error {
            follower.tell(&if error.is_io() {
                Event::SourceError { error }
            } else {
                Event::Refused { error }
            });
        }
        follower.tell(&Event::Published { generation: 1, fingerprint, flags: loaded.set.flags.len() });
        if from_source {
            follower.keep_copy(&loaded.fetched);
        }
        follower
    }

    /// Starts the thread.
    pub(super) fn start(mut self, loaded: Loaded) -> Result<Flags, Error> {
        let Loaded { live, set, .. } = loaded;
        let (sender, closed) = mpsc::channel();
        let flags = Flags::new(Arc::clone(&live), Arc::clone(&self.record), Some(sender));
        let mut set = Some(set).filter(|set| !set.edges.is_empty());
        let thread = thread::Builder::new().name("waterspout".to_owned()).spawn(move || {
            loop {
                match closed.recv_timeout(self.pause(&live)) {
                    Err(RecvTimeoutError::Timeout) => self.look(&live, &mut set),
                    Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        });
        thread.map_err(|error| Error::io("the loader's thread", error))?;
        Ok(flags)
    }

    /// Keeps what was loaded, without a thread.
    pub(super) fn keep(self, loaded: Loaded) -> Flags {
        Flags::new(loaded.live, self.record, None)
    }

    /// Until the next look: one interval, or until the next instant that the file names.
    fn pause(&self, live: &Live) -> Duration {
        let until = live.ask(Snapshot::holds).1;
        let now = (self.loader.clock)();
        let to_edge = until.map(|until| until.since(now).unwrap_or_default());
        to_edge.map_or(self.loader.poll, |to_edge| to_edge.min(self.loader.poll))
    }

    /// One look at the source and at the clock.
    fn look(&mut self, live: &Live, set: &mut Option<FlagSet>) {
        match self.loader.source.fetch() {
            Ok(fetched) => self.compare(&fetched, live, set),
            Err(error) => self.trouble(None, error),
        }
        self.pass_edges(live, set.as_ref());
        live.free_retired();
    }

    fn compare(&mut self, fetched: &Fetched, live: &Live, set: &mut Option<FlagSet>) {
        let fingerprint = fetched.fingerprint();
        let (serves, in_trouble) = {
            let serving = self.record.lock();
            (serving.fingerprint == fingerprint, serving.last_error.is_some())
        };
        if self.looked_at == Some(fingerprint) && !(serves && in_trouble) {
            return;
        }
        self.looked_at = Some(fingerprint);
        if serves {
            return self.recover();
        }
        match fetched.read() {
            Ok(new) => self.publish(fetched, fingerprint, new, live, set),
            Err(error) => self.trouble(Some(fingerprint), error),
        }
    }

    fn publish(
        &mut self,
        fetched: &Fetched,
        fingerprint: u128,
        new: FlagSet,
        live: &Live,
        set: &mut Option<FlagSet>,
    ) {
        let mut faults: Vec<String> = self.loader.facts.check(&new).iter().map(ToString::to_string).collect();
        faults.extend(undeclared(&self.loader.declared, &new));
        let flags = new.flags.len();
        let generation = live.publish(Snapshot::compile(&new, &self.loader.facts, (self.loader.clock)()));
        *set = Some(new).filter(|set| !set.edges.is_empty());
        let origin = Origin::Source;
        *self.record.lock() =
            Serving { generation, fingerprint, flags, origin, since: Instant::now(), last_error: None };
        self.tell(&Event::Published { generation, fingerprint, flags });
        if !faults.is_empty() {
            self.tell(&Event::Mismatch { faults });
        }
        self.keep_copy(fetched);
    }

    /// The content that serves is there again, after trouble.
    fn recover(&self) {
        let generation = {
            let mut serving = self.record.lock();
            serving.last_error = None;
            serving.origin = Origin::Source;
            serving.generation
        };
        self.tell(&Event::Recovered { generation });
    }

    /// The source is refused or cannot be read: told once for each content, or each reason.
    fn trouble(&mut self, refused: Option<u128>, error: Error) {
        let said = error.to_string();
        let known = {
            let mut serving = self.record.lock();
            serving.last_error.replace(said.clone()).is_some_and(|last| last == said)
        };
        self.looked_at = refused;
        if !known {
            self.tell(&if refused.is_some() {
                Event::Refused { error }
            } else {
                Event::SourceError { error }
            });
        }
    }

    /// Compiles anew where the clock has left the stretch of time that the snapshot holds for, in either direction.
    fn pass_edges(&self, live: &Live, set: Option<&FlagSet>) {
        let Some(set) = set else { return };
        let now = (self.loader.clock)();
        let (from, until) = live.ask(Snapshot::holds);
        if from.is_some_and(|from| now < from) || until.is_some_and(|until| now >= until) {
            let generation = live.publish(Snapshot::compile(set, &self.loader.facts, now));
            let (fingerprint, flags) = {
                let mut serving = self.record.lock();
                serving.generation = generation;
                serving.since = Instant::now();
                (serving.fingerprint, serving.flags)
            };
            self.tell(&Event::Published { generation, fingerprint, flags });
        }
    }

    fn keep_copy(&self, fetched: &Fetched) {
        let Some(path) = &self.loader.last_good else { return };
        if let Err(error) = last_good::write(path, fetched) {
            self.tell(&Event::CopyFailed { error });
        }
    }

    /// Whoever listens may panic: following goes on.
    fn tell(&self, event: &Event) {
        let _ = panic::catch_unwind(AssertUnwindSafe(|| (self.loader.on_event)(event)));
    }
}
