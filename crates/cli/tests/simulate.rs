//! `waterspout simulate`: shares that a finite run prints, and the live table in a real terminal.
//!
//! The terminal is tmux; `./test` installs it.

mod run;

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{fs, str};

use run::{Folder, root, waterspout};
use serde_json::Value;

/// Rollouts of known size, bucketed by the targeting key.
const KNOWN: &str = r#"{ "version": 1, "flags": {
    "none":    { "rules": [{ "name": "nobody", "rollout": 0 }] },
    "few":     { "rules": [{ "rollout": 1 }] },
    "quarter": { "rules": [{ "rollout": 25 }] },
    "nested":  { "rules": [{ "when": { "key": { "starts_with": "user-" } }, "rollout": 30 }, { "rollout": 10 }] },
    "all":     { "rules": [{ "rollout": 100 }] },
    "split":   { "variants": { "a": "a", "b": "b", "c": "c", "off": "-" }, "default": "off",
                 "rules": [{ "rollout": 50, "split": [{ "a": 10 }, { "b": 20 }, { "c": 70 }] }] },
    "fixed":   { "default": "on" },
    "killed":  { "enabled": false, "default": "on", "off": "off" }
} }"#;

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let output =
        waterspout(folder).arg("simulate").args(arguments).args(["--format", "json"]).output().unwrap();
    assert_eq!(str::from_utf8(&output.stderr).unwrap(), "");
    assert_eq!(output.status.code(), Some(0));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn flag<'r>(report: &'r Value, key: &str) -> &'r Value {
    report["flags"].as_array().unwrap().iter().find(|flag| flag["flag"] == key).unwrap()
}

/// How many users got a variant.
fn users(report: &Value, key: &str, variant: &str) -> u64 {
    let variants = flag(report, key)["variants"].as_array().unwrap();
    variants.iter().find(|own| own["variant"] == variant).unwrap()["users"].as_u64().unwrap()
}

/// Whether a count is what chance allows: within five standard deviations.
#[track_caller]
fn assert_expected(count: u64, of: u64, share: f64) {
    let (expected, deviation) = (of as f64 * share, (of as f64 * share * (1.0 - share)).sqrt());
    assert!((count as f64 - expected).abs() <= 5.0 * deviation, "{count} of {of}, not {share}");
}

#[test]
fn shares_are_those_of_the_rollouts_and_splits() {
    let folder = Folder::with_flags(KNOWN);
    let report = json(folder.path(), &["flags.json", "--users", "200000"]);
    let all = report["users"].as_u64().unwrap();
    let keyed = all - report["anonymous"].as_u64().unwrap();
    assert_eq!((all, report["checks"].as_u64().unwrap()), (200_000, 8 * 200_000));
    assert_expected(all - keyed, all, 1.0 / 20.0);

    assert_eq!(users(&report, "none", "on"), 0);
    assert_expected(users(&report, "few", "on"), keyed, 0.01);
    assert_expected(users(&report, "quarter", "on"), keyed, 0.25);
    assert_expected(users(&report, "nested", "on"), keyed, 0.3);
    assert_eq!(flag(&report, "nested")["rules"][1]["users"], 0, "10 % lie inside the 30 %");
    assert_eq!(users(&report, "all", "on"), keyed, "a rollout of 100 holds everyone who has a key");
    assert_eq!(users(&report, "fixed", "on"), all);
    assert_eq!(users(&report, "killed", "off"), all);

    let inside = flag(&report, "split")["rules"][0]["users"].as_u64().unwrap();
    assert_expected(inside, keyed, 0.5);
    for (variant, share) in [("a", 0.1), ("b", 0.2), ("c", 0.7)] {
        assert_expected(users(&report, "split", variant), inside, share);
    }
}

