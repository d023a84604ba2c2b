//! What serves, what served before, what is held back. Every publication passes here.
//!
//! Nothing in here reads a source: it is handed content, by the following thread or by the service itself. Publications
//! take turns, so that each is decided on what serves. Events are told after the swap, and outside the locks, so that
//! whoever listens may ask and act. The status is read without a lock.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::event::Event;
use super::keep::Keep;
use super::last_good::Copy;
use super::source::Content;
use super::status::{Origin, Status};
use super::wake::Wake;
use super::{Clock, Tell};
use crate::error::Error;
use crate::facts::Facts;
use crate::flag::Declaration;
use crate::flag_set::FlagSet;
use crate::limits::Limits;
use crate::live::{Live, Posted};
use crate::mismatch::Mismatch;
use crate::snapshot::Snapshot;

/// What a service asked of its loader, once and for all.
pub(super) struct Policy {
    pub(super) facts: Facts,
    pub(super) declared: Vec<Declaration>,
    /// Once the service has started.
    pub(super) lacking: Lacking,
    pub(super) limits: Limits,
    pub(super) clock: Clock,
    pub(super) tell: Tell,
}

impl Policy {
    fn snapshot(&self, set: &FlagSet) -> Snapshot {
        Snapshot::compile(set, &self.facts, (self.clock)())
    }

    /// What content comes to, if it is right.
    pub(super) fn accept(
        &self,
        content: Content,
        origin: Origin,
        lacking: Lacking,
    ) -> Result<(Serving, Snapshot), Error> {
        let (set, clashes) = content.read_layers(&self.limits)?;
        let mut mismatches = Mismatch::all(&self.declared, &self.facts, &set);
        if lacking == Lacking::IsRefused {
            let errors: Vec<Mismatch> = mismatches.iter().filter(|found| found.is_error()).cloned().collect();
            if !errors.is_empty() {
                return Err(Error::mismatched(errors));
            }
        }
        mismatches.extend(clashes);
        let snapshot = self.snapshot(&set);
        let serving = Serving {
            generation: 1,
            fingerprint: content.fingerprint(),
            flags: set.flags.len(),
            origin,
            since: Since::now(),
            content: Arc::new(content),
            mismatches,
            set: Some(set).filter(|set| !set.edges.is_empty()).map(Arc::new),
        };
        Ok((serving, snapshot))
    }

    /// Whoever listens may panic: nothing here is harmed.
    pub(super) fn tell(&self, event: &Event) {
        let _ = panic::catch_unwind(AssertUnwindSafe(|| (self.tell)(event)));
    }
}

/// What becomes of content that lacks something that the code counts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lacking {
    IsRefused,
    IsTold,
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
    /// Held from the look at what serves until something else does: a decision is never made on what is past.
    turn: Mutex<()>,
    state: Mutex<State>,
    /// The state as it is told. Whoever asks waits for nobody, not even in a process that was forked off.
    told: Posted<Told>,
    keep: Option<Keep>,
    source: String,
    wake: Arc<Wake>,
}

struct State {
    serving: Serving,
    previous: Option<Serving>,
    /// The revision that was looked at last, whatever came of it.
    looked_at: Option<Box<str>>,
    /// What the source had when it last answered.
    source_has: Option<u128>,
    /// What of it is refused, and why.
    refused: Option<(u128, Error)>,
    held_back: Option<u128>,
    source_answered: Option<Instant>,
    last_error: Option<Error>,
    copy_error: Option<Error>,
    paused: bool,
    following: bool,
}

/// A moment, by both clocks.
#[derive(Clone, Copy)]
struct Since(Instant, SystemTime);

impl Since {
    fn now() -> Since {
        Since(Instant::now(), SystemTime::now())
    }
}

/// What serves, or served.
#[derive(Clone)]
pub(super) struct Serving {
    generation: u64,
    fingerprint: u128,
    flags: usize,
    pub(super) origin: Origin,
    since: Since,
    content: Arc<Content>,
    /// Kept where the clock will ask to compile it anew.
    set: Option<Arc<FlagSet>>,
    mismatches: Vec<Mismatch>,
}

impl Serving {
    /// The same as of another publication.
    fn published_as(&mut self, generation: u64) {
        self.generation = generation;
        self.since = Since::now();
    }

    fn lacks_something(&self) -> bool {
        self.mismatches.iter().any(Mismatch::is_error)
    }
}

