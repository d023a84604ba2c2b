//! What happens to a process: it is forked, stopped, restarted, its clock is set, it starts and stops loaders all day.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use waterspout::{Flags, Loader};
use waterspout_faults::{
    Apart, Following, Probe, Stage, Subject, alone, everything, level, now_serves, probe, wait_until,
};

const PROBE: Probe = Probe(env!("CARGO_BIN_EXE_probe"));

/// Runs a body in a process that is forked off and never becomes another program. Says with what it ended.
#[expect(unsafe_code, reason = "the standard library forks only to become another program")]
fn forked(body: impl FnOnce() -> i32) -> i32 {
    // SAFETY: the child has this one thread. It asks, which takes no lock and no memory, then ends without running anything
    // that its parent left to be run at an end. Whatever else a body does must not need a lock that another thread held.
    unsafe {
        let child = libc::fork();
        assert!(child >= 0);
        if child == 0 {
            // A child that hangs ends by this signal.
            libc::alarm(10);
            libc::_exit(body());
        }
        let mut status = 0;
        assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
        if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { -libc::WTERMSIG(status) }
    }
}

#[test]
fn a_child_that_was_forked_off_keeps_answering_and_knows_that_nobody_follows() {
    alone(
        "a_child_that_was_forked_off_keeps_answering_and_knows_that_nobody_follows",
        Apart::Process,
        || {
            let stage = Stage::new("fork");
            stage.put(&level(7));
            let flags = Loader::file(stage.file()).poll(Duration::from_millis(5)).start().unwrap();
            let mut reader = flags.reader();
            reader.view();
            assert!(flags.status().following);
            let said = forked(|| {
                let (answers, following) = (now_serves(&flags), flags.status().following);
                let cached = reader.view().generation();
                i32::from(answers == 7) | i32::from(!following) << 1 | i32::from(cached == 1) << 2
            });
            assert_eq!(said, 7, "answers, knows that nobody follows, reads from its cache");
            // The parent goes on, and a child stays as it was.
            stage.put(&level(8));
            wait_until("level 8", || now_serves(&flags) == 8);
            assert!(flags.status().following);
            let said = forked(|| {
                flags.refresh();
                thread::sleep(Duration::from_millis(50));
                i32::from(now_serves(&flags) == 8) | i32::from(!flags.stop(Duration::from_millis(10))) << 1
            });
            assert_eq!(said, 3, "a refresh and a stop in a child reach nobody, and do not hang");
            stage.put(&level(9));
            wait_until("level 9", || now_serves(&flags) == 9);
        },
    );
}

#[test]
fn children_that_are_forked_off_amid_publications_answer_too() {
    alone("children_that_are_forked_off_amid_publications_answer_too", Apart::Process, || {
        let flags = Flags::from_text(level(1)).unwrap();
        let done = AtomicBool::new(false);
        let children = if everything() { 3000 } else { 300 };
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    flags.install(level(2)).unwrap();
                    flags.install(level(1)).unwrap();
                }
            });
            for child in 0..children {
                let said = forked(|| {
                    let mut reader = flags.reader();
                    let answers = (0..100).all(|_| matches!(now_serves(&flags), 1 | 2));
                    i32::from(answers && reader.view().generation() > 0)
                });
                assert_eq!(said, 1, "child {child}");
            }
            done.store(true, Ordering::Relaxed);
        });
    });
}

#[test]
fn a_child_that_was_forked_off_amid_publications_can_be_asked_for_its_status() {
    alone(
        "a_child_that_was_forked_off_amid_publications_can_be_asked_for_its_status",
        Apart::Process,
        || {
            let flags = Flags::from_text(level(1)).unwrap();
            let done = AtomicBool::new(false);
            thread::scope(|scope| {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        flags.install(level(2)).unwrap();
                        flags.install(level(1)).unwrap();
                    }
                });
                let children = if everything() { 3000 } else { 300 };
                let hung = (0..children).map(|_| forked(|| i32::from(!flags.status().following)));
                let hung = hung.filter(|said| *said != 1).take(1).count();
                done.store(true, Ordering::Relaxed);
                assert_eq!(hung, 0, "a child waits for a lock that nobody will give back");
            });
        },
    );
}

