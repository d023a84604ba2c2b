//! Files that are torn, swapped, missing, forbidden, endless or no files: the last good flags serve, the cause is told,
//! and the next file is followed without a restart.

#![cfg(target_os = "linux")]

use std::fs::{self, File, FileTimes, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use waterspout::{Limits, Loader, Origin};
use waterspout_faults::{
    Apart, Following, Probe, Stage, Subject, a_few_looks, alone, level, now_serves, probe, wait_until, within,
};

const PROBE: Probe = Probe(env!("CARGO_BIN_EXE_probe"));

fn run(program: &str, arguments: &[&str]) {
    let status = Command::new(program).args(arguments).status().unwrap();
    assert!(status.success(), "{program} {arguments:?}: {status}");
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

// What an editor, a deployment or a crash does to a file.

#[test]
fn every_prefix_of_a_file_is_refused_or_is_all_of_it() {
    let stage = Stage::new("prefixes");
    let subject = Subject::start(&stage);
    let whole = format!("{}\n", level(2));
    for length in 0..whole.len() - 1 {
        let refused = subject.times_told("refused");
        fs::write(stage.file(), &whole[..length]).unwrap();
        // In between the file was empty, which may have been refused before.
        wait_until("refused", || {
            let looked = subject.times_told("refused") > refused || length == 0;
            looked && subject.flags.status().last_error.is_some()
        });
        assert_eq!(now_serves(&subject.flags), 1, "{length} bytes of {}", whole.len());
    }
    fs::write(stage.file(), &whole[..whole.len() - 1]).unwrap();
    subject.comes_to_serve(2);
    subject.recovers(&stage, 3);
}

#[test]
fn a_list_that_is_cut_off_within_a_line_is_refused_at_every_length() {
    let stage = Stage::new("list-prefixes");
    stage.put_listed(1);
    let subject = Subject::start(&stage);
    let whole = fs::read_to_string(stage.list()).unwrap();
    for length in 0..whole.len() {
        if length > 0 && whole.as_bytes()[length - 1] == b'\n' {
            continue;
        }
        fs::write(stage.list(), &whole[..length]).unwrap();
        let word = if length == 0 { "no entries" } else { "list-unfinished" };
        wait_until(word, || subject.last_error().contains(word));
        assert_eq!(now_serves(&subject.flags), 1);
        fs::write(stage.list(), &whole).unwrap();
        subject.comes_to_serve(1);
    }
    subject.recovers(&stage, 2);
}

#[test]
fn a_save_that_empties_the_file_first_is_taken_once_it_is_whole() {
    let stage = Stage::new("truncate");
    let subject = Subject::start(&stage);
    for number in 2..6 {
        let mut file = File::create(stage.file()).unwrap();
        a_few_looks();
        assert_eq!(now_serves(&subject.flags), number - 1);
        let text = level(number);
        for part in text.as_bytes().chunks(20) {
            file.write_all(part).unwrap();
            thread::sleep(Duration::from_millis(3));
        }
        drop(file);
        subject.comes_to_serve(number);
    }
}

#[test]
fn however_a_file_is_swapped_the_new_one_is_followed() {
    let stage = Stage::new("swaps");
    let subject = Subject::start(&stage);
    let (file, beside, backup) =
        (stage.file(), stage.source().join("new"), stage.source().join("flags.json~"));
    let mut number = 1;
    for round in 0..5 {
        let mut swap = |how: &dyn Fn()| {
            number += 1;
            fs::write(&beside, level(number)).unwrap();
            how();
            subject.comes_to_serve(number);
            let _ = fs::remove_file(&beside);
            let _ = fs::remove_file(&backup);
        };
        swap(&|| fs::rename(&beside, &file).unwrap());
        // As editors do: the old file becomes the backup, then the new one is written in its place.
        swap(&|| {
            fs::rename(&file, &backup).unwrap();
            a_few_looks();
            fs::copy(&beside, &file).unwrap();
        });
        // The other way: a copy is the backup, and the file is written in place.
        swap(&|| {
            fs::copy(&file, &backup).unwrap();
            fs::write(&file, fs::read(&beside).unwrap()).unwrap();
        });
        // By hard links: two names for one file, then one of them is given to the next.
        swap(&|| {
            fs::hard_link(&file, &backup).unwrap();
            fs::remove_file(&file).unwrap();
            fs::hard_link(&beside, &file).unwrap();
        });
        // Both at once, by a system call that leaves no moment without a file.
        swap(&|| exchange(&beside, &file));
        // By a symbolic link, which then points elsewhere.
        swap(&|| {
            let (to, link) = (stage.source().join(format!("{round}.json")), stage.source().join("link"));
            fs::rename(&beside, &to).unwrap();
            symlink(&to, &link).unwrap();
            fs::rename(&link, &file).unwrap();
        });
    }
}

/// Two files take each other's names.
#[expect(unsafe_code, reason = "the standard library has no such call")]
fn exchange(one: &Path, other: &Path) {
    let [one, other] = [one, other].map(|path| std::ffi::CString::new(text(path)).unwrap());
    let here = libc::AT_FDCWD;
    // SAFETY: both are texts that end in a zero, and live on.
    let said = unsafe { libc::renameat2(here, one.as_ptr(), here, other.as_ptr(), libc::RENAME_EXCHANGE) };
    assert_eq!(said, 0, "{}", std::io::Error::last_os_error());
}

/// In the order in which kubelet writes a ConfigMap: a new folder, a link to it, the link renamed over `..data`, the old
/// folder removed.
fn kubelet_puts(folder: &Path, revision: u32, number: i64) {
    let fresh = format!("..2026_{revision}");
    fs::create_dir(folder.join(&fresh)).unwrap();
    fs::write(folder.join(&fresh).join("flags.json"), level(number)).unwrap();
    let old = fs::read_link(folder.join("..data"));
    symlink(&fresh, folder.join("..data_tmp")).unwrap();
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
    if !folder.join("flags.json").is_symlink() {
        symlink("..data/flags.json", folder.join("flags.json")).unwrap();
    }
    if let Ok(old) = old {
        fs::remove_dir_all(folder.join(old)).unwrap();
    }
}

#[test]
fn a_config_map_is_followed_through_its_double_link() {
    let stage = Stage::new("kubelet");
    kubelet_puts(&stage.source(), 0, 1);
    let subject = Subject::start(&stage);
    for revision in 1..30 {
        kubelet_puts(&stage.source(), revision, i64::from(revision) + 1);
        subject.comes_to_serve(i64::from(revision) + 1);
    }
    // The link exists before what it points to: read as absent, not as empty.
    fs::remove_file(stage.source().join("..data")).unwrap();
    subject.suffers("No such file", 30);
    kubelet_puts(&stage.source(), 99, 31);
    subject.comes_to_serve(31);
}

#[test]
fn a_file_that_is_deleted_and_written_again_is_followed_however_soon() {
    let stage = Stage::new("recreated");
    let subject = Subject::start(&stage);
    for (number, gap) in (2..).zip([0, 1, 2, 3, 5, 10, 20, 50, 100, 200]) {
        fs::remove_file(stage.file()).unwrap();
        thread::sleep(Duration::from_millis(gap));
        assert_eq!(now_serves(&subject.flags), number - 1, "{gap} ms");
        fs::write(stage.file(), level(number)).unwrap();
        subject.comes_to_serve(number);
    }
    // And what comes back as it was is no news, but no trouble either.
    let generation = subject.flags.status().generation;
    fs::remove_file(stage.file()).unwrap();
    subject.suffers("No such file", 11);
    fs::write(stage.file(), level(11)).unwrap();
    subject.comes_to_serve(11);
    assert_eq!(subject.flags.status().generation, generation);
}

#[test]
fn an_edit_that_leaves_size_and_times_as_they_were_is_seen() {
    let stage = Stage::new("same-times");
    stage.put(&level(1));
    let then = SystemTime::now() - Duration::from_secs(3600);
    let turn_back = || {
        let file = File::options().write(true).open(stage.file()).unwrap();
        file.set_times(FileTimes::new().set_modified(then).set_accessed(then)).unwrap();
    };
    turn_back();
    let subject = Subject::start(&stage);
    for number in 2..8 {
        if number == 5 {
            // Left alone for so long that its state is believed.
            thread::sleep(Duration::from_millis(2500));
        }
        fs::write(stage.file(), level(number)).unwrap();
        turn_back();
        subject.comes_to_serve(number);
        assert_eq!(fs::metadata(stage.file()).unwrap().modified().unwrap(), then);
    }
}

#[test]
fn an_older_file_that_is_copied_back_with_its_times_is_followed() {
    let stage = Stage::new("older");
    let older = stage.folder().join("older.json");
    fs::write(&older, level(1)).unwrap();
    let file = File::options().write(true).open(&older).unwrap();
    file.set_times(FileTimes::new().set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(86_400)))
        .unwrap();
    stage.put(&level(2));
    let subject = Subject::start(&stage);
    run("cp", &["-p", text(&older), text(&stage.file())]);
    subject.comes_to_serve(1);
    subject.recovers(&stage, 3);
}

// What stands where a file should.

#[test]
fn a_folder_that_goes_and_comes_back_is_looked_into_again() {
    let stage = Stage::new("folder-gone");
    let subject = Subject::start(&stage);
    let away = stage.folder().join("away");
    fs::rename(stage.source(), &away).unwrap();
    subject.suffers("No such file", 1);
    fs::rename(&away, stage.source()).unwrap();
    subject.comes_to_serve(1);
    fs::remove_dir_all(stage.source()).unwrap();
    fs::write(stage.source(), "a file where the folder was").unwrap();
    subject.suffers("Not a directory", 1);
    fs::remove_file(stage.source()).unwrap();
    fs::create_dir(stage.source()).unwrap();
    subject.recovers(&stage, 2);
}

#[test]
fn whatever_is_not_a_file_is_told_and_neither_read_nor_waited_for() {
    let stage = Stage::new("no-file");
    let subject = Subject::start(&stage);
    let (file, text) = (stage.file(), stage.file().to_str().unwrap().to_owned());
    type Put<'p> = &'p dyn Fn();
    let faults: [(&str, Put<'_>); 8] = [
        ("is not a regular file", &|| run("mkfifo", &[&text])),
        ("is not a regular file", &|| symlink("/dev/zero", &file).unwrap()),
        ("is not a regular file", &|| symlink("/dev/full", &file).unwrap()),
        ("is not a regular file", &|| drop(UnixListener::bind(&file).unwrap())),
        ("is a directory", &|| fs::create_dir(&file).unwrap()),
        ("symbolic links", &|| symlink(&file, &file).unwrap()),
        ("No such file", &|| symlink("nowhere", &file).unwrap()),
        // Says that it has no length, and has content: none that is a flag file.
        ("refused[syntax]", &|| symlink("/proc/self/status", &file).unwrap()),
    ];
    for (number, (cause, put)) in (1..).zip(faults) {
        if file.is_symlink() || file.exists() {
            fs::remove_file(&file).unwrap();
        }
        put();
        let cause = if cause.starts_with("refused") { "error[" } else { cause };
        subject.suffers(cause, number);
        if file.is_dir() {
            fs::remove_dir(&file).unwrap();
        }
        subject.recovers(&stage, number + 1);
    }
}

#[test]
fn a_list_that_is_not_a_file_is_told_too() {
    let stage = Stage::new("no-list");
    stage.put_listed(1);
    let subject = Subject::start(&stage);
    let (list, text) = (stage.list(), stage.list().to_str().unwrap().to_owned());
    for (cause, put) in [
        ("is not a regular file", &(|| run("mkfifo", &[&text])) as &dyn Fn()),
        ("is a directory", &|| fs::create_dir(&list).unwrap()),
        ("No such file", &|| ()),
    ] {
        fs::remove_file(&list).unwrap();
        put();
        subject.suffers(cause, 1);
        let _ = fs::remove_file(&list);
        let _ = fs::remove_dir(&list);
        stage.put_listed(1);
        subject.comes_to_serve(1);
    }
    subject.recovers(&stage, 2);
}

#[test]
fn a_file_of_a_tebibyte_that_is_all_hole_is_told_as_too_large() {
    let stage = Stage::new("sparse");
    let subject = Subject::start_as(&stage, |loader| loader.poll(Duration::from_millis(20)));
    let beside = stage.folder().join("sparse");
    File::create(&beside).unwrap().set_len(1 << 40).unwrap();
    fs::rename(&beside, stage.file()).unwrap();
    subject.suffers("is larger than 32 MiB", 1);
    subject.recovers(&stage, 2);
}

#[test]
fn a_file_that_grows_without_end_is_told_as_too_large() {
    let stage = Stage::new("growing");
    let subject =
        Subject::start_as(&stage, |loader| loader.limits(Limits { file: 4096, ..Limits::default() }));
    let mut file = File::options().append(true).open(stage.file()).unwrap();
    for _ in 0..2000 {
        file.write_all(&[b'x'; 100]).unwrap();
    }
    subject.suffers("is larger than 4096 bytes", 1);
    file.write_all(&[b'x'; 100]).unwrap();
    a_few_looks();
    assert_eq!(subject.times_told("is larger than"), 1, "{:?}", subject.told());
    subject.recovers(&stage, 2);
}

#[test]
fn what_is_too_large_is_refused_before_it_takes_the_memory() {
    let stage = Stage::new("little-memory");
    File::create(stage.file()).unwrap().set_len(1 << 40).unwrap();
    // Less than the file, and enough for all else. A program that asks for more than it may have is ended.
    let mut command = Command::new("prlimit");
    command.arg(format!("--as={}", 256 << 20)).args([PROBE.0, "load"]);
    command.args([stage.file(), stage.copy()]).arg("100");
    let output = within(Duration::from_secs(5), "a tebibyte", &mut command);
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    assert!(output.status.success() && said["origin"] == "built-in", "{output:?}");
    assert!(said["last_error"].as_str().unwrap().contains("is larger than 32 MiB"), "{said}");
    assert!(said["peak_kib"].as_u64().unwrap() < 64 << 10, "{said}");
}

/// A file in memory: once it was written to, further writes leave its state as it is, where there is no disk to write to.
struct Mapped(*mut u8, usize);

#[expect(unsafe_code, reason = "the standard library maps no files into memory")]
impl Mapped {
    fn of(path: &Path) -> Mapped {
        use std::os::fd::AsRawFd;
        let file = File::options().read(true).write(true).open(path).unwrap();
        let length = usize::try_from(file.metadata().unwrap().len()).unwrap();
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping, which the system places where nothing else is.
        let place = unsafe {
            libc::mmap(std::ptr::null_mut(), length, protection, libc::MAP_SHARED, file.as_raw_fd(), 0)
        };
        assert_ne!(place, libc::MAP_FAILED);
        Mapped(place.cast(), length)
    }

    fn write(&self, at: usize, byte: u8) {
        assert!(at < self.1);
        // SAFETY: within the mapping, which is as long as the file, which nobody makes shorter.
        unsafe { self.0.add(at).write_volatile(byte) };
    }
}

#[expect(unsafe_code, reason = "as above")]
impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: nobody has a reference into it.
        unsafe { libc::munmap(self.0.cast(), self.1) };
    }
}

