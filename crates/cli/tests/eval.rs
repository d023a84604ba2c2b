//! `waterspout eval`, run for real: each sentence of its contract.

mod run;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use run::{Folder, Ran, json_files, root, waterspout};
use serde_json::Value;
use serde_json::value::RawValue;

const FLAGS: &str = r##"{
  "version": 1,
  "attributes": { "country": { "type": "string" } },
  "flags": {
    "new-checkout": {
      "rules": [
        { "when": { "key": { "in": ["mallory"] } }, "serve": "off" },
        { "name": "early adopters", "when": { "key": { "in": ["ada", "grace"] } } },
        { "when": { "country": { "is": "DE" } } }
      ]
    },
    "banner": { "variants": { "blue": "#0b5fff", "none": null }, "default": "none" },
    "limits": { "variants": { "low": { "max": 1.50, "kinds": [ "p\u006eg" ] } }, "default": "low" },
    "retries": { "variants": { "few": 3 }, "default": "few" },
    "paused": { "enabled": false, "default": "on" }
  }
}"##;

const FACTS: &str = r#"{
  "version": 1,
  "attributes": {
    "environment": { "type": "string", "one_of": ["production", "staging"], "fact": true },
    "replicas": { "type": "number", "fact": true },
    "country": { "type": "string" }
  },
  "flags": {
    "a": { "rules": [{ "when": { "environment": { "is": "staging" }, "replicas": { "at_least": 2 } } }] }
  }
}"#;

fn eval(arguments: &[&str]) -> Ran {
    Folder::with_flags(FLAGS).run(&[&["eval", "flags.json"], arguments].concat())
}

fn fine(ran: &Ran) -> Vec<&str> {
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    ran.lines()
}

/// It could not run: nothing on stdout, and everything on stderr that is told.
fn could_not_run(ran: &Ran, told: &[&str]) {
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    for told in told {
        assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
    }
}

