//! What serves, what served before, what is held back. Every publication passes here.
//!
//! Nothing in here reads a source: it is handed content, by the following thread or by the service itself. Events are
//! told after the swap, and outside the lock, so that whoever listens may ask and act.

use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::event::Event;
use super::last_good::{self, Copy};
use super::source::Content;
use super::status::{Origin, Status};
use super::wake::Wake;
use super::{Clock, Tell, undeclared};
use crate::error::Error;
use crate::facts::Facts;
use crate::flag::Declaration;
use crate::flag_set::FlagSet;
use crate::live::Live;
use crate::snapshot::Snapshot;

/// What a service asked of its loader, once and for all.
pub(super) struct Policy {
    pub(super) facts: Facts,
    pub(super) declared: Vec<Declaration>,
    pub(super) refuse_mismatches: bool,
    pub(super) last_good: Option<PathBuf>,
    pub(super) clock: Clock,
    pub(super) tell: Tell,
}

impl Policy {
    pub(super) fn snapshot(&self, set: &FlagSet) -> Snapshot {
        Snapshot::compile(set, &self.facts, (self.clock)())
    }

    /// What the code counts on and the file lacks, and facts that do not fit it, one line each.
    fn mismatches(&self, set: &FlagSet) -> Vec<String> {
        let facts = self.facts.check(set).into_iter().map(|fault| fault.to_string());
        facts.chain(undeclared(&self.declared, set)).collect()
    }

    /// The mismatches that keep a service from starting: all but a fact too many.
    pub(super) fn errors(&self, set: &FlagSet) -> Vec<String> {
        let facts = self.facts.check(set).into_iter().filter(|fault| fault.is_error());
        facts.map(|fault| fault.to_string()).chain(undeclared(&self.declared, set)).collect()
    }

    /// Whoever listens may panic: nothing here is harmed.
    pub(super) fn tell(&self, event: &Event) {
        let _ = panic::catch_unwind(AssertUnwindSafe(|| (self.tell)(event)));
    }
}

/// The source, as status names it, and the bell of the thread that follows it.
pub(super) struct Followed {
    pub(super) source: String,
    pub(super) wake: Arc<Wake>,
}

/// What is published, and what may be published next.
pub(crate) struct Control {
    live: Arc<Live>,
    policy: Policy,
    state: Mutex<State>,
    /// Held while the last good copy is written, so that an older content never follows a newer one.
    copying: Mutex<()>,
    source: String,
    wake: Arc<Wake>,
    /// A process that is forked off has no loader's thread.
    process: u32,
}

struct State {
    serving: Serving,
    previous: Option<Serving>,
    /// The revision that was looked at last, whatever came of it.
    looked_at: Option<Box<str>>,
    /// What the source had when it was last refused, and why.
    refused: Option<(u128, Error)>,
    held_back: Option<u128>,
    held_back_told: bool,
    source_answered: Option<Instant>,
    last_error: Option<Error>,
    paused: bool,
    following: bool,
}

/// What serves, or served.
#[derive(Clone)]
pub(super) struct Serving {
    pub(super) generation: u64,
    pub(super) fingerprint: u128,
    pub(super) flags: usize,
    pub(super) origin: Origin,
    pub(super) since: Instant,
    pub(super) content: Arc<Content>,
    /// Kept where the clock will ask to compile it anew.
    pub(super) set: Option<Arc<FlagSet>>,
    pub(super) mismatches: Vec<String>,
}

impl Serving {
    /// `clashes` tells of flags that stand in several layers of the content.
    pub(super) fn of(
        content: Content,
        (set, clashes): (FlagSet, Vec<String>),
        origin: Origin,
        policy: &Policy,
    ) -> Serving {
        Serving {
            generation: 1,
            fingerprint: content.fingerprint(),
            flags: set.flags.len(),
            origin,
            since: Instant::now(),
            content: Arc::new(content),
            mismatches: policy.mismatches(&set).into_iter().chain(clashes).collect(),
            set: Some(set).filter(|set| !set.edges.is_empty()).map(Arc::new),
        }
    }

    fn published(&self) -> Event {
        Event::Published { generation: self.generation, fingerprint: self.fingerprint, flags: self.flags }
    }
}

