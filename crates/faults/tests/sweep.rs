//! One fault at a time, at every call that a loader makes on its files: strace fails it, delays it, lies about it, or
//! kills the process there.
//!
//! Which calls there are is seen in a run without a fault, so the sweep follows the code. After each run: nothing
//! panicked, something served, the status knew why, the source served once the fault was over, and a later start without
//! the source finds a whole copy, the old one or the new.

#![cfg(target_os = "linux")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use waterspout_faults::{Call, Probe, Run, Stage, Traced, everything, level, probe};

const PROBE: Probe = Probe(env!("CARGO_BIN_EXE_probe"));

/// What each call can fail with, the likeliest first. A debug build of the standard library also asks `fcntl` whether a descriptor is open,
/// and aborts if it is not: that is left alone, as are the directories, which a loader never makes.
const ERRORS: &[(&str, &[&str])] = &[
    ("statx", &["EACCES", "EIO", "ENOENT", "ESTALE", "ELOOP", "ENOTDIR", "ENOMEM", "EINTR", "ENAMETOOLONG"]),
    (
        "openat",
        &[
            "EMFILE", "EACCES", "EINTR", "ENOENT", "EIO", "ENFILE", "ESTALE", "ENOSPC", "EDQUOT", "EROFS",
            "ENOMEM",
        ],
    ),
    ("read", &["EIO", "EINTR", "ESTALE", "EISDIR", "EAGAIN", "ENOMEM"]),
    ("close", &["EIO", "EINTR", "ENOSPC", "EDQUOT"]),
    ("write", &["ENOSPC", "EIO", "EINTR", "EDQUOT", "EFBIG", "EAGAIN", "EROFS"]),
    ("fsync", &["EIO", "ENOSPC", "EINTR", "EDQUOT", "EROFS", "EINVAL"]),
    ("rename", &["EXDEV", "ENOSPC", "EACCES", "EIO", "EROFS", "EBUSY", "ENOENT", "EDQUOT"]),
    ("unlink", &["EACCES", "EIO", "EROFS", "EBUSY"]),
];

/// Calls that need no fault: they change and bring nothing.
const HARMLESS: [&str; 2] = ["fcntl", "lseek"];

fn errors(call: &str) -> &'static [&'static str] {
    let (_, errors) = ERRORS
        .iter()
        .find(|(name, _)| *name == call)
        .unwrap_or_else(|| panic!("the loader makes a call that the sweep does not know: {call}"));
    errors
}

/// A stage where the source has level 2, and the copy still has level 1.
struct Scene {
    stage: Stage,
    old_copy: Vec<u8>,
}

impl Scene {
    fn new(name: &str) -> Scene {
        let stage = Stage::new(name);
        stage.put_listed(1);
        let (file, copy) = (stage.file(), stage.copy());
        let paths = [file.to_str().unwrap(), copy.to_str().unwrap()];
        let wrote = probe(PROBE, &["copy", paths[0], paths[1]]);
        assert_eq!(wrote.said["level"], 1, "{wrote:?}");
        let old_copy = fs::read(&copy).unwrap();
        stage.put_listed(2);
        // A list that was just written is not believed at once.
        thread::sleep(Duration::from_millis(80));
        Scene { stage, old_copy }
    }

    fn set_up(&self) {
        let _ = fs::remove_dir_all(self.stage.kept());
        fs::create_dir(self.stage.kept()).unwrap();
        fs::write(self.stage.copy(), &self.old_copy).unwrap();
    }

    fn traced(&self) -> Traced<'_> {
        Traced::new(PROBE, &self.stage)
    }

    /// How often each call is made on our files, by the thread that makes it most often.
    fn counts(&self, mode: &str) -> BTreeMap<String, usize> {
        self.set_up();
        let run = self.traced().run(mode);
        assert!(run.ended.success() && run.said["level"] == 2, "{run:?}");
        let mut counts: BTreeMap<(String, u32), usize> = BTreeMap::new();
        for Call { thread, name, .. } in run.calls {
            *counts.entry((name, thread)).or_default() += 1;
        }
        let mut most = BTreeMap::new();
        for ((name, _), count) in counts {
            let so_far: &mut usize = most.entry(name).or_default();
            *so_far = count.max(*so_far);
        }
        most.retain(|name, _| !HARMLESS.contains(&name.as_str()));
        most
    }

    /// What a start finds without the source: the copy, whole.
    fn without_the_source(&self) -> Run {
        let copy = self.stage.copy();
        probe(PROBE, &["copy", "/nowhere/flags.json", copy.to_str().unwrap()])
    }

    /// The level of the copy; a complaint if there is none to start with.
    fn copy_level(&self) -> Result<i64, String> {
        let run = self.without_the_source();
        match (run.said["origin"].as_str(), run.said["level"].as_i64()) {
            (Some("last-good"), Some(level @ (1 | 2))) => Ok(level),
            _ => Err(format!("no copy to start with: {run:?}")),
        }
    }
}

