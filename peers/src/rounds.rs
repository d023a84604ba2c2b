//! Interleaved rounds: each round asks every engine once, so that a slow spell of the machine falls on all alike.

use std::hint::black_box;
use std::time::Duration;

use crate::clock;
use crate::driver::{Check, Driver};

/// How long one batch of checks should take, where the fewest do not take longer.
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

/// Times one kind of check on all engines.
pub fn time(drivers: &[Box<dyn Driver>], check: Check, rounds: usize) -> Vec<Time> {
    let sizes: Vec<usize> = drivers.iter().map(|driver| batch_size(&**driver, check)).collect();
    let mut samples = vec![Vec::with_capacity(rounds); drivers.len()];
    for _ in 0..rounds {
        for ((driver, size), samples) in drivers.iter().zip(&sizes).zip(&mut samples) {
            samples.push(batch(&**driver, check, *size).as_nanos() as f64 / *size as f64);
        }
    }
    samples.into_iter().map(Time::of).collect()
}

fn batch(driver: &dyn Driver, check: Check, size: usize) -> Duration {
    let start = clock::of_thread();
    black_box(driver.make(check, size));
    clock::of_thread() - start
}

fn batch_size(driver: &dyn Driver, check: Check) -> usize {
    let mut size = check.fewest();
    loop {
        // The first call may be a cold one.
        let took = (0..3).map(|_| batch(driver, check, size)).min().unwrap_or_default();
        if took * 2 >= BATCH {
            return size;
        }
        size = if took.is_zero() { size * 16 } else { size * 2 };
    }
}