/// A status, but for the ages in it.
struct Told {
    status: Status,
    since: Instant,
    source_answered: Option<Instant>,
}

/// What a start came to.
pub(super) struct Start {
    pub(super) accepted: (Serving, Snapshot),
    /// What was rolled back and is still held back.
    pub(super) held_back: Option<u128>,
    /// Why the source does not serve.
    pub(super) trouble: Option<Trouble>,
    pub(super) copy_error: Option<Error>,
}

/// Why the source does not serve at the start.
pub(super) enum Trouble {
    Away(Error),
    Refused(u128, Error),
    HeldBack(u128),
}

impl Trouble {
    /// Where nothing else can serve either.
    pub(super) fn into_error(self) -> Error {
        match self {
            Trouble::Away(error) | Trouble::Refused(_, error) => error,
            Trouble::HeldBack(_) => is_held_back(),
        }
    }
}

fn is_held_back() -> Error {
    Error::start("the source still has what was rolled back; it is held back until it changes")
}

impl Control {
    /// The first publication.
    pub(super) fn new(
        policy: Policy,
        keep: Option<Keep>,
        Followed { source, wake }: Followed,
        start: Start,
    ) -> Control {
        let Start { accepted: (serving, snapshot), held_back, trouble, copy_error } = start;
        let live = Arc::new(Live::new(snapshot));
        let from_source = serving.origin == Origin::Source;
        let mut state = State {
            looked_at: serving.content.revision.clone().filter(|_| from_source),
            source_has: from_source.then_some(serving.fingerprint),
            serving,
            previous: None,
            refused: None,
            held_back,
            source_answered: from_source.then(Instant::now),
            last_error: None,
            copy_error,
            paused: false,
            following: false,
        };
        let mut events: Vec<Event> =
            trouble.into_iter().map(|trouble| state.begin_with(trouble, &source)).collect();
        events.extend(state.published(&live));
        let told = Posted::new(state.told(&source));
        let control = Control {
            live,
            policy,
            turn: Mutex::new(()),
            state: Mutex::new(state),
            told,
            keep,
            source,
            wake,
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
        self.change(|state| state.following = following);
    }

    /// The source answered that nothing has changed.
    pub(super) fn unchanged(&self) {
        let event = self.change(|state| state.as_before(&self.source));
        self.tell(event.as_slice());
    }

    /// The source failed.
    pub(super) fn failed(&self, error: Error) {
        let event = self.change(|state| {
            let said = error.to_string();
            let known = state.last_error.as_ref().is_some_and(|last| last.to_string() == said);
            let generation = state.serving.generation;
            state.last_error = Some(error.clone());
            (!known).then_some(Event::SourceError { generation, error })
        });
        self.tell(event.as_slice());
    }

    /// The source brought content.
    pub(super) fn take(&self, content: Content) {
        let (events, published) = self.decide(content);
        self.tell(&events);
        if published {
            self.keep_copy();
        }
    }

    /// Publishes content of the source, or does not. Says what to tell, and whether something else serves.
    fn decide(&self, content: Content) -> (Vec<Event>, bool) {
        let _turn = self.turn();
        let fingerprint = content.fingerprint();
        if let Known::Yes(event) = self.change(|state| state.look_at(&content, fingerprint, &self.source)) {
            return (event.into_iter().collect(), false);
        }
        match self.policy.accept(content, Origin::Source, self.policy.lacking) {
            Ok(accepted) => {
                let events = self.change(|state| {
                    if state.paused {
                        // Paused while it was read: left alone, and brought again once that is over.
                        state.looked_at = None;
                        return Vec::new();
                    }
                    state.publish_of_source(&self.live, accepted)
                });
                let published = !events.is_empty();
                (events, published)
            }
            Err(error) => {
                let event = self.change(|state| state.refuse(fingerprint, error, &self.source));
                (vec![event], false)
            }
        }
    }

    /// Publishes what the service itself brings.
    pub(crate) fn install(&self, content: Content) -> Result<u64, Error> {
        self.is_here()?;
        let events = {
            let _turn = self.turn();
            let accepted = self.policy.accept(content, Origin::Installed, self.policy.lacking)?;
            self.change(|state| state.publish(&self.live, accepted))
        };
        Ok(self.tell_and_keep(&events))
    }

    /// Publishes what served before, and holds back what serves.
    pub(crate) fn rollback(&self) -> Result<u64, Error> {
        self.is_here()?;
        let bad = self.state().serving.fingerprint;
        let events = {
            let _turn = self.turn();
            let (previous, serves) = {
                let state = self.state();
                (state.previous.clone(), state.serving.fingerprint)
            };
            if serves != bad {
                return Err(Error::start(
                    "something else was published meanwhile: look whether it is to be rolled back too",
                ));
            }
            let Some(previous) = previous else {
                return Err(Error::start(
                    "there is nothing to roll back to: nothing else has served since the start",
                ));
            };
            let content = Content::clone(&previous.content);
            let accepted = self.policy.accept(content, Origin::RolledBack, self.policy.lacking)?;
            self.change(|state| state.roll_back(&self.live, accepted, bad))
        };
        Ok(self.tell_and_keep(&events))
    }

    /// What every publication by the service ends with. Returns its generation.
    fn tell_and_keep(&self, events: &[Event]) -> u64 {
        self.tell(events);
        self.keep_copy();
        events.iter().find_map(Event::published_as).unwrap_or_default()
    }

    pub(crate) fn set_paused(&self, paused: bool) {
        if self.wake.is_here() {
            self.change(|state| state.paused = paused);
        }
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
            let _turn = self.turn();
            let set = self.state().serving.set.clone();
            set.map(|set| {
                let snapshot = self.policy.snapshot(&set);
                self.change(|state| {
                    state.serving.published_as(self.live.publish(snapshot));
                    state.published(&self.live).swap_remove(0)
                })
            })
        };
        self.tell(event.as_slice());
    }

