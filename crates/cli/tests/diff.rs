//! `waterspout diff` and `plan`, as a shell and a pipeline meet them: sides, formats, exits, bad input.

mod run;

use std::path::Path;
use std::process::Command;

use run::{Folder, Ran};
use serde_json::Value;

const FEW: &str =
    r#"{"version": 1, "flags": {"beta": {"owner": "us", "rules": [{"name": "everyone", "rollout": 10}]}}}"#;
const MORE: &str =
    r#"{"version": 1, "flags": {"beta": {"owner": "us", "rules": [{"name": "everyone", "rollout": 25}]}}}"#;

fn git(folder: &Folder, arguments: &[&str]) {
    let ran = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(ran.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// A repository with `FEW` on the branch `main`, in `config/flags.json`, and `MORE` in the working tree.
fn repository() -> Folder {
    let folder = Folder::new().file("config/flags.json", FEW);
    git(&folder, &["init", "-q", "-b", "main"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "few"]);
    folder.file("config/flags.json", MORE)
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

#[test]
fn json_has_the_keys_of_the_contract() {
    let folder = Folder::new().file("a.json", FEW).file("b.json", MORE);
    let ran = folder.run(&["diff", "a.json", "b.json", "--format", "json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let difference = json(&ran);
    assert_eq!(
        (&difference["answers_change"], &difference["exact"]),
        (&Value::Bool(true), &Value::Bool(true))
    );
    let flag = &difference["flags"][0];
    assert_eq!((flag["flag"].as_str(), flag["change"].as_str()), (Some("beta"), Some("changed")));
    assert_eq!(flag["monotone"], Value::Bool(true));
    let cell = &flag["cells"][0];
    assert_eq!(cell["when"], "any targeting key");
    assert_eq!(
        (cell["gained"].as_f64(), cell["lost"].as_f64(), cell["switched"].as_f64()),
        (Some(0.15), Some(0.0), Some(0.0))
    );
    // The witness holds where anybody asks.
    let witness = &flag["witnesses"][0];
    for (file, side) in [("a.json", "before"), ("b.json", "after")] {
        let context = witness["context"].to_string();
        let asked = folder.run(&["eval", file, "--flag", "beta", "--context", &context]);
        let answer: Value = serde_json::from_str(&asked.stdout).unwrap();
        assert_eq!(answer, witness[side], "{file}");
    }
}

#[test]
fn exits_tell_whether_answers_change_if_asked() {
    let folder = Folder::new().file("a.json", FEW).file("b.json", MORE);
    assert_eq!(folder.run(&["diff", "a.json", "b.json"]).code, 0);
    assert_eq!(folder.run(&["diff", "a.json", "b.json", "--exit-code"]).code, 1);
    let same = folder.run(&["diff", "a.json", "a.json", "--exit-code"]);
    assert_eq!(
        (same.code, same.stdout.as_str()),
        (0, "nothing changed for anyone: no flag is written differently\n")
    );
    assert_eq!(folder.run(&["plan", "a.json", "b.json"]).code, 0);
    assert_eq!(folder.run(&["plan", "b.json", "a.json"]).code, 1);
    for format in ["text", "markdown", "json"] {
        let silent = folder.run(&["plan", "a.json", "a.json", "--format", format]);
        assert_eq!((silent.code, silent.stdout.as_str(), silent.stderr.as_str()), (0, "", ""), "{format}");
    }
}

#[test]
fn a_side_may_stand_in_git() {
    let folder = repository();
    let told = "`beta` changes answers; nobody who is in drops out";
    for sides in [
        &["main:config/flags.json"][..],
        &["HEAD:./config/flags.json"],
        &[":config/flags.json", "config/flags.json"],
        &["main:config/flags.json", "config/flags.json"],
    ] {
        let ran = folder.run(&[&["diff"], sides].concat());
        assert_eq!((ran.code, ran.lines().first().copied()), (0, Some(told)), "{sides:?}: {ran:?}");
    }
    let piped = folder.run_with_stdin(&["diff", "main:config/flags.json", "-"], MORE.as_bytes());
    assert_eq!(piped.lines().first().copied(), Some(told), "{piped:?}");
}

#[test]
fn lists_are_read_from_the_same_revision() {
    let flags = r#"{"version": 1, "segments": {"pilots": {"keys_from": "lists/pilots.txt"}},
      "flags": {"beta": {"owner": "us", "rules": [{"when": {"segment": "pilots"}}]}}}"#;
    let folder = Folder::new().file("config/flags.json", flags).file("config/lists/pilots.txt", "ada\nbob\n");
    git(&folder, &["init", "-q", "-b", "main"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "both"]);
    let folder = folder.file("config/lists/pilots.txt", "ada\n");
    let ran = folder.run(&["diff", "main:config/flags.json"]);
    assert_eq!(ran.lines().get(2).copied(), Some("beta: `bob` loses it"), "{ran:?}");
}

#[test]
fn bad_input_is_told_on_stderr_and_nothing_on_stdout() {
    let folder = repository().file("refused.json", "{}").file("other.json", r#"{"version": 2}"#);
    let refused = "tests say what is refused";
    for (arguments, code, said) in [
        (&["mian:config/flags.json"][..], 2, "`mian` is no branch, tag or commit"),
        (&["mian:config/flags.json"], 2, "did you mean `main:config/flags.json`?"),
        (&["main:nowhere.json"], 2, "there is no file `main:nowhere.json`"),
        (&["main:config"], 2, "is no file, but a tree"),
        (&["config/flags.json"], 2, "there is only one side"),
        (&["config/flags.json", "nowhere.json"], 2, "there is no such file"),
        (&["-", "-"], 2, "both sides cannot come from stdin"),
        (&["--upload-pack=x:y", "config/flags.json"], 2, "error"),
        (&["config/flags.json", "refused.json"], 1, "this file is refused"),
        (&["refused.json", "other.json"], 1, "other.json:1"),
        (&["refused.json", "other.json"], 1, "refused.json:1"),
    ] {
        for verb in ["diff", "plan"] {
            let ran = folder.run(&[&[verb], arguments].concat());
            assert_eq!(
                (ran.code, ran.stdout.as_str()),
                (code, ""),
                "{verb} {arguments:?}: {ran:?} {refused}"
            );
            assert!(ran.stderr.contains(said), "{verb} {arguments:?}: {}", ran.stderr);
        }
    }
    let outside = Command::new(env!("CARGO_BIN_EXE_waterspout"))
        .args(["diff", "main:flags.json"])
        .current_dir("/")
        .output()
        .unwrap();
    assert_eq!(outside.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&outside.stderr).contains("run this inside the repository"));
}

#[test]
fn a_file_that_is_new_has_no_flags_before() {
    let folder = repository();
    let ran =
        folder.run(&["diff", "main:new.json", "config/flags.json", "--allow-missing", "--format", "json"]);
    assert_eq!((ran.code, json(&ran)["flags"][0]["change"].as_str()), (0, Some("added")), "{ran:?}");
    let gone = folder.run(&["diff", "config/flags.json", "gone.json", "--allow-missing", "--format", "json"]);
    assert_eq!(json(&gone)["flags"][0]["change"].as_str(), Some("removed"), "{gone:?}");
    assert!(json(&gone)["flags"][0]["witnesses"][0]["after"].is_null());
}

#[test]
fn nothing_that_a_file_says_reaches_a_terminal_as_it_is() {
    let file = |rollout: u32| {
        format!(
            r#"{{"version": 1, "segments": {{"s": {{"keys": ["\u001b[2J\u202e"]}}}}, "flags": {{"beta": {{"owner": "us",
              "salt": "\u001b]0;x\u0007", "rules": [{{"name": "\u001b[31m|<b>@all", "when": {{"segment": "s"}}, "rollout": {rollout}}}]}}}}}}"#
        )
    };
    let folder = Folder::new().file("a.json", file(0)).file("b.json", file(100));
    for verb in ["diff", "plan"] {
        for format in ["text", "markdown"] {
            let ran = folder.run(&[verb, "a.json", "b.json", "--format", format]);
            assert!(ran.stdout.contains("beta"), "{ran:?}");
            let odd = ran.stdout.chars().find(|it| (it.is_control() && *it != '\n') || *it == '\u{202e}');
            assert_eq!(odd, None, "{verb} {format}: {}", ran.stdout);
        }
    }
}