fn told<'r>(run: &'r Run, words: &'r str) -> impl Iterator<Item = &'r str> {
    let events = run.said["told"].as_array().into_iter().flatten().filter_map(Json::as_str);
    events.filter(move |event| event.contains(words))
}

/// What must hold after every single fault, with `mode` run to its end.
fn judge(scene: &Scene, run: &Run, mode: &str) -> Result<(), String> {
    let demand = |holds: bool, what: &str| {
        if holds { Ok(()) } else { Err(format!("{what}: {run:#?}")) }
    };
    demand(run.ended.success(), "did not end well")?;
    demand(!run.complained.contains("panicked"), "panicked")?;
    let first = &run.said["first"];
    demand([0, 1, 2].map(Json::from).contains(&first["level"]), "nothing served")?;
    demand(
        first["level"] == 2 || first["last_error"].is_string(),
        "the status does not say why the source does not serve",
    )?;
    if mode == "load" {
        demand(
            run.said["level"] == 2 && run.said["last_error"].is_null(),
            "did not recover once the fault was over",
        )?;
        demand(told(run, "cannot be read").count() <= 1, "told more than once")?;
    }
    let copy_failed = told(run, "copy could not be written").count();
    demand(copy_failed <= 1, "told more than once")?;
    let kept = scene.copy_level()?;
    let wrote_new = run.said["level"] == 2 && copy_failed == 0;
    demand(kept == 2 || !wrote_new, "the copy is the old one, and nobody was told")
}

/// Runs every fault, two at a time, and tells all that went wrong.
fn sweep(
    name: &str,
    mode: &str,
    faults: &[String],
    judge: impl Fn(&Scene, &Run) -> Result<(), String> + Sync,
) {
    let (next, injected, wrong) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let started = Instant::now();
    thread::scope(|scope| {
        for worker in 0..2 {
            let (next, injected, wrong, judge) = (&next, &injected, &wrong, &judge);
            scope.spawn(move || {
                let scene = Scene::new(&format!("{name}-{worker}"));
                while let Some(fault) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
                    scene.set_up();
                    let faults = fault.split(" and ");
                    let traced = faults.fold(scene.traced(), |traced, fault| traced.inject(fault));
                    let run = traced.run(mode);
                    let hit = run.calls.iter().any(Call::is_injected) || !run.ended.success();
                    injected.fetch_add(usize::from(hit), Ordering::Relaxed);
                    if let Err(what) = judge(&scene, &run) {
                        wrong.lock().unwrap().push(format!("{mode}, {fault}: {what}"));
                    }
                }
            });
        }
    });
    let (wrong, injected) = (wrong.into_inner().unwrap(), injected.into_inner());
    println!("{name}: {} faults, {injected} of them met, in {:.1?}", faults.len(), started.elapsed());
    assert!(wrong.is_empty(), "{} of {} faults:\n{}", wrong.len(), faults.len(), wrong.join("\n"));
    assert!(injected * 10 >= faults.len() * 9, "{injected} of {} faults were met", faults.len());
}

/// Every call at every position with every error.
fn single_faults(counts: &BTreeMap<String, usize>) -> Vec<String> {
    let positions = counts.iter().flat_map(|(call, count)| (1..=*count).map(move |at| (call, at)));
    positions
        .flat_map(|(call, at)| {
            errors(call).iter().map(move |error| format!("{call}:error={error}:when={at}"))
        })
        .collect()
}

#[test]
fn a_load_survives_every_single_fault_of_every_call() {
    let counts = Scene::new("load-calls").counts("load");
    println!("calls of a load: {counts:?}");
    for expected in ["statx", "openat", "read", "close", "write", "fsync", "rename"] {
        assert!(counts.contains_key(expected), "{expected} is made: {counts:?}");
    }
    sweep("load", "load", &single_faults(&counts), |scene, run| judge(scene, run, "load"));
}

#[test]
fn writing_the_copy_survives_every_single_fault_of_every_call() {
    let counts = Scene::new("copy-calls").counts("copy");
    println!("calls of a copy: {counts:?}");
    sweep("copy", "copy", &single_faults(&counts), |scene, run| judge(scene, run, "copy"));
}