#[test]
fn an_edit_that_leaves_no_trace_at_all_is_seen_within_some_seconds() {
    alone("an_edit_that_leaves_no_trace_at_all_is_seen_within_some_seconds", Apart::Mounts, || {
        let stage = Stage::new("no-trace");
        run("mount", &["-t", "tmpfs", "-o", "size=1m", "tmpfs", text(&stage.source())]);
        let state = || {
            use std::os::unix::fs::MetadataExt;
            let seen = fs::metadata(stage.file()).unwrap();
            (seen.len(), seen.ino(), seen.mtime(), seen.mtime_nsec(), seen.ctime(), seen.ctime_nsec())
        };
        fs::write(stage.file(), level(1)).unwrap();
        let digit = level(1).rfind('1').unwrap();
        let mapped = Mapped::of(&stage.file());
        mapped.write(digit, b'1');
        let subject = Subject::start(&stage);
        // Left alone for so long that its state is believed.
        thread::sleep(Duration::from_millis(2500));
        let (before, started) = (state(), Instant::now());
        mapped.write(digit, b'7');
        assert_eq!(state(), before, "the state says nothing");
        a_few_looks();
        assert_eq!(now_serves(&subject.flags), 1, "nor could anybody know");
        subject.comes_to_serve(7);
        println!("figures: seen after {:.1?}", started.elapsed());
        assert!(started.elapsed() < Duration::from_secs(12), "{:?}", started.elapsed());
        assert_eq!(state(), before);
        drop((subject, mapped));
        run("umount", &[text(&stage.source())]);
    });
}

