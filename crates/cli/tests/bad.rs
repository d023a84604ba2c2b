//! Every bad file of `tests/bad` with the message that people get for it. The messages are reviewed like code.

mod run;

use std::fs;
use std::path::Path;
use std::process::Command;

use run::{Ran, json_files, root, waterspout};

fn check(folder: &Path, name: &str) -> Ran {
    let mut command: Command = waterspout(folder);
    command.args(["check", name]).output().unwrap().into()
}

#[test]
fn every_bad_file_has_the_message_that_was_reviewed() {
    let folder = root().join("tests/bad");
    let update = std::env::var_os("UPDATE_SNAPSHOTS").is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    let files = json_files(&folder);
    assert!(files.len() > 400, "{}", files.len());
    for file in &files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let snapshot = file.with_extension("txt");
        let ran = check(&folder, name);
        assert_eq!((ran.code, ran.stderr.as_str()), (1, ""), "{name}");
        if update {
            fs::write(&snapshot, &ran.stdout).unwrap();
            continue;
        }
        match fs::read_to_string(&snapshot) {
            Ok(reviewed) if reviewed == ran.stdout => {}
            Ok(reviewed) => wrong.push(format!("{name} was\n{reviewed}\nand is\n{}", ran.stdout)),
            Err(_) => wrong.push(format!("{name} has no snapshot; its message is\n{}", ran.stdout)),
        }
    }
    let hint = "UPDATE_SNAPSHOTS=1 rewrites them; read the difference before committing it";
    let count = wrong.len();
    wrong.truncate(10);
    assert!(wrong.is_empty(), "{count} messages differ, of which these:\n\n{}\n{hint}", wrong.join("\n"));
}

#[test]
fn every_snapshot_belongs_to_a_bad_file() {
    let folder = root().join("tests/bad");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            assert!(path.with_extension("json").exists(), "{} has no flag file", path.display());
        }
    }
}

#[test]
fn a_bad_file_keeps_eval_and_explain_from_answering() {
    let folder = root().join("tests/bad");
    for file in json_files(&folder).iter().step_by(20) {
        let name = file.file_name().unwrap().to_str().unwrap();
        let findings = check(&folder, name).stdout.replace("would be refused", "is refused");
        for command in ["eval", "explain"] {
            let ran: Ran = waterspout(&folder).args([command, name]).output().unwrap().into();
            assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{command} {name}");
            assert_eq!(ran.stderr, findings, "{command} {name}");
        }
    }
}
