//! Every rule of a single file with a file that it finds something in, and one that comes close. What people are told is
//! reviewed like code.

mod run;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use run::{Folder, Ran, json_files, root, waterspout};
use serde_json::Value;

fn check(folder: &Path, name: &str, format: &str) -> Ran {
    let arguments = ["check", "--now", "2026-12-01T00:00:00Z", "--format", format, name];
    waterspout(folder).args(arguments).output().unwrap().into()
}

/// The rules that find something in a file.
fn found(folder: &Path, name: &str) -> BTreeSet<String> {
    let ran = check(folder, name, "json");
    assert_eq!(ran.stderr, "", "{name}");
    let code =
        |line: &&str| serde_json::from_str::<Value>(line).unwrap()["code"].as_str().unwrap().to_owned();
    ran.lines().iter().map(code).collect()
}

/// The names of all rules that look at one file.
fn rules() -> Vec<String> {
    let ran = Folder::new().run(&["rule", "--format", "json"]);
    let rules: Vec<Value> = ran.lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let lints = rules.iter().filter(|rule| rule["looks_at"] == "file");
    lints.map(|rule| rule["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_rule_has_a_file_it_finds_something_in_and_one_that_comes_close() {
    let folder = root().join("tests/lints");
    let rules = rules();
    assert!(rules.len() > 20, "{rules:?}");
    for rule in &rules {
        assert!(found(&folder, &format!("{rule}.json")).contains(rule), "{rule}");
        assert!(!found(&folder, &format!("{rule}--near.json")).contains(rule), "{rule}");
    }
    for file in json_files(&folder) {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let rule = name.strip_suffix("--near").unwrap_or(name);
        assert!(rules.iter().any(|known| known == rule), "{name} belongs to no rule");
    }
}

#[test]
fn what_is_told_was_reviewed() {
    let folder = root().join("tests/lints");
    let update = std::env::var_os("UPDATE_SNAPSHOTS").is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    for rule in rules() {
        let ran = check(&folder, &format!("{rule}.json"), "text");
        let expected = if rule == "waiver-expired" { 1 } else { 0 };
        assert_eq!((ran.code, ran.stderr.as_str()), (expected, ""), "{rule}");
        let snapshot = folder.join(format!("{rule}.txt"));
        if update {
            fs::write(&snapshot, &ran.stdout).unwrap();
            continue;
        }
        let reviewed = fs::read_to_string(&snapshot).unwrap_or_default();
        if reviewed != ran.stdout {
            wrong.push(format!("{rule} was\n{reviewed}\nand is\n{}", ran.stdout));
        }
    }
    assert!(wrong.is_empty(), "{}\nUPDATE_SNAPSHOTS=1 rewrites them", wrong.join("\n"));
}

#[test]
fn what_is_doubtful_makes_no_service_refuse_a_file() {
    let folder = root().join("tests/lints");
    for file in json_files(&folder) {
        let name = file.file_name().unwrap().to_str().unwrap();
        let ran: Ran = waterspout(&folder)
            .args(["eval", name, "--fact", "environment=\"staging\""])
            .output()
            .unwrap()
            .into();
        // A fact that the file does not declare is a slip of this test's hand, and no refusal.
        assert_ne!(ran.code, 1, "{name}: {}", ran.stderr);
    }
}

#[test]
fn a_rule_tells_what_why_an_example_and_what_instead() {
    for rule in rules() {
        let ran = Folder::new().run(&["rule", &rule]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        let lines = ran.lines();
        for head in ["what", "why", "example", "instead", "to accept it in a flag for a while"] {
            assert!(lines.contains(&head), "{rule} has no {head}");
        }
        assert!(lines.iter().all(|line| line.chars().count() <= 125), "{rule}");
    }
    let ran = Folder::new().run(&["rule", "unreachable-rules"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert_eq!(
        ran.stderr,
        "error: there is no rule `unreachable-rules`\nhelp: did you mean `unreachable-rule`?\n"
    );
}

#[test]
fn every_rule_has_its_row_in_the_document() {
    let document = fs::read_to_string(root().join("docs/check.md")).unwrap();
    let ran = Folder::new().run(&["rule", "--format", "json"]);
    for rule in ran.lines().iter().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let text = |key: &str| rule[key].as_str().unwrap().to_owned();
        if text("looks_at") == "file" {
            let row = format!("\n| `{}` | {} | {} |\n", text("name"), text("severity"), text("what"));
            assert!(document.contains(&row), "{row}");
        }
    }
}

#[test]
fn a_waiver_silences_its_rule_until_its_date() {
    let flags = |waive: &str| {
        format!(
            r#"{{"version": 1, "flags": {{"a": {{"owner": "b", "rules": [{{"rollout": 100}}]{waive}}}}}}}"#
        )
    };
    let folder = Folder::with_flags(&flags(""));
    assert!(found(folder.path(), "flags.json").contains("rollout-of-100"));
    // What is told to be pasted does what it says.
    let ran = check(folder.path(), "flags.json", "text");
    let stanza = ran.stdout.lines().find(|line| line.contains("\"waive\"")).unwrap();
    let folder = Folder::with_flags(&flags(&format!(", {stanza}")));
    assert_eq!(found(folder.path(), "flags.json"), BTreeSet::new());
    let later = ["check", "--now", "2027-03-02", "flags.json", "--format", "json"];
    let ran = folder.run(&later);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("waiver-expired") && ran.stdout.contains("rollout-of-100"), "{}", ran.stdout);
}

#[test]
fn the_example_of_the_repository_is_not_doubtful() {
    assert_eq!(found(&root(), "flags.example.json"), BTreeSet::new());
}
