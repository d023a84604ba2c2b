//! The loader: what it follows, what it refuses, what it keeps serving. Real files, the real thread.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use waterspout::{
    Attribute, Context, Declared, Event, Flag, FlagKey, Flags, Loader, Origin, Snapshot, Time, Value,
};

const LEVEL: Flag<i64> = Flag::new("level", -1);
const ENVIRONMENT: Attribute<str> = Attribute::new("environment");

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("reload").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A whole file appears at once, as an editor or a deployment should do it.
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

fn quick(path: &Path) -> Loader {
    Loader::file(path).poll(Duration::from_millis(5))
}

/// Collects what a loader tells, in words.
fn told() -> (Arc<Mutex<Vec<String>>>, impl Fn(&Event) + Send + 'static) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&told);
    (told, move |event: &Event| into.lock().unwrap().push(event.to_string()))
}

#[test]
fn an_edit_is_published_and_a_view_keeps_its_own_snapshot() {
    let path = folder("edit").join("flags.json");
    put(&path, &level(1));
    let flags = quick(&path).start().unwrap();
    let before = flags.view();
    put(&path, &level(2));
    wait_until("level 2", || now_serves(&flags) == 2);
    assert_eq!(before.value(&LEVEL, &Context::anonymous(&[])), 1);
    assert_eq!((before.generation(), flags.view().generation()), (1, 2));
    assert_eq!(flags.status().pinned, 1);
    drop(before);
    assert_eq!(flags.status().pinned, 0);
}

#[test]
fn a_bad_file_an_absent_one_and_half_a_one_leave_the_last_good_flags_serving() {
    let path = folder("bad").join("flags.json");
    put(&path, &level(1));
    let (told, tell) = told();
    let flags = quick(&path).on_event(tell).start().unwrap();
    let good = level(2);
    let troubles: [(&str, Option<&str>); 4] = [
        ("refused", Some("{}")),
        ("refused", Some("")),
        ("refused", Some(&good[..20])),
        ("cannot be read", None),
    ];
    for (word, text) in troubles {
        let before = told.lock().unwrap().len();
        match text {
            Some(text) => put(&path, text),
            None => fs::remove_file(&path).unwrap(),
        }
        wait_until(word, || told.lock().unwrap().iter().skip(before).any(|event| event.contains(word)));
        assert_eq!(now_serves(&flags), 1);
        assert!(flags.status().last_error.is_some());
    }
    put(&path, &level(1));
    wait_until("recovered", || told.lock().unwrap().iter().any(|event| event.contains("well again")));
    assert_eq!((flags.status().generation, flags.status().last_error), (1, None));
    put(&path, &good);
    wait_until("level 2", || now_serves(&flags) == 2);
}

#[test]
fn a_trouble_that_stays_is_told_once() {
    let path = folder("once").join("flags.json");
    put(&path, &level(1));
    let (told, tell) = told();
    let _flags = quick(&path).on_event(tell).start().unwrap();
    put(&path, "{}");
    wait_until("refused", || told.lock().unwrap().len() >= 2);
    thread::sleep(Duration::from_millis(100));
    assert_eq!(told.lock().unwrap().len(), 2, "{told:?}");
}

#[test]
fn a_list_file_is_followed_too() {
    let folder = folder("list");
    fs::create_dir(folder.join("lists")).unwrap();
    let list = folder.join("lists/adopters.txt");
    put(&list, "ada\n");
    put(
        &folder.join("flags.json"),
        r#"{"version": 1, "segments": {"adopters": {"keys_from": "lists/adopters.txt"}},
            "flags": {"beta": {"rules": [{"when": {"segment": "adopters"}}]}}}"#,
    );
    const BETA: Flag<bool> = Flag::new("beta", false);
    let flags = quick(&folder.join("flags.json")).start().unwrap();
    let grace = Context::new("grace", &[]);
    assert!(flags.is_on(&BETA, &Context::new("ada", &[])) && !flags.is_on(&BETA, &grace));
    put(&list, "ada\ngrace\n");
    wait_until("grace", || flags.is_on(&BETA, &grace));
    // A list that was cut off within a line is refused, and the last good one serves.
    put(&list, "ada\ngra");
    wait_until("refused", || {
        flags.status().last_error.is_some_and(|error| error.contains("list-unfinished"))
    });
    assert!(flags.is_on(&BETA, &grace));
}

