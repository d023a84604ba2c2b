//! One engine with its flags and contexts prepared, behind one face: so that rounds can go from engine to engine.
//!
//! The loops are here, inside the generic type: an engine's check can be inlined into its own loop, and nothing is paid
//! for being one of many.

use std::hint::black_box;

use crate::engine::Engine;
use crate::workload::{self, Spec, User, Users};

/// The checks that are timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    On,
    Rollout,
    ListHit,
    ListMiss,
    Conditions,
    ContextAndCheck,
    Thousand,
}

impl Check {
    pub const ALL: [Check; 7] = [
        Check::On,
        Check::Rollout,
        Check::ListHit,
        Check::ListMiss,
        Check::Conditions,
        Check::ContextAndCheck,
        Check::Thousand,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Check::On => "plain flag",
            Check::Rollout => "50 % rollout",
            Check::ListHit => "10,000 keys, hit",
            Check::ListMiss => "10,000 keys, miss",
            Check::Conditions => "3 conditions + 25 %",
            Check::ContextAndCheck => "context built + the same",
            Check::Thousand => "1,000 flags, one user",
        }
    }

    /// The smallest fair batch: its users stand all over a list, for those who search one.
    pub fn fewest(self) -> usize {
        if self == Check::Thousand { 1 } else { 16 }
    }

    /// How many times slower than this library, by handle, the fastest peer should be.
    pub fn goal(self) -> f64 {
        match self {
            Check::Rollout | Check::Conditions | Check::Thousand => 20.0,
            Check::On | Check::ListHit | Check::ListMiss | Check::ContextAndCheck => 10.0,
        }
    }
}

pub const USERS: usize = 256;
const FLAGS: usize = 1_000;
pub const KEYS: usize = 10_000;

/// An engine, ready to be timed.
pub trait Driver {
    fn name(&self) -> &'static str;
    fn has_rules(&self) -> bool;
    /// Makes so many checks, and says how many were on.
    fn make(&self, check: Check, times: usize) -> usize;
}

pub struct Prepared<E: Engine> {
    mixed: E,
    listed: E,
    flags: Vec<E::Flag>,
    list_flag: E::Flag,
    users: Users,
    contexts: Vec<E::Context>,
    members: Vec<E::Context>,
    strangers: Vec<E::Context>,
}

impl<E: Engine> Prepared<E> {
    pub fn new() -> Result<Prepared<E>, String> {
        let mixed = E::load(&E::configuration(&Spec::mixed(FLAGS)))?;
        let listed = E::load(&E::configuration(&Spec::listed(KEYS)))?;
        let users = workload::targeted(USERS);
        let contexts = |users: Users| users.iter().map(E::context).collect();
        Ok(Prepared {
            flags: (0..FLAGS).map(|n| mixed.flag(workload::mixed_key(n).leak())).collect(),
            list_flag: listed.flag(workload::LISTED),
            mixed,
            listed,
            users,
            contexts: contexts(users),
            members: contexts(workload::members(USERS, KEYS)),
            strangers: contexts(workload::strangers(USERS)),
        })
    }

    /// One flag, for one context after the other.
    fn ask(&self, engine: &E, flag: &E::Flag, contexts: &[E::Context], times: usize) -> usize {
        let mut worker = engine.worker();
        in_turn(contexts, times, |context| E::is_on(&mut worker, black_box(flag), black_box(context)))
    }

    fn build_and_ask(&self, flag: &E::Flag, times: usize) -> usize {
        let mut worker = self.mixed.worker();
        in_turn(self.users, times, |user| {
            E::is_on_for(&mut worker, black_box(flag), black_box::<&'static User>(user))
        })
    }

    fn ask_all(&self, times: usize) -> usize {
        let mut worker = self.mixed.worker();
        let asked = self.contexts.iter().cycle().take(times);
        asked.map(|context| E::count_on(&mut worker, black_box(&self.flags), black_box(context))).sum()
    }
}

/// How many of so many questions are answered with yes, when all are asked in turn, and then the first one again. Two
/// plain loops, since a chain of iterators was seen to cost more than the check.
#[inline(always)]
fn in_turn<'a, T>(asked: &'a [T], times: usize, mut is_on: impl FnMut(&'a T) -> bool) -> usize {
    let mut on = 0;
    let mut left = times;
    while left > 0 {
        let some = &asked[..asked.len().min(left)];
        for one in some {
            on += usize::from(is_on(one));
        }
        left -= some.len();
    }
    on
}

impl<E: Engine> Driver for Prepared<E> {
    fn name(&self) -> &'static str {
        E::NAME
    }

    fn has_rules(&self) -> bool {
        E::HAS_RULES
    }

    fn make(&self, check: Check, times: usize) -> usize {
        // Flags from the middle, one of each kind.
        match check {
            Check::On => self.ask(&self.mixed, &self.flags[500], &self.contexts, times),
            Check::Rollout => self.ask(&self.mixed, &self.flags[501], &self.contexts, times),
            Check::ListHit => self.ask(&self.listed, &self.list_flag, &self.members, times),
            Check::ListMiss => self.ask(&self.listed, &self.list_flag, &self.strangers, times),
            Check::Conditions => self.ask(&self.mixed, &self.flags[503], &self.contexts, times),
            Check::ContextAndCheck => self.build_and_ask(&self.flags[503], times),
            Check::Thousand => self.ask_all(times),
        }
    }
}