#[test]
fn a_policy_changes_what_matters_and_is_refused_with_place_and_remedy() {
    let policy = r#"{ "version": 1, "rules": { "percent-decreased": "warning" } }"#;
    let folder = Folder::new().file("a.json", FEW).file("b.json", MORE).file("policy.json", policy);
    let ran = folder.run(&["plan", "b.json", "a.json", "--policy", "policy.json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("warning[percent-decreased]"), "{}", ran.stdout);
    let strict = folder.run(&["plan", "b.json", "a.json", "--policy", "policy.json", "--fail-on", "warning"]);
    assert_eq!(strict.code, 1);
    let folder = folder.file("policy.json", "{ \"version\": 1,\n  \"ladders\": [] }");
    let ran = folder.run(&["plan", "a.json", "b.json", "--policy", "policy.json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("policy.json:2:3: a policy has no key `ladders` here"), "{}", ran.stderr);
    assert!(ran.stderr.contains("did you mean `ladder`?"), "{}", ran.stderr);
}

#[test]
fn a_waiver_accepts_a_finding_until_its_date() {
    let waived = |until: &str| {
        FEW.replace(
            r#""owner": "us""#,
            &format!(
                r#""owner": "us", "waive": [{{"rule": "percent-decreased", "reason": "it was broken", "until": "{until}"}}]"#
            ),
        )
    };
    let folder = Folder::new().file("b.json", MORE).file("a.json", waived("2027-01-01"));
    let ran = folder.run(&["plan", "b.json", "a.json", "--now", "2026-12-01"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stdout.contains("waived[percent-decreased]") && ran.stdout.contains("it was broken"),
        "{}",
        ran.stdout
    );
    let over = folder.run(&["plan", "b.json", "a.json", "--now", "2027-02-01"]);
    assert_eq!(over.code, 1);
    assert!(
        over.stdout.contains("error[waiver-expired]") && over.stdout.contains("error[percent-decreased]"),
        "{}",
        over.stdout
    );
}

#[test]
fn the_patch_of_a_plan_takes_the_edit_back() {
    let folder = repository();
    let ran = folder.run(&["plan", "main:config/flags.json", "config/flags.json", "--format", "json"]);
    let patch = json(&ran)["roll_back"]["patch"].as_str().unwrap().to_owned();
    let folder = folder.file("back.patch", patch);
    git(&folder, &["apply", "back.patch"]);
    let after = std::fs::read_to_string(Path::new(folder.path()).join("config/flags.json")).unwrap();
    assert_eq!(after, FEW);
}

#[test]
fn a_comment_stays_below_its_limit() {
    let file = |rollout: u32| {
        let flag = |number: u32| {
            format!(
                r#""flag-{number}": {{"rules": [{{"name": "a rule with quite a long name, to make the table wide {number}", "rollout": {rollout}}}]}}"#
            )
        };
        let flags: Vec<String> = (0..400).map(flag).collect();
        format!(r#"{{"version": 1, "flags": {{{}}}}}"#, flags.join(",\n"))
    };
    let folder = Folder::new().file("a.json", file(30)).file("b.json", file(20));
    let ran = folder.run(&["plan", "a.json", "b.json", "--format", "markdown"]);
    assert!(ran.stdout.len() < 60_000 && ran.stdout.len() > 30_000, "{}", ran.stdout.len());
    assert!(
        ran.stdout.starts_with("**400 flags change answers; in 400 flags somebody drops out; "),
        "{}",
        &ran.stdout[..200]
    );
    assert!(ran.stdout.contains("left out"));
}
