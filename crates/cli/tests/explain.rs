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
    assert!(lines.contains(&"  requires `platform`: it answers `on`, which is enough"), "{}", ran.stdout);
    assert!(lines.contains(&"  rule 0 `staff` does not apply"), "{}", ran.stdout);
    assert!(lines.contains(&"  rule 1 `germany` applies"), "{}", ran.stdout);
    assert!(lines.contains(&r#"    yes: country is "DE" - it is "DE""#), "{}", ran.stdout);
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

const REVIEWED: &str = r#"{
  "version": 1,
  "attributes": {
    "account_id": { "type": "string" },
    "seats": { "type": "number" },
    "app_version": { "type": "version" },
    "age": { "type": "number" }
  },
  "flags": {
    "by-account": { "bucket_by": "account_id", "rules": [{ "rollout": 50 }] },
    "by-seats": { "bucket_by": "seats", "rules": [{ "rollout": 50 }] },
    "by-key": { "rules": [{ "rollout": 50 }] },
    "wine": { "default": "on", "deny": [{ "age": { "present": true, "below": 16 } }, { "age": { "below": 18 } }] },
    "beta": {
      "rules": [
        { "when": { "app_version": { "present": true } } },
        { "when": { "age": { "above": 99 } } },
        { "when": { "age": { "present": false } } }
      ]
    }
  }
}"#;

/// What is said of a flag after its first line, up to what would flip it, without indentation.
fn told(flag: &str, context: &str) -> Vec<String> {
    let arguments = ["explain", "flags.json", "--flag", flag, "--context", context];
    let ran = Folder::with_flags(REVIEWED).run(&arguments);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let lines = ran.lines();
    let lines = lines.iter().skip(1).map(|line| line.trim().to_owned());
    lines.take_while(|line| !line.starts_with("it would be")).collect()
}

#[test]
fn a_unit_that_is_not_there_is_told_by_what_the_flag_buckets_by() {
    for (flag, context, why) in [
        ("by-account", r#"{"targetingKey":"ada"}"#, "`account_id` is missing"),
        ("by-account", r#"{"account_id":""}"#, "`account_id` is empty"),
        ("by-seats", r#"{"seats":1.5}"#, "`seats` is 1.5, no whole number below 2^53"),
        ("by-key", r#"{"account_id":"acme"}"#, "the targeting key is missing"),
        ("by-key", r#"{"targetingKey":""}"#, "the targeting key is empty"),
    ] {
        let expected = format!("no: {why}, so there is nothing to bucket by");
        assert!(told(flag, context).contains(&expected), "{:?}", told(flag, context));
    }
    let folder = Folder::with_flags(REVIEWED);
    let ran = folder.run(&["explain", "flags.json", "--flag", "by-account", "--format", "json"]);
    let line: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(line["stages"][0]["rollout"]["no_unit"]["by"], "account_id");
    assert_eq!(line["stages"][0]["rollout"]["no_unit"]["seen"], Value::Null);
}

#[test]
fn what_becomes_of_unknown_is_said() {
    assert_eq!(
        told("wine", "{}"),
        [
            "deny 0 does not deny",
            "no: age is present - it is missing",
            "deny 1 denies",
            "unknown, which a deny takes for yes: age below 18 - it is missing",
        ]
    );
    assert_eq!(
        told("beta", "{}"),
        [
            "rule 0 does not apply",
            "no: app_version is present - it is missing",
            "rule 1 does not apply",
            "unknown, which a rule takes for no: age above 99 - it is missing",
            "rule 2 applies",
            "yes: age is not present - it is missing",
        ]
    );
}

#[test]
fn what_would_flip_an_answer_is_told_and_true() {
    let context = r#"{"targetingKey":"ada","account_id":"acme","app_version":"3.1","age":17,"seats":8}"#;
    let ran = Folder::with_flags(REVIEWED).run(&[
        "explain",
        "flags.json",
        "--format",
        "json",
        "--context",
        context,
    ]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let mut told = 0;
    for line in ran.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let flag = line["flag"].as_str().unwrap();
        for flip in line["flips"].as_array().unwrap() {
            told += 1;
            assert_ne!(flip["variant"], line["variant"]);
            let mut changed: Value = serde_json::from_str(context).unwrap();
            let mut file: Value = serde_json::from_str(REVIEWED).unwrap();
            match flip["if"]["attribute"].as_str() {
                Some(name) => {
                    let name = if name == "key" { "targetingKey" } else { name };
                    changed[name] = flip["if"]["is"].clone();
                }
                None => {
                    let rule = flip["if"]["rule"].as_u64().unwrap() as usize;
                    file["flags"][flag]["rules"][rule]["rollout"] = flip["if"]["rollout"].clone();
                    // A thousandth less would not do.
                    let just = flip["if"]["rollout"].as_f64().unwrap();
                    let mut less = file.clone();
                    less["flags"][flag]["rules"][rule]["rollout"] =
                        (((just * 1000.0).round() - 1.0) / 1000.0).into();
                    assert_eq!(answered(&less, flag, &changed), line["variant"]);
                }
            }
            assert_eq!(answered(&file, flag, &changed), flip["variant"], "{flag}: {flip}");
        }
    }
    assert!(told >= 5, "{}", ran.stdout);
}

fn answered(file: &Value, flag: &str, context: &Value) -> Value {
    let context = context.to_string();
    let ran = Folder::with_flags(&file.to_string()).run(&[
        "eval",
        "flags.json",
        "--flag",
        flag,
        "--context",
        &context,
    ]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    serde_json::from_str::<Value>(&ran.stdout).unwrap()["variant"].clone()
}

#[test]
fn a_flip_tells_nothing_of_a_list_that_is_sensitive() {
    let flags = r#"{"version": 1, "attributes": {"email": {"type": "string", "sensitive": true}},
        "segments": {"known": {"keys": ["secret@example.com"], "of": "email"}},
        "flags": {"a": {"rules": [{"when": {"segment": "known"}}]}}}"#;
    let ran = Folder::with_flags(flags).run(&["explain", "flags.json"]);
    assert_eq!(ran.code, 0);
    assert!(!ran.stdout.contains("secret"), "{}", ran.stdout);
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
    assert!(ran.stdout.contains("`old-checkout`: the file has no such flag"), "{}", ran.stdout);
    assert!(ran.stdout.contains("`no flag`: no flag can be called so"), "{}", ran.stdout);
    assert!(ran.stdout.contains("`platform` for nobody in particular"), "{}", ran.stdout);
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