#[test]
fn every_user_is_counted_once() {
    let report = json(&root(), &["flags.example.json", "--now", "2026-12-01", "--users", "30000"]);
    for flag in report["flags"].as_array().unwrap() {
        let sum = |rows: &str| -> u64 {
            flag[rows].as_array().unwrap().iter().map(|row| row["users"].as_u64().unwrap()).sum()
        };
        assert_eq!(sum("variants"), 30_000, "{flag}");
        assert_eq!(sum("rules") + sum("no_rule"), 30_000, "{flag}");
    }
    let keyed = 30_000 - report["anonymous"].as_u64().unwrap();
    assert_expected(users(&report, "experiment-holdout", "on"), keyed, 0.05);
    let (control, short) = (users(&report, "buy-button", "control"), users(&report, "buy-button", "short"));
    assert_expected(control, control + short, 0.5);
    // People and accounts whom the file names are among the users.
    let adopters = flag(&report, "new-checkout")["rules"][1]["users"].as_u64().unwrap();
    assert!(adopters > 150, "{adopters}");
}

#[test]
fn a_run_depends_on_seed_and_users_alone() {
    let counted = |arguments: &[&str]| {
        let common = ["flags.example.json", "--now", "2026-12-01", "--users", "20000"];
        let mut report = json(&root(), &[&common, arguments].concat());
        assert!(report["speed"]["checks_per_second"].as_f64().unwrap() > 0.0);
        report.as_object_mut().unwrap().remove("speed");
        report
    };
    let first = counted(&["--seed", "7"]);
    assert_eq!(first, counted(&["--seed", "7"]));
    assert_eq!(first, counted(&["--seed", "7", "--threads", "3"]));
    assert_ne!(first["flags"], counted(&["--seed", "8"])["flags"]);
}

#[test]
fn what_is_counted_is_what_eval_answers() {
    let folder = Folder::with_flags(KNOWN);
    let report = json(folder.path(), &["flags.json", "--users", "2000"]);
    let mut compared = 0;
    for flag in report["flags"].as_array().unwrap() {
        for variant in flag["variants"].as_array().unwrap() {
            for user in variant["sample"].as_array().unwrap().iter().filter(|user| user.is_string()) {
                let context = format!(r#"{{ "targetingKey": {user} }}"#);
                let key = flag["flag"].as_str().unwrap();
                let ran = folder.run(&["eval", "flags.json", "--flag", key, "--context", &context]);
                let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
                assert_eq!(answer["variant"], variant["variant"], "{key} for {user}");
                compared += 1;
            }
        }
    }
    assert!(compared > 40, "{compared}");
}

#[test]
fn the_table_names_facts_flags_rules_and_people() {
    let arguments = ["simulate", "flags.example.json", "--now", "2026-12-01", "--users", "5000"];
    let output = waterspout(&root()).args(arguments).output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    let squeezed = table.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "flags.example.json: 12 flags, fingerprint ",
        ", as of 2026-12-01T00:00:00Z fact environment = \"production\" (the first of its one_of; choose with --fact)",
        "5,000 made-up users from seed 0, ",
        " new-checkout (bool, release, payments): One-page checkout on 1",
        " % ada, user-2, ",
        " rule 2 Germany and France first ",
        " % rollout 25 % → on ",
        " a required flag says no ",
        " % rollout 60 % → control 50, short 50 ",
        " switched off 100 % → off ",
        " 60,000 checks in ",
    ] {
        assert!(squeezed.contains(part), "{part:?} in\n{table}");
    }
}