#[test]
fn whatever_a_child_that_was_forked_off_asks_for_comes_back() {
    alone("whatever_a_child_that_was_forked_off_asks_for_comes_back", Apart::Process, || {
        let stage = Stage::new("fork-acts");
        stage.put(&level(1));
        let flags = Loader::file(stage.file()).poll(Duration::from_millis(1)).start().unwrap();
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    flags.install(level(2)).unwrap();
                    flags.refresh();
                    flags.pause();
                    flags.resume();
                }
            });
            let children = if everything() { 1000 } else { 200 };
            for child in 0..children {
                let said = forked(|| {
                    flags.pause();
                    flags.resume();
                    flags.refresh();
                    let refused = flags.install(level(3)).is_err() && flags.rollback().is_err();
                    let stopped = flags.stop(Duration::from_secs(5));
                    drop(flags.clone());
                    i32::from(refused && !stopped && matches!(now_serves(&flags), 1 | 2))
                });
                assert_eq!(said, 1, "child {child}");
            }
            done.store(true, Ordering::Relaxed);
        });
        let own = forked(|| {
            // As its documentation says: a loader of its own follows again.
            let own = Loader::file(stage.file()).poll(Duration::from_millis(1)).start().unwrap();
            stage.put(&level(5));
            wait_until("level 5", || now_serves(&own) == 5);
            i32::from(own.status().following)
        });
        assert_eq!(own, 1);
    });
}

#[test]
fn a_restart_without_the_source_serves_the_copy_and_follows_what_comes_back() {
    let stage = Stage::new("restart");
    stage.put(&level(5));
    let (file, copy) = (stage.file(), stage.copy());
    let (file, copy) = (file.to_str().unwrap(), copy.to_str().unwrap());
    assert_eq!(probe(PROBE, &["load", file, copy]).said["level"], 5);
    fs::remove_file(file).unwrap();
    let mut restarted = Following::plainly(&mut Command::new(PROBE.0), &stage);
    let status = restarted.status();
    assert_eq!((status["level"].as_i64(), status["origin"].as_str()), (Some(5), Some("last-good")));
    assert!(status["last_error"].as_str().unwrap().contains("No such file"), "{status}");
    stage.put(&level(6));
    let back = restarted.comes_to("level 6", |status| status["level"] == 6);
    assert!(back["origin"] == "source" && back["last_error"].is_null(), "{back}");
    restarted.ends_well();
}

#[test]
fn a_process_that_was_stopped_for_a_while_goes_on_and_looks_at_once() {
    let stage = Stage::new("stopped");
    stage.put(&level(1));
    let mut following = Following::plainly(&mut Command::new(PROBE.0), &stage);
    following.comes_to("level 1", |status| status["level"] == 1);
    let signal = |name: &str| {
        let sent = Command::new("kill").args([name, &following.id().to_string()]).status().unwrap();
        assert!(sent.success());
    };
    signal("-STOP");
    stage.put(&level(2));
    thread::sleep(Duration::from_secs(3));
    signal("-CONT");
    let started = Instant::now();
    following.comes_to("level 2", |status| status["level"] == 2);
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    following.ends_well();
}

/// Where Debian and others keep it.
fn fake_time() -> Option<&'static str> {
    const PLACES: [&str; 4] = [
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
        "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
        "/usr/lib64/faketime/libfaketimeMT.so.1",
        "/usr/lib/faketime/libfaketimeMT.so.1",
    ];
    PLACES.into_iter().find(|place| Path::new(place).exists())
}