// What may not be read or written.

/// The probe as a user who has no rights of its own: root may read everything.
fn follow_as_nobody(stage: &Stage) -> Following {
    // The folder of the tests may be one that nobody else may enter.
    let program = stage.folder().join("probe");
    fs::copy(PROBE.0, &program).unwrap();
    fs::set_permissions(stage.kept(), Permissions::from_mode(0o777)).unwrap();
    let root = fs::metadata("/proc/self").is_ok_and(|this| std::os::unix::fs::MetadataExt::uid(&this) == 0);
    let mut command = if root {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(&program);
        command
    } else {
        Command::new(&program)
    };
    Following::plainly(&mut command, stage)
}

#[test]
fn a_file_that_may_no_longer_be_read_is_told_and_followed_once_it_may() {
    let stage = Stage::new("forbidden");
    stage.put(&level(1));
    let mut probe = follow_as_nobody(&stage);
    let well = |number: i64| {
        move |status: &serde_json::Value| status["level"] == number && status["last_error"].is_null()
    };
    probe.comes_to("level 1", well(1));
    for (number, path, allowed) in [(2, stage.file(), 0o644), (3, stage.source(), 0o755)] {
        fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
        let forbidden = probe.comes_to("forbidden", |status| {
            status["last_error"].as_str().is_some_and(|error| error.contains("Permission denied"))
        });
        assert_eq!(forbidden["level"], number - 1);
        fs::set_permissions(&path, Permissions::from_mode(allowed)).unwrap();
        probe.comes_to("well again", well(number - 1));
        stage.put(&level(number));
        probe.comes_to("the next level", well(number));
    }
    let times = |words: &str| probe.told.iter().filter(|event| event.contains(words)).count();
    assert_eq!((times("cannot be read"), times("well again")), (2, 2), "{:?}", probe.told);
    // The folder of the copy is taken away: the flags go on, and the copy is told.
    fs::set_permissions(stage.kept(), Permissions::from_mode(0o500)).unwrap();
    stage.put(&level(4));
    probe.comes_to("level 4", well(4));
    probe.status();
    assert!(probe.told.iter().any(|event| event.contains("copy could not be written")), "{:?}", probe.told);
    fs::set_permissions(stage.kept(), Permissions::from_mode(0o755)).unwrap();
    probe.ends_well();
}