    pub(super) fn free_retired(&self) {
        self.live.free_retired();
    }

    pub(crate) fn status(&self) -> Status {
        let told = self.told.read();
        let is_here = self.wake.is_here();
        let mut status = told.status.clone();
        status.age = told.since.elapsed();
        status.source_age = told.source_answered.map(|answered| answered.elapsed());
        status.following &= is_here;
        status.pinned = if is_here { self.live.pinned() } else { self.live.pinned_at_fork() };
        status
    }

    /// Writes the copy that could not be written, once it is time to try that again.
    pub(super) fn retry_copy(&self) {
        if self.keep.as_ref().is_some_and(Keep::is_due) {
            self.keep_copy();
        }
    }

    /// Keeps a copy of what serves, if a start could do with it.
    fn keep_copy(&self) {
        let Some(keep) = &self.keep else { return };
        let kept = keep.write(|| {
            let state = self.state();
            let Serving { content, .. } = &state.serving;
            let fit = !state.serving.lacks_something() || state.held_back.is_some();
            fit.then(|| Copy { content: Arc::clone(content), held_back: state.held_back })
        });
        let Some(kept) = kept else { return };
        let error = kept.err();
        let event = self.change(|state| {
            let said = error.as_ref().map(ToString::to_string);
            let known = state.copy_error.as_ref().map(ToString::to_string) == said;
            state.copy_error.clone_from(&error);
            error.filter(|_| !known).map(|error| Event::CopyFailed { error })
        });
        self.tell(event.as_slice());
    }

    /// In a process that was forked off, nobody gives back the locks that were held at that moment.
    fn is_here(&self) -> Result<(), Error> {
        if self.wake.is_here() {
            return Ok(());
        }
        Err(Error::start(
            "this process was forked off from the one that loaded these flags: start a loader of its own",
        ))
    }

    fn tell(&self, events: &[Event]) {
        events.iter().for_each(|event| self.policy.tell(event));
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A thread that panicked with the state left whole values behind.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every change of the state is told to those who ask for the status.
    fn change<A>(&self, change: impl FnOnce(&mut State) -> A) -> A {
        let mut state = self.state();
        let answer = change(&mut state);
        self.told.replace(state.told(&self.source));
        answer
    }
}

/// Whether the source has what was dealt with before, and what to tell of it.
enum Known {
    Yes(Option<Event>),
    No,
}

impl State {
    fn begin_with(&mut self, trouble: Trouble, source: &str) -> Event {
        let generation = 0;
        match trouble {
            Trouble::Away(error) => {
                self.last_error = Some(error.clone());
                Event::SourceError { generation, error }
            }
            Trouble::Refused(fingerprint, error) => {
                self.source_has = Some(fingerprint);
                self.refused = Some((fingerprint, error.clone()));
                self.last_error = Some(error.clone());
                Event::Refused { generation, fingerprint, source: source.to_owned(), error }
            }
            Trouble::HeldBack(fingerprint) => {
                self.source_has = Some(fingerprint);
                self.last_error = Some(is_held_back());
                Event::HeldBack { generation, fingerprint }
            }
        }
    }