#[test]
fn what_cannot_be_cleaned_up_either_costs_nothing_more() {
    let mut faults = Vec::new();
    for (call, error) in [("write", "ENOSPC"), ("fsync", "EIO"), ("rename", "EXDEV")] {
        for unlink in errors("unlink") {
            faults.push(format!("{call}:error={error}:when=1 and unlink:error={unlink}:when=1"));
        }
    }
    sweep("clean-up", "copy", &faults, |scene, run| judge(scene, run, "copy"));
}

#[test]
fn two_faults_at_once_cost_no_more_than_one() {
    if !everything() {
        println!("pairs of faults: with FAULTS=all");
        return;
    }
    let counts = Scene::new("pair-calls").counts("copy");
    let single: Vec<String> = counts
        .iter()
        .flat_map(|(call, count)| {
            (1..=*count).map(move |at| format!("{call}:error={}:when={at}", errors(call)[0]))
        })
        .collect();
    let call = |fault: &str| fault.split(':').next().map(str::to_owned);
    let mut pairs = Vec::new();
    for (index, first) in single.iter().enumerate() {
        // strace keeps one fault for each kind of call.
        let others = single.iter().skip(index + 1).filter(|other| call(other) != call(first));
        pairs.extend(others.map(|second| format!("{first} and {second}")));
    }
    sweep("pairs", "copy", &pairs, |scene, run| judge(scene, run, "copy"));
}

#[test]
fn a_fault_that_stays_leaves_the_copy_or_what_is_built_in() {
    let scene = Scene::new("stays");
    let calls = ["statx", "openat", "read"];
    for (call, error) in calls.iter().flat_map(|call| errors(call).iter().map(move |error| (call, error))) {
        if *error == "EINTR" {
            // Asked again until it is not interrupted: the standard library's rule, and a loop here.
            continue;
        }
        scene.set_up();
        let everywhere = scene.traced().briefly().inject(format!("{call}:error={error}")).run("load");
        // What is only asked for the length of the copy may fail.
        let copy_or_built_in =
            everywhere.said["level"] == 0 || (*call == "statx" && everywhere.said["level"] == 1);
        assert!(everywhere.ended.success() && copy_or_built_in, "{call} {error}: {everywhere:?}");
        assert!(everywhere.said["last_error"].is_string());
        let source =
            scene.traced().only_the_file().briefly().inject(format!("{call}:error={error}")).run("load");
        assert!(source.ended.success() && source.said["level"] == 1, "{call} {error}: {source:?}");
        assert!(source.said["last_error"].is_string() && source.said["origin"] == "last-good");
    }
}

#[test]
fn a_crash_at_any_call_leaves_the_old_copy_or_the_new() {
    let counts = Scene::new("crash-calls").counts("copy");
    let positions = counts.iter().flat_map(|(call, count)| (1..=*count).map(move |at| (call, at)));
    let faults: Vec<String> = positions.map(|(call, at)| format!("{call}:signal=KILL:when={at}")).collect();
    let (old, new) = (AtomicUsize::new(0), AtomicUsize::new(0));
    sweep("crash", "copy", &faults, |scene, run| {
        if run.ended.success() {
            return Err(format!("was not killed: {run:#?}"));
        }
        let found = if scene.copy_level()? == 1 { &old } else { &new };
        found.fetch_add(1, Ordering::Relaxed);
        // The next start is as good as any.
        let (file, copy) = (scene.stage.file(), scene.stage.copy());
        let next = probe(PROBE, &["copy", file.to_str().unwrap(), copy.to_str().unwrap()]);
        if next.said["level"] == 2 && scene.copy_level()? == 2 { Ok(()) } else { Err(format!("{next:?}")) }
    });
    let (old, new) = (old.into_inner(), new.into_inner());
    println!("crash: the old copy {old} times, the new one {new} times");
    assert!(old > 5 && new >= 2, "old {old}, new {new}");
}

#[test]
fn a_write_that_lies_costs_at_most_the_new_copy() {
    // Says that so many bytes were written, and writes none of them.
    let faults: Vec<String> =
        ["1", "2", "64", "65535"].map(|bytes| format!("write:retval={bytes}:when=1")).to_vec();
    let most = Scene::new("lying-length").old_copy.len();
    let faults: Vec<String> = faults
        .iter()
        .map(|fault| fault.replace("65535", &most.to_string()))
        .chain(["write:retval=0:when=1".to_owned()])
        .collect();
    sweep("lying-write", "copy", &faults, |scene, run| {
        if !run.ended.success() || run.said["level"] != 2 {
            return Err(format!("did not serve: {run:#?}"));
        }
        scene.copy_level().map(|_| ())
    });
}

