//! Interleaved rounds: each round asks every engine once, so that a slow spell of the machine falls on all alike.
//!
//! An engine's turn in a round is one check as the others leave the caches, a batch that is not timed and puts into them
//! what the engine needs, and the batch that is timed.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::clock;
use crate::driver::{Ask, Check, Driver};

/// How long one batch of checks takes at least.
const BATCH: Duration = Duration::from_micros(200);

/// What one engine took for one kind of check, in nanoseconds of CPU time.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    pub min: f64,
    pub median: f64,
}

impl Time {
    pub fn of(mut samples: Vec<f64>) -> Time {
        samples.sort_by(f64::total_cmp);
        Time { min: samples[0], median: samples[samples.len() / 2] }
    }
}

/// One kind of check on one engine.
#[derive(Clone, Copy, Debug)]
pub struct Timed {
    /// One of a batch, after an equal batch.
    pub warm: Time,
    /// The first one after all the other engines had their turns: wall time, the clock's own included.
    pub first: Time,
}

/// Times one kind of check on all engines.
pub fn time(drivers: &[Box<dyn Driver>], check: Check, rounds: usize) -> Vec<Timed> {
    let mut turns: Vec<Turn<'_>> = drivers.iter().map(|driver| Turn::new(&**driver, check)).collect();
    let sweep = Sweep::new();
    for round in 0..rounds {
        for number in order(turns.len(), round) {
            sweep.run();
            turns[number].run(round);
        }
    }
    turns.into_iter().map(Turn::end).collect()
}

/// Another order in each round, so that nobody always follows an engine whose code is partly its own.
fn order(engines: usize, round: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..engines).collect();
    let hash = BuildHasherDefault::<DefaultHasher>::default();
    order.sort_by_cached_key(|number| hash.hash_one((round, *number)));
    order
}

/// One engine, and what was seen of it.
struct Turn<'a> {
    ask: Ask<'a>,
    size: usize,
    /// How many checks, not timed, go before a batch: none where the first check takes as long as a batch of others.
    before: usize,
    warm: Vec<f64>,
    first: Vec<f64>,
}

impl Turn<'_> {
    fn new(driver: &dyn Driver, check: Check) -> Turn<'_> {
        let mut ask = driver.ask(check);
        let mut size = check.fewest();
        let took = loop {
            // The first call may be a cold one.
            let took = (0..3).map(|_| batch(&mut ask, size)).min().unwrap_or_default();
            if took >= BATCH {
                break took;
            }
            size *= if took.is_zero() { 16 } else { 2 };
        };
        let before = if took >= BATCH * size as u32 { 0 } else { size };
        Turn { ask, size, before, warm: Vec::new(), first: Vec::new() }
    }

    fn run(&mut self, round: usize) {
        self.first.push(first(&mut self.ask, round).as_nanos() as f64);
        black_box((self.ask)(0, self.before));
        self.warm.push(batch(&mut self.ask, self.size).as_nanos() as f64 / self.size as f64);
    }

    fn end(self) -> Timed {
        Timed { warm: Time::of(self.warm), first: Time::of(self.first) }
    }
}

fn batch(ask: &mut Ask<'_>, size: usize) -> Duration {
    let start = clock::of_thread();
    black_box(ask(0, size));
    clock::of_thread() - start
}

/// One check of some user.
fn first(ask: &mut Ask<'_>, user: usize) -> Duration {
    // The harness and the clock may be warm.
    black_box(ask(user, 0));
    black_box(Instant::now());
    let start = Instant::now();
    black_box(ask(user, 1));
    start.elapsed()
}

/// Takes a core's own caches, whichever engines there are.
struct Sweep(Vec<u8>);

impl Sweep {
    const BYTES: usize = 4 << 20;
    const LINE: usize = 64;

    fn new() -> Sweep {
        Sweep(vec![1; Sweep::BYTES])
    }

    /// It only reads, so that no store is under way when it is over.
    fn run(&self) {
        black_box(self.0.iter().step_by(Sweep::LINE).map(|byte| u64::from(*byte)).sum::<u64>());
    }
}