#[test]
fn a_mount_that_turns_read_only_costs_the_copy_and_nothing_else() {
    alone("a_mount_that_turns_read_only_costs_the_copy_and_nothing_else", Apart::Mounts, || {
        let stage = Stage::new("read-only");
        let kept = stage.kept();
        run("mount", &["-t", "tmpfs", "-o", "size=1m", "tmpfs", text(&kept)]);
        let subject = Subject::start_as(&stage, |loader| loader.last_good(stage.copy()));
        run("mount", &["-o", "remount,ro", text(&kept)]);
        stage.put(&level(2));
        subject.comes_to_serve(2);
        wait_until("told", || subject.times_told("Read-only file system") == 1);
        run("mount", &["-o", "remount,rw", text(&kept)]);
        subject.recovers(&stage, 3);
        assert_eq!(subject.times_told("copy could not be written"), 1, "{:?}", subject.told());
        drop(subject);
        assert_copy_serves(&stage, 3);
        run("umount", &[text(&kept)]);
    });
}

/// Fills a small file system to its last byte.
fn fill(folder: &Path) {
    let mut file = File::create(folder.join("filler")).unwrap();
    while file.write_all(&[0; 512]).is_ok() {}
}

fn assert_copy_serves(stage: &Stage, number: i64) {
    fs::remove_file(stage.file()).unwrap();
    let flags = Loader::file(stage.file()).last_good(stage.copy()).read_once().unwrap();
    assert_eq!((now_serves(&flags), flags.status().origin), (number, Origin::LastGood));
}