impl Control {
    /// The first publication. `trouble` says what the source had, and why that does not serve, if it does not.
    pub(super) fn new(
        live: Arc<Live>,
        policy: Policy,
        Followed { source, wake }: Followed,
        serving: Serving,
        held_back: Option<u128>,
        trouble: Option<(u128, Error)>,
    ) -> Control {
        let from_source = serving.origin == Origin::Source;
        let mut events = Vec::new();
        events.extend(trouble.clone().map(|(fingerprint, error)| match error.is_source() {
            true => Event::SourceError { generation: 0, error },
            false => Event::Refused { generation: 0, fingerprint, source: source.clone(), error },
        }));
        events.push(serving.published());
        if !serving.mismatches.is_empty() {
            events.push(Event::Mismatch { generation: 1, faults: serving.mismatches.clone() });
        }
        let control = Control {
            state: Mutex::new(State {
                looked_at: serving.content.revision.clone().filter(|_| from_source),
                serving,
                previous: None,
                refused: None,
                held_back,
                held_back_told: false,
                source_answered: from_source.then(Instant::now),
                last_error: trouble.map(|(_, error)| error),
                paused: false,
                following: false,
            }),
            live,
            policy,
            copying: Mutex::new(()),
            source,
            wake,
            process: std::process::id(),
        };
        control.tell(&events);
        if from_source {
            control.keep_copy();
        }
        control
    }

    pub(crate) fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// The bell of the loader's thread.
    pub(crate) fn wake(&self) -> &Wake {
        &self.wake
    }

    /// The revision to ask the source about.
    pub(super) fn looked_at(&self) -> Option<Box<str>> {
        self.state().looked_at.clone()
    }

    pub(super) fn is_paused(&self) -> bool {
        self.state().paused
    }

    pub(super) fn set_following(&self, following: bool) {
        self.state().following = following;
    }

    /// The source answered that nothing has changed.
    pub(super) fn unchanged(&self) {
        let event = {
            let mut state = self.state();
            state.source_answered = Some(Instant::now());
            if state.refused.is_some() { None } else { state.recovered() }
        };
        self.tell(event.as_slice());
        self.refuse_again();
    }

    /// The source failed.
    pub(super) fn failed(&self, error: Error) {
        let event = {
            let mut state = self.state();
            let said = error.to_string();
            let known = state.last_error.as_ref().is_some_and(|last| last.to_string() == said);
            let generation = state.serving.generation;
            state.last_error = Some(error.clone());
            (!known).then_some(Event::SourceError { generation, error })
        };
        self.tell(event.as_slice());
    }

    /// The source brought content.
    pub(super) fn take(&self, content: Content) {
        let fingerprint = content.fingerprint();
        let (known, event) = self.state().look_at(&content, fingerprint);
        self.tell(event.as_slice());
        if known {
            self.refuse_again();
            return;
        }
        // Reading takes its time, and is done outside the lock.
        match self.accepted(content, Origin::Source) {
            Ok(serving) => {
                self.publish(serving, None);
                self.keep_copy();
            }
            Err(error) => self.refuse(fingerprint, error),
        }
    }

    /// What content comes to, if it is right.
    fn accepted(&self, content: Content, origin: Origin) -> Result<(Serving, Snapshot), Error> {
        let (set, clashes) = content.read_layers()?;
        let errors = self.policy.errors(&set);
        if self.policy.refuse_mismatches && !errors.is_empty() {
            return Err(Error::start(errors.join("\n")));
        }
        let snapshot = self.policy.snapshot(&set);
        Ok((Serving::of(content, (set, clashes), origin, &self.policy), snapshot))
    }

    /// Publishes by one swap, then tells.
    fn publish(&self, (mut serving, snapshot): (Serving, Snapshot), rolled_back: Option<u128>) -> u64 {
        let mut events = Vec::new();
        let generation = {
            let mut state = self.state();
            serving.generation = self.live.publish(snapshot);
            events.push(match rolled_back {
                Some(held_back) => {
                    let Serving { generation, fingerprint, .. } = serving;
                    Event::RolledBack { generation, fingerprint, held_back }
                }
                None => serving.published(),
            });
            if !serving.mismatches.is_empty() {
                let faults = serving.mismatches.clone();
                events.push(Event::Mismatch { generation: serving.generation, faults });
            }
            state.put(serving, rolled_back)
        };
        self.tell(&events);
        generation
    }

    /// A source that was away and is back with what was refused is still refused.
    fn refuse_again(&self) {
        let refused = {
            let state = self.state();
            let was_away = state.last_error.as_ref().is_some_and(Error::is_source);
            state.refused.clone().filter(|_| was_away)
        };
        if let Some((fingerprint, error)) = refused {
            self.refuse(fingerprint, error);
        }
    }

    fn refuse(&self, fingerprint: u128, error: Error) {
        let event = {
            let mut state = self.state();
            state.refused = Some((fingerprint, error.clone()));
            state.last_error = Some(error.clone());
            let source = self.source.clone();
            Event::Refused { generation: state.serving.generation, fingerprint, source, error }
        };
        self.tell(&[event]);
    }

    /// Publishes what the service itself brings.
    pub(crate) fn install(&self, content: Content) -> Result<u64, Error> {
        let accepted = self.accepted(content, Origin::Installed)?;
        let generation = self.publish(accepted, None);
        self.keep_copy();
        Ok(generation)
    }

