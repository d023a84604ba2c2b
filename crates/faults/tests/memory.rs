//! Thousands of publications leave nothing behind: no byte, no descriptor, no thread; and a view that is held for all that
//! time harms nobody.
//!
//! Each test is a process of its own, and every byte that lives in it is counted.

#![cfg(target_os = "linux")]
#![expect(
    unsafe_code,
    reason = "an allocator that counts can only be written so; it hands everything on to the system's"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use waterspout::{Context, Flags, Loader};
use waterspout_faults::{Apart, Stage, alone, everything, now_serves, wait_until};

struct Counting;

static LIVE: AtomicIsize = AtomicIsize::new(0);

fn count(bytes: isize) {
    LIVE.fetch_add(bytes, Ordering::SeqCst);
}

fn signed(size: usize) -> isize {
    isize::try_from(size).unwrap_or(isize::MAX)
}

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-signed(layout.size()));
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(signed(size) - signed(layout.size()));
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What a process has.
#[derive(Clone, Copy, Debug)]
struct Belongings {
    live_bytes: isize,
    resident_kib: u64,
    descriptors: usize,
    threads: usize,
}

impl Belongings {
    fn now() -> Belongings {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let resident_kib = resident.split_whitespace().next().unwrap().parse().unwrap();
        drop(status);
        let [descriptors, threads] =
            ["/proc/self/fd", "/proc/self/task"].map(|folder| fs::read_dir(folder).unwrap().count());
        Belongings { live_bytes: LIVE.load(Ordering::SeqCst), resident_kib, descriptors, threads }
    }

    #[track_caller]
    fn assert_same_as(self, before: Belongings) {
        assert_eq!(self.live_bytes, before.live_bytes, "bytes: {before:?}, {self:?}");
        assert_eq!(self.descriptors, before.descriptors, "{before:?}, {self:?}");
        assert_eq!(self.threads, before.threads, "{before:?}, {self:?}");
        // A sanitizer keeps what was freed for a while.
        if std::env::var_os("SANITIZED").is_none() {
            assert!(self.resident_kib < before.resident_kib + 2048, "{before:?}, {self:?}");
        }
    }
}

/// A file with something of everything in it, that says one of two numbers.
fn text(number: i64) -> String {
    format!(
        r#"{{"version": 1, "attributes": {{"country": {{"type": "string"}}}},
            "segments": {{"many": {{"keys": ["ada", "bob", "eve"]}}}},
            "flags": {{"level": {{"variants": {{"it": {number}, "other": 9}}, "default": "it",
                "rules": [{{"when": {{"country": {{"in": ["DE"]}}}}, "rollout": 5, "serve": "other"}}]}},
                "beta": {{"rules": [{{"when": {{"segment": "many"}}}}]}}}}}}"#
    )
}

fn installs() -> u64 {
    if everything() { 100_000 } else { 20_000 }
}

#[test]
fn installing_again_and_again_leaves_nothing_behind() {
    alone("installing_again_and_again_leaves_nothing_behind", Apart::Process, || {
        let flags = Flags::from_text(text(1)).unwrap();
        let install = |times: u64| {
            for _ in 0..times / 2 {
                flags.install(text(2)).unwrap();
                flags.install(text(1)).unwrap();
            }
        };
        install(1000);
        let (before, started) = (Belongings::now(), Instant::now());
        install(installs());
        let after = Belongings::now();
        println!("figures: {} publications in {:.1?}, {after:?}", installs(), started.elapsed());
        after.assert_same_as(before);
        assert_eq!(flags.status().pinned, 0);
    });
}

/// Follows a file through so many edits, and is the same afterwards.
fn reload_again_and_again(name: &str, times: i64, said: impl FnOnce(Loader, &Stage) -> Loader) {
    let stage = Stage::new(name);
    stage.put(&text(1));
    let flags = said(Loader::file(stage.file()).poll(Duration::from_secs(1)), &stage).start().unwrap();
    let reload = |times: i64| {
        for number in 0..times {
            let number = 2 - number % 2;
            stage.put(&text(number));
            flags.refresh();
            let deadline = Instant::now() + Duration::from_secs(20);
            while now_serves(&flags) != number {
                assert!(Instant::now() < deadline, "never: {number}");
                thread::sleep(Duration::from_micros(50));
            }
        }
    };
    reload(100);
    // Between two looks, the thread holds nothing.
    let at_rest = || {
        thread::sleep(Duration::from_millis(20));
        flags.pause();
        thread::sleep(Duration::from_millis(20));
        let now = Belongings::now();
        flags.resume();
        now
    };
    let (before, started) = (at_rest(), Instant::now());
    reload(times);
    let after = at_rest();
    println!("figures: {times} reloads in {:.1?}; before {before:?}, after {after:?}", started.elapsed());
    after.assert_same_as(before);
    assert!(flags.status().generation > u64::try_from(times).unwrap());
}

