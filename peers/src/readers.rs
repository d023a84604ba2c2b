//! Two readers that ask without pause, while a writer publishes anew as often as 100 times a second.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::engine::Engine;
use crate::workload::{self, Spec};

const READERS: usize = 2;
const PHASE: Duration = Duration::from_millis(700);
const PERIOD: Duration = Duration::from_millis(10);

/// Wall time of single checks.
#[derive(Clone)]
pub struct Latencies {
    /// Counts by nanoseconds: 16 steps to each power of two.
    counts: Vec<u64>,
    seconds: f64,
}

impl Latencies {
    fn new() -> Latencies {
        Latencies { counts: vec![0; 64 * 16], seconds: 0.0 }
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
    }

    fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The nanoseconds that this share of the checks stayed below.
    pub fn below(&self, share: f64) -> u64 {
        let mut left = (self.total() as f64 * share) as u64;
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
        self.total() as f64 / self.seconds
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
        let texts = [E::configuration(&Spec::mixed(1_000)), E::configuration(&Spec::mixed(1_000))];
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
    let mut questions = (0usize..).map(|n| (&flags[n % 4], &contexts[n / 4 % 64]));
    while !done.load(Ordering::Relaxed) {
        let (flag, context) = questions.next().unwrap();
        let start = Instant::now();
        black_box(E::is_on(&mut worker, black_box(flag), black_box(context)));
        latencies.record(start.elapsed().as_nanos() as u64);
    }
    latencies
}