#[test]
fn a_full_disk_costs_the_new_copy_and_neither_the_flags_nor_the_old_copy() {
    alone("a_full_disk_costs_the_new_copy_and_neither_the_flags_nor_the_old_copy", Apart::Mounts, || {
        let stage = Stage::new("full");
        let kept = stage.kept();
        run("mount", &["-t", "tmpfs", "-o", "size=64k", "tmpfs", text(&kept)]);
        let subject = Subject::start_as(&stage, |loader| loader.last_good(stage.copy()));
        fill(&kept);
        stage.put(&level(2));
        subject.comes_to_serve(2);
        wait_until("told", || subject.times_told("No space left") == 1);
        drop(subject);
        let left: Vec<_> = fs::read_dir(&kept).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.len(), 2, "nothing half written is left behind: {left:?}");
        assert_copy_serves(&stage, 1);
        run("umount", &[text(&kept)]);
    });
}

#[test]
fn a_copy_that_could_not_be_written_is_written_once_there_is_room() {
    alone("a_copy_that_could_not_be_written_is_written_once_there_is_room", Apart::Mounts, || {
        let stage = Stage::new("room-again");
        let kept = stage.kept();
        run("mount", &["-t", "tmpfs", "-o", "size=64k", "tmpfs", text(&kept)]);
        let subject = Subject::start_as(&stage, |loader| loader.last_good(stage.copy()));
        fill(&kept);
        stage.put(&level(2));
        subject.comes_to_serve(2);
        wait_until("told", || subject.times_told("No space left") == 1);
        fs::remove_file(kept.join("filler")).unwrap();
        subject.flags.refresh();
        thread::sleep(Duration::from_secs(3));
        drop(subject);
        assert_copy_serves(&stage, 2);
        run("umount", &[text(&kept)]);
    });
}

