//! Forced answers for the tests of an application.

#![cfg(feature = "test-util")]

use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{fs, thread};

use waterspout::{Context, Flag, Flags, Json, Loader, Reason};

const BETA: Flag<bool> = Flag::new("beta", false);
const LIMIT: Flag<i64> = Flag::new("limit", 3);
const NAME: Flag<str> = Flag::new("name", "nobody");
const RATIO: Flag<f64> = Flag::new("ratio", 0.5);
const LIMITS: Flag<Json> = Flag::new("limits", &Json::Null);
const RESTS: Flag<bool> = Flag::new("rests", false);

const NOBODY: Context<'static> = Context::anonymous(&[]);

fn flags() -> Flags {
    Flags::from_text(
        r#"{"version": 1, "flags": {
            "beta": {"enabled": false, "rules": [{"rollout": 50}]},
            "limit": {"variants": {"low": 5, "high": 10}, "default": "low"},
            "rests": {"requires": {"beta": ["on"]}, "default": "on"}
        }}"#,
    )
    .unwrap()
}

#[test]
fn a_forced_answer_holds_until_its_guard_is_dropped() {
    let flags = flags();
    {
        let _on = flags.force(&BETA, true);
        let answer = flags.view().answer(&BETA, &NOBODY).reason;
        assert!(flags.is_on(&BETA, &NOBODY), "a kill switch does not stop a test");
        assert_eq!(answer, Reason::Static);
    }
    assert!(!flags.is_on(&BETA, &NOBODY));
}

#[test]
fn guards_nest_and_the_newest_wins_in_whatever_order_they_are_dropped() {
    let flags = flags();
    let value = || flags.view().value(&LIMIT, &NOBODY);
    let first = flags.force(&LIMIT, 10);
    let second = flags.force(&LIMIT, 99);
    assert_eq!(value(), 99);
    drop(first);
    assert_eq!(value(), 99);
    let third = flags.force(&LIMIT, 1);
    drop(second);
    assert_eq!(value(), 1);
    drop(third);
    assert_eq!(value(), 5);
}

#[test]
fn every_type_can_be_forced_also_where_the_file_has_no_such_flag() {
    let flags = flags();
    let limits: Json = r#"{"max": 7}"#.parse().unwrap();
    let _guards = (flags.force(&NAME, "ada"), flags.force(&RATIO, 0.25), flags.force(&LIMITS, &limits));
    let view = flags.view();
    assert_eq!(view.value(&NAME, &NOBODY), "ada");
    assert_eq!(view.value(&RATIO, &NOBODY), 0.25);
    assert_eq!(view.value(&LIMITS, &NOBODY).get("max").and_then(Json::as_i64), Some(7));
    assert_eq!(view.value(&LIMIT, &NOBODY), 5);
}

#[test]
fn those_who_require_a_forced_flag_see_its_variant() {
    let flags = flags();
    assert!(!flags.is_on(&RESTS, &NOBODY));
    let _on = flags.force(&BETA, true);
    assert!(flags.is_on(&RESTS, &NOBODY));
}

#[test]
fn a_forced_answer_is_seen_by_other_threads_and_readers_and_not_by_other_flags() {
    let (flags, others) = (flags(), flags());
    let mut reader = flags.reader();
    assert!(!reader.view().value(&BETA, &NOBODY));
    let _on = flags.force(&BETA, true);
    let clone = flags.clone();
    assert!(thread::spawn(move || clone.is_on(&BETA, &NOBODY)).join().unwrap());
    assert!(reader.view().value(&BETA, &NOBODY));
    assert!(!others.is_on(&BETA, &NOBODY), "tests that run side by side do not see each other");
}

#[test]
fn a_forced_answer_survives_reloads_and_ends_on_a_panic() {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("force.json");
    fs::write(&path, r#"{"version": 1, "flags": {"beta": {}}}"#).unwrap();
    let flags = Loader::file(&path).poll(Duration::from_millis(5)).start().unwrap();
    let on = flags.force(&BETA, true);
    fs::write(
        &path,
        r#"{"version": 1, "flags": {"beta": {}, "limit": {"variants": {"it": 8}, "default": "it"}}}"#,
    )
    .unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while flags.view().value(&LIMIT, &NOBODY) != 8 {
        assert!(Instant::now() < deadline);
        thread::sleep(Duration::from_millis(2));
    }
    assert!(flags.is_on(&BETA, &NOBODY));
    drop(on);
    assert!(!flags.is_on(&BETA, &NOBODY));
    let inside = flags.clone();
    let panicked = thread::spawn(move || {
        let _on = inside.force(&BETA, true);
        panic!("a test fails");
    });
    assert!(panicked.join().is_err());
    assert!(!flags.is_on(&BETA, &NOBODY));
}
