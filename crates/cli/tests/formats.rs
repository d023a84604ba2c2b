//! The formats of `waterspout check` that other programs read, held to what they are.

mod run;

use std::fs;
use std::path::PathBuf;

use run::{Folder, Ran, json_files, root, waterspout};
use serde_json::Value;

/// Files with all that can be said of one: refusals, warnings, remarks, faults in lists, and nothing.
fn files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = json_files(&root().join("tests/bad")).into_iter().step_by(7).collect();
    files.extend(json_files(&root().join("tests/bad")).into_iter().filter(|file| {
        let name = file.file_name().unwrap().to_str().unwrap();
        name.starts_with("several") || name.starts_with("list-") || name.starts_with("not-utf8")
    }));
    files.extend(json_files(&root().join("tests/lints")));
    files.push(root().join("flags.example.json"));
    files
}

fn check(file: &std::path::Path, format: &str) -> Ran {
    let folder = file.parent().unwrap();
    let name = file.file_name().unwrap();
    let arguments = ["check", "--now", "2026-12-01", "--format", format];
    waterspout(folder).args(arguments).arg(name).output().unwrap().into()
}

fn findings(ran: &Ran) -> Vec<Value> {
    ran.lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A file whose texts would command whatever shows them.
fn hostile() -> Folder {
    Folder::with_flags(
        "{\"version\": 1, // \u{1b}[31m\n\"flags\": {\"a\": {\"owner\": \"x\", \"waive\": [{\"rule\": \"\\u001b]0;x\\u0007 ]]> <b> & % ::error:: | `\\u202e\", \"reason\": \"r\", \"until\": \"2027-01-01\"}]}}}",
    )
}

fn commands(character: char) -> bool {
    character != '\n' && (character.is_control() || ('\u{202a}'..='\u{202e}').contains(&character))
}

#[test]
fn no_format_lets_a_file_command_a_terminal() {
    for format in ["text", "github", "sarif", "junit", "markdown"] {
        let ran = hostile().run(&["check", "flags.json", "--now", "2026-12-01", "--format", format]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{format}");
        assert!(!ran.stdout.contains(commands), "{format}: {:?}", ran.stdout);
        assert!(ran.stdout.contains("U+001B"), "{format}: {}", ran.stdout);
    }
    // JSON has escapes of its own.
    let ran = hostile().run(&["check", "flags.json", "--now", "2026-12-01", "--format", "json"]);
    assert!(ran.stdout.contains("\\u001b]0;x\\u0007"), "{}", ran.stdout);
}

#[test]
fn sarif_is_as_its_schema_has_it_and_says_what_json_says() {
    let schema = root().join("crates/cli/tests/data/sarif-schema-2.1.0.json");
    let mut schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    // As published, this pattern is no regular expression to a strict reader; we write no language.
    for place in ["run", "toolComponent"] {
        let language = schema.pointer_mut(&format!("/definitions/{place}/properties/language")).unwrap();
        let pattern = language.as_object_mut().unwrap().remove("pattern").unwrap();
        assert_eq!(pattern, "^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$");
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut lines = 0;
    for file in files() {
        let ran = check(&file, "sarif");
        let log: Value = serde_json::from_str(&ran.stdout).unwrap();
        let faults: Vec<String> = validator.iter_errors(&log).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{}: {faults:?}", file.display());
        let results = log["runs"][0]["results"].as_array().unwrap();
        let findings = findings(&check(&file, "json"));
        assert_eq!(results.len(), findings.len(), "{}", file.display());
        let rules = &log["runs"][0]["tool"]["driver"]["rules"];
        for (result, finding) in results.iter().zip(&findings) {
            lines += 1;
            assert_eq!(result["ruleId"], finding["code"]);
            assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"], finding["code"]);
            let region = &result["locations"][0]["physicalLocation"]["region"];
            assert_eq!(region["startLine"], finding["line"]);
            assert_eq!(region["startColumn"], finding["column"]);
        }
    }
    assert!(lines > 100, "{lines}");
    let broken = serde_json::json!({ "version": "2.1.0", "runs": [{ "results": [] }] });
    assert!(!validator.is_valid(&broken), "the schema tells a log from what is none");
}

#[test]
fn junit_is_xml_with_a_case_for_each_rule() {
    for file in files() {
        for fail_on in ["error", "info"] {
            let folder = file.parent().unwrap();
            let arguments = ["check", "--now", "2026-12-01", "--format", "junit", "--fail-on", fail_on];
            let output = waterspout(folder).args(arguments).arg(file.file_name().unwrap()).output().unwrap();
            let ran: Ran = output.into();
            let document = roxmltree::Document::parse(&ran.stdout).unwrap();
            let suite = document.descendants().find(|node| node.has_tag_name("testsuite")).unwrap();
            let count = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).count();
            assert_eq!(suite.attribute("tests"), Some(&*count("testcase").to_string()));
            assert_eq!(suite.attribute("failures"), Some(&*count("failure").to_string()));
            assert_eq!(count("failure") > 0, ran.code == 1, "{}", file.display());
            assert!(count("testcase") >= 1);
        }
    }
    let ran = hostile().run(&["check", "flags.json", "--now", "2026-12-01", "--format", "junit"]);
    let document = roxmltree::Document::parse(&ran.stdout).unwrap();
    let told = document.descendants().find(|node| node.has_tag_name("system-out")).unwrap().text().unwrap();
    assert!(told.contains("<U+001B>]0;x<U+0007> ]]> <b> & % ::error:: | `<U+202E>"), "{told}");
}

#[test]
fn a_workflow_command_is_a_line_that_nothing_in_it_ends() {
    for file in files() {
        let ran = check(&file, "github");
        let findings = findings(&check(&file, "json"));
        assert_eq!(ran.lines().len(), findings.len(), "{}", file.display());
        for (line, finding) in ran.lines().iter().zip(&findings) {
            let (place, message) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
            let level = match finding["severity"].as_str().unwrap() {
                "info" => "notice",
                other => other,
            };
            let (told, place) = place.split_once(' ').unwrap();
            assert_eq!(told, level);
            let place: Vec<(&str, &str)> = place.split(',').map(|it| it.split_once('=').unwrap()).collect();
            assert_eq!(place[1], ("line", &*finding["line"].to_string()));
            assert_eq!(place.last(), Some(&("title", finding["code"].as_str().unwrap())));
            assert!(!message.is_empty());
        }
    }
    let ran = Folder::new().file("a,b:c%.json", "{").run(&["check", "--format", "github", "a,b:c%.json"]);
    assert!(ran.stdout.starts_with("::error file=a%2Cb%3Ac%25.json,line=1,"), "{}", ran.stdout);
}

#[test]
fn markdown_is_a_verdict_and_a_table() {
    let folder = Folder::with_flags(
        r#"{"version": 1, "flags": {"a": {"rules": [{"name": "<b>*|*", "rollout": 100}]}}}"#,
    );
    let ran = folder.run(&["check", "--format", "markdown", "flags.json"]);
    assert_eq!(
        ran.stdout,
        "`flags.json`: **1 warning, 1 remark**; every service accepts this file\n\n\
         | place | rule | what | instead |\n|---|---|---|---|\n\
         | `flags.json:1:26` | info `no-owner` | `a` has no owner | write the team that answers for it: `\"owner\": \"payments\"` |\n\
         | `flags.json:1:72` | warning `rollout-of-100` | rule 0 `<b>*\\|*` leaves out those without a targeting key: of those who have one, all | leave `rollout` out to mean everyone |\n"
    );
    let fine = Folder::with_flags(r#"{"version": 1, "flags": {}}"#);
    assert_eq!(
        fine.run(&["check", "--format", "markdown", "flags.json"]).stdout,
        "`flags.json`: 0 flags, no findings\n"
    );
}

#[test]
fn a_file_without_findings_says_nothing_where_programs_read_lines() {
    let fine = Folder::with_flags(r#"{"version": 1, "flags": {}}"#);
    for format in ["json", "github"] {
        let ran = fine.run(&["check", "--format", format, "flags.json"]);
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""));
    }
}

#[test]
fn every_severity_fails_from_its_level_on() {
    let warning = r#"{"version": 1, "flags": {"a": {"owner": "b", "rules": [{"rollout": 100}]}}}"#;
    let remark = r#"{"version": 1, "flags": {"a": {"rules": [{"rollout": 50}]}}}"#;
    let fine = r#"{"version": 1, "flags": {"a": {"owner": "b", "rules": [{"rollout": 50}]}}}"#;
    for (text, codes) in [(warning, [0, 1, 1]), (remark, [0, 0, 1]), (fine, [0, 0, 0]), ("{", [1, 1, 1])] {
        for (level, code) in ["error", "warning", "info"].into_iter().zip(codes) {
            for format in ["text", "json", "github", "sarif", "junit", "markdown"] {
                let ran = Folder::with_flags(text).run(&[
                    "check",
                    "flags.json",
                    "--fail-on",
                    level,
                    "--format",
                    format,
                ]);
                assert_eq!((ran.code, ran.stderr.as_str()), (code, ""), "{level} {format}: {text}");
            }
        }
    }
}