#[test]
fn facts_are_checked_and_sensitive_ones_are_not_shown() {
    let folder = Folder::with_flags(
        r#"{ "version": 1,
            "attributes": {
                "token": { "type": "string", "fact": true, "sensitive": true },
                "region": { "type": "string", "fact": true, "one_of": ["eu", "us"] } },
            "flags": { "here": { "rules": [{ "when": { "region": { "is": "us" } } }] } } }"#,
    );
    let run = |facts: &[&str]| folder.run(&[&["simulate", "flags.json", "--users", "100"], facts].concat());
    let ran = run(&[]);
    assert!(ran.stdout.contains("region = \"eu\" (the first of its one_of"), "{}", ran.stdout);
    let ran = run(&["--fact", "region=\"us\"", "--fact", "token=\"hush\""]);
    assert!(
        ran.stdout.contains("fact region = \"us\"\n") && ran.stdout.contains("rule 0    100 %"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("token = (sensitive)") && !ran.stdout.contains("hush"), "{}", ran.stdout);
    for (fact, said) in [
        ("region=\"mars\"", "something other than `eu`, `us`"),
        ("region=us", "a text wants its quotes"),
        ("planet=\"mars\"", "declares no fact `planet`"),
        ("region", "there is no `=` in it"),
    ] {
        let ran = run(&["--fact", fact]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{fact}");
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
}

#[test]
fn what_cannot_be_simulated_is_said() {
    let folder = Folder::with_flags(r#"{ "version": 1, "flags": { "a": { "default": "onn" } } }"#);
    let ran = folder.run(&["simulate", "flags.json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(
        ran.stderr.contains("error[unknown-variant]") && ran.stderr.contains("flags.json:1:"),
        "{}",
        ran.stderr
    );
    for arguments in [["simulate", "absent.json"], ["simulate", "-"], ["simulate", "."]] {
        let ran = folder.run(&arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
    }
}

#[test]
fn nothing_in_a_file_reaches_the_output_as_a_command() {
    let folder = Folder::with_flags(
        r#"{ "version": 1,
            "segments": { "s": { "keys": ["\u001b[2Jada", "\u202ebob", "\u009b1mcyd"] } },
            "flags": { "a": { "description": "\u001b]0;title\u0007", "owner": "a\nb", "rules": [
                { "name": "\u2066name\u000d", "when": { "segment": "s" } }] } } }"#,
    );
    for format in ["text", "json"] {
        let ran = folder.run(&["simulate", "flags.json", "--users", "100", "--format", format]);
        let odd = |character: char| {
            character.is_control() && character != '\n'
                || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert!(!ran.stdout.contains(odd), "{:?}", ran.stdout);
        assert!(ran.stdout.contains("name"), "{}", ran.stdout);
    }
    let report = json(folder.path(), &["flags.json", "--users", "100"]);
    assert_eq!(flag(&report, "a")["variants"][0]["sample"][0], "\u{1b}[2Jada", "JSON has an escape for it");
}

/// A terminal with the program in it.
struct Terminal {
    server: String,
}

impl Terminal {
    /// A shell runs the program between two words, so that one sees what is left behind.
    fn start(folder: &Folder, size: (u32, u32), arguments: &str) -> Terminal {
        Terminal::start_with("env -u NO_COLOR", folder, size, arguments)
    }

    fn start_with(environment: &str, folder: &Folder, size: (u32, u32), arguments: &str) -> Terminal {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let terminal = Terminal { server: format!("waterspout-{}-{number}", std::process::id()) };
        let program = env!("CARGO_BIN_EXE_waterspout");
        let script = format!(
            "cd '{}'; stty -g >before; echo BEFORE; {environment} '{program}' simulate {arguments}; \
             echo CODE $?; stty -g >after; cmp before after && echo AFTER; cat",
            folder.path().display(),
        );
        let (columns, rows) = (size.0.to_string(), size.1.to_string());
        terminal.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            &columns,
            "-y",
            &rows,
            "sh",
            "-c",
            &script,
        ]);
        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux")
            .args(["-u", "-L", &self.server])
            .args(arguments)
            .env("LC_ALL", "C.UTF-8")
            .env_remove("TMUX")
            .output()
            .expect("tmux is needed; ./test installs it");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Waits until the screen shows what it should.
    #[track_caller]
    fn wait_for(&self, what: &str, shown: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if shown(&screen) {
                return screen;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "no {what} in\n{screen}");
            sleep(Duration::from_millis(50));
        }
    }

    fn press(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    /// Waits until the program has ended, and looks at what it left behind.
    #[track_caller]
    fn ended(&self) -> String {
        let screen = self.wait_for("end", |screen| screen.contains("CODE"));
        assert!(screen.contains("BEFORE") && screen.contains("CODE 0"), "{screen}");
        self.wait_for("terminal as it was", |screen| screen.contains("AFTER"))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-L", &self.server, "kill-server"]).output();
    }
}

/// The share that a row of the lower part shows.
fn shown_share(screen: &str, row: &str) -> Option<f64> {
    let line = screen.lines().find(|line| line.trim_start_matches(['●', ' ']).starts_with(row))?;
    line.split(" %").next()?.split_whitespace().last()?.parse().ok()
}

const LIVE: &str = r#"{ "version": 1, "flags": {
    "banner":   { "description": "A banner", "rules": [{ "name": "everyone", "rollout": 20 }] },
    "checkout": { "rules": [{ "name": "everyone else", "rollout": 40 }] }
} }"#;

/// Writes beside the file, then renames: so nobody reads half of it.
fn write(folder: &Folder, text: &str) {
    let new = folder.path().join("new.json");
    fs::write(&new, text).unwrap();
    fs::rename(new, folder.path().join("flags.json")).unwrap();
}

#[test]
fn the_live_table_follows_the_file_and_survives_a_broken_edit() {
    let folder = Folder::with_flags(LIVE);
    let terminal = Terminal::start(&folder, (80, 24), "flags.json");
    let around = |share: f64, expected: f64| (share - expected).abs() < 1.0;
    let shows = |row: &'static str, expected: f64| {
        move |screen: &str| shown_share(screen, row).is_some_and(|share| around(share, expected))
    };

    // Nineteen in twenty have a key.
    let screen = terminal.wait_for("share of 20 %", shows("rule 0 everyone", 0.95 * 20.0));
    for part in
        ["waterspout simulate flags.json", "● generation 1 serves, fingerprint ", ", 2 flags", "q quit"]
    {
        assert!(screen.contains(part), "{part} in\n{screen}");
    }
    terminal.wait_for("speed", |screen| screen.contains(" checks/s on "));
    assert!(screen.contains("▸ banner") && screen.contains("rollout 20 % → on"), "{screen}");
    assert!(screen.contains("(anonymous)") || screen.contains("user-1"), "{screen}");
    assert!(!screen.contains("was "), "{screen}");

    write(&folder, &LIVE.replace("40", "80"));
    let screen = terminal.wait_for("edit", |screen| screen.contains("was 3"));
    assert!(screen.contains("● generation 2 serves"), "{screen}");
    assert!(screen.contains("●▸ checkout") && !screen.contains("● banner"), "{screen}");
    assert!(shows("rule 0 everyone else", 0.95 * 80.0)(&screen), "{screen}");

    write(&folder, &LIVE.replace("\"rollout\": 40", "\"rolout\": 90"));
    let screen = terminal.wait_for("refusal", |screen| screen.contains("REFUSED"));
    assert!(screen.contains("REFUSED: 1 fault, "), "{screen}");
    assert!(screen.contains("Generation 2 serves"), "{screen}");
    assert!(screen.contains("flags.json:3:") && screen.contains("error[unknown-key]"), "{screen}");
    sleep(Duration::from_millis(500));
    assert!(shows("rule 0 everyone else", 0.95 * 80.0)(&terminal.screen()), "{}", terminal.screen());
    assert!(terminal.tmux(&["capture-pane", "-p", "-e"]).contains("\x1b["));

    fs::remove_file(folder.path().join("flags.json")).unwrap();
    terminal.wait_for("absence", |screen| screen.contains("CANNOT BE READ"));

    write(&folder, &LIVE.replace("40", "80"));
    let screen = terminal.wait_for("health", |screen| screen.contains("the file is well again"));
    assert!(screen.contains("generation 2 serves") && !screen.contains("REFUSED"), "{screen}");

    terminal.press("q");
    let screen = terminal.ended();
    assert!(!screen.contains("checkout"), "the table is gone\n{screen}");
    assert!(screen.contains(" users, ") && screen.contains(" checks in "), "{screen}");
}

#[test]
fn the_live_table_fits_when_the_terminal_changes() {
    let folder = Folder::with_flags(LIVE);
    let terminal = Terminal::start(&folder, (140, 40), "flags.json --seed 3");
    terminal.wait_for("table", |screen| screen.contains("rule 0 everyone else"));
    for (columns, rows) in [("60", "12"), ("20", "5"), ("3", "2"), ("100", "30")] {
        terminal.tmux(&["resize-window", "-x", columns, "-y", rows]);
        sleep(Duration::from_millis(600));
        let screen = terminal.screen();
        assert!(screen.lines().all(|line| line.chars().count() <= columns.parse().unwrap()), "{screen}");
        let head = " waterspout simulate".chars().take(columns.parse::<usize>().unwrap() - 1);
        assert!(screen.starts_with(&head.collect::<String>()), "{columns}x{rows}\n{screen}");
    }
    terminal.wait_for("table", |screen| screen.contains("rule 0 everyone else"));
    terminal.press("Down");
    terminal.wait_for("selection", |screen| screen.contains("▸ checkout"));
    terminal.press("C-c");
    terminal.ended();
}

#[test]
fn a_live_run_with_an_end_leaves_its_table_behind() {
    let folder = Folder::with_flags(LIVE);
    let terminal = Terminal::start(&folder, (100, 40), "flags.json --users 3000 --now 2026-12-01");
    let screen = terminal.ended();
    assert!(screen.contains("3,000 made-up users from seed 0"), "{screen}");
    assert!(screen.contains("rule 0 everyone else") && screen.contains("6,000 checks in "), "{screen}");
}

#[test]
fn there_are_colours_unless_somebody_says_no() {
    let folder = Folder::with_flags(LIVE);
    for (environment, coloured) in [("env -u NO_COLOR", true), ("NO_COLOR=1", false)] {
        let terminal = Terminal::start_with(environment, &folder, (80, 24), "flags.json");
        terminal.wait_for("table", |screen| screen.contains("rule 0 everyone else"));
        let styled = terminal.tmux(&["capture-pane", "-p", "-e"]);
        let is_coloured =
            ["\u{1b}[32m", "\u{1b}[38;5;2m", "\u{1b}[0;32m"].iter().any(|green| styled.contains(green));
        assert_eq!(is_coloured, coloured, "{environment}: {styled:?}");
        terminal.press("Escape");
        terminal.ended();
    }
}

#[test]
fn a_terminal_is_put_back_when_the_program_is_ended_from_outside() {
    let folder = Folder::with_flags(LIVE);
    let tell_pid = r#"sh -c 'echo $$ >pid; exec "$@"' sh"#;
    let terminal = Terminal::start_with(tell_pid, &folder, (80, 24), "flags.json");
    terminal.wait_for("table", |screen| screen.contains("rule 0 everyone else"));
    let pid = fs::read_to_string(folder.path().join("pid")).unwrap();
    assert!(Command::new("kill").args(["-TERM", pid.trim()]).status().unwrap().success());
    terminal.ended();
}

#[test]
fn a_run_ends_with_its_terminal() {
    let folder = Folder::with_flags(LIVE);
    let tell_pid = r#"sh -c 'echo $$ >pid; exec "$@"' sh"#;
    let terminal = Terminal::start_with(tell_pid, &folder, (80, 24), "flags.json");
    terminal.wait_for("table", |screen| screen.contains("rule 0 everyone else"));
    let pid = fs::read_to_string(folder.path().join("pid")).unwrap();
    drop(terminal);
    let process = Path::new("/proc").join(pid.trim());
    let start = Instant::now();
    while process.exists() {
        assert!(start.elapsed() < Duration::from_secs(30), "process {pid} goes on without a terminal");
        sleep(Duration::from_millis(50));
    }
}