    /// Publishes what served before, and holds back what serves.
    pub(crate) fn rollback(&self) -> Result<u64, Error> {
        let (previous, bad) = {
            let state = self.state();
            (state.previous.clone(), state.serving.fingerprint)
        };
        let Some(previous) = previous else {
            return Err(Error::start(
                "there is nothing to roll back to: nothing else has served since the start",
            ));
        };
        let content = Content::clone(&previous.content);
        let accepted = self.accepted(content, Origin::RolledBack)?;
        let generation = self.publish(accepted, Some(bad));
        self.keep_copy();
        Ok(generation)
    }

    pub(crate) fn set_paused(&self, paused: bool) {
        self.state().paused = paused;
    }

    /// How long until the clock passes the next instant that the file names.
    pub(super) fn until_edge(&self) -> Option<Duration> {
        let until = self.live.ask(|snapshot| snapshot.holds().1)?;
        Some(until.since((self.policy.clock)()).unwrap_or_default())
    }

    /// Compiles anew where the clock has left the stretch of time that the snapshot holds for, in either direction.
    pub(super) fn pass_edges(&self) {
        let now = (self.policy.clock)();
        let (from, until) = self.live.ask(Snapshot::holds);
        if from.is_none_or(|from| now >= from) && until.is_none_or(|until| now < until) {
            return;
        }
        let event = {
            let mut state = self.state();
            let Some(set) = state.serving.set.clone() else { return };
            state.serving.generation = self.live.publish(self.policy.snapshot(&set));
            state.serving.since = Instant::now();
            state.serving.published()
        };
        self.tell(&[event]);
    }

    pub(super) fn free_retired(&self) {
        self.live.free_retired();
    }

    pub(crate) fn status(&self) -> Status {
        let pinned = self.live.pinned();
        let state = self.state();
        let serving = &state.serving;
        Status {
            generation: serving.generation,
            fingerprint: serving.fingerprint,
            flags: serving.flags,
            origin: serving.origin,
            source: self.source.clone(),
            age: serving.since.elapsed(),
            source_age: state.source_answered.map(|answered| answered.elapsed()),
            last_error: state.last_error.as_ref().map(ToString::to_string),
            findings: state.last_error.as_ref().map(|error| error.diagnostics().to_vec()).unwrap_or_default(),
            mismatches: serving.mismatches.clone(),
            held_back: state.held_back,
            paused: state.paused,
            following: state.following && self.process == std::process::id(),
            pinned,
        }
    }

    fn keep_copy(&self) {
        let Some(path) = &self.policy.last_good else { return };
        let written = {
            let _copying = self.copying.lock().unwrap_or_else(PoisonError::into_inner);
            let (content, held_back) = {
                let state = self.state();
                (Arc::clone(&state.serving.content), state.held_back)
            };
            last_good::write(path, &Copy { content, held_back })
        };
        if let Err(error) = written {
            self.tell(&[Event::CopyFailed { error }]);
        }
    }

    fn tell(&self, events: &[Event]) {
        events.iter().for_each(|event| self.policy.tell(event));
    }

    /// A thread that panicked with the state left whole values behind.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Notes what the source has; says whether there is nothing more to do about it, and what to tell.
    fn look_at(&mut self, content: &Content, fingerprint: u128) -> (bool, Option<Event>) {
        self.source_answered = Some(Instant::now());
        self.looked_at.clone_from(&content.revision);
        if fingerprint == self.serving.fingerprint {
            self.refused = None;
            self.held_back = None;
            self.serving.origin = Origin::Source;
            return (true, self.recovered());
        }
        if Some(fingerprint) == self.held_back {
            self.refused = None;
            let told = std::mem::replace(&mut self.held_back_told, true);
            let generation = self.serving.generation;
            return (true, (!told).then_some(Event::HeldBack { generation, fingerprint }));
        }
        let known = self.refused.as_ref().is_some_and(|(refused, _)| *refused == fingerprint);
        (known, None)
    }

    /// The source is well: told if it was not before.
    fn recovered(&mut self) -> Option<Event> {
        self.last_error.take()?;
        let Serving { generation, fingerprint, .. } = self.serving;
        Some(Event::Recovered { generation, fingerprint })
    }

    /// What was published serves; what served is what a rollback goes back to.
    fn put(&mut self, serving: Serving, rolled_back: Option<u128>) -> u64 {
        let before = std::mem::replace(&mut self.serving, serving);
        self.previous = if rolled_back.is_some() { None } else { Some(before) };
        self.held_back = rolled_back;
        self.held_back_told = false;
        self.refused = None;
        self.last_error = None;
        self.serving.generation
    }
}