#[test]
fn following_a_file_again_and_again_leaves_nothing_behind() {
    alone("following_a_file_again_and_again_leaves_nothing_behind", Apart::Process, || {
        let times = if everything() { 100_000 } else { 2_000 };
        reload_again_and_again("soak", times, |loader, _| loader);
    });
}

#[test]
fn keeping_the_copy_again_and_again_leaves_nothing_behind() {
    alone("keeping_the_copy_again_and_again_leaves_nothing_behind", Apart::Process, || {
        let times = if everything() { 10_000 } else { 1_000 };
        reload_again_and_again("soak-copy", times, |loader, stage| loader.last_good(stage.copy()));
    });
}

#[test]
fn a_view_and_a_reader_that_are_held_all_the_time_harm_nobody_and_are_freed_at_last() {
    alone(
        "a_view_and_a_reader_that_are_held_all_the_time_harm_nobody_and_are_freed_at_last",
        Apart::Process,
        || {
            let flags = Flags::from_text(text(1)).unwrap();
            let install = |number| flags.install(text(number)).unwrap();
            for _ in 0..100 {
                install(2);
                install(1);
            }
            let parked_bytes = 1 << 20;
            let (parked, is_parked) = mpsc::channel();
            let (release, released) = mpsc::channel::<()>();
            let holding = flags.clone();
            let holder = thread::spawn(move || {
                let (view, mut reader) = (holding.view(), holding.reader());
                reader.view();
                parked.send(()).unwrap();
                released.recv().unwrap();
                let context = Context::new("ada", &[]);
                let answers = (view.all(&context).count(), now_serves(&holding));
                drop((view, reader));
                answers
            });
            is_parked.recv().unwrap();
            // Whoever waits at a channel has a place in its list.
            thread::sleep(Duration::from_millis(200));
            // What is pinned is one old snapshot, however many come after it.
            install(2);
            install(1);
            assert_eq!(flags.status().pinned, 1);
            let before = Belongings::now();
            for _ in 0..installs() / 20 {
                install(2);
                install(1);
            }
            Belongings::now().assert_same_as(before);
            assert_eq!(flags.status().pinned, 1, "all the while, and no more");
            let slowest = (0..200).map(|_| {
                let started = Instant::now();
                install(1);
                started.elapsed()
            });
            assert!(slowest.max().unwrap() < Duration::from_secs(1), "publishing waits for nobody");
            install(2);
            install(1);
            let before_release = LIVE.load(Ordering::SeqCst);
            release.send(()).unwrap();
            assert_eq!(holder.join().unwrap(), (2, 1), "the old view still answers");
            assert_eq!(flags.status().pinned, 0);
            install(2);
            install(1);
            let freed = before_release - LIVE.load(Ordering::SeqCst);
            assert!(freed > 500 && freed < parked_bytes, "{freed} bytes of the old snapshot came free");
        },
    );
}

#[test]
fn refusals_and_failures_leave_nothing_behind_either() {
    alone("refusals_and_failures_leave_nothing_behind_either", Apart::Process, || {
        let stage = Stage::new("refusals");
        stage.put(&text(1));
        let asked = std::sync::Arc::new(AtomicBool::new(false));
        let told = std::sync::Arc::clone(&asked);
        let flags = Loader::file(stage.file())
            .poll(Duration::from_micros(100))
            .on_event(move |_| told.store(true, Ordering::SeqCst))
            .start()
            .unwrap();
        let trouble = |times: u32| {
            for _ in 0..times {
                for bad in ["{", "{}", ""] {
                    asked.store(false, Ordering::SeqCst);
                    stage.put(bad);
                    wait_until("refused", || asked.load(Ordering::SeqCst));
                }
                fs::remove_file(stage.file()).unwrap();
                wait_until("gone", || {
                    flags.status().last_error.is_some_and(|error| error.contains("No such"))
                });
                stage.put(&text(1));
                wait_until("well", || flags.status().last_error.is_none());
                assert_eq!(flags.install("[]").unwrap_err().diagnostics().len(), 1);
            }
        };
        trouble(50);
        let at_rest = || {
            thread::sleep(Duration::from_millis(20));
            flags.pause();
            thread::sleep(Duration::from_millis(20));
            let now = Belongings::now();
            flags.resume();
            now
        };
        let before = at_rest();
        trouble(if everything() { 2_000 } else { 300 });
        at_rest().assert_same_as(before);
        assert_eq!(now_serves(&flags), 1);
    });
}

#[test]
fn the_counter_counts() {
    alone("the_counter_counts", Apart::Process, || {
        let before = LIVE.load(Ordering::SeqCst);
        let thing = std::hint::black_box(Box::new([0_u8; 1000]));
        assert_eq!(LIVE.load(Ordering::SeqCst) - before, 1000);
        drop(thing);
        assert_eq!(LIVE.load(Ordering::SeqCst), before);
    });
}