#[test]
fn the_clock_of_the_loader_passes_the_instants_of_the_file_in_both_directions() {
    let path = folder("edges").join("flags.json");
    put(
        &path,
        r#"{"version": 1, "flags": {"sale": {"rules": [{"when": {"now": {"since": "2026-12-01", "before": "2026-12-24"}}}]}}}"#,
    );
    const SALE: Flag<bool> = Flag::new("sale", false);
    let now = Arc::new(Mutex::new(Time::parse("2026-11-30T23:59:59.999Z").unwrap()));
    let clock = Arc::clone(&now);
    let flags = quick(&path).clock(move || *clock.lock().unwrap()).start().unwrap();
    let on = || flags.is_on(&SALE, &Context::anonymous(&[]));
    assert!(!on());
    for (time, expected) in [
        ("2026-12-01", true),
        ("2026-12-23T23:59:59Z", true),
        ("2026-12-24", false),
        ("2026-12-02", true),
        ("2026-11-01", false),
    ] {
        *now.lock().unwrap() = Time::parse(time).unwrap();
        wait_until(time, || on() == expected);
    }
}

#[test]
fn a_fact_decides_at_load_and_one_that_no_longer_fits_counts_as_missing() {
    let path = folder("facts").join("flags.json");
    let text = |kind: &str, test: &str| {
        format!(
            r#"{{"version": 1, "attributes": {{"environment": {{"type": "{kind}", "fact": true}}}},
               "flags": {{"here": {{"rules": [{{"when": {{"environment": {{{test}}}}}}}]}}}}}}"#
        )
    };
    put(&path, &text("string", r#""is": "production""#));
    const HERE: Flag<bool> = Flag::new("here", false);
    assert!(quick(&path).start().is_err(), "a fact that the file declares must be given");
    let (told, tell) = told();
    let flags = quick(&path).fact(ENVIRONMENT.of("production")).on_event(tell).start().unwrap();
    let elsewhere = [ENVIRONMENT.of("staging")];
    let context = Context::new("ada", &elsewhere);
    assert!(flags.is_on(&HERE, &context), "a context's value for a fact is ignored");
    put(&path, &text("number", r#""is": 1"#));
    wait_until("off", || !flags.is_on(&HERE, &context));
    wait_until("told", || told.lock().unwrap().iter().any(|event| event.contains("`environment`")));
}

#[test]
fn what_the_code_counts_on_is_checked_at_start_and_told_later() {
    const BETA: Flag<bool> = Flag::new("beta", false);
    static ALL: &[&dyn Declared] = &[&LEVEL, &BETA, &ENVIRONMENT];
    let path = folder("declared").join("flags.json");
    put(&path, &level(1));
    let error = quick(&path).declare(ALL).start().unwrap_err().to_string();
    assert!(error.contains("flag `beta`") && error.contains("attribute `environment`"), "{error}");
    let whole = r#"{"version": 1, "attributes": {"environment": {"type": "string"}},
        "flags": {"level": {"variants": {"it": 1}, "default": "it"}, "beta": {}}}"#;
    put(&path, whole);
    let (told, tell) = told();
    let flags = quick(&path).declare(ALL).on_event(tell).start().unwrap();
    put(&path, &whole.replace(r#"{"it": 1}"#, r#"{"it": "one"}"#));
    wait_until("told", || told.lock().unwrap().iter().any(|event| event.contains("an integer flag `level`")));
    assert_eq!(flags.view().generation(), 2, "the flags are published even so");
    assert_eq!(now_serves(&flags), -1);
}

#[test]
fn a_start_without_the_source_falls_back_on_the_copy_then_on_what_is_built_in() {
    let folder = folder("cold");
    let (path, copy) = (folder.join("flags.json"), folder.join("flags.last"));
    let start = || quick(&path).last_good(&copy).built_in(level(0)).read_once().unwrap();
    assert_eq!((now_serves(&start()), start().status().origin), (0, Origin::BuiltIn));
    put(&path, &level(1));
    assert_eq!((now_serves(&start()), start().status().origin), (1, Origin::Source));
    put(&path, "{");
    assert_eq!((now_serves(&start()), start().status().origin), (1, Origin::LastGood));
    assert!(start().status().last_error.is_some());
    fs::write(&copy, "torn").unwrap();
    assert_eq!(start().status().origin, Origin::BuiltIn);
    assert!(
        quick(&path).last_good(&copy).read_once().unwrap_err().is_refused(),
        "the source's own fault is told"
    );
}

#[test]
fn the_thread_ends_with_the_last_handle() {
    let path = folder("end").join("flags.json");
    put(&path, &level(1));
    let held = Arc::new(());
    let by_thread = Arc::clone(&held);
    let flags = quick(&path).on_event(move |_| drop(Arc::clone(&by_thread))).start().unwrap();
    let (clone, view) = (flags.clone(), flags.view());
    drop(flags);
    put(&path, &level(2));
    wait_until("level 2", || now_serves(&clone) == 2);
    drop(clone);
    wait_until("the thread has let go", || Arc::strong_count(&held) == 1);
    assert_eq!(view.value(&LEVEL, &Context::anonymous(&[])), 1, "a view outlives all of it");
}

#[test]
fn a_listener_that_panics_harms_nobody() {
    let path = folder("panic").join("flags.json");
    put(&path, &level(1));
    let flags = quick(&path).on_event(|_| panic!("on purpose")).start().unwrap();
    for next in 2..5 {
        put(&path, &level(next));
        wait_until("published", || now_serves(&flags) == next);
    }
}

/// Flags that all answer one number: a snapshot's identity.
fn identity(number: i64) -> String {
    let flags: Vec<String> = (0..50)
        .map(|flag| format!(r#""f{flag}": {{"variants": {{"it": {number}}}, "rules": [{{"rollout": 100, "serve": "it"}}], "default": "it"}}"#))
        .collect();
    format!(r#"{{"version": 1, "flags": {{{}}}}}"#, flags.join(","))
}

/// The one number that all flags of a snapshot answer.
fn identity_of(snapshot: &Snapshot) -> i64 {
    let context = Context::new("user-42", &[]);
    let mut numbers = snapshot.all(&context).map(|answer| match answer.value {
        Value::Integer(number) => number,
        other => panic!("{other:?}"),
    });
    let first = numbers.next().unwrap();
    assert!(numbers.all(|number| number == first), "torn");
    let last = snapshot.answer_key(FlagKey::parse("f49").unwrap(), &context);
    assert_eq!(last.generation, snapshot.generation());
    first
}

#[test]
fn under_a_storm_of_reloads_nothing_is_torn_and_nothing_comes_from_the_past() {
    let path = folder("storm").join("flags.json");
    put(&path, &identity(0));
    let flags = Loader::file(&path).poll(Duration::from_micros(200)).start().unwrap();
    let (done, newest_written, reads) = (AtomicBool::new(false), AtomicI64::new(0), AtomicU64::new(0));
    // Generation and identity of what a reader saw: neither may go back, and nothing is seen before it was written.
    let observe = |last: &mut (u64, i64), snapshot: &Snapshot| {
        let seen = (snapshot.generation(), identity_of(snapshot));
        assert!(seen.0 >= last.0 && seen.1 >= last.1, "{last:?} then {seen:?}");
        assert!(seen.0 > last.0 || seen.1 == last.1 || last.0 == 0, "one generation, one identity");
        assert!(seen.1 <= newest_written.load(Ordering::SeqCst), "from the future");
        *last = seen;
        reads.fetch_add(1, Ordering::Relaxed);
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut last = (0, 0);
            while !done.load(Ordering::Relaxed) {
                observe(&mut last, &flags.view());
            }
        });
        scope.spawn(|| {
            let (mut last, mut reader) = ((0, 0), flags.reader());
            while !done.load(Ordering::Relaxed) {
                observe(&mut last, reader.view());
            }
        });
        scope.spawn(|| {
            // A reader that lags: it holds several views while newer ones are published.
            let (mut last, mut held) = ((0, 0), Vec::new());
            while !done.load(Ordering::Relaxed) {
                held.push(flags.view());
                if held.len() > 16 {
                    let oldest = held.remove(0);
                    observe(&mut last, &oldest);
                }
                thread::yield_now();
            }
        });
        for number in 1..=400 {
            newest_written.store(number, Ordering::SeqCst);
            put(&path, &identity(number));
            thread::sleep(Duration::from_micros(500));
        }
        wait_until("the last one", || identity_of(&flags.view()) == 400);
        done.store(true, Ordering::Relaxed);
    });
    assert!(flags.view().generation() > 50, "{}", flags.view().generation());
    assert!(reads.load(Ordering::Relaxed) > 1_000);
    assert_eq!(flags.status().pinned, 0);
}
