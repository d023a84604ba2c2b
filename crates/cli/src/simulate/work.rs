//! The workers: each asks its own users through its own reader, and counts at its own desk.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use waterspout::flag_set::FlagSet;
use waterspout::{Flags, Reader};

use super::people::{Batch, Cast, Crowd};
use super::report::Layout;
use super::tally::{Edition, Tally};

/// Users that are made, and then asked, at one go: few enough to stay in the fast memory of a processor.
const BATCH: u64 = 64;
/// Users that a worker takes from the stream at one go.
const SHARE: u64 = 16 * BATCH;

/// What a flag file asks of a simulation: users to make, rows to show.
pub(super) struct Stage {
    pub(super) number: u64,
    pub(super) cast: Cast,
    pub(super) layout: Layout,
}

/// The stage that is played on, and the one place where it changes.
pub(super) struct Theatre {
    stage: Mutex<Arc<Stage>>,
    /// Of the stage, to be looked at often.
    number: AtomicU64,
    seed: u32,
}

impl Theatre {
    pub(super) fn new(set: &FlagSet, seed: u32) -> Theatre {
        let stage = Stage { number: 0, cast: Cast::of(set, seed), layout: Layout::of(set) };
        Theatre { stage: Mutex::new(Arc::new(stage)), number: AtomicU64::new(0), seed }
    }

    pub(super) fn stage(&self) -> Arc<Stage> {
        Arc::clone(&locked(&self.stage))
    }

    pub(super) fn change(&self, set: &FlagSet) {
        let (cast, layout) = (Cast::of(set, self.seed), Layout::of(set));
        let mut stage = locked(&self.stage);
        let number = stage.number + 1;
        *stage = Arc::new(Stage { number, cast, layout });
        self.number.store(number, Ordering::Release);
    }
}

/// The workers of a simulation. They stop when this is dropped.
pub(super) struct Crew {
    hall: Arc<Hall>,
    threads: Vec<JoinHandle<()>>,
}

/// What the workers share.
struct Hall {
    theatre: Arc<Theatre>,
    stream: Mutex<Stream>,
    /// One for each worker. Only whoever draws looks at another's.
    desks: Vec<Mutex<Desk>>,
    /// Users of one edition, if there is an end.
    limit: Option<u64>,
    stop: AtomicBool,
}

/// The stream of users. It begins anew with each edition, so that the same people are asked again.
#[derive(Default)]
struct Stream {
    edition: Edition,
    next: u64,
}

/// One worker's counts: what it was answered, and what it did since the start.
#[derive(Default)]
struct Desk {
    tally: Tally,
    work: Work,
}

/// What was done since the start.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Work {
    pub(super) users: u64,
    pub(super) checks: u64,
    /// The time that went into asking and counting, on all threads together.
    pub(super) asking: Duration,
}

impl Crew {
    /// Starts so many workers. Each stops after its part of `limit` users, if there is one.
    pub(super) fn start(flags: &Flags, theatre: &Arc<Theatre>, workers: usize, limit: Option<u64>) -> Crew {
        let hall = Arc::new(Hall {
            theatre: Arc::clone(theatre),
            stream: Mutex::default(),
            desks: (0..workers).map(|_| Mutex::default()).collect(),
            limit,
            stop: AtomicBool::new(false),
        });
        let threads = (0..workers).map(|number| {
            let (hall, reader) = (Arc::clone(&hall), flags.reader());
            thread::spawn(move || hall.work(number, reader))
        });
        Crew { threads: threads.collect(), hall }
    }

    pub(super) fn workers(&self) -> usize {
        self.hall.desks.len()
    }

    /// The counts of the newest edition, and the work of all workers.
    pub(super) fn counts(&self) -> (Tally, Work) {
        let (mut all, mut work) = (Tally::default(), Work::default());
        for desk in &self.hall.desks {
            let desk = locked(desk);
            work.users += desk.work.users;
            work.checks += desk.work.checks;
            work.asking += desk.work.asking;
            if desk.tally.edition > all.edition {
                all = Tally::new(desk.tally.edition);
            }
            if desk.tally.edition == all.edition {
                all.add(&desk.tally);
            }
        }
        (all, work)
    }

    /// Sends the workers home.
    pub(super) fn stop(&mut self) {
        self.hall.stop.store(true, Ordering::Relaxed);
        self.finish();
    }

    /// Waits until the workers have asked all users. False if one of them broke down.
    pub(super) fn finish(&mut self) -> bool {
        let broken = self.threads.drain(..).map(JoinHandle::join).filter(Result::is_err);
        broken.count() == 0
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Hall {
    fn work(&self, number: usize, mut reader: Reader) {
        while !self.stop.load(Ordering::Relaxed) {
            let stage = self.theatre.stage();
            if !self.play(&stage, &self.desks[number], &mut reader) {
                return;
            }
        }
    }

    /// Asks users until the stage changes. False when there is nobody left to ask.
    fn play(&self, stage: &Stage, desk: &Mutex<Desk>, reader: &mut Reader) -> bool {
        let crowd = Crowd::of(&stage.cast);
        let mut batch = Batch::new();
        while !self.stop.load(Ordering::Relaxed)
            && self.theatre.number.load(Ordering::Acquire) == stage.number
        {
            let edition = Edition { generation: reader.view().generation(), stage: stage.number };
            let Some(share) = self.share(edition) else { return false };
            let mut from = share.start;
            while from < share.end {
                let to = share.end.min(from + BATCH);
                crowd.make(from..to, &mut batch);
                if !ask(&batch, edition, desk, reader) {
                    break;
                }
                from = to;
            }
        }
        true
    }

    /// The next users for a worker. One that is behind the others gets none: it will see why.
    fn share(&self, edition: Edition) -> Option<std::ops::Range<u64>> {
        let mut stream = locked(&self.stream);
        if stream.edition < edition {
            *stream = Stream { edition, next: 0 };
        }
        let from = stream.next;
        let to = self.limit.map_or(from + SHARE, |limit| limit.min(from + SHARE));
        if stream.edition == edition {
            stream.next = to;
        }
        (from < to).then_some(from..to)
    }
}

/// Asks a batch of users and counts the answers. False if they would be those of another edition.
fn ask(batch: &Batch<'_>, edition: Edition, desk: &Mutex<Desk>, reader: &mut Reader) -> bool {
    let mut desk = locked(desk);
    let Desk { tally, work } = &mut *desk;
    if tally.edition != edition {
        *tally = Tally::new(edition);
    }
    let start = Instant::now();
    let view = reader.view();
    if view.generation() != edition.generation {
        return false;
    }
    for (number, context) in batch.users() {
        work.checks += tally.count(number, context.targeting_key(), view.all(&context));
        work.users += 1;
    }
    work.asking += start.elapsed();
    tally.anonymous += batch.anonymous();
    true
}

/// Whoever panicked while holding the lock left whole numbers behind.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
