//! Two readers that ask without pause, while a writer publishes anew as often as 100 times a second.
//!
//! Reading the clock twice takes longer than a quick check, so a reader times one check in about two microseconds, and only
//! counts those between.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::engine::Engine;
use crate::workload::{self, Spec};

const READERS: usize = 2;
const PHASE: Duration = Duration::from_millis(700);
const PERIOD: Duration = Duration::from_millis(10);
const STRETCH: Duration = Duration::from_micros(2);

/// How many checks were made, and the wall time of some of them.
#[derive(Clone)]
pub struct Latencies {
    /// The timed ones by nanoseconds: 16 steps to each power of two.
    counts: Vec<u64>,
    made: u64,
    seconds: f64,
}

impl Latencies {
    fn new() -> Latencies {
        Latencies { counts: vec![0; 64 * 16], made: 0, seconds: 0.0 }
    }

    fn step(nanos: u64) -> usize {
        let nanos = nanos.max(16);
        let power = nanos.ilog2();
        power as usize * 16 + (nanos >> (power - 4)) as usize - 16
    }

    fn record(&mut self, nanos: u64) {
        self.counts[Latencies::step(nanos)] += 1;
    }

    fn add(&mut self, other: &Latencies) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.made += other.made;
    }

    /// The nanoseconds that this share of the timed checks stayed below.
    pub fn below(&self, share: f64) -> u64 {
        let timed: u64 = self.counts.iter().sum();
        let mut left = (timed as f64 * share) as u64;
        for (step, count) in self.counts.iter().enumerate() {
            if *count > left {
                let power = step / 16;
                return (16 + step as u64 % 16) << power.saturating_sub(4);
            }
            left -= count;
        }
        u64::MAX
    }

    /// Of all readers together.
    pub fn per_second(&self) -> f64 {
        self.made as f64 / self.seconds
    }
}

/// Readers alone, and readers with a writer beside them.
pub struct Readers {
    pub alone: Latencies,
    pub beside: Latencies,
    pub reloads_per_second: f64,
    pub milliseconds_per_reload: f64,
}

/// Reads with an engine; `None` where it cannot reload.
pub fn read<E: Engine>() -> Option<Result<Readers, String>> {
    E::RELOADS.then(|| {
        // Two, so that nobody can find that nothing has changed.
        let texts = [E::configuration(&Spec::mixed(1_001)), E::configuration(&Spec::mixed(1_000))];
        let engine = E::load(&texts[0])?;
        let alone = phase(&engine, |over| thread::sleep(over - Instant::now()));
        let mut spent = Duration::ZERO;
        let mut reloads = 0;
        let mut failed = None;
        let beside = phase(&engine, |over| {
            while Instant::now() < over {
                let start = Instant::now();
                failed = engine.reload(&texts[reloads % 2]).err().or(failed.take());
                spent += start.elapsed();
                reloads += 1;
                thread::sleep(PERIOD.saturating_sub(start.elapsed()));
            }
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(Readers {
                reloads_per_second: reloads as f64 / beside.seconds,
                milliseconds_per_reload: spent.as_secs_f64() * 1e3 / reloads as f64,
                alone,
                beside,
            }),
        }
    })
}

/// Readers read until the writer is done.
fn phase<E: Engine>(engine: &E, writer: impl FnOnce(Instant)) -> Latencies {
    let done = AtomicBool::new(false);
    let start = Instant::now();
    let mut all = Latencies::new();
    thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS).map(|_| scope.spawn(|| reader(engine, &done))).collect();
        writer(start + PHASE);
        done.store(true, Ordering::Relaxed);
        for reader in readers {
            all.add(&reader.join().unwrap());
        }
    });
    all.seconds = start.elapsed().as_secs_f64();
    all
}

fn reader<E: Engine>(engine: &E, done: &AtomicBool) -> Latencies {
    let mut latencies = Latencies::new();
    let contexts: Vec<E::Context> = workload::targeted(64).iter().map(E::context).collect();
    let flags: Vec<E::Flag> = [500, 501, 502, 503].map(|n| engine.flag(workload::mixed_key(n).leak())).into();
    let mut worker = engine.worker();
    let mut next = 0;
    let mut ask = || {
        let (flag, context) = (&flags[next % 4], &contexts[next / 4 % 64]);
        next += 1;
        black_box(E::is_on(&mut worker, black_box(flag), black_box(context)))
    };
    let between = stretch(&mut ask);
    // At least one, however long it takes.
    loop {
        for _ in 0..between {
            ask();
        }
        latencies.record(time(&mut ask).as_nanos() as u64);
        latencies.made += between + 1;
        if done.load(Ordering::Relaxed) {
            return latencies;
        }
    }
}

/// How many checks, beside the one that is timed, make a stretch.
fn stretch(ask: &mut impl FnMut() -> bool) -> u64 {
    const TRIED: u32 = 16;
    let mut quickest = time(ask);
    for _ in 0..5 {
        // Who takes a whole stretch for one check is not asked for more.
        if quickest >= STRETCH {
            break;
        }
        let all = time(&mut || (0..TRIED).fold(false, |on, _| on ^ ask()));
        quickest = quickest.min(all / TRIED);
    }
    (STRETCH.as_nanos() / quickest.as_nanos().max(1)) as u64
}

fn time(ask: &mut impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    black_box(ask());
    start.elapsed()
}