#[test]
fn every_flag_is_answered_in_file_order_one_object_a_line() {
    let ran = eval(&["--context", r#"{"targetingKey": "ada"}"#]);
    assert_eq!(
        fine(&ran),
        [
            r#"{"flag":"new-checkout","key":"ada","value":true,"variant":"on","reason":"TARGETING_MATCH","rule":1,"name":"early adopters"}"#,
            r#"{"flag":"banner","key":"ada","value":null,"variant":"none","reason":"STATIC","rule":null,"name":null}"#,
            r#"{"flag":"limits","key":"ada","value":{"max":1.50,"kinds":["png"]},"variant":"low","reason":"STATIC","rule":null,"name":null}"#,
            r#"{"flag":"retries","key":"ada","value":3,"variant":"few","reason":"STATIC","rule":null,"name":null}"#,
            r#"{"flag":"paused","key":"ada","value":false,"variant":"off","reason":"DISABLED","rule":null,"name":null}"#,
        ]
    );
    assert!(ran.stdout.ends_with('\n'));
}

#[test]
fn rule_and_name_are_null_where_there_is_none() {
    let ran = eval(&["--flag", "new-checkout", "--context", r#"{"country": "DE"}"#]);
    assert_eq!(
        fine(&ran),
        [
            r#"{"flag":"new-checkout","key":null,"value":true,"variant":"on","reason":"TARGETING_MATCH","rule":2,"name":null}"#
        ]
    );
}

#[test]
fn only_the_flags_asked_in_the_order_asked() {
    let ran = eval(&["--flag", "retries", "--flag", "banner", "--flag", "retries"]);
    let flags: Vec<Value> = fine(&ran).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let flags: Vec<&str> = flags.iter().map(|line| line["flag"].as_str().unwrap()).collect();
    assert_eq!(flags, ["retries", "banner", "retries"]);
}

#[test]
fn an_unknown_flag_is_answered_with_an_error_and_the_rest_goes_on() {
    let ran = eval(&[
        "--flag",
        "old",
        "--flag",
        "no \"flag\"",
        "--flag",
        "retries",
        "--context",
        r#"{"targetingKey":"é"}"#,
    ]);
    assert_eq!(
        fine(&ran),
        [
            r#"{"flag":"old","key":"é","value":null,"variant":null,"reason":"ERROR","rule":null,"name":null,"error":"FLAG_NOT_FOUND"}"#,
            r#"{"flag":"no \"flag\"","key":"é","value":null,"variant":null,"reason":"ERROR","rule":null,"name":null,"error":"FLAG_NOT_FOUND"}"#,
            r#"{"flag":"retries","key":"é","value":3,"variant":"few","reason":"STATIC","rule":null,"name":null}"#,
        ]
    );
}

#[test]
fn without_a_context_nobody_asks() {
    let nobody = eval(&[]);
    assert!(fine(&nobody).iter().all(|line| line.contains(r#","key":null,"#)));
    assert_eq!(nobody, eval(&["--context", "{}"]));
    // Anything but a text counts as missing; an empty text is printed as it is given.
    assert_eq!(nobody, eval(&["--context", r#"{"targetingKey": 7}"#]));
    assert!(
        fine(&eval(&["--context", r#"{"targetingKey": ""}"#]))
            .iter()
            .all(|line| line.contains(r#","key":"","#))
    );
}

#[test]
fn contexts_are_answered_in_turn_and_blank_lines_are_skipped() {
    let lines = "{\"targetingKey\":\"ada\"}\n\n  \t\r\n{\"targetingKey\":\"mallory\"}\r\n{}";
    let folder = Folder::with_flags(FLAGS).file("f.jsonl", lines).file("none.jsonl", "\n\n");
    let from_file = folder.run(&[
        "eval",
        "flags.json",
        "--contexts",
        "f.jsonl",
        "--flag",
        "new-checkout",
        "--flag",
        "retries",
    ]);
    let keys: Vec<(Value, Value)> = fine(&from_file)
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .map(|line: Value| (line["key"].clone(), line["flag"].clone()))
        .collect();
    let expected: Vec<(Value, Value)> = [Value::from("ada"), Value::from("mallory"), Value::Null]
        .into_iter()
        .flat_map(|key| ["new-checkout", "retries"].map(|flag| (key.clone(), flag.into())))
        .collect();
    assert_eq!(keys, expected);
    let arguments = ["eval", "flags.json", "--contexts", "-", "--flag", "new-checkout", "--flag", "retries"];
    assert_eq!(folder.run_with_stdin(&arguments, lines.as_bytes()), from_file);
    assert!(fine(&folder.run(&["eval", "flags.json", "--contexts", "none.jsonl"])).is_empty());
    let marked = format!("\u{feff}{lines}");
    assert_eq!(folder.run_with_stdin(&arguments, marked.as_bytes()), from_file);
}

#[test]
fn a_line_that_is_no_context_is_named_and_nothing_follows() {
    let folder = Folder::with_flags(FLAGS);
    for (bad, told) in [
        (&b"[]"[..], "<stdin>:3:1: a context is an object, and this is a list"),
        (b"7", "<stdin>:3:1: "),
        (b"{\"a\":1,\"a\":2}", "<stdin>:3:8: `a` stands twice"),
        (b"{\"a\":{\"b\":1,\"b\":2}}", "<stdin>:3:13: `b` stands twice"),
        (b"{\"a\":}", "<stdin>:3:6: this is not JSON"),
        (b"{} {}", "<stdin>:3:4: this is not JSON"),
        (b"{} // ada", "<stdin>:3:4: this is not JSON"),
        (b"{\"\xC3\xA4\":\"\xFF\"}", "<stdin>:3:7: this is not UTF-8"),
        (b"  {\"a\":", "<stdin>:3:"),
        (b"\x0c{}", "<stdin>:3:1: this is not JSON"),
        (b"\xEF\xBB\xBF{}", "<stdin>:3:1: this is not JSON"),
    ] {
        let lines = [b"{\"targetingKey\":\"first\"}\n\n", bad, b"\n{\"targetingKey\":\"last\"}\n"].concat();
        let ran =
            folder.run_with_stdin(&["eval", "flags.json", "--contexts", "-", "--flag", "retries"], &lines);
        assert_eq!(ran.code, 2, "{told}");
        assert_eq!(ran.lines().len(), 1, "what was answered before stays: {}", ran.stdout);
        assert!(ran.stdout.contains("first"), "{}", ran.stdout);
        assert!(ran.stderr.starts_with(&format!("error: {told}")), "{told}: {}", ran.stderr);
    }
}

#[test]
fn a_context_that_is_none_is_told_with_its_place() {
    could_not_run(&eval(&["--context", "[]"]), &["--context:1:1: a context is an object"]);
    could_not_run(&eval(&["--context", "{\n  \"a\": }"]), &["--context:2:8: this is not JSON"]);
    could_not_run(
        &eval(&["--context", r#"{"a":1,"b":2,"a":3,"b":4}"#]),
        &["`a` stands twice", "`b` stands twice"],
    );
    could_not_run(&eval(&["--context", ""]), &["--context:1:1: this is not JSON"]);
}

#[test]
fn what_no_attribute_can_hold_counts_as_missing() {
    let deep = format!(r#"{{"deep":{}{},"country":"DE"}}"#, "[".repeat(100_000), "]".repeat(100_000));
    for context in [r#"{"n":1e999,"country":"DE"}"#, r#"{"s":"\ud800","country":"DE"}"#, &deep] {
        let folder = Folder::with_flags(FLAGS);
        let ran = folder.run_with_stdin(
            &["eval", "flags.json", "--contexts", "-", "--flag", "new-checkout"],
            context.as_bytes(),
        );
        assert!(fine(&ran)[0].contains(r#""rule":2"#), "{}", ran.stdout);
    }
}

#[test]
fn one_kind_of_context_at_a_time() {
    could_not_run(&eval(&["--context", "{}", "--contexts", "-"]), &["--contexts"]);
    could_not_run(&eval(&["--context", "{}", "--context", "{}"]), &["--context"]);
    let folder = Folder::with_flags(FLAGS);
    let ran = folder.run_with_stdin(&["eval", "-", "--contexts", "-"], FLAGS.as_bytes());
    could_not_run(&ran, &["cannot both come from stdin"]);
}

#[test]
fn contexts_that_cannot_be_read_are_told() {
    could_not_run(
        &eval(&["--contexts", "absent.jsonl"]),
        &["error: `absent.jsonl` cannot be read: there is no such file\n"],
    );
    could_not_run(&eval(&["--contexts", "."]), &["error: `.` cannot be read: it is a folder\n"]);
}

#[test]
fn a_flag_file_may_come_from_stdin() {
    let folder = Folder::with_flags(FLAGS).file("f.jsonl", "{\"targetingKey\":\"ada\"}\n");
    let arguments = ["--contexts", "f.jsonl", "--flag", "new-checkout"];
    let from_file = folder.run(&[&["eval", "flags.json"], &arguments[..]].concat());
    let from_stdin = folder.run_with_stdin(&[&["eval", "-"], &arguments[..]].concat(), FLAGS.as_bytes());
    assert_eq!(fine(&from_file), fine(&from_stdin));
}

#[test]
fn now_is_the_time_given_or_the_clock() {
    let flags = r#"{"version": 1, "flags": {
        "winter": { "rules": [{ "when": { "now": { "since": "2026-12-01T08:00:00Z", "before": "2026-12-24" } } }] },
        "past": { "rules": [{ "when": { "now": { "since": "2020-01-01" } } }] },
        "future": { "rules": [{ "when": { "now": { "since": "9000-01-01" } } }] }
    }}"#;
    let folder = Folder::with_flags(flags);
    for (now, variant) in [
        ("2026-12-01T07:59:59.999999999Z", "off"),
        ("2026-12-01T08:00:00Z", "on"),
        ("2026-12-01t09:00:00+01:00", "on"),
        ("2026-12-23", "on"),
        ("2026-12-24", "off"),
    ] {
        let ran = folder.run(&["eval", "flags.json", "--flag", "winter", "--now", now]);
        assert!(fine(&ran)[0].contains(&format!("\"variant\":\"{variant}\"")), "{now}: {}", ran.stdout);
    }
    let ran = folder.run(&["eval", "flags.json", "--flag", "past", "--flag", "future"]);
    let lines = fine(&ran);
    assert!(
        lines[0].contains("\"variant\":\"on\"") && lines[1].contains("\"variant\":\"off\""),
        "{}",
        ran.stdout
    );
    for now in ["", "tomorrow", "2026-12-24T08:00:00", "2026-02-30", "1700000000"] {
        could_not_run(&folder.run(&["eval", "flags.json", "--now", now]), &["--now"]);
    }
}

#[test]
fn facts_are_given_by_name_and_json() {
    let folder = Folder::with_flags(FACTS);
    let answer = |environment: &str, replicas: &str| {
        let ran = folder.run(&["eval", "flags.json", "--fact", environment, "--fact", replicas]);
        fine(&ran)[0].to_owned()
    };
    assert!(answer(r#"environment="staging""#, "replicas=2").contains(r#""variant":"on""#));
    assert!(answer(r#"environment="staging""#, "replicas= 1.0e0 ").contains(r#""variant":"off""#));
    assert!(answer("environment=\"production\"", "replicas=2").contains(r#""variant":"off""#));
    // A context has no say in facts.
    let arguments = [
        "--fact",
        "environment=\"production\"",
        "--fact",
        "replicas=2",
        "--context",
        r#"{"environment":"staging"}"#,
    ];
    let ran = folder.run(&[&["eval", "flags.json"], &arguments[..]].concat());
    assert!(fine(&ran)[0].contains(r#""variant":"off""#), "{}", ran.stdout);
}

#[test]
fn facts_that_do_not_fit_are_all_told() {
    let folder = Folder::with_flags(FACTS);
    let run = |facts: &[&str]| {
        let facts = facts.iter().flat_map(|fact| ["--fact", fact]);
        folder.run(&["eval", "flags.json"].into_iter().chain(facts).collect::<Vec<_>>())
    };
    could_not_run(&run(&[]), &["the fact `environment`", "the fact `replicas`"]);
    could_not_run(
        &run(&["environment=\"test\"", "replicas=\"2\""]),
        &["the fact `environment`", "the fact `replicas`"],
    );
    could_not_run(&run(&["environment=\"staging\""]), &["the fact `replicas` (a `number`) is not given"]);
    could_not_run(&run(&["environment=\"staging\"", "replicas=null"]), &["the fact `replicas`"]);
    let fits = ["environment=\"staging\"", "replicas=2"];
    could_not_run(
        &run(&[&fits[..], &["region=\"eu\""]].concat()),
        &["no fact `region`", "`environment`, `replicas`"],
    );
    could_not_run(
        &run(&[&fits[..], &["country=\"DE\""]].concat()),
        &["`country`", "not as a fact", "in the context"],
    );
    could_not_run(&run(&[&fits[..], &["replicas=3"]].concat()), &["the fact `replicas` is given twice"]);
    assert_eq!(run(&fits).code, 0);
    // A refused file is told first: its facts are not known.
    let ran =
        Folder::with_flags(r#"{"version": 2, "flags": {}}"#).run(&["eval", "flags.json", "--fact", "a=1"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
}

#[test]
fn a_fact_that_is_no_json_is_told_with_the_remedy() {
    let folder = Folder::with_flags(FACTS);
    let run = |fact: &str| folder.run(&["eval", "flags.json", "--fact", fact]);
    could_not_run(&run("environment=production"), &[r#"--fact 'environment="production"'"#]);
    could_not_run(&run("environment=eu west-1.a"), &[r#"--fact 'environment="eu west-1.a"'"#]);
    could_not_run(&run("environment"), &["NAME=JSON"]);
    could_not_run(&run("environment="), &["not JSON"]);
    could_not_run(&run("environment={\"a\":1,\"a\":2}"), &["stands twice"]);
}

#[test]
fn a_refused_file_answers_nothing() {
    let folder = Folder::with_flags(r#"{"version": 1, "flags": {"a": {"default": "onn"}, "b": 7}}"#);
    let ran = folder.run(&["eval", "flags.json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("error[unknown-variant]"), "{}", ran.stderr);
    assert!(ran.stderr.contains(" --> flags.json:1:43"), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("2 errors; this file is refused\n"), "{}", ran.stderr);
}

#[test]
fn a_wrong_option_ends_in_2() {
    for arguments in [&["--nope"][..], &["--flag"], &["--context"], &["--now"], &["--fact"], &["more.json"]] {
        could_not_run(&eval(arguments), &[]);
    }
    could_not_run(&Folder::new().run(&["eval"]), &["FILE"]);
}

#[test]
fn a_list_file_is_read_beside_the_flag_file() {
    let flags = r#"{"version": 1, "segments": {"pilots": {"keys_from": "lists/p.txt"}},
        "flags": {"a": {"rules": [{"when": {"segment": "pilots"}}]}}}"#;
    let folder = Folder::new().file("conf/flags.json", flags).file("conf/lists/p.txt", "ada\n");
    let ran = folder.run(&["eval", "conf/flags.json", "--context", r#"{"targetingKey":"ada"}"#]);
    assert!(fine(&ran)[0].contains(r#""variant":"on""#), "{}", ran.stdout);
}

#[test]
fn a_million_lines_pass_through_in_little_memory() {
    let folder = Folder::with_flags(FLAGS);
    let mut command = waterspout(folder.path());
    command.args(["eval", "flags.json", "--contexts", "-", "--flag", "retries"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let pid = child.id();
    let writer = std::thread::spawn(move || {
        let line = format!("{{\"targetingKey\":\"ada\",\"more\":\"{}\"}}\n", "x".repeat(1_000));
        let block = line.repeat(100);
        for _ in 0..200 {
            stdin.write_all(block.as_bytes()).unwrap();
        }
        // All is sent, perhaps not all is read: the most it ever held is known to the system still.
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:").map(str::to_owned));
        peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<u64>().ok())
    });
    let mut answers = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        assert!(line.unwrap().starts_with(r#"{"flag":"retries","key":"ada""#));
        answers += 1;
    }
    assert_eq!(answers, 20_000);
    assert!(child.wait().unwrap().success());
    if let Some(peak) = writer.join().unwrap() {
        assert!(peak < 16_000, "20 MB of contexts took {peak} kB");
    }
}

#[test]
fn an_answer_comes_before_the_next_context_is_sent() {
    let folder = Folder::with_flags(FLAGS);
    let mut command = waterspout(folder.path());
    command.args(["eval", "flags.json", "--contexts", "-", "--flag", "retries"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for key in ["ada", "grace"] {
        stdin.write_all(format!("{{\"targetingKey\":\"{key}\"}}\n{{\"targetingKey\":").as_bytes()).unwrap();
        assert!(answers.next().unwrap().unwrap().contains(key));
        stdin.write_all(b"\"rest\"}\n").unwrap();
        assert!(answers.next().unwrap().unwrap().contains("rest"));
    }
    drop(stdin);
    assert!(answers.next().is_none());
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_line_without_end_is_refused() {
    let folder = Folder::with_flags(FLAGS);
    let mut line = b"{}\n{\"targetingKey\":\"".to_vec();
    line.resize(33 << 20, b'x');
    let ran = folder.run_with_stdin(&["eval", "flags.json", "--contexts", "-", "--flag", "retries"], &line);
    assert_eq!((ran.code, ran.lines().len()), (2, 1));
    assert!(ran.stderr.starts_with("error: <stdin>:2: this line is longer than 32 MiB\n"), "{}", ran.stderr);
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let folder = Folder::with_flags(FLAGS).file("f.jsonl", "{\"targetingKey\":\"ada\"}\n".repeat(50_000));
    for arguments in [
        &["eval", "flags.json", "--contexts", "f.jsonl"][..],
        &["explain", "flags.json"],
        &["completions", "bash"],
    ] {
        let mut command = waterspout(folder.path());
        let mut child =
            command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        if arguments[0] == "eval" {
            stdout.read_exact(&mut [0; 10]).unwrap();
        }
        drop(stdout);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_told() {
    let folder = Folder::with_flags(FLAGS);
    for arguments in [
        &["eval", "flags.json"][..],
        &["check", "flags.json"],
        &["explain", "flags.json"],
        &["completions", "zsh"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = waterspout(folder.path()).args(arguments).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: the output cannot be written"));
    }
}

/// The keys of a JSON object with what stands under them, as it is spelt.
type Raw<'t> = BTreeMap<String, &'t RawValue>;

fn text(raw: &RawValue) -> String {
    serde_json::from_str(raw.get()).unwrap()
}

/// JSON without blanks, spelt as it was.
fn compact(raw: &str) -> String {
    raw.parse::<waterspout::Json>().unwrap().to_string()
}

/// Every case of one file, through the program: one run for all cases of the same facts and time.
fn cases_of(file: &std::path::Path, wrong: &mut Vec<String>) -> usize {
    let content = std::fs::read_to_string(file).unwrap();
    let name = file.file_name().unwrap().to_string_lossy();
    let whole: Raw<'_> = serde_json::from_str(&content).unwrap();
    let flags = whole.get("text").map_or_else(|| whole["set"].get().to_owned(), |raw| text(raw));
    let mut folder = Folder::with_flags(&flags);
    let lists: BTreeMap<String, String> =
        whole.get("lists").map(|raw| serde_json::from_str(raw.get()).unwrap()).unwrap_or_default();
    for (path, list) in lists {
        folder = folder.file(&path, list);
    }
    let cases: Vec<Raw<'_>> = serde_json::from_str(whole["cases"].get()).unwrap();
    let mut groups: BTreeMap<(&str, String), Vec<&Raw<'_>>> = BTreeMap::new();
    for case in &cases {
        let facts = case.get("facts").or(whole.get("facts")).map_or("{}", |raw| raw.get());
        let now = case.get("now").or(whole.get("now")).map_or("2026-01-01".to_owned(), |raw| text(raw));
        groups.entry((facts, now)).or_default().push(case);
    }
    for ((facts, now), cases) in groups {
        let mut asked: Vec<String> = cases.iter().map(|case| text(case["flag"])).collect();
        asked.sort();
        asked.dedup();
        let mut arguments: Vec<String> =
            ["eval", "flags.json", "--contexts", "-", "--now", &now].map(str::to_owned).into();
        let facts: Raw<'_> = serde_json::from_str(facts).unwrap();
        arguments
            .extend(facts.iter().flat_map(|(name, fact)| ["--fact".to_owned(), format!("{name}={fact}")]));
        arguments.extend(asked.iter().flat_map(|flag| ["--flag".to_owned(), flag.clone()]));
        let contexts: Vec<String> = cases
            .iter()
            // Between the parts of JSON a line end is a blank like any other.
            .map(|case| context_of(case).replace(['\n', '\r'], " "))
            .collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ran = folder.run_with_stdin(&arguments, contexts.join("\n").as_bytes());
        if ran.code != 0 || !ran.stderr.is_empty() {
            wrong.push(format!("{name}: {ran:?}"));
            continue;
        }
        let lines = ran.lines();
        assert_eq!(lines.len(), cases.len() * asked.len(), "{name}");
        for (case, lines) in cases.iter().zip(lines.chunks(asked.len())) {
            let flag = text(case["flag"]);
            let line = lines[asked.binary_search(&flag).unwrap()];
            if let Err(why) = held(case, line) {
                wrong.push(format!("{name}: {}: {why}: {line}", text(case["says"])));
            }
        }
    }
    cases.len()
}

/// The context of a case, as it is written.
fn context_of(case: &Raw<'_>) -> String {
    let written = case.get("context_text").map(|raw| text(raw));
    written.unwrap_or_else(|| case.get("context").map_or("{}", |raw| raw.get()).to_owned())
}

/// Whether a line says what a case expects.
fn held(case: &Raw<'_>, line: &str) -> Result<(), String> {
    let expected: Raw<'_> = serde_json::from_str(case["expect"].get()).unwrap();
    let answer: Raw<'_> = serde_json::from_str(line).map_err(|error| error.to_string())?;
    for (key, expected) in &expected {
        let Some(answered) = answer.get(key) else { return Err(format!("there is no `{key}`")) };
        if compact(answered.get()) != compact(expected.get()) {
            return Err(format!("`{key}` is not {expected}"));
        }
    }
    let mut keys = vec!["flag", "key", "name", "reason", "rule", "value", "variant"];
    if expected.contains_key("error") {
        keys.insert(0, "error");
    }
    if answer.keys().ne(&keys) {
        return Err(format!("its keys are not {keys:?}"));
    }
    // Some contexts hold what another reader of JSON stumbles over.
    if let Ok(context) = serde_json::from_str::<Value>(&context_of(case)) {
        let key = context.get("targetingKey").filter(|key| key.is_string());
        let key = key.map_or("null".to_owned(), Value::to_string);
        if answer["key"].get() != key {
            return Err(format!("`key` is not {key}"));
        }
    }
    Ok(())
}

#[test]
fn every_case_holds_through_the_program() {
    let files = json_files(&root().join("tests/cases"));
    assert!(files.len() > 50, "{}", files.len());
    let mut wrong = Vec::new();
    let count: usize = files.iter().map(|file| cases_of(file, &mut wrong)).sum();
    assert!(wrong.is_empty(), "{} of {count} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 3_000, "only {count} cases");
}