#[test]
fn a_rename_or_a_sync_that_lies_leaves_a_whole_copy() {
    let faults =
        ["rename:retval=0:when=1", "fsync:retval=0:when=1", "fsync:retval=0:when=2", "close:retval=0:when=3"];
    sweep("lying-rename", "copy", &faults.map(str::to_owned), |scene, run| {
        if !run.ended.success() || run.said["level"] != 2 {
            return Err(format!("did not serve: {run:#?}"));
        }
        scene.copy_level().map(|_| ())
    });
}

#[test]
fn a_file_that_ends_early_while_it_is_read_is_refused_and_read_again() {
    let reads = Scene::new("early-calls").counts("load")["read"];
    let faults: Vec<String> = (1..=reads).map(|at| format!("read:retval=0:when={at}")).collect();
    sweep("early-end", "load", &faults, |scene, run| judge(scene, run, "load"));
}

#[test]
fn a_slow_disk_delays_the_loader_and_no_answer() {
    let faults = ["statx", "openat", "read", "close", "write", "fsync", "rename"]
        .map(|call| format!("{call}:delay_enter=150000:when=1"));
    sweep("slow", "load", &faults, |scene, run| judge(scene, run, "load"));
    // While a read hangs for a second, the status answers at once.
    let scene = Scene::new("slow-read");
    scene.set_up();
    let mut following = scene.traced().only_the_file().inject("read:delay_enter=1000000:when=5..7").follow();
    following.comes_to("level 2", |status| status["level"] == 2);
    let (mut slowest, started) = (Duration::ZERO, Instant::now());
    while started.elapsed() < Duration::from_millis(1500) {
        let asked = Instant::now();
        assert_eq!(following.status()["level"], 2);
        slowest = slowest.max(asked.elapsed());
    }
    println!("slow: the slowest status took {slowest:.1?}");
    assert!(slowest < Duration::from_millis(700), "{slowest:?}");
    scene.stage.put(&level(3));
    following.comes_to("level 3", |status| status["level"] == 3);
    following.ends_well();
}

#[test]
fn a_loader_that_follows_survives_faults_for_a_while_and_goes_on() {
    let choice: BTreeSet<(&str, &str)> = ["statx", "openat", "read", "close"]
        .iter()
        .flat_map(|call| {
            let most = if everything() { usize::MAX } else { 2 };
            errors(call).iter().take(most).map(move |error| (*call, *error))
        })
        .collect();
    let choice: Vec<_> = choice.into_iter().collect();
    let (next, started) = (AtomicUsize::new(0), Instant::now());
    thread::scope(|scope| {
        for worker in 0..2 {
            let (next, choice) = (&next, &choice);
            scope.spawn(move || {
                while let Some((call, error)) = choice.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let scene = Scene::new(&format!("following-{worker}"));
                    scene.set_up();
                    let fault = format!("{call}:error={error}:when=9..24");
                    let mut following = scene.traced().only_the_file().inject(&fault).follow();
                    let well = |number: i64| {
                        move |status: &Json| status["level"] == number && status["last_error"].is_null()
                    };
                    following.comes_to("level 2", |status| status["level"] == 2);
                    for number in [3, 4] {
                        thread::sleep(Duration::from_millis(120));
                        scene.stage.put(&level(number));
                    }
                    following.comes_to(&fault, well(4));
                    let times =
                        |words: &str| following.told.iter().filter(|event| event.contains(words)).count();
                    assert!(times("cannot be read") <= 2, "{fault}: {:?}", following.told);
                    assert_eq!(times("copy could not"), 0, "{fault}: {:?}", following.told);
                    following.ends_well();
                }
            });
        }
    });
    println!("following: {} faults in {:.1?}", choice.len(), started.elapsed());
}

#[test]
fn a_pipe_that_takes_the_place_of_the_file_while_it_is_opened_does_not_hold_the_loader_up() {
    let scene = Scene::new("pipe-race");
    scene.set_up();
    // The file is looked at, then opened: in between it becomes a pipe.
    let mut following = scene.traced().only_the_file().inject("openat:delay_enter=1500000:when=2").follow();
    following.comes_to("level 2", |status| status["level"] == 2);
    thread::sleep(Duration::from_millis(400));
    fs::remove_file(scene.stage.file()).unwrap();
    let made = std::process::Command::new("mkfifo").arg(scene.stage.file()).status().unwrap();
    assert!(made.success());
    thread::sleep(Duration::from_millis(1500));
    scene.stage.put(&level(3));
    following.comes_to("level 3", |status| status["level"] == 3);
    following.ends_well();
}