    /// Notes what the source has.
    fn look_at(&mut self, content: &Content, fingerprint: u128, source: &str) -> Known {
        self.looked_at.clone_from(&content.revision);
        self.source_has = Some(fingerprint);
        self.refused.take_if(|(refused, _)| *refused != fingerprint);
        if fingerprint == self.serving.fingerprint {
            self.held_back = None;
            self.serving.origin = Origin::Source;
        } else if self.refused.is_none() && self.held_back != Some(fingerprint) {
            self.source_answered = Some(Instant::now());
            return Known::No;
        }
        Known::Yes(self.as_before(source))
    }

    /// The source answers, with what it had before: told if it was away.
    fn as_before(&mut self, source: &str) -> Option<Event> {
        self.source_answered = Some(Instant::now());
        let Serving { generation, fingerprint, .. } = self.serving;
        if let Some((refused, error)) = self.refused.clone() {
            let was_away = self.last_error.as_ref().is_some_and(Error::is_source);
            return was_away.then(|| self.refuse(refused, error, source));
        }
        match self.held_back.filter(|held_back| self.source_has == Some(*held_back)) {
            Some(fingerprint) => {
                let before = self.last_error.replace(is_held_back()).map(|error| error.to_string());
                let known = before == self.last_error.as_ref().map(ToString::to_string);
                (!known).then_some(Event::HeldBack { generation, fingerprint })
            }
            None => {
                self.last_error.take()?;
                Some(Event::Recovered { generation, fingerprint })
            }
        }
    }

    fn refuse(&mut self, fingerprint: u128, error: Error, source: &str) -> Event {
        self.refused = Some((fingerprint, error.clone()));
        self.last_error = Some(error.clone());
        let generation = self.serving.generation;
        Event::Refused { generation, fingerprint, source: source.to_owned(), error }
    }

    /// Publishes by one swap. What served is what a rollback goes back to.
    fn publish(&mut self, live: &Live, (mut serving, snapshot): (Serving, Snapshot)) -> Vec<Event> {
        serving.published_as(live.publish(snapshot));
        self.previous = Some(std::mem::replace(&mut self.serving, serving));
        self.published(live)
    }

    /// The same of what the source has: nothing is wrong with it any more, and nothing held back.
    fn publish_of_source(&mut self, live: &Live, accepted: (Serving, Snapshot)) -> Vec<Event> {
        self.held_back = None;
        self.refused = None;
        self.last_error = None;
        self.publish(live, accepted)
    }

    /// The same of what served before: there is one step back, not a see-saw.
    fn roll_back(&mut self, live: &Live, accepted: (Serving, Snapshot), bad: u128) -> Vec<Event> {
        let mut events = self.publish(live, accepted);
        self.previous = None;
        self.held_back = Some(bad);
        if self.source_has == self.held_back {
            self.last_error = Some(is_held_back());
        }
        if let Some(first) = events.first_mut() {
            let Serving { generation, fingerprint, .. } = self.serving;
            *first = Event::RolledBack { generation, fingerprint, held_back: bad, view: live.view() };
        }
        events
    }

    /// What to tell of what serves now.
    fn published(&self, live: &Live) -> Vec<Event> {
        let Serving { generation, fingerprint, flags, .. } = self.serving;
        let mut events = vec![Event::Published { generation, fingerprint, flags, view: live.view() }];
        if !self.serving.mismatches.is_empty() {
            let mismatches = self.serving.mismatches.clone();
            events.push(Event::Mismatch { generation, mismatches });
        }
        events
    }

    fn told(&self, source: &str) -> Told {
        let serving = &self.serving;
        let Since(since, loaded_at) = serving.since;
        let status = Status {
            generation: serving.generation,
            fingerprint: serving.fingerprint,
            flags: serving.flags,
            origin: serving.origin,
            source: source.to_owned(),
            loaded_at,
            age: Duration::ZERO,
            source_age: None,
            last_error: self.last_error.as_ref().map(ToString::to_string),
            findings: self.last_error.as_ref().map(|error| error.diagnostics().to_vec()).unwrap_or_default(),
            mismatches: serving.mismatches.clone(),
            copy_error: self.copy_error.as_ref().map(ToString::to_string),
            held_back: self.held_back,
            paused: self.paused,
            following: self.following,
            pinned: 0,
        };
        Told { status, since, source_answered: self.source_answered }
    }
}
