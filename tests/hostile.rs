//! Bad input gets a clear error, never a panic.

use std::fs;
use std::path::PathBuf;

use waterspout::flag_set::FlagSet;
use waterspout::{Error, Flags, Json, Loader, OwnedContext};

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("hostile").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn codes(error: &Error) -> Vec<&str> {
    error.diagnostics().iter().map(|diagnostic| diagnostic.code()).collect()
}

fn refused(text: &str) -> Error {
    FlagSet::parse(text).unwrap_err()
}

#[test]
fn an_absent_file_is_told_by_its_name() {
    let path = folder("absent").join("flags.json");
    let error = Loader::file(&path).start().unwrap_err();
    assert!(error.is_io());
    assert!(error.to_string().contains("flags.json"), "{error}");
}

#[test]
fn a_directory_is_no_flag_file() {
    let error = Loader::file(folder("directory")).start().unwrap_err();
    assert!(error.is_io());
    assert!(error.to_string().contains("directory"), "{error}");
}

#[test]
fn a_file_of_fifty_megabytes_is_refused_before_it_fills_the_memory() {
    let path = folder("large").join("flags.json");
    let file = fs::File::create(&path).unwrap();
    file.set_len(50 << 20).unwrap();
    let error = Loader::file(&path).start().unwrap_err();
    assert!(error.to_string().contains("larger than 32 MiB"), "{error}");
}

#[test]
fn a_list_file_that_is_too_large_is_told_at_its_place() {
    let folder = folder("large-list");
    let text = r#"{"version": 1, "segments": {"s": {"keys_from": "list.txt"}}, "flags": {}}"#;
    fs::write(folder.join("flags.json"), text).unwrap();
    fs::File::create(folder.join("list.txt")).unwrap().set_len(257 << 20).unwrap();
    let error = Loader::file(folder.join("flags.json")).start().unwrap_err();
    assert_eq!(codes(&error), ["list-unreadable"], "{error}");
    assert!(error.to_string().contains("larger than 256 MiB"), "{error}");
}

#[test]
fn bytes_that_are_no_utf8_are_told_with_their_place() {
    let path = folder("utf8").join("flags.json");
    fs::write(&path, b"{\n  \"version\": 1, \"flags\": {\"\xff\": {}}}").unwrap();
    let error = Loader::file(&path).start().unwrap_err();
    assert_eq!(codes(&error), ["not-utf8"]);
    assert_eq!((error.diagnostics()[0].line(), error.diagnostics()[0].column()), (2, 28));
}

#[test]
fn a_hundred_thousand_levels_take_no_stack() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
        let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        let text =
            format!(r#"{{"version": 1, "flags": {{"a": {{"variants": {{"v": {deep}}}, "default": "v"}}}}}}"#);
        assert_eq!(codes(&refused(&text)), ["too-deep"]);
        assert!(refused(&deep).is_refused());
        assert!(deep.parse::<Json>().is_err());
        let context = format!(r#"{{"targetingKey": "ada", "nested": {deep}}}"#);
        let context =
            OwnedContext::from_json(&context).expect("what no attribute can hold is missing, not refused");
        assert_eq!(context.borrow().targeting_key(), Some("ada"));
    }
    let unclosed = "[".repeat(100_000);
    assert_eq!(codes(&refused(&unclosed)), ["syntax"]);
    let nots = format!("{}{{}}{}", r#"{"not": "#.repeat(100_000), "}".repeat(100_000));
    let text = format!(r#"{{"version": 1, "flags": {{"a": {{"deny": [{nots}]}}}}}}"#);
    assert_eq!(codes(&refused(&text)), ["too-deep"]);
}

#[test]
fn numbers_beyond_a_double_are_told_one_by_one() {
    let text = r#"{"version": 1, "flags": {"a": {"variants": {"x": 1e999, "y": -1e999, "z": 1}, "default": "z",
        "rules": [{"rollout": 1e999, "serve": "z"}]}}}"#;
    assert_eq!(codes(&refused(text)), ["number-too-large"; 3]);
    let long = format!(
        r#"{{"version": 1, "flags": {{"a": {{"variants": {{"x": {}}}, "default": "x"}}}}}}"#,
        "9".repeat(100_000)
    );
    let error = refused(&long);
    assert_eq!(codes(&error), ["number-too-large"]);
    assert!(error.to_string().len() < 300, "a message does not repeat a hundred thousand digits");
}

#[test]
fn a_context_that_is_no_object_or_repeats_a_key_is_refused() {
    for text in [
        "",
        "7",
        "[]",
        "null",
        "\"ada\"",
        "{",
        "{}{}",
        "{\"a\": 1, \"a\": 2}",
        "{\"a\": {\"b\": 1, \"b\": 2}}",
    ] {
        assert!(OwnedContext::from_json(text).unwrap_err().is_refused(), "{text}");
    }
    for text in ["{}", " {\"targetingKey\": 7}", "{\"n\": 1e999, \"t\": \"\\ud800\"}"] {
        assert!(OwnedContext::from_json(text).is_ok(), "{text}");
    }
}

#[test]
fn an_answer_that_would_take_too_long_is_refused_at_load() {
    // Each segment asks the next one twice: 2^30 tests, written out.
    let segments: Vec<String> = (0..30)
        .map(|number| {
            format!(
                r#""s{number}": {{"when": {{"all": [{{"segment": "s{n}"}}, {{"segment": "s{n}"}}]}}}}"#,
                n = number + 1
            )
        })
        .collect();
    let text = format!(
        r#"{{"version": 1, "segments": {{{}, "s30": {{"keys": ["ada"]}}}}, "flags": {{"a": {{"deny": [{{"segment": "s0"}}]}}}}}}"#,
        segments.join(",")
    );
    assert_eq!(codes(&refused(&text)), ["flag-too-large"]);
    // Each flag rests on the next two.
    let flags: Vec<String> = (0..30)
        .flat_map(|number| {
            ["l", "r"].map(|side| {
                format!(
                    r#""{side}{number}": {{"requires": {{"l{n}": ["on"], "r{n}": ["on"]}}}}"#,
                    n = number + 1
                )
            })
        })
        .collect();
    let text = format!(r#"{{"version": 1, "flags": {{{}, "l30": {{}}, "r30": {{}}}}}}"#, flags.join(","));
    assert_eq!(codes(&refused(&text)), ["flag-too-large"; 2]);
}

#[test]
fn a_file_of_many_faults_is_told_in_no_time() {
    let flags: Vec<String> =
        (0..50_000).map(|number| format!(r#""f{number}": {{"rollot": 1, "rollot": 2}}"#)).collect();
    let error = refused(&format!(r#"{{"version": 1, "flags": {{{}}}}}"#, flags.join(",\n")));
    assert_eq!(error.diagnostics().len(), 150_000);
    let last = error.diagnostics().last().unwrap();
    assert_eq!((last.line(), last.path()), (50_000, "/flags/f49999/rollot"));
}

#[test]
fn a_start_without_a_fact_that_the_file_declares_fails_by_name() {
    let text =
        r#"{"version": 1, "attributes": {"environment": {"type": "string", "fact": true}}, "flags": {}}"#;
    let error = Flags::from_text(text).unwrap_err();
    assert!(!error.is_refused() && !error.is_io());
    assert_eq!(error.to_string(), "the fact `environment` (a `string`) is not given");
}
