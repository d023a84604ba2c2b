//! `waterspout check`, run for real.

mod run;

use std::process::Stdio;

use run::{Folder, json_files, root, waterspout};
use serde_json::Value;

const ONE_FAULT: &str = r#"{
  "version": 1,
  "flags": {
    "new-checkout": { "rules": [{ "rollout": 5, "serve": "onn" }] }
  }
}
"#;

#[test]
fn a_file_without_findings_is_told_in_one_line() {
    let folder = Folder::with_flags(r#"{"version": 1, "flags": {"a": {"owner": "x"}, "b": {"owner": "y"}}}"#)
        .file("one.json", r#"{"version": 1, "flags": {"a": {"owner": "x"}}}"#)
        .file("none.json", r#"{"version": 1, "flags": {}}"#);
    for (file, flags) in [("flags.json", "2 flags"), ("one.json", "1 flag"), ("none.json", "0 flags")] {
        let ran = folder.run(&["check", file]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        assert_eq!(ran.stdout, format!("{file}: {flags}, no findings\n"));
    }
}

#[test]
fn a_finding_has_its_place_its_line_a_caret_and_help() {
    let ran = Folder::with_flags(ONE_FAULT).run(&["check", "flags.json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
    let caret = ran.stdout.lines().find(|line| line.contains('^')).unwrap();
    let source = ran.stdout.lines().find(|line| line.starts_with("4 |")).unwrap();
    assert_eq!(caret.find('^'), source.find("\"onn\""), "{}", ran.stdout);
    assert_eq!(caret.matches('^').count(), "\"onn\"".len());
    let lines = ran.lines();
    assert!(lines[0].starts_with("error[unknown-variant]: "), "{}", ran.stdout);
    assert_eq!(lines[1], " --> flags.json:4:58");
    assert!(lines.contains(&"help: did you mean `on`?"), "{}", ran.stdout);
    assert_eq!(lines.last(), Some(&"1 error; this file would be refused"));
}

#[test]
fn every_good_file_is_fine_in_both_formats() {
    let folder = root().join("tests/good");
    for file in json_files(&folder) {
        for format in ["text", "json"] {
            let output = waterspout(&folder).args(["check", "--format", format]).arg(&file).output().unwrap();
            assert!(output.status.success(), "{}", file.display());
            assert!(output.stderr.is_empty(), "{}", file.display());
            let stdout = String::from_utf8(output.stdout).unwrap();
            // What is doubtful is told; nothing of it refuses the file.
            assert!(!stdout.contains("error[") && !stdout.contains("\"error\""), "{}", file.display());
        }
    }
}

#[test]
fn json_is_one_object_a_finding_and_nothing_else() {
    let folder = root().join("tests/bad");
    for file in json_files(&folder).iter().filter(|file| file.ends_with("several-faults.json")) {
        let output = waterspout(&folder).args(["check", "--format", "json"]).arg(file).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stderr.is_empty());
        let stdout = String::from_utf8(output.stdout).unwrap();
        let findings: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(findings.len() >= 30, "{}", findings.len());
        for finding in &findings {
            let finding = finding.as_object().unwrap();
            for key in ["code", "severity", "file", "path", "message"] {
                assert!(finding.get(key).is_some_and(Value::is_string), "{key}: {finding:?}");
            }
            for key in ["line", "column"] {
                assert!(
                    finding.get(key).and_then(Value::as_u64).is_some_and(|at| at > 0),
                    "{key}: {finding:?}"
                );
            }
            for key in ["label", "help"] {
                assert!(finding.get(key).is_some_and(|said| said.is_string() || said.is_null()), "{key}");
            }
        }
    }
    let ran = Folder::with_flags(ONE_FAULT).run(&["check", "flags.json", "--format=json"]);
    let keys = ["code", "severity", "file", "line", "column", "path", "message", "label", "help"];
    let places: Vec<usize> =
        keys.iter().map(|key| ran.stdout.find(&format!("\"{key}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{}", ran.stdout);
    let finding: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(finding["code"], "unknown-variant");
    assert_eq!(finding["severity"], "error");
    assert_eq!(finding["file"], "flags.json");
    assert_eq!((finding["line"].as_u64(), finding["column"].as_u64()), (Some(4), Some(58)));
    assert_eq!(finding["path"], "/flags/new-checkout/rules/0/serve");
    assert_eq!(finding["help"], "did you mean `on`?");
}

#[test]
fn a_finding_in_a_list_is_told_with_the_list() {
    let folder = Folder::new()
        .file(
            "conf/flags.json",
            r#"{"version": 1, "segments": {"pilots": {"keys_from": "lists/p.txt"}}, "flags": {}}"#,
        )
        .file("conf/lists/p.txt", "acme\nglobex\ninite");
    let ran = folder.run(&["check", "conf/flags.json"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains(" --> conf/lists/p.txt:3:1\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("3 | inite\n"), "{}", ran.stdout);
    let ran = folder.run(&["check", "conf/flags.json", "--format", "json"]);
    let finding: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(finding["file"], "conf/lists/p.txt");
    assert_eq!(finding["line"], 3);
    assert_eq!(finding["path"], "/segments/pilots/keys_from");
}

#[test]
fn a_list_that_is_not_there_is_a_finding() {
    let ran = Folder::with_flags(
        r#"{"version": 1, "segments": {"pilots": {"keys_from": "lists/p.txt"}}, "flags": {}}"#,
    )
    .run(&["check", "flags.json"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("error[list-unreadable]"), "{}", ran.stdout);
    assert!(ran.stdout.contains("there is no such file"), "{}", ran.stdout);
}

#[test]
fn every_level_of_fail_on_is_known_and_errors_are_above_all() {
    let folder = Folder::with_flags(ONE_FAULT).file("fine.json", r#"{"version": 1, "flags": {}}"#);
    for level in ["error", "warning", "info"] {
        assert_eq!(folder.run(&["check", "flags.json", "--fail-on", level]).code, 1, "{level}");
        assert_eq!(folder.run(&["check", "fine.json", "--fail-on", level]).code, 0, "{level}");
    }
    assert_eq!(folder.run(&["check", "flags.json", "--fail-on", "never"]).code, 2);
}

#[test]
fn a_dash_is_stdin_with_lists_beside_the_current_folder() {
    let text = br#"{"version": 1, "segments": {"pilots": {"keys_from": "lists/p.txt"}}, "flags": {"a": {"owner": "x", "deny": [{"segment": "pilots"}], "default": "on"}}}"#;
    let folder = Folder::new().file("lists/p.txt", "acme\n");
    let ran = folder.run_with_stdin(&["check", "-"], text);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "<stdin>: 1 flag, no findings\n"));
    let ran = Folder::new().run_with_stdin(&["check", "-"], text);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains(" --> <stdin>:1:53"), "{}", ran.stdout);
}

#[test]
fn what_cannot_be_read_is_one_line_on_stderr() {
    let folder = Folder::new().file("folder/inside.txt", "");
    for (file, why) in [
        ("absent.json", "there is no such file"),
        ("absent/flags.json", "there is no such file"),
        ("folder", "it is a folder"),
    ] {
        for command in ["check", "eval", "explain"] {
            let ran = folder.run(&[command, file]);
            assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{command} {file}");
            assert_eq!(ran.stderr, format!("error: `{file}` cannot be read: {why}\n"), "{command}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::with_flags(r#"{"version": 1, "flags": {}}"#);
    let path = folder.path().join("flags.json");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o0)).unwrap();
    if std::fs::read(&path).is_ok() {
        // Whoever runs the tests may read everything.
        return;
    }
    let ran = folder.run(&["check", "flags.json"]);
    assert_eq!(ran.code, 2);
    assert_eq!(ran.stderr, "error: `flags.json` cannot be read: this user may not read it\n");
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let mut text = br#"{"version": 1, "flags": {}}"#.to_vec();
    text.resize(32 << 20, b' ');
    let folder = Folder::new().file("just.json", &text);
    assert_eq!(folder.run(&["check", "just.json"]).code, 0);
    text.resize(50 << 20, b' ');
    let folder = folder.file("large.json", &text);
    let message = "cannot be read: it is larger than 32 MiB, the most that is read\n";
    for command in ["check", "eval", "explain"] {
        let ran = folder.run(&[command, "large.json"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
        assert_eq!(ran.stderr, format!("error: `large.json` {message}"));
    }
    let ran = folder.run_with_stdin(&["check", "-"], &text);
    assert_eq!((ran.code, ran.stderr), (2, format!("error: `<stdin>` {message}")));
}

#[test]
fn nesting_without_end_is_refused() {
    let lists = format!(r#"{{"version": 1, "flags": {}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let objects =
        format!(r#"{{"version": 1, "flags": {}1{}}}"#, r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
    let folder = Folder::new()
        .file("lists.json", lists)
        .file("objects.json", objects)
        .file("open.json", "[".repeat(100_000));
    for (file, code) in [("lists.json", "too-deep"), ("objects.json", "too-deep"), ("open.json", "syntax")] {
        let ran = folder.run(&["check", file]);
        assert_eq!((ran.code, ran.stderr.as_str()), (1, ""), "{file}");
        assert!(ran.stdout.contains(&format!("error[{code}]")), "{file}: {}", ran.stdout);
        assert!(ran.stdout.len() < 5_000, "only the part of a long line that matters is shown");
    }
}

#[test]
fn numbers_beyond_a_double_are_refused() {
    let ran = Folder::with_flags(
        r#"{"version": 1, "flags": {"a": {"variants": {"much": 1e999}, "default": "much"}}}"#,
    )
    .run(&["check", "flags.json"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("error[number-too-large]: `1e999`"), "{}", ran.stdout);
}

#[test]
fn bytes_that_are_no_utf8_are_a_finding_with_a_caret() {
    let ran = Folder::new()
        .file("flags.json", b"{\n  \"version\": 1, // K\xF6ln\n  \"flags\": {}\n}\n")
        .run(&["check", "flags.json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
    assert!(ran.stdout.contains("error[not-utf8]"), "{}", ran.stdout);
    assert!(ran.stdout.contains(" --> flags.json:2:21\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("K\u{fffd}ln"), "{}", ran.stdout);
}

#[test]
fn a_file_cannot_command_the_terminal() {
    let text = "{\"version\": 1, \"flags\": {\n  \"a\u{9b}31m\u{202e}\u{7f}b\": {}, \"\\u001b]0;owned\\u0007\": {}\n}}";
    let folder = Folder::with_flags(text);
    let ran = folder.run(&["check", "flags.json"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("<U+009B>31m<U+202E><U+007F>b"), "{}", ran.stdout);
    assert!(ran.stdout.contains("<U+001B>]0;owned<U+0007>"), "{}", ran.stdout);
    let odd = |character: char| {
        character != '\n' && (character.is_control() || ('\u{202a}'..='\u{202e}').contains(&character))
    };
    assert!(!ran.stdout.contains(odd), "{:?}", ran.stdout);
    let ran = Folder::new().run(&["check", "\u{1b}[31mabsent\u{202e}"]);
    assert_eq!(ran.stderr, "error: `<U+001B>[31mabsent<U+202E>` cannot be read: there is no such file\n");
}

#[test]
fn colour_is_for_terminals_and_no_color_forbids_it() {
    let folder = Folder::with_flags(ONE_FAULT);
    let run = |set: &[(&str, &str)]| {
        let mut command = waterspout(folder.path());
        command.args(["check", "flags.json"]).env_remove("NO_COLOR").envs(set.iter().copied());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert!(!run(&[]).contains('\u{1b}'), "a pipe is no terminal");
    assert!(run(&[("CLICOLOR_FORCE", "1")]).contains('\u{1b}'));
    assert!(!run(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]).contains('\u{1b}'));
}

#[test]
fn whoever_looks_at_the_first_lines_only_does_no_harm() {
    let faults: Vec<String> = (0..5_000).map(|n| format!("\"no name {n}\": {{}}")).collect();
    let folder =
        Folder::with_flags(&format!("{{\"version\": 1, \"flags\": {{\n{}\n}}}}", faults.join(",\n")));
    let mut command = waterspout(folder.path());
    command.args(["check", "flags.json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "the exit code tells still");
    assert!(output.stderr.is_empty());
}

#[test]
fn a_wrong_command_line_ends_in_2() {
    let folder = Folder::with_flags(r#"{"version": 1, "flags": {}}"#);
    for arguments in [
        &[][..],
        &["check"],
        &["chekc", "flags.json"],
        &["check", "flags.json", "--nope"],
        &["check", "flags.json", "other.json"],
        &["check", "flags.json", "--format", "yaml"],
        &["completions", "nush"],
        &["completions"],
    ] {
        let ran = folder.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(!ran.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn help_says_what_it_does_how_it_ends_and_shows_an_example() {
    let folder = Folder::new();
    for command in ["check", "eval", "explain", "completions"] {
        for option in ["--help", "-h"] {
            let ran = folder.run(&[command, option]);
            assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
            assert!(ran.stdout.contains("Exit codes:\n  0  "), "{}", ran.stdout);
            assert!(ran.stdout.contains(&format!("waterspout {command} ")), "{}", ran.stdout);
        }
    }
    let ran = folder.run(&["--version"]);
    assert_eq!((ran.code, ran.stdout), (0, format!("waterspout {}\n", env!("CARGO_PKG_VERSION"))));
    assert_eq!(folder.run(&["--help"]).code, 0);
}

#[test]
fn every_shell_has_its_completions() {
    let folder = Folder::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = folder.run(&["completions", shell]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{shell}");
        assert!(ran.stdout.contains("fail-on"), "{shell}");
    }
}
