//! `waterspout watch`, run for real: a file is edited in every way that files are edited, and each line is awaited.
#![cfg(unix)]

mod run;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, SystemTime};

use run::{Folder, waterspout};
use serde_json::Value;
use waterspout::Content;

/// No line takes longer than this, however busy the machine is.
const DEADLINE: Duration = Duration::from_secs(20);

const POLL: &str = "0.05";

/// A file with one text flag, `colour`, that everyone answers the same, and as many other flags as asked.
fn colour(colour: &str, others: usize) -> String {
    let others: String = (0..others).map(|n| format!(r#", "other-{n}": {{}}"#)).collect();
    format!(
        r#"{{"version": 1, "flags": {{"colour": {{"variants": {{"it": "{colour}"}}, "default": "it"}}{others}}}}}"#
    )
}

/// Two findings.
const BAD: &str = r#"{"version": 1, "flags": {"a": {"rolout": 1}, "b": {"rolout": 1}}}"#;

/// A run of `waterspout watch`, killed when it is dropped.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(folder: &Path, arguments: &[&str]) -> Watch {
        let mut command = waterspout(folder);
        command.args(["watch", "flags.json", "--poll", POLL]).args(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = mpsc::channel();
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Watch { child, lines }
    }

    fn json(folder: &Folder) -> Watch {
        Watch::start(folder.path(), &["--format", "json"])
    }

    /// The next line, whatever it is.
    fn line(&self) -> String {
        self.lines.recv_timeout(DEADLINE).expect("a line before the deadline")
    }

    /// The next event.
    fn event(&self) -> Told {
        let line = self.line();
        let told: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let keys: Vec<&str> = line.split("{\"").nth(1).unwrap().split(",\"").collect();
        let keys: Vec<&str> = keys.iter().filter_map(|part| part.split("\":").next()).collect();
        let contract = ["event", "generation", "fingerprint", "flags", "findings", "answer"];
        assert!(keys == contract[..5] || keys == contract, "{line}");
        let number = |key: &str| told[key].as_u64().unwrap_or_else(|| panic!("{key}: {line}"));
        let fingerprint = told["fingerprint"].as_str().unwrap().to_owned();
        let digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        assert!(fingerprint.len() == 32 && fingerprint.chars().all(digit), "{line}");
        Told {
            event: told["event"].as_str().unwrap().to_owned(),
            generation: number("generation"),
            fingerprint,
            flags: number("flags"),
            findings: number("findings"),
        }
    }

    /// The next event. A write in place first empties the file, and whoever looks just then has it refused.
    fn event_but_for_an_empty_file(&self) -> Told {
        let empty = format!("{:032x}", Content::of("").fingerprint());
        std::iter::repeat_with(|| self.event()).find(|told| told.fingerprint != empty).unwrap()
    }

    /// Expects the next event to be this one.
    fn expect(&self, event: &str, generation: u64, flags: u64, findings: u64) -> Told {
        let told = self.event_but_for_an_empty_file();
        assert_eq!(
            (told.event.as_str(), told.generation, told.flags, told.findings),
            (event, generation, flags, findings),
            "{told:?}"
        );
        told
    }

    /// Ends it by a signal, and says with which code it ended and what it said on stderr.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        self.ended()
    }

    fn ended(&mut self) -> (Option<i32>, String) {
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!(self.lines.recv_timeout(DEADLINE), Err(mpsc::RecvTimeoutError::Disconnected), "no more");
        (self.child.wait().unwrap().code(), stderr)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Told {
    event: String,
    generation: u64,
    fingerprint: String,
    flags: u64,
    findings: u64,
}

/// Writes a new file beside the old one and renames it over.
fn rename_over(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    fs::write(&beside, text).unwrap();
    fs::rename(&beside, path).unwrap();
}

fn flags_json(folder: &Folder) -> PathBuf {
    folder.path().join("flags.json")
}

#[test]
fn each_edit_is_told_however_it_is_made() {
    let folder = Folder::with_flags(&colour("red", 0));
    let path = flags_json(&folder);
    let watch = Watch::json(&folder);
    let red = watch.expect("published", 1, 1, 0);

    fs::write(&path, colour("green", 1)).unwrap();
    let green = watch.expect("published", 2, 2, 0);
    assert_ne!(red.fingerprint, green.fingerprint);

    rename_over(&path, &colour("blue", 2));
    watch.expect("published", 3, 3, 0);

    fs::remove_file(&path).unwrap();
    watch.expect("source-error", 3, 3, 0);
    fs::write(&path, colour("black", 0)).unwrap();
    watch.expect("published", 4, 1, 0);

    // The same bytes have the same fingerprint, and are a publication of their own even so.
    fs::write(&path, colour("red", 0)).unwrap();
    assert_eq!(watch.expect("published", 5, 1, 0).fingerprint, red.fingerprint);
}

#[test]
fn a_refused_edit_changes_nothing_and_its_mending_is_told() {
    let folder = Folder::with_flags(&colour("red", 3));
    let path = flags_json(&folder);
    let watch = Watch::json(&folder);
    let red = watch.expect("published", 1, 4, 0);

    fs::write(&path, BAD).unwrap();
    let refused = watch.expect("refused", 1, 4, 2);
    assert_ne!(refused.fingerprint, red.fingerprint, "it is the refused file's own");

    // Refused too, and another file.
    fs::write(&path, "{").unwrap();
    assert_ne!(watch.expect("refused", 1, 4, 1).fingerprint, refused.fingerprint);

    fs::write(&path, colour("red", 3)).unwrap();
    assert_eq!(watch.expect("recovered", 1, 4, 0).fingerprint, red.fingerprint);

    fs::remove_file(&path).unwrap();
    assert_eq!(watch.expect("source-error", 1, 4, 0).fingerprint, red.fingerprint);
    rename_over(&path, &colour("red", 3));
    assert_eq!(watch.expect("recovered", 1, 4, 0).fingerprint, red.fingerprint);

    // Refused once more, away, and back as it was: still refused, and never called well in between.
    rename_over(&path, BAD);
    assert_eq!(watch.expect("refused", 1, 4, 2).fingerprint, refused.fingerprint);
    for _ in 0..2 {
        fs::remove_file(&path).unwrap();
        assert_eq!(watch.expect("source-error", 1, 4, 0).fingerprint, red.fingerprint);
        rename_over(&path, BAD);
        assert_eq!(watch.expect("refused", 1, 4, 2).fingerprint, refused.fingerprint);
    }

    // What is no file cannot be read, and is no flag file with a fault.
    fs::remove_file(&path).unwrap();
    watch.expect("source-error", 1, 4, 0);
    fs::create_dir(&path).unwrap();
    watch.expect("source-error", 1, 4, 0);
    fs::remove_dir(&path).unwrap();
    watch.expect("source-error", 1, 4, 0);
    fs::write(&path, "").unwrap();
    assert_eq!(watch.event().event, "refused", "an empty file says nothing");
    rename_over(&path, &colour("red", 3));
    assert_eq!(watch.expect("recovered", 1, 4, 0).fingerprint, red.fingerprint);

    fs::write(&path, colour("blue", 0)).unwrap();
    watch.expect("published", 2, 1, 0);
    rename_over(&path, r#"{"version": 1, "flags": {}}"#);
    watch.expect("published", 3, 0, 0);
}

#[test]
fn the_lines_are_the_contract_to_the_letter() {
    let folder = Folder::with_flags(&colour("red", 0));
    let path = flags_json(&folder);
    let who = ["--format", "json", "--flag", "colour", "--context", r#"{"targetingKey": "ada"}"#];
    let (plain, asking) = (Watch::json(&folder), Watch::start(folder.path(), &who));
    let expect = |line: &str, answer: &str| {
        assert_eq!(plain.line(), line);
        assert_eq!(asking.line(), line.replace('}', &format!("{answer}}}")));
    };
    let of = |text: &str| format!("{:032x}", Content::of(text).fingerprint());
    let red = of(&colour("red", 0));
    let answer = r#","answer":{"flag":"colour","key":"ada","value":"red","variant":"it","reason":"STATIC","rule":null,"name":null}"#;
    expect(
        &format!(r#"{{"event":"published","generation":1,"fingerprint":"{red}","flags":1,"findings":0}}"#),
        answer,
    );
    rename_over(&path, BAD);
    let bad = of(BAD);
    expect(
        &format!(r#"{{"event":"refused","generation":1,"fingerprint":"{bad}","flags":1,"findings":2}}"#),
        "",
    );
    fs::remove_file(&path).unwrap();
    expect(
        &format!(r#"{{"event":"source-error","generation":1,"fingerprint":"{red}","flags":1,"findings":0}}"#),
        "",
    );
    rename_over(&path, &colour("red", 0));
    expect(
        &format!(r#"{{"event":"recovered","generation":1,"fingerprint":"{red}","flags":1,"findings":0}}"#),
        "",
    );
}

#[test]
fn the_same_content_again_is_nothing_new() {
    let folder = Folder::with_flags(&colour("red", 0));
    let path = flags_json(&folder);
    let watch = Watch::json(&folder);
    watch.expect("published", 1, 1, 0);
    for _ in 0..3 {
        let mut file = File::options().write(true).open(&path).unwrap();
        file.write_all(colour("red", 0).as_bytes()).unwrap();
        file.set_modified(SystemTime::now()).unwrap();
        rename_over(&path, &colour("red", 0));
        // Long enough for a look. If it told anything, that would be the next line.
        thread::sleep(Duration::from_millis(120));
    }
    fs::write(&path, colour("blue", 0)).unwrap();
    watch.expect("published", 2, 1, 0);
}

#[test]
fn a_file_that_is_caught_half_written_is_refused_until_it_is_whole() {
    let folder = Folder::with_flags(&colour("red", 0));
    let watch = Watch::json(&folder);
    watch.expect("published", 1, 1, 0);
    let text = colour("green", 1);
    let (half, rest) = text.split_at(text.len() / 2);
    let mut file = File::create(flags_json(&folder)).unwrap();
    file.write_all(half.as_bytes()).unwrap();
    watch.expect("refused", 1, 1, 1);
    file.write_all(rest.as_bytes()).unwrap();
    watch.expect("published", 2, 2, 0);
}

#[test]
fn an_edit_that_leaves_size_and_time_as_they_were_is_told() {
    let folder = Folder::with_flags(&colour("red", 0));
    let path = flags_json(&folder);
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let set_time = || File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
    set_time();
    let watch = Watch::json(&folder);
    watch.expect("published", 1, 1, 0);
    // By now the loader trusts the state of the file, and reads it only if that has changed.
    thread::sleep(Duration::from_millis(2_300));
    fs::write(&path, colour("tan", 0)).unwrap();
    set_time();
    watch.expect("published", 2, 1, 0);
    let beside = folder.path().join("beside.json");
    fs::write(&beside, colour("sky", 0)).unwrap();
    File::options().write(true).open(&beside).unwrap().set_modified(long_ago).unwrap();
    fs::rename(&beside, &path).unwrap();
    watch.expect("published", 3, 1, 0);
}

#[test]
fn a_config_map_is_followed_through_its_links() {
    let folder = Folder::new()
        .file("..2026_01/flags.json", colour("red", 0))
        .file("..2026_02/flags.json", colour("green", 1));
    let link = |edition: &str| {
        symlink(edition, folder.path().join("..data_tmp")).unwrap();
        fs::rename(folder.path().join("..data_tmp"), folder.path().join("..data")).unwrap();
    };
    link("..2026_01");
    symlink("..data/flags.json", flags_json(&folder)).unwrap();
    let watch = Watch::json(&folder);
    watch.expect("published", 1, 1, 0);
    link("..2026_02");
    fs::remove_dir_all(folder.path().join("..2026_01")).unwrap();
    watch.expect("published", 2, 2, 0);
}

#[test]
fn a_list_is_followed_as_the_file_is() {
    let folder = Folder::with_flags(
        r#"{"version": 1, "segments": {"pilots": {"keys_from": "lists/pilots.txt"}},
            "flags": {"beta": {"rules": [{"when": {"segment": "pilots"}}]}}}"#,
    )
    .file("lists/pilots.txt", "grace\n");
    let list = folder.path().join("lists/pilots.txt");
    let who = ["--format", "json", "--flag", "beta", "--context", r#"{"targetingKey": "ada"}"#];
    let watch = Watch::start(folder.path(), &who);
    let value = |line: &str| serde_json::from_str::<Value>(line).unwrap()["answer"]["value"].clone();
    assert_eq!(value(&watch.line()), false);
    rename_over(&list, "ada\ngrace\n");
    assert_eq!(value(&watch.line()), true);
    fs::remove_file(&list).unwrap();
    watch.expect("refused", 2, 1, 1);
    rename_over(&list, "grace\n");
    assert_eq!(value(&watch.line()), false);
}

#[test]
fn an_absent_file_is_waited_for_and_a_refused_one_too() {
    let folder = Folder::new();
    let path = flags_json(&folder);
    let watch = Watch::json(&folder);
    assert_eq!(watch.expect("source-error", 0, 0, 0).fingerprint, "0".repeat(32));
    rename_over(&path, BAD);
    let refused = watch.expect("refused", 0, 0, 2);
    assert_ne!(refused.fingerprint, "0".repeat(32));
    rename_over(&path, "{");
    watch.expect("refused", 0, 0, 1);
    fs::remove_file(&path).unwrap();
    watch.expect("source-error", 0, 0, 0);
    rename_over(&path, BAD);
    assert_eq!(watch.expect("refused", 0, 0, 2).fingerprint, refused.fingerprint);
    rename_over(&path, &colour("red", 1));
    watch.expect("published", 1, 2, 0);
    rename_over(&path, BAD);
    watch.expect("refused", 1, 2, 2);
}

#[test]
fn each_publication_is_asked_and_answers_as_eval_does() {
    let folder = Folder::with_flags(&colour("red", 0));
    let path = flags_json(&folder);
    let context = r#"{"targetingKey": "ad\"a"}"#;
    let watch = Watch::start(folder.path(), &["--format", "json", "--flag", "colour", "--context", context]);
    for next in ["green", "blue", "fl\\u0069eder"] {
        let told = watch.line();
        let (head, answer) = told.strip_suffix('}').unwrap().split_once(",\"answer\":").unwrap();
        assert!(head.starts_with("{\"event\":\"published\",\"generation\":"), "{told}");
        let eval = folder.run(&["eval", "flags.json", "--flag", "colour", "--context", context]);
        assert_eq!(eval.lines(), [answer]);
        rename_over(&path, &colour(next, 0));
    }
    assert!(watch.line().contains(r#""value":"flieder","variant":"it""#));
    rename_over(&path, r#"{"version": 1, "flags": {}}"#);
    let gone = watch.line();
    assert!(gone.ends_with(r#","answer":{"flag":"colour","key":"ad\"a","value":null,"variant":null,"reason":"ERROR","rule":null,"name":null,"error":"FLAG_NOT_FOUND"}}"#), "{gone}");
    rename_over(&path, BAD);
    watch.expect("refused", 5, 0, 2);
}

const WITH_FACT: &str = r#"{"version": 1,
    "attributes": {"environment": {"type": "string", "one_of": ["production", "staging"], "fact": true}},
    "flags": {"beta": {"rules": [{"when": {"environment": {"is": "staging"}, "now": {"since": "2030-01-01"}}}]}}}"#;

#[test]
fn facts_and_time_are_given_as_to_eval() {
    let folder = Folder::with_flags(WITH_FACT);
    let given = ["--format", "json", "--flag", "beta", "--fact", "environment=\"staging\"", "--now"];
    for (now, value) in [("2029-12-31", "false"), ("2030-01-01", "true")] {
        let watch = Watch::start(folder.path(), &[&given[..], &[now]].concat());
        let line = watch.line();
        assert!(line.contains(&format!(r#","value":{value},"#)), "{line}");
    }
}

#[test]
fn a_missing_fact_ends_it_as_soon_as_the_file_can_be_read() {
    let folder = Folder::new();
    let mut watch = Watch::json(&folder);
    watch.expect("source-error", 0, 0, 0);
    rename_over(&flags_json(&folder), WITH_FACT);
    let (code, stderr) = watch.ended();
    assert_eq!(code, Some(2));
    assert_eq!(
        stderr,
        "error: the fact `environment` (a `string`) is not given\n\
         help: give it as --fact 'environment=\"production\"'\n"
    );
}

#[test]
fn a_fact_that_a_later_file_declares_does_not_end_it() {
    let folder = Folder::with_flags(&colour("red", 0));
    let (json, text) = (Watch::json(&folder), Watch::start(folder.path(), &[]));
    json.expect("published", 1, 1, 0);
    assert!(text.line().contains(" published generation 1: "));
    rename_over(&flags_json(&folder), WITH_FACT);
    json.expect("published", 2, 1, 0);
    assert!(text.line().contains(" published generation 2: "));
    let mismatch = text.line();
    assert!(mismatch.contains("the fact `environment` (a `string`) is not given"), "{mismatch}");
    // In JSON nothing stands between.
    rename_over(&flags_json(&folder), BAD);
    json.expect("refused", 2, 1, 2);
}

#[test]
fn people_read_a_line_with_the_time() {
    let folder = Folder::with_flags(&colour("red", 1));
    let path = flags_json(&folder);
    let watch = Watch::start(folder.path(), &["--flag", "colour"]);
    let line = || {
        let line = watch.line();
        let (time, words) = line.split_once(' ').unwrap();
        assert!(time.len() == 20 && time.ends_with('Z') && time.as_bytes()[10] == b'T', "{line}");
        words.to_owned()
    };
    let published = line();
    assert!(published.starts_with("published generation 1: 2 flags, fingerprint "), "{published}");
    assert!(published.contains("; `colour` for nobody in particular: it = "), "{published}");
    rename_over(&path, "{\"version\": 1, \"flags\": {}, \"\u{1b}[2J\": 1}");
    let refused = line();
    assert!(refused.starts_with("refused, generation 1 still serves: flags.json:1:30: error["), "{refused}");
    assert!(!refused.contains('\u{1b}'), "{refused:?}");
    fs::remove_file(&path).unwrap();
    let gone = line();
    assert!(gone.starts_with("source error, generation 1 still serves: flags.json: "), "{gone}");
    rename_over(&path, &colour("red", 1));
    assert_eq!(line(), "recovered, generation 1 serves");
}

#[test]
fn an_interrupt_ends_it_well() {
    for signal in ["INT", "TERM"] {
        let folder = Folder::with_flags(&colour("red", 0));
        let watch = Watch::json(&folder);
        watch.expect("published", 1, 1, 0);
        assert_eq!(watch.end(signal), (Some(0), String::new()));
        // While it still waits for a file, too.
        let folder = Folder::new();
        let watch = Watch::json(&folder);
        watch.expect("source-error", 0, 0, 0);
        assert_eq!(watch.end(signal), (Some(0), String::new()));
    }
}

#[test]
fn it_ends_well_when_nobody_reads_any_more() {
    let folder = Folder::with_flags(&colour("red", 0));
    let mut command = waterspout(folder.path());
    command.args(["watch", "flags.json", "--poll", POLL]).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.contains("published generation 1"), "{first}");
    rename_over(&flags_json(&folder), &colour("blue", 0));
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn options_that_are_wrong_end_it_at_once() {
    let folder = Folder::with_flags(&colour("red", 0));
    for (options, told) in [
        (&["flags.json", "--poll", "0"][..], "write a number of seconds from 0.01 to 86400"),
        (&["flags.json", "--poll", "soon"], "write a number of seconds from 0.01 to 86400"),
        (&["flags.json", "--format", "xml"], "invalid value 'xml'"),
        (&["flags.json", "--context", "{}"], "--flag <KEY>"),
        (&["flags.json", "--flag", "colour", "--context", "[]"], "--context:1:1"),
        (&["flags.json", "--flag", "colour", "--flag", "beta"], "cannot be used multiple times"),
        (&["flags.json", "--fact", "environment=\"x\""], "declares no fact `environment`"),
        (&["-"], "`-` cannot be followed"),
        (&[], "<FILE>"),
    ] {
        let ran = folder.run(&[&["watch"], options].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{options:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(told), "{options:?}: {}", ran.stderr);
    }
}