#[test]
fn a_wall_clock_that_jumps_moves_the_answers_that_name_instants_and_nothing_else() {
    let Some(library) = fake_time() else {
        println!(
            "not run, since libfaketime is not installed; tests/control.rs jumps with a clock of its own"
        );
        return;
    };
    if std::env::var_os("SANITIZED").is_some() {
        println!("not run, since libfaketime and the sanitizers take each other's calls");
        return;
    }
    let stage = Stage::new("clock");
    let at = |number: i64| {
        format!(
            r#"{{"version": 1, "flags": {{"level": {{"variants": {{"early": {number}, "late": {}}}, "default": "early",
                "rules": [{{"when": {{"now": {{"since": "2031-06-01"}}}}, "serve": "late"}}]}}}}}}"#,
            number + 100
        )
    };
    stage.put(&at(1));
    let clock = stage.folder().join("clock");
    let set = |time: &str| {
        let beside = stage.folder().join("clock.new");
        fs::write(&beside, format!("@{time}\n")).unwrap();
        fs::rename(&beside, &clock).unwrap();
    };
    set("2030-01-01 00:00:00");
    let mut command = Command::new(PROBE.0);
    command.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", &clock);
    command
        .env("FAKETIME_NO_CACHE", "1")
        .env("DONT_FAKE_MONOTONIC", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let mut following = Following::plainly(&mut command, &stage);
    following.comes_to("early", |status| status["level"] == 1);
    let mut number = 1;
    for (time, late) in [
        ("2031-06-01 00:00:01", true),
        ("2030-01-01 00:00:00", false),
        ("1970-01-02 00:00:00", false),
        ("2038-01-19 03:14:09", true),
        ("2031-05-31 12:00:00", false),
        ("2100-02-28 23:59:59", true),
    ] {
        set(time);
        let expected = |number: i64| if late { number + 100 } else { number };
        following.comes_to(time, |status| status["level"] == expected(number));
        // And the file is followed, whatever the clock says of its times.
        number += 1;
        stage.put(&at(number));
        following.comes_to(time, |status| status["level"] == expected(number));
    }
    // One jump is one publication, and so is one file: nothing storms, and nothing is told as wrong.
    let status = following.status();
    assert!(status["last_error"].is_null(), "{status}");
    assert!(status["generation"].as_i64().unwrap() < 30, "{status}");
    following.ends_well();
}

#[test]
fn a_thousand_loaders_that_start_and_stop_leave_no_thread_and_no_descriptor() {
    alone("a_thousand_loaders_that_start_and_stop_leave_no_thread_and_no_descriptor", Apart::Process, || {
        let stage = Stage::new("cycles");
        stage.put(&level(1));
        let count = |folder: &str| fs::read_dir(folder).unwrap().count();
        let (threads, descriptors) = (count("/proc/self/task"), count("/proc/self/fd"));
        for cycle in 0..1000 {
            let flags = Loader::file(stage.file()).poll(Duration::from_millis(1)).start().unwrap();
            assert_eq!(now_serves(&flags), 1);
            // Stopped and waited for, stopped twice, or only let go of.
            if cycle % 3 != 0 {
                assert!(flags.stop(Duration::from_secs(10)));
            }
            if cycle % 3 == 1 {
                assert!(flags.stop(Duration::from_secs(10)));
            }
        }
        wait_until("every thread has ended", || count("/proc/self/task") == threads);
        assert_eq!(count("/proc/self/fd"), descriptors);
    });
}

#[test]
fn a_loader_that_is_dropped_by_its_own_listener_ends() {
    alone("a_loader_that_is_dropped_by_its_own_listener_ends", Apart::Process, || {
        let stage = Stage::new("own-listener");
        stage.put(&level(1));
        let count = || fs::read_dir("/proc/self/task").unwrap().count();
        let threads = count();
        let handle = std::sync::Arc::new(std::sync::Mutex::new(None::<Flags>));
        let inside = std::sync::Arc::clone(&handle);
        let flags = Loader::file(stage.file())
            .poll(Duration::from_millis(1))
            .on_event(move |_| drop(inside.lock().unwrap().take()))
            .start()
            .unwrap();
        *handle.lock().unwrap() = Some(flags);
        stage.put(&level(2));
        wait_until("the thread has ended", || count() == threads);
    });
}

#[test]
fn a_process_without_descriptors_keeps_serving_and_goes_on_once_it_has_some() {
    alone("a_process_without_descriptors_keeps_serving_and_goes_on_once_it_has_some", Apart::Process, || {
        let stage = Stage::new("descriptors");
        let subject = Subject::start(&stage);
        let mut taken = Vec::new();
        // Whoever takes them all leaves none to the loader.
        while let Ok(file) = fs::File::open("/dev/null") {
            taken.push(file);
            assert!(taken.len() < 2_000_000);
        }
        subject.suffers("Too many open files", 1);
        drop(taken);
        subject.recovers(&stage, 2);
    });
}
