//! Two threads that check at the same time, against one alone: what readers cost one another.
//!
//! On a machine with other work, two threads seldom run at the same time, and then whatever they share looks free. So they
//! check in short bursts that begin together, and only those bursts count in which neither thread lost its core.

use std::hint::{black_box, spin_loop};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use waterspout::Context;

use super::{HALF, file};

/// How long one thread alone takes for a burst.
const BURST: Duration = Duration::from_micros(250);

/// As many bursts are tried, and so many that count are enough.
const TRIED: usize = 3_000;
const ENOUGH: usize = 60;

/// The middle of the bursts, in nanoseconds of CPU time for a check.
pub struct Together {
    pub name: &'static str,
    pub alone: f64,
    /// Nothing where both cores were never ours at the same time.
    pub both: Option<f64>,
    /// How many bursts counted, of one thread and of two.
    pub bursts: [usize; 2],
}

/// The ways to ask; none where the machine has one core.
pub fn measure() -> Vec<Together> {
    if thread::available_parallelism().map_or(1, usize::from) < 2 {
        return Vec::new();
    }
    let flags = file::flags(10);
    let ways = [
        // What two cores cost one another with nothing in common.
        way("a reader each, of flags of its own", || {
            let mut reader = file::flags(10).reader();
            move |context: &Context<'_>| reader.view().value(&HALF, context)
        }),
        way("a reader each", || {
            let mut reader = flags.reader();
            move |context: &Context<'_>| reader.view().value(&HALF, context)
        }),
        way("Flags::is_on", || |context: &Context<'_>| flags.is_on(&HALF, context)),
        way("a view for each check", || |context: &Context<'_>| flags.view().value(&HALF, context)),
    ];
    ways.into_iter().flatten().collect()
}

/// Bursts of one thread and of two, in turns.
fn way<A: FnMut(&Context<'_>) -> bool>(name: &'static str, asker: impl Fn() -> A + Sync) -> Option<Together> {
    let (keys, meeting) = (keys(), Meeting::default());
    let (mut one, mut two) = (Vec::new(), Vec::new());
    thread::scope(|scope| {
        let (size, wanted) = mpsc::channel::<u32>();
        let (done, others) = mpsc::channel();
        let (asker, keys, meeting) = (&asker, &keys, &meeting);
        scope.spawn(move || {
            let mut thread = Asking::new(asker(), keys);
            for checks in wanted {
                meeting.meet();
                done.send(thread.burst(checks)).expect("the other thread waits for it");
            }
        });
        let mut thread = Asking::new(asker(), keys);
        let checks = thread.checks_of_a_burst();
        for _ in 0..TRIED {
            if one.len() < ENOUGH {
                one.extend(
                    Some(thread.burst(checks)).filter(Burst::is_undisturbed).map(|burst| burst.each()),
                );
            }
            if two.len() < ENOUGH {
                size.send(checks).expect("the other thread waits for it");
                meeting.meet();
                let pair = [thread.burst(checks), others.recv().expect("a burst of the other thread")];
                if pair.iter().all(Burst::is_undisturbed) && pair[0].is_beside(&pair[1]) {
                    two.push((pair[0].each() + pair[1].each()) / 2.0);
                }
            }
        }
    });
    let bursts = [one.len(), two.len()];
    Some(Together { name, alone: middle(one)?, both: middle(two), bursts })
}

fn keys() -> Vec<String> {
    (0..64).map(|n| format!("user-{n:08}")).collect()
}

fn middle(mut times: Vec<f64>) -> Option<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}

/// Where two threads wait for one another, awake, so that they go on at the same moment.
#[derive(Default)]
struct Meeting(AtomicUsize);

impl Meeting {
    fn meet(&self) {
        let came = self.0.fetch_add(1, Ordering::AcqRel);
        let both = came / 2 * 2 + 2;
        while self.0.load(Ordering::Acquire) < both {
            spin_loop();
        }
    }
}

/// A thread's way to ask, and whom it asks for.
struct Asking<'a, A> {
    ask: A,
    contexts: Vec<Context<'a>>,
}

impl<'a, A: FnMut(&Context<'_>) -> bool> Asking<'a, A> {
    fn new(ask: A, keys: &'a [String]) -> Asking<'a, A> {
        Asking { ask, contexts: keys.iter().map(|key| Context::new(key, &[])).collect() }
    }

    fn burst(&mut self, checks: u32) -> Burst {
        let (from, cpu) = (Instant::now(), of_thread());
        for context in self.contexts.iter().cycle().take(checks as usize) {
            black_box((self.ask)(black_box(context)));
        }
        let cpu = of_thread() - cpu;
        Burst { from, to: Instant::now(), cpu, checks }
    }

    fn checks_of_a_burst(&mut self) -> u32 {
        let mut checks = 1024;
        while self.burst(checks).cpu < BURST {
            checks *= 2;
        }
        checks
    }
}

struct Burst {
    from: Instant,
    to: Instant,
    cpu: Duration,
    checks: u32,
}

impl Burst {
    /// Whether the thread had its core all the time.
    fn is_undisturbed(&self) -> bool {
        self.cpu.as_secs_f64() > 0.98 * (self.to - self.from).as_secs_f64()
    }

    /// Whether most of both was at the same time.
    fn is_beside(&self, other: &Burst) -> bool {
        let common = self.to.min(other.to).saturating_duration_since(self.from.max(other.from));
        let longer = (self.to - self.from).max(other.to - other.from);
        common.as_secs_f64() > 0.9 * longer.as_secs_f64()
    }

    /// Nanoseconds of CPU time for a check.
    fn each(&self) -> f64 {
        self.cpu.as_nanos() as f64 / f64::from(self.checks)
    }
}

/// The CPU time that this thread has used.
#[expect(unsafe_code, reason = "std has no clock of a thread's CPU time")]
fn of_thread() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a local, and every Linux has this clock.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(failed, 0, "the thread's clock");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
