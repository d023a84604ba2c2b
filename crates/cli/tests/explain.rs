//! `waterspout explain`, run for real.

mod run;

use run::Folder;
use serde_json::Value;

const FLAGS: &str = r#"{
  "version": 1,
  "attributes": {
    "environment": { "type": "string", "one_of": ["production", "staging"], "fact": true },
    "country": { "type": "string" },
    "email": { "type": "string", "sensitive": true }
  },
  "segments": { "staff": { "when": { "email": { "ends_with": "@example.com" } } } },
  "flags": {
    "new-checkout": {
      "requires": { "platform": ["on"] },
      "rules": [
        { "name": "staff", "when": { "segment": "staff" } },
        { "name": "germany", "when": { "country": { "is": "DE" } }, "rollout": 100 }
      ]
    },
    "platform": { "default": "on" },
    "winter": { "rules": [{ "when": { "now": { "since": "2026-12-01" } } }] },
    "limits": { "variants": { "low": { "max": 1.50 } }, "default": "low" }
  }
}"#;

const FACT: &[&str] = &["--fact", r#"environment="production""#];

fn explain(arguments: &[&str]) -> run::Ran {
    Folder::with_flags(FLAGS).run(&[&["explain", "flags.json"], FACT, arguments].concat())
}

#[test]
fn a_flag_is_explained_in_words() {
    let ran = explain(&["--flag", "new-checkout", "--context", r#"{"targetingKey":"ada","country":"DE"}"#]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let lines = ran.lines();
    assert_eq!(lines[0], "`new-checkout` for `ada`: on = true (SPLIT)");
    assert!(lines.contains(&"  requires `platform`: `on` satisfies"), "{}", ran.stdout);
    assert!(lines.contains(&"  rule 0 `staff` does not apply"), "{}", ran.stdout);
    assert!(lines.contains(&"  rule 1 `germany` applies"), "{}", ran.stdout);
    assert!(lines.contains(&r#"    yes: country is "DE" - is "DE""#), "{}", ran.stdout);
}

#[test]
fn several_flags_come_in_the_order_asked_and_all_in_the_order_of_the_file() {
    let heads = |arguments: &[&str]| -> Vec<String> {
        let ran = explain(arguments);
        assert_eq!(ran.code, 0);
        let sections = ran.stdout.split("\n\n");
        sections.map(|section| section.split('`').nth(1).unwrap().to_owned()).collect()
    };
    assert_eq!(heads(&["--flag", "winter", "--flag", "platform"]), ["winter", "platform"]);
    assert_eq!(heads(&[]), ["new-checkout", "platform", "winter", "limits"]);
}

#[test]
fn json_has_the_answer_and_the_way_there_one_object_a_line() {
    let ran = explain(&["--format", "json", "--context", r#"{"targetingKey":"ada","country":"DE"}"#]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let lines: Vec<Value> = ran.lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["flag"], "new-checkout");
    assert_eq!(lines[0]["key"], "ada");
    assert_eq!(lines[0]["value"], true);
    assert_eq!(lines[0]["reason"], "SPLIT");
    assert_eq!(lines[0]["rule"], 1);
    assert_eq!(lines[0]["name"], "germany");
    assert_eq!(lines[0]["stages"].as_array().unwrap().len(), 3);
    assert!(ran.lines()[3].contains(r#""value":{"max":1.50}"#), "values stay as written: {}", ran.lines()[3]);
}

#[test]
fn sensitive_values_are_never_shown() {
    let context = r#"{"targetingKey":"ada","email":"secret@example.com"}"#;
    for format in ["text", "json"] {
        let ran = explain(&["--format", format, "--context", context]);
        assert_eq!(ran.code, 0);
        assert!(!ran.stdout.contains("secret"), "{}", ran.stdout);
        assert!(ran.stdout.contains("sensitive"), "{}", ran.stdout);
    }
    // Not even where the context is no JSON.
    let ran = explain(&["--context", r#"{"email":"secret@example.com",}"#]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(!ran.stderr.contains("secret"), "{}", ran.stderr);
}

#[test]
fn now_and_facts_are_taken_as_eval_takes_them() {
    let folder = Folder::with_flags(FLAGS);
    let ran = explain(&["--flag", "winter", "--now", "2026-11-30T23:59:59Z"]);
    assert!(
        ran.stdout.starts_with("`winter` for nobody in particular: off = false (DEFAULT)"),
        "{}",
        ran.stdout
    );
    let ran = explain(&["--flag", "winter", "--now", "2026-12-01"]);
    assert!(
        ran.stdout.starts_with("`winter` for nobody in particular: on = true (TARGETING_MATCH)"),
        "{}",
        ran.stdout
    );
    assert_eq!(explain(&["--now", "soon"]).code, 2);
    let ran = folder.run(&["explain", "flags.json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("the fact `environment`"), "{}", ran.stderr);
    assert_eq!(explain(&["--fact", "speed=1"]).code, 2);
}

#[test]
fn a_flag_that_is_not_there_is_said_to_be_missing() {
    let ran = explain(&["--flag", "old-checkout", "--flag", "no flag", "--flag", "platform"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.contains("the file has no such flag"), "{}", ran.stdout);
    assert!(ran.stdout.contains("`no flag`: no flag can be called so"), "{}", ran.stdout);
    assert!(ran.stdout.contains("`platform` for"), "{}", ran.stdout);
    let ran = explain(&["--flag", "old-checkout", "--flag", "no \"flag", "--format", "json"]);
    for (line, flag) in ran.lines().iter().zip(["old-checkout", "no \"flag"]) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["flag"], flag);
        assert_eq!(line["error"], "FLAG_NOT_FOUND");
        assert_eq!(line["stages"], Value::Array(Vec::new()));
    }
}

#[test]
fn a_context_cannot_command_the_terminal() {
    let context = "{\"targetingKey\":\"ada\\u001b[31m\",\"country\":\"D\u{202e}E\u{9b}\",\"odd\u{7f}\":1}";
    let ran = explain(&["--context", context]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("`ada<U+001B>[31m`"), "{}", ran.stdout);
    assert!(ran.stdout.contains("D<U+202E>E<U+009B>"), "{}", ran.stdout);
    let odd = |character: char| character != '\n' && (character.is_control() || character == '\u{202e}');
    assert!(!ran.stdout.contains(odd), "{:?}", ran.stdout);
}

#[test]
fn stdin_and_one_context_only() {
    let ran = Folder::new()
        .run_with_stdin(&["explain", "-", "--flag", "a"], br#"{"version": 1, "flags": {"a": {}}}"#);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.starts_with("`a` for nobody in particular: off = false (STATIC)"), "{}", ran.stdout);
    assert_eq!(explain(&["--contexts", "-"]).code, 2);
    assert_eq!(explain(&["--context", "[]"]).code, 2);
}
