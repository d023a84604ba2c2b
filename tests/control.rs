//! Those on call: roll back, hold back, pause, install; and sources of a service's own, well or not.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use waterspout::{
    Chain, Content, Context, Error, Event, FactFault, Fetch, Flag, Flags, Kind, Limits, Loader, Mismatch,
    Origin, Overlay, Source, Waker,
};

const LEVEL: Flag<i64> = Flag::new("level", -1);
const SOON: Duration = Duration::from_millis(5);

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("control").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn put(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    fs::write(&beside, text).unwrap();
    fs::rename(&beside, path).unwrap();
}

fn level(level: i64) -> String {
    format!(r#"{{"version": 1, "flags": {{"level": {{"variants": {{"it": {level}}}, "default": "it"}}}}}}"#)
}

fn now_serves(flags: &Flags) -> i64 {
    flags.view().value(&LEVEL, &Context::anonymous(&[]))
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Long enough for several looks.
fn a_while() {
    thread::sleep(Duration::from_millis(100));
}

fn told() -> (Arc<Mutex<Vec<String>>>, impl Fn(&Event) + Send + Sync + 'static) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&told);
    (told, move |event: &Event| into.lock().unwrap().push(event.to_string()))
}

fn count(told: &Mutex<Vec<String>>, word: &str) -> usize {
    told.lock().unwrap().iter().filter(|event| event.contains(word)).count()
}

#[test]
fn a_rollback_serves_what_served_before_and_holds_the_bad_file_back_until_it_changes() {
    let path = folder("rollback").join("flags.json");
    put(&path, &level(1));
    let (told, tell) = told();
    let flags = Loader::file(&path).poll(SOON).on_event(tell).start().unwrap();
    assert!(flags.rollback().unwrap_err().to_string().contains("nothing to roll back to"));
    put(&path, &level(2));
    wait_until("level 2", || now_serves(&flags) == 2);
    let bad = flags.status().fingerprint;
    assert_eq!(flags.rollback().unwrap(), 3);
    let status = flags.status();
    assert_eq!((now_serves(&flags), status.origin, status.held_back), (1, Origin::RolledBack, Some(bad)));
    flags.refresh();
    a_while();
    assert_eq!(now_serves(&flags), 1, "the source still has it");
    // An editor may write the same content again: still held back.
    put(&path, &level(2));
    a_while();
    assert_eq!((now_serves(&flags), count(&told, "held back until")), (1, 1));
    assert!(flags.rollback().is_err(), "there is one step back, not a see-saw");
    put(&path, &level(3));
    wait_until("level 3", || now_serves(&flags) == 3);
    assert_eq!(flags.status().held_back, None);
    put(&path, &level(2));
    wait_until("what was changed and came again serves", || now_serves(&flags) == 2);
}

#[test]
fn what_was_rolled_back_is_held_back_across_restarts() {
    let folder = folder("restart");
    let (path, copy) = (folder.join("flags.json"), folder.join("flags.last"));
    put(&path, &level(1));
    let start = || Loader::file(&path).poll(SOON).last_good(&copy).start().unwrap();
    let flags = start();
    put(&path, &level(2));
    wait_until("level 2", || now_serves(&flags) == 2);
    flags.rollback().unwrap();
    drop(flags);
    for _ in 0..2 {
        let flags = start();
        assert_eq!((now_serves(&flags), flags.status().origin), (1, Origin::LastGood));
        assert!(flags.status().held_back.is_some());
        assert!(flags.status().last_error.unwrap().contains("rolled back"));
        a_while();
        assert_eq!(now_serves(&flags), 1);
    }
    put(&path, &level(3));
    let flags = start();
    assert_eq!((now_serves(&flags), flags.status().held_back), (3, None));
    put(&path, &level(2));
    wait_until("level 2", || now_serves(&flags) == 2);
}

#[test]
fn a_pause_leaves_new_content_alone_until_it_ends() {
    let path = folder("pause").join("flags.json");
    put(&path, &level(1));
    let flags = Loader::file(&path).poll(SOON).start().unwrap();
    flags.pause();
    put(&path, &level(2));
    a_while();
    assert_eq!((now_serves(&flags), flags.status().paused), (1, true));
    flags.resume();
    wait_until("level 2", || now_serves(&flags) == 2);
}

#[test]
fn a_refresh_does_not_wait_for_the_poll() {
    let path = folder("refresh").join("flags.json");
    put(&path, &level(1));
    let flags = Loader::file(&path).poll(Duration::from_secs(3600)).start().unwrap();
    put(&path, &level(2));
    flags.refresh();
    wait_until("level 2", || now_serves(&flags) == 2);
}

#[test]
fn installed_content_is_held_to_the_same_rules() {
    let (told, tell) = told();
    let flags = Loader::text(level(1)).on_event(tell).start().unwrap();
    assert_eq!(flags.install(level(2)).unwrap(), 2);
    assert_eq!((now_serves(&flags), flags.status().origin), (2, Origin::Installed));
    let refused = flags.install("{}").unwrap_err();
    assert!(refused.is_refused() && now_serves(&flags) == 2);
    let listed = r#"{"version": 1, "segments": {"s": {"keys_from": "a.txt"}}, "flags": {}}"#;
    assert!(flags.install(listed).is_err());
    flags.install(Content::of(listed).list("a.txt", "ada\n")).unwrap();
    assert_eq!(flags.status().flags, 0, "no flags at all, since a whole file says so");
    flags.rollback().unwrap();
    assert_eq!((now_serves(&flags), count(&told, "published generation")), (2, 3));
}

#[test]
fn a_stop_ends_the_thread_and_nothing_else() {
    let path = folder("stop").join("flags.json");
    put(&path, &level(1));
    let flags = Loader::file(&path).poll(SOON).start().unwrap();
    assert!(flags.status().following);
    assert!(flags.stop(Duration::from_secs(10)));
    assert!(!flags.status().following);
    assert!(flags.stop(Duration::from_secs(10)), "stopping twice is stopping");
    put(&path, &level(2));
    a_while();
    assert_eq!(now_serves(&flags), 1);
}

#[test]
fn a_listener_may_ask_and_act() {
    let path = folder("listener").join("flags.json");
    put(&path, &level(1));
    let handle: Arc<Mutex<Option<Flags>>> = Arc::default();
    let inside = Arc::clone(&handle);
    let flags = Loader::file(&path)
        .poll(SOON)
        .on_event(move |event| {
            // Rolls every second publication back as soon as it serves.
            let flags = inside.lock().unwrap().clone();
            if let (Event::Published { generation: 2, .. }, Some(flags)) = (event, flags) {
                assert_eq!(flags.status().generation, 2);
                flags.rollback().unwrap();
            }
        })
        .start()
        .unwrap();
    *handle.lock().unwrap() = Some(flags.clone());
    put(&path, &level(2));
    wait_until("rolled back", || flags.status().origin == Origin::RolledBack);
    assert_eq!(now_serves(&flags), 1);
    handle.lock().unwrap().take();
}

#[test]
fn a_mismatch_can_be_made_a_refusal() {
    let path = folder("mismatch").join("flags.json");
    put(&path, &level(1));
    let flags = Loader::file(&path).poll(SOON).declare(&[&LEVEL]).refuse_mismatches().start().unwrap();
    put(&path, r#"{"version": 1, "flags": {}}"#);
    wait_until("refused", || flags.status().last_error.is_some());
    assert_eq!(now_serves(&flags), 1);
}

#[test]
fn what_a_start_refuses_for_what_it_lacks_stays_refused_until_it_changes() {
    let folder = folder("lacking");
    let (path, copy) = (folder.join("flags.json"), folder.join("flags.last"));
    put(&path, &level(1));
    let (told, tell) = told();
    let start = || Loader::file(&path).poll(SOON).declare(&[&LEVEL]).last_good(&copy);
    drop(start().start().unwrap());
    put(&path, r#"{"version": 1, "flags": {}}"#);
    let flags = start().on_event(tell).start().unwrap();
    a_while();
    assert_eq!((now_serves(&flags), flags.status().origin), (1, Origin::LastGood));
    assert_eq!((count(&told, "is refused"), count(&told, "published")), (1, 1), "{told:?}");
    assert!(flags.status().last_error.unwrap().contains("`level`"));
    // Away and back with the same, it is refused anew.
    fs::remove_file(&path).unwrap();
    wait_until("away", || count(&told, "cannot be read") == 1);
    put(&path, r#"{"version": 1, "flags": {}}"#);
    wait_until("refused", || count(&told, "is refused") == 2);
    assert_eq!(now_serves(&flags), 1);
    put(&path, &level(2));
    wait_until("level 2", || now_serves(&flags) == 2);
}

#[test]
fn the_copy_is_always_one_that_a_start_can_use() {
    let folder = folder("usable-copy");
    let (path, copy) = (folder.join("flags.json"), folder.join("flags.last"));
    put(&path, &level(1));
    let start = || Loader::file(&path).poll(SOON).declare(&[&LEVEL]).last_good(&copy).start();
    let flags = start().unwrap();
    put(&path, r#"{"version": 1, "flags": {"other": {}}}"#);
    wait_until("published even so", || flags.status().generation == 2);
    a_while();
    drop(flags);
    fs::remove_file(&path).unwrap();
    let flags = start().unwrap();
    assert_eq!((now_serves(&flags), flags.status().origin), (1, Origin::LastGood));
}

#[test]
fn a_copy_that_cannot_be_used_is_told_and_replaced() {
    let folder = folder("torn-copy");
    let (path, copy) = (folder.join("flags.json"), folder.join("flags.last"));
    fs::write(&copy, "torn").unwrap();
    let (told, tell) = told();
    let flags =
        Loader::file(&path).poll(SOON).last_good(&copy).built_in(level(0)).on_event(tell).start().unwrap();
    assert_eq!(count(&told, "the last good copy cannot be used: "), 1, "{told:?}");
    assert!(flags.status().copy_error.unwrap().contains("no whole last good copy"));
    put(&path, &level(1));
    wait_until("kept", || now_serves(&flags) == 1 && flags.status().copy_error.is_none());
    fs::remove_file(&path).unwrap();
    let flags = Loader::file(&path).last_good(&copy).read_once().unwrap();
    assert_eq!((now_serves(&flags), flags.status().copy_error), (1, None));
}

#[test]
fn what_is_held_back_is_never_called_well() {
    let folder = folder("held-away");
    let path = folder.join("flags.json");
    put(&path, &level(1));
    let (told, tell) = told();
    let flags = Loader::file(&path).poll(SOON).on_event(tell).start().unwrap();
    put(&path, &level(2));
    wait_until("level 2", || now_serves(&flags) == 2);
    flags.rollback().unwrap();
    assert!(flags.status().last_error.unwrap().contains("held back"));
    fs::remove_file(&path).unwrap();
    wait_until("away", || count(&told, "cannot be read") == 1);
    put(&path, &level(2));
    wait_until("told", || count(&told, "the source still has") == 1);
    // What the service installs meanwhile does not let go of it.
    flags.install(level(9)).unwrap();
    fs::remove_file(&path).unwrap();
    wait_until("away", || count(&told, "cannot be read") == 2);
    put(&path, &level(2));
    wait_until("told again", || count(&told, "the source still has") == 2);
    a_while();
    assert_eq!(now_serves(&flags), 9);
    flags.install(level(1)).unwrap();
    assert_eq!((count(&told, "well again"), now_serves(&flags)), (0, 1), "{told:?}");
    assert!(flags.status().last_error.unwrap().contains("held back"));
    put(&path, &level(1));
    wait_until("well", || count(&told, "well again") == 1);
    assert_eq!((flags.status().last_error, flags.status().held_back), (None, None));
}

#[test]
fn what_is_installed_does_not_make_a_refused_source_well() {
    let path = folder("installed-over").join("flags.json");
    put(&path, &level(1));
    let (told, tell) = told();
    let flags = Loader::file(&path).poll(SOON).on_event(tell).start().unwrap();
    put(&path, "{}");
    wait_until("refused", || count(&told, "is refused") == 1);
    flags.install(level(2)).unwrap();
    flags.rollback().unwrap();
    a_while();
    let status = flags.status();
    assert_eq!((status.findings.len(), count(&told, "is refused"), count(&told, "well")), (2, 1, 0));
}

/// A file whose flags are so many, with a list of so many keys.
fn large(flags: usize, keys: usize) -> String {
    let flags: Vec<String> = (0..flags).map(|flag| format!(r#""f{flag}": {{}}"#)).collect();
    let keys: Vec<String> = (0..keys).map(|key| format!(r#""k{key}""#)).collect();
    format!(
        r#"{{"version": 1, "segments": {{"s": {{"keys": [{}]}}}}, "flags": {{{}}}}}"#,
        keys.join(","),
        flags.join(",")
    )
}

#[test]
fn a_limit_is_a_refusal_with_a_place_and_can_be_raised() {
    let path = folder("limits").join("flags.json");
    let limits = Limits { file: 2000, list: 100, flags: 5, keys: 10 };
    put(&path, &large(5, 10));
    let (told, tell) = told();
    let flags = Loader::file(&path).poll(SOON).limits(limits).on_event(tell).start().unwrap();
    let beyond = |text: &str, why: &str, code: &str, place: &str| {
        put(&path, text);
        wait_until(why, || flags.status().last_error.is_some_and(|error| error.contains(why)));
        let status = flags.status();
        assert_eq!((status.flags, status.generation), (5, 1), "the last good flags serve");
        let codes: Vec<&str> = status.findings.iter().map(|finding| finding.code()).collect();
        let places: Vec<&str> = status.findings.iter().map(|finding| finding.path()).collect();
        if !code.is_empty() {
            assert_eq!((codes, places), (vec![code], vec![place]));
        }
        // By default there is room for it.
        assert!(Loader::file(&path).read_once().unwrap().status().flags > 0);
    };
    beyond(&large(6, 10), "there are 6 flags in this file, and the most is 5", "too-many", "/flags/f5");
    beyond(&large(5, 11), "more than 10 keys", "too-many", "/segments/s/keys");
    beyond(&format!("{}{}", large(5, 10), " ".repeat(2000)), "is larger than 2000 bytes", "", "");
    let listed = r#"{"version": 1, "segments": {"s": {"keys_from": "list.txt"}}, "flags": {"a": {}}}"#;
    let list = path.with_file_name("list.txt");
    fs::write(&list, "a key\n".repeat(17)).unwrap();
    beyond(listed, "is larger than 100 bytes", "list-unreadable", "/segments/s/keys_from");
    fs::write(&list, "k\n".repeat(11)).unwrap();
    beyond(listed, "more than 10 keys", "too-many", "/segments/s/keys_from");
    assert!(flags.install(large(6, 1)).unwrap_err().is_refused(), "whoever brings it");
    put(&path, &large(5, 10));
    wait_until("well", || flags.status().last_error.is_none());
    assert_eq!((flags.status().generation, count(&told, "well again")), (1, 1));
}

#[test]
fn the_limits_that_hold_everywhere_refuse_cleanly() {
    for (text, why) in [
        (large(100_001, 1), "there are 100001 flags in this file, and the most is 100000"),
        (large(1, 4_000_000), "is larger than 32 MiB"),
        (
            r#"{"version": 1, "segments": {"s": {"keys_from": "list.txt"}}, "flags": {}}"#.to_owned(),
            "more than 10000000 keys",
        ),
    ] {
        let path = folder("large").join("flags.json");
        fs::write(path.with_file_name("list.txt"), "k\n".repeat(10_000_001)).unwrap();
        put(&path, &text);
        let refused = Loader::file(&path).read_once().unwrap_err();
        assert!(refused.to_string().contains(why), "{refused}");
        assert!(refused.to_string().len() < 1000, "{} bytes of words", refused.to_string().len());
    }
    let raised = Limits { flags: 100_001, ..Limits::default() };
    let path = folder("large").join("flags.json");
    put(&path, &large(100_001, 1));
    assert_eq!(Loader::file(&path).limits(raised).read_once().unwrap().status().flags, 100_001);
}

#[test]
fn a_refusal_can_be_taken_apart() {
    let path = folder("structured").join("flags.json");
    put(
        &path,
        r#"{"version": 1, "flags": {"level": {}}, "attributes": {"env": {"type": "string", "fact": true}}}"#,
    );
    const PLAN: waterspout::Attribute<str> = waterspout::Attribute::new("plan");
    let error = Loader::file(&path).declare(&[&LEVEL, &PLAN]).start().unwrap_err();
    assert!(error.diagnostics().is_empty() && !error.is_source());
    assert_eq!(error.to_string().lines().count(), 3, "{error}");
    match error.mismatches() {
        [
            Mismatch::Fact(FactFault::Absent { name: fact, .. }),
            Mismatch::FlagMistyped { key, coded, written },
            Mismatch::AttributeAbsent { name, .. },
        ] => {
            assert_eq!((&**fact, *key, *name), ("env", "level", "plan"));
            assert_eq!((*coded, *written), (Kind::Integer, Kind::Bool));
        }
        other => panic!("{other:?}"),
    }
    put(&path, "{}");
    let error = Loader::file(&path).start().unwrap_err();
    assert_eq!((error.diagnostics().len(), error.mismatches().len()), (2, 0));
}

#[test]
fn a_listener_is_handed_what_was_published() {
    let path = folder("handed").join("flags.json");
    put(&path, &level(1));
    let seen: Arc<Mutex<Vec<(u64, i64)>>> = Arc::default();
    let into = Arc::clone(&seen);
    let flags = Loader::file(&path)
        .poll(SOON)
        .on_event(move |event| {
            if let Event::Published { view, generation, .. } | Event::RolledBack { view, generation, .. } =
                event
            {
                assert_eq!(view.generation(), *generation);
                into.lock().unwrap().push((*generation, view.value(&LEVEL, &Context::anonymous(&[]))));
            }
        })
        .start()
        .unwrap();
    put(&path, &level(2));
    wait_until("level 2", || now_serves(&flags) == 2);
    flags.rollback().unwrap();
    wait_until("told", || seen.lock().unwrap().len() == 3);
    assert_eq!(*seen.lock().unwrap(), [(1, 1), (2, 2), (3, 1)]);
    assert_eq!(flags.status().origin.to_string(), "rolled-back");
    assert!(flags.status().loaded_at <= std::time::SystemTime::now());
}

#[cfg(unix)]
#[test]
fn a_list_that_changed_is_taken_no_sooner_than_it_was_read_alike_twice() {
    let folder = folder("two-reads");
    for (edition, keys) in [("old", "a\n"), ("new", "a\nb\n")] {
        fs::create_dir(folder.join(edition)).unwrap();
        fs::write(folder.join(edition).join("pilots.txt"), keys).unwrap();
    }
    let link = folder.join("lists");
    let point_to = |edition: &str| {
        let beside = folder.join("beside");
        std::os::unix::fs::symlink(folder.join(edition), &beside).unwrap();
        fs::rename(&beside, &link).unwrap();
    };
    point_to("old");
    put(
        &folder.join("flags.json"),
        r#"{"version": 1, "segments": {"p": {"keys_from": "lists/pilots.txt"}},
        "flags": {"beta": {"rules": [{"when": {"segment": "p"}}]}}}"#,
    );
    const BETA: Flag<bool> = Flag::new("beta", false);
    let poll = Duration::from_millis(400);
    // By now both lists have been left alone for longer than that.
    thread::sleep(poll + poll / 2);
    let flags = Loader::file(folder.join("flags.json")).poll(poll).start().unwrap();
    let swapped = Instant::now();
    point_to("new");
    // Looked at at once, and again and again.
    wait_until("b", || {
        flags.refresh();
        flags.is_on(&BETA, &Context::new("b", &[]))
    });
    assert!(swapped.elapsed() >= poll, "{:?}", swapped.elapsed());
    assert_eq!(flags.status().generation, 2);
}

#[test]
fn a_list_that_is_being_written_is_not_taken() {
    let folder = folder("torn-list");
    let list = folder.join("pilots.txt");
    fs::write(&list, "a\nb\nc\n").unwrap();
    put(
        &folder.join("flags.json"),
        r#"{"version": 1, "segments": {"p": {"keys_from": "pilots.txt"}},
        "flags": {"beta": {"rules": [{"when": {"segment": "p"}}]}}}"#,
    );
    const BETA: Flag<bool> = Flag::new("beta", false);
    let flags = Loader::file(folder.join("flags.json")).poll(Duration::from_millis(50)).start().unwrap();
    let on = |key: &str| flags.is_on(&BETA, &Context::new(key, &[]));
    assert!(on("a") && on("c"));
    // Rewritten in place, slowly: each state in between is a whole list that has lost somebody.
    use std::io::Write;
    let mut file = fs::File::create(&list).unwrap();
    for key in ["x\n", "a\n", "b\n", "c\n"] {
        file.write_all(key.as_bytes()).unwrap();
        file.sync_all().unwrap();
        for _ in 0..4 {
            assert!(on("a") && on("b") && on("c"), "nobody is lost while the list is written");
            thread::sleep(Duration::from_millis(5));
        }
    }
    wait_until("x", || on("x"));
}

type Script = Box<dyn FnMut(Option<&str>) -> Result<Fetch, Error> + Send>;

/// A source that does what the test tells it.
#[derive(Clone, Default)]
struct Puppet {
    script: Arc<Mutex<Option<Script>>>,
    waker: Arc<Mutex<Option<Waker>>>,
    fetches: Arc<AtomicUsize>,
}

impl Puppet {
    fn does(&self, script: impl FnMut(Option<&str>) -> Result<Fetch, Error> + Send + 'static) {
        *self.script.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(Box::new(script));
    }

    fn wake(&self) {
        self.waker.lock().unwrap().as_ref().unwrap().wake();
    }
}

impl Source for Puppet {
    fn fetch(&mut self, since: Option<&str>) -> Result<Fetch, Error> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let mut script = self.script.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        script.as_mut().map_or(Ok(Fetch::Unchanged), |script| script(since))
    }

    fn describe(&self) -> String {
        "a puppet".to_owned()
    }

    fn wake_by(&mut self, waker: Waker) {
        *self.waker.lock().unwrap() = Some(waker);
    }
}

fn brings(number: i64) -> impl FnMut(Option<&str>) -> Result<Fetch, Error> {
    move |since| {
        let revision = format!("r{number}");
        if since == Some(&revision) {
            return Ok(Fetch::Unchanged);
        }
        Ok(Fetch::Content(Content::of(level(number)).revision(&revision)))
    }
}

#[test]
fn a_source_is_asked_with_its_last_revision_and_can_wake_the_loader() {
    let puppet = Puppet::default();
    puppet.does(brings(1));
    let flags = Loader::source(puppet.clone()).poll(Duration::from_secs(3600)).start().unwrap();
    assert_eq!((now_serves(&flags), flags.status().source.as_str()), (1, "a puppet"));
    puppet.does(brings(2));
    puppet.wake();
    wait_until("level 2", || now_serves(&flags) == 2);
    let generation = flags.status().generation;
    let asked = puppet.fetches.load(Ordering::SeqCst);
    puppet.wake();
    wait_until("asked", || puppet.fetches.load(Ordering::SeqCst) > asked);
    assert_eq!(flags.status().generation, generation, "an unchanged source publishes nothing");
}

#[test]
fn a_source_that_fails_or_panics_changes_nothing_and_is_asked_again() {
    let puppet = Puppet::default();
    puppet.does(brings(1));
    let (told, tell) = told();
    let flags = Loader::source(puppet.clone()).poll(SOON).on_event(tell).start().unwrap();
    puppet.does(|_| Err(Error::of_source("the shelf is empty")));
    wait_until("told", || count(&told, "the shelf is empty") == 1);
    puppet.does(|_| panic!("a bug"));
    wait_until("told", || count(&told, "the source panicked: a bug") == 1);
    a_while();
    assert_eq!((now_serves(&flags), count(&told, "the source panicked")), (1, 1), "told once");
    puppet.does(brings(1));
    wait_until("recovered", || count(&told, "well again") == 1);
    puppet.does(brings(2));
    wait_until("level 2", || now_serves(&flags) == 2);
}

#[test]
fn a_revision_that_was_refused_is_not_asked_for_again_and_the_refusal_stays_known() {
    let puppet = Puppet::default();
    puppet.does(brings(1));
    let (told, tell) = told();
    let flags = Loader::source(puppet.clone()).poll(SOON).on_event(tell).start().unwrap();
    puppet.does(|since| match since {
        Some("bad") => Ok(Fetch::Unchanged),
        _ => Ok(Fetch::Content(Content::of("{}").revision("bad"))),
    });
    wait_until("refused", || count(&told, "refused") == 1);
    a_while();
    let status = flags.status();
    assert_eq!((count(&told, "refused"), count(&told, "well again"), now_serves(&flags)), (1, 0, 1));
    assert_eq!(status.findings.len(), 2, "{:?}", status.findings);
    assert!(status.last_error.is_some());
}

#[test]
fn a_start_does_not_wait_longer_than_it_was_told() {
    let puppet = Puppet::default();
    let answers = Arc::new(AtomicBool::new(false));
    let may_answer = Arc::clone(&answers);
    puppet.does(move |_| {
        while !may_answer.load(Ordering::SeqCst) {
            thread::sleep(SOON);
        }
        Ok(Fetch::Content(Content::of(level(7)).revision("late")))
    });
    let (told, tell) = told();
    let flags = Loader::source(puppet.clone())
        .poll(SOON)
        .first_load_within(Duration::from_millis(50))
        .built_in(level(0))
        .on_event(tell)
        .start()
        .unwrap();
    assert_eq!((now_serves(&flags), flags.status().origin), (0, Origin::BuiltIn));
    assert!(flags.status().last_error.unwrap().contains("no answer within 0.05 s"));
    assert_eq!(count(&told, "no answer within 0.05 s"), 1, "told, though something serves");
    answers.store(true, Ordering::SeqCst);
    wait_until("the late answer serves", || now_serves(&flags) == 7);
    assert_eq!(flags.status().last_error, None);
    drop(told);
}

#[test]
fn a_pause_amid_a_publication_leaves_it_alone_too() {
    let puppet = Puppet::default();
    puppet.does(brings(1));
    let [armed, waits, go_on] = [(); 3].map(|()| Arc::new(AtomicBool::new(false)));
    let (is_armed, is_waiting, may_go_on) = (Arc::clone(&armed), Arc::clone(&waits), Arc::clone(&go_on));
    // The clock is asked while a file is compiled; once the source has brought the next one, it takes its time.
    let clock = move || {
        while is_armed.load(Ordering::SeqCst) && !may_go_on.load(Ordering::SeqCst) {
            is_waiting.store(true, Ordering::SeqCst);
            thread::sleep(SOON);
        }
        waterspout::Time::parse("2030-01-01").unwrap()
    };
    let flags = Loader::source(puppet.clone()).poll(SOON).clock(clock).start().unwrap();
    let mut next = brings(2);
    puppet.does(move |since| {
        armed.store(true, Ordering::SeqCst);
        next(since)
    });
    wait_until("amid the publication", || waits.load(Ordering::SeqCst));
    flags.pause();
    go_on.store(true, Ordering::SeqCst);
    a_while();
    assert_eq!((now_serves(&flags), flags.status().paused), (1, true));
    flags.resume();
    wait_until("level 2", || now_serves(&flags) == 2);
}

#[test]
fn a_job_does_not_wait_longer_than_it_was_told_either() {
    let puppet = Puppet::default();
    puppet.does(|_| {
        thread::sleep(Duration::from_secs(5));
        Ok(Fetch::Unchanged)
    });
    let once = || Loader::source(puppet.clone()).first_load_within(Duration::from_millis(50));
    let flags = once().built_in(level(0)).read_once().unwrap();
    assert_eq!((now_serves(&flags), flags.status().origin), (0, Origin::BuiltIn));
    assert!(flags.status().last_error.unwrap().contains("no answer within 0.05 s"));
    assert!(once().read_once().unwrap_err().is_source());
}

#[test]
fn a_source_that_is_being_changed_leaves_everything_as_it_is() {
    let puppet = Puppet::default();
    puppet.does(brings(1));
    let (told, tell) = told();
    let flags = Loader::source(puppet.clone()).poll(SOON).on_event(tell).start().unwrap();
    puppet.does(|_| Err(Error::of_source("away")));
    wait_until("away", || flags.status().last_error.is_some());
    puppet.does(|_| Ok(Fetch::Changing));
    a_while();
    assert_eq!((count(&told, "well again"), flags.status().last_error.is_some()), (0, true));
    puppet.does(brings(2));
    wait_until("level 2", || now_serves(&flags) == 2);
    assert_eq!((count(&told, "well again"), flags.status().last_error), (0, None));
}

#[test]
fn a_clock_that_jumps_neither_freezes_nor_storms_the_loader() {
    let path = folder("clock").join("flags.json");
    put(
        &path,
        r#"{"version": 1, "flags": {"level": {"variants": {"a": 1, "b": 2}, "default": "a",
            "rules": [{"when": {"now": {"since": "2030-01-01"}}, "serve": "b"}]}}}"#,
    );
    // A clock that is on one side of the edge at one look and on the other at the next.
    let ticks = Arc::new(AtomicUsize::new(0));
    let ticking = Arc::clone(&ticks);
    let clock = move || {
        let even = ticking.fetch_add(1, Ordering::SeqCst) % 2 == 0;
        waterspout::Time::parse(if even { "2029-12-31T23:59:59.999999999Z" } else { "2030-01-01" }).unwrap()
    };
    let flags = Loader::file(&path).clock(clock).start().unwrap();
    thread::sleep(Duration::from_millis(500));
    assert!(flags.status().generation < 100, "{}", flags.status().generation);
    put(&path, &level(9));
    wait_until("the file is followed even so", || now_serves(&flags) == 9);
}

#[test]
fn what_is_read_once_is_followed_by_nobody() {
    let flags = Loader::text(level(1)).read_once().unwrap();
    assert!(!flags.status().following);
}

#[test]
fn a_chain_asks_its_sources_in_order_and_goes_back_to_the_first_that_is_well() {
    let folder = folder("chain");
    let (near, far) = (folder.join("near.json"), folder.join("far.json"));
    put(&far, &level(2));
    let chain = Chain::new().or_file(&near).or_file(&far);
    let flags = Loader::source(chain).poll(SOON).start().unwrap();
    assert_eq!(now_serves(&flags), 2);
    put(&near, &level(1));
    wait_until("the near one", || now_serves(&flags) == 1);
    fs::remove_file(&near).unwrap();
    wait_until("the far one", || now_serves(&flags) == 2);
    fs::remove_file(&far).unwrap();
    wait_until("told", || flags.status().last_error.is_some());
    let error = flags.status().last_error.unwrap();
    assert!(error.contains("near.json") && error.contains("far.json"), "{error}");
    assert_eq!(now_serves(&flags), 2);
}

#[test]
fn in_an_overlay_the_later_flag_counts_and_the_clash_is_told() {
    let folder = folder("overlay");
    let (company, team, copy) = (folder.join("company.json"), folder.join("team.json"), folder.join("copy"));
    put(
        &company,
        r#"{"version": 1,
            "attributes": {"country": {"type": "string"}, "plan": {"type": "string"}},
            "segments": {"s": {"keys": ["ada"]}},
            "flags": {
                "platform": {"default": "on"},
                "level": {"variants": {"it": 1}, "default": "it"},
                "mine": {"rules": [{"when": {"segment": "s", "country": {"is": "DE"}}}]},
                "rests": {"requires": {"platform": ["on"]}, "default": "on"}
            }}"#,
    );
    put(
        &team,
        r#"{"version": 1,
            "attributes": {"age": {"type": "number"}, "country": {"type": "string"}},
            "segments": {"s": {"keys": ["grace"]}},
            "flags": {
                "level": {"variants": {"it": 2}, "default": "it"},
                "theirs": {"requires": {"base": ["on"]}, "rules": [{"when": {"segment": "s", "age": {"above": 17}, "country": {"is": "FR"}}}]},
                "platform": {"default": "off"},
                "base": {"default": "on"}
            }}"#,
    );
    let start =
        || Loader::source(Overlay::file(&company).over_file(&team)).poll(SOON).last_good(&copy).start();
    let flags = start().unwrap();
    let answer = |flags: &Flags, flag: &str, context: &str| {
        let context = waterspout::OwnedContext::from_json(context).unwrap();
        let view = flags.view();
        let answer = view.answer_key(waterspout::FlagKey::parse(flag).unwrap(), &context.borrow());
        answer.json.to_owned()
    };
    let check = |flags: &Flags| {
        assert_eq!(now_serves(flags), 2);
        assert_eq!(answer(flags, "mine", r#"{"targetingKey": "ada", "country": "DE"}"#), "true");
        assert_eq!(answer(flags, "mine", r#"{"targetingKey": "grace", "country": "DE"}"#), "false");
        assert_eq!(
            answer(flags, "theirs", r#"{"targetingKey": "grace", "country": "FR", "age": 30}"#),
            "true"
        );
        assert_eq!(
            answer(flags, "theirs", r#"{"targetingKey": "ada", "country": "FR", "age": 30}"#),
            "false"
        );
        assert_eq!(answer(flags, "rests", "{}"), "false", "it rests on the flag that was laid over");
        assert_eq!(
            flags.view().keys().collect::<Vec<_>>(),
            ["platform", "level", "mine", "rests", "theirs", "base"]
        );
    };
    check(&flags);
    assert_eq!(flags.status().mismatches.len(), 2, "{:?}", flags.status().mismatches);
    drop(flags);
    fs::rename(&company, folder.join("away.json")).unwrap();
    let flags = start().unwrap();
    assert_eq!(flags.status().origin, Origin::LastGood);
    check(&flags);
    fs::rename(folder.join("away.json"), &company).unwrap();
    put(&team, r#"{"version": 1, "flags": {"level": {"variants": {"it": 3}, "default": "it"}}}"#);
    wait_until("level 3", || now_serves(&flags) == 3);
    put(&team, r#"{"version": 1, "attributes": {"country": {"type": "ip"}}, "flags": {"a": {}}}"#);
    wait_until("refused", || flags.status().last_error.is_some_and(|error| error.contains("`country`")));
    put(&team, r#"{"version": 1, "flags": {"a": {"rollout": 5}}}"#);
    wait_until("refused", || flags.status().last_error.is_some_and(|error| error.contains("team.json:1:")));
    put(&team, r#"{"version": 1, "flags": {"platform": {"variants": {"x": 1}, "default": "x"}}}"#);
    wait_until("refused", || {
        flags.status().last_error.is_some_and(|error| error.contains("`rests` requires"))
    });
    assert_eq!(now_serves(&flags), 3);
}

#[test]
fn a_refused_file_that_was_away_and_is_back_is_still_refused() {
    let path = folder("away").join("flags.json");
    put(&path, &level(1));
    let (told, tell) = told();
    let flags = Loader::file(&path).poll(SOON).on_event(tell).start().unwrap();
    for times in 1..=2 {
        put(&path, "{}");
        wait_until("refused", || count(&told, "refused") == times);
        assert!(flags.status().last_error.unwrap().contains("missing-key"));
        fs::remove_file(&path).unwrap();
        wait_until("away", || count(&told, "cannot be read") == times);
    }
    put(&path, "{}");
    wait_until("refused", || count(&told, "refused") == 3);
    a_while();
    let status = flags.status();
    assert_eq!((count(&told, "refused"), count(&told, "well again"), status.findings.len()), (3, 0, 2));
    put(&path, &level(1));
    wait_until("recovered", || count(&told, "well again") == 1);
    assert_eq!((flags.status().last_error, flags.status().generation), (None, 1));
}