// What happened after what.

#[test]
fn what_was_refused_is_still_refused_after_the_file_was_away() {
    let stage = Stage::new("refused-away");
    let subject = Subject::start(&stage);
    stage.put("{}");
    subject.suffers("error[", 1);
    let away = stage.folder().join("away");
    fs::rename(stage.file(), &away).unwrap();
    subject.suffers("No such file", 1);
    fs::rename(&away, stage.file()).unwrap();
    wait_until("looked at again", || !subject.last_error().contains("No such file"));
    a_few_looks();
    assert!(subject.last_error().contains("error["), "`{}`, {:?}", subject.last_error(), subject.told());
    assert_eq!(subject.times_told("well again"), 0, "{:?}", subject.told());
    subject.recovers(&stage, 2);
}

#[test]
fn a_start_without_the_source_tells_so_as_an_event() {
    let stage = Stage::new("told-at-start");
    let started = probe(PROBE, &["load", text(&stage.file()), text(&stage.copy()), "200"]);
    assert_eq!(started.said["level"], 0, "{started:?}");
    let told = started.said["told"].as_array().unwrap();
    let times = told.iter().filter(|event| event.as_str().unwrap().contains("cannot be read")).count();
    assert_eq!(times, 1, "{told:?}");
}

#[test]
fn lists_that_were_just_written_do_not_keep_a_service_from_starting() {
    let stage = Stage::new("fresh-list");
    stage.put_listed(1);
    let (started, flags) = (Instant::now(), Loader::file(stage.file()).poll(Duration::from_secs(30)).start());
    assert!(flags.is_ok(), "{flags:?} after {:?}", started.elapsed());
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn an_interval_beyond_all_time_is_a_long_one() {
    let stage = Stage::new("forever");
    let subject = Subject::start_as(&stage, |loader| loader.poll(Duration::MAX));
    stage.put(&level(2));
    subject.flags.refresh();
    subject.comes_to_serve(2);
}

#[test]
fn lists_with_odd_names_are_in_the_copy_too() {
    let stage = Stage::new("odd-names");
    for (number, name) in
        (1..).zip(["with space.txt", "ünïcode.txt", "#hash.txt", "1 2.txt", "line\nend.txt"])
    {
        fs::write(stage.source().join(name), "ada\n").unwrap();
        stage.put(&level(number).replace(
            "\"flags\":",
            &format!("\"segments\": {{\"odd\": {{\"keys_from\": {}}}}}, \"flags\":", serde_json::json!(name)),
        ));
        let load =
            || Loader::file(stage.file()).last_good(stage.copy()).poll(Duration::from_millis(1)).read_once();
        assert_eq!(now_serves(&load().unwrap()), number);
        fs::remove_file(stage.file()).unwrap();
        let flags = load().unwrap_or_else(|error| panic!("{name:?}: {error}"));
        assert_eq!((now_serves(&flags), flags.status().origin), (number, Origin::LastGood));
    }
}

// What stands where the copy should.

/// A start with something else where the copy should be: it serves from the source, and says how much memory it took.
#[track_caller]
fn starts_despite(what: &str, put: impl FnOnce(&Path)) {
    let stage = Stage::new(&format!("no-copy-{}", what.replace(' ', "-")));
    stage.put(&level(1));
    put(&stage.copy());
    // A reader that knows no limit would take all memory there is, and not only its own.
    let mut command = Command::new("prlimit");
    command.arg(format!("--as={}", 1 << 30)).args([PROBE.0, "copy"]).args([stage.file(), stage.copy()]);
    let output = within(Duration::from_secs(5), what, &mut command);
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    assert!(output.status.success() && said["level"] == 1, "{what}: {output:?}");
    let peak = said["peak_kib"].as_u64().unwrap();
    assert!(peak < 64 << 10, "{what}: {peak} KiB for a copy of a few bytes");
}

#[test]
fn a_pipe_in_place_of_the_copy_is_not_waited_for() {
    starts_despite("a pipe", |copy| run("mkfifo", &[text(copy)]));
}

#[test]
fn what_has_no_end_in_place_of_the_copy_is_not_read_without_end() {
    starts_despite("a device", |copy| symlink("/dev/zero", copy).unwrap());
}

#[test]
fn nothing_else_in_place_of_the_copy_keeps_a_service_from_starting() {
    starts_despite("a folder", |copy| fs::create_dir(copy).unwrap());
    starts_despite("a link to itself", |copy| symlink(copy, copy).unwrap());
    starts_despite("a tebibyte", |copy| File::create(copy).unwrap().set_len(1 << 40).unwrap());
}

#[test]
fn two_loaders_that_share_a_copy_never_tear_it() {
    let stage = Stage::new("shared-copy");
    // Large, so that writing takes its time.
    stage.put(&format!("{}{}", level(1), " ".repeat(1 << 20)));
    let done = AtomicBool::new(false);
    let load = || Loader::file(stage.file()).last_good(stage.copy()).read_once().unwrap();
    load();
    let absent = stage.folder().join("absent");
    let (starts, torn) = thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    load();
                }
            });
        }
        let (mut starts, mut torn, deadline) = (0, 0, Instant::now() + Duration::from_secs(2));
        while Instant::now() < deadline {
            starts += 1;
            torn += u32::from(Loader::file(&absent).last_good(stage.copy()).read_once().is_err());
        }
        done.store(true, Ordering::Relaxed);
        (starts, torn)
    });
    assert_eq!(torn, 0, "of {starts} starts");
}
