//! Readers while a thousand new snapshots a second are published beneath them.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use waterspout::{Content, Context, Flags};

use super::{HALF, Person, Workload, file, people};

/// A thread that publishes until this is dropped.
pub struct Swaps {
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<u32>>,
}

impl Swaps {
    /// Publishes a thousand times a second.
    pub fn start(flags: &Flags) -> Swaps {
        let ended = Arc::new(AtomicBool::new(false));
        let (flags, stop) = (flags.clone(), Arc::clone(&ended));
        let publish = move || {
            let (start, mut swaps) = (Instant::now(), 0);
            while !stop.load(Ordering::Relaxed) {
                flags.install(Content::of(file::asked_text())).expect("a file as good as the last");
                swaps += 1;
                let next = Duration::from_millis(u64::from(swaps));
                thread::sleep(next.saturating_sub(start.elapsed()));
            }
            swaps
        };
        Swaps { ended, thread: Some(thread::spawn(publish)) }
    }

    /// Ends it, and says how often it published.
    pub fn end(mut self) -> u32 {
        self.join()
    }

    fn join(&mut self) -> u32 {
        self.ended.store(true, Ordering::Relaxed);
        self.thread.take().map_or(0, |thread| thread.join().expect("publishing does not panic"))
    }
}

impl Drop for Swaps {
    fn drop(&mut self) {
        self.join();
    }
}

/// Measured by time only: what other threads do is in no count.
pub fn all() -> Vec<Workload> {
    vec![
        asking("rollout, a reader, 1,000 swaps a second", |flags, contexts, passes| {
            let mut reader = flags.reader();
            for _ in 0..passes {
                for context in contexts {
                    black_box(reader.view().value(&HALF, context));
                }
            }
        }),
        asking("rollout, a view each, 1,000 swaps a second", |flags, contexts, passes| {
            for _ in 0..passes {
                for context in contexts {
                    black_box(flags.view().value(&HALF, context));
                }
            }
        }),
    ]
}

fn asking(name: &'static str, ask: fn(&Flags, &[Context<'_>], u64)) -> Workload {
    Workload {
        name,
        gate: f64::INFINITY,
        checks: 1000,
        passes: 20,
        set_up: Box::new(move || {
            let flags = file::flags(10);
            let swaps = Swaps::start(&flags);
            let people = people((0..1000).map(|n| format!("user-{n:08}")));
            Box::new(move |passes| {
                let _ = &swaps;
                let contexts: Vec<Context<'_>> = people.iter().map(Person::context).collect();
                ask(&flags, &contexts, passes);
            })
        }),
    }
}
