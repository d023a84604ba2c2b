//! One engine with its flags and contexts prepared, behind one face: so that rounds can go from engine to engine.
//!
//! The loops are here, inside the generic type: an engine's check can be inlined into its own loop, and nothing is paid
//! for being one of many.

use std::hint::black_box;

use crate::engine::{Engine, Standing};
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

    /// Those that are also timed cold.
    pub const FIRST: [Check; 4] = [Check::On, Check::Rollout, Check::ListHit, Check::Thousand];

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

/// Asks for one user after the other, the first of them and how many being given; says how many were on.
pub type Ask<'a> = Box<dyn FnMut(usize, usize) -> usize + 'a>;

/// An engine, ready to be timed.
pub trait Driver {
    fn name(&self) -> &'static str;
    fn standing(&self) -> Standing;
    /// A worker that makes this kind of check.
    fn ask(&self, check: Check) -> Ask<'_>;
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
    fn each<'a>(&'a self, engine: &'a E, flag: &'a E::Flag, contexts: &'a [E::Context]) -> Ask<'a> {
        let mut worker = engine.worker();
        Box::new(move |first, times| {
            in_turn(contexts, first, times, |context| {
                usize::from(E::is_on(&mut worker, black_box(flag), black_box(context)))
            })
        })
    }

    fn build_and_ask<'a>(&'a self, flag: &'a E::Flag) -> Ask<'a> {
        let mut worker = self.mixed.worker();
        Box::new(move |first, times| {
            in_turn(self.users, first, times, |user| {
                usize::from(E::is_on_for(&mut worker, black_box(flag), black_box::<&'static User>(user)))
            })
        })
    }

    fn all_flags(&self) -> Ask<'_> {
        let mut worker = self.mixed.worker();
        Box::new(move |first, times| {
            in_turn(&self.contexts, first, times, |context| {
                E::count_on(&mut worker, black_box(&self.flags), black_box(context))
            })
        })
    }
}

/// What the answers add up to when all are asked in turn, from the first one on, and then from the beginning again. Two
/// plain loops, since a chain of iterators was seen to cost more than the check.
#[inline(always)]
fn in_turn<'a, T>(asked: &'a [T], first: usize, times: usize, mut ask: impl FnMut(&'a T) -> usize) -> usize {
    let mut on = 0;
    let mut left = times;
    let mut next = first % asked.len();
    while left > 0 {
        let some = &asked[next..asked.len().min(next + left)];
        for one in some {
            on += ask(one);
        }
        left -= some.len();
        next = 0;
    }
    on
}

impl<E: Engine> Driver for Prepared<E> {
    fn name(&self) -> &'static str {
        E::NAME
    }

    fn standing(&self) -> Standing {
        E::STANDING
    }

    fn ask(&self, check: Check) -> Ask<'_> {
        // Flags from the middle, one of each kind.
        match check {
            Check::On => self.each(&self.mixed, &self.flags[500], &self.contexts),
            Check::Rollout => self.each(&self.mixed, &self.flags[501], &self.contexts),
            Check::ListHit => self.each(&self.listed, &self.list_flag, &self.members),
            Check::ListMiss => self.each(&self.listed, &self.list_flag, &self.strangers),
            Check::Conditions => self.each(&self.mixed, &self.flags[503], &self.contexts),
            Check::ContextAndCheck => self.build_and_ask(&self.flags[503]),
            Check::Thousand => self.all_flags(),
        }
    }
}
