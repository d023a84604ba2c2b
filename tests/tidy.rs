//! The layout of the library, held by a test: what each file may use, and how little it all depends on.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Each file of `src`, which of our own modules it may use, and which crates it may name.
///
/// The arrows of ARCHITECTURE.md: text → document → flag set → snapshot → answer. None points back.
const LAYOUT: &[(&str, &[&str], &[&str])] = &[
    ("address.rs", &[], &[]),
    ("answer.rs", &[], &[]),
    ("bucket.rs", &[], &["siphasher"]),
    (
        "compile.rs",
        &[
            "answer", "bucket", "context", "evaluate", "facts", "flag_set", "json", "key", "key_list",
            "lookup", "probe", "snapshot", "time", "value",
        ],
        &[],
    ),
    ("context.rs", &["address", "bucket", "flag", "json", "key", "key_list", "mark", "time", "version"], &[]),
    ("column.rs", &["bucket", "context", "flag", "lanes", "snapshot", "value"], &[]),
    ("condition.rs", &["bucket", "context", "mark", "observe", "snapshot"], &[]),
    ("diagnostic.rs", &[], &[]),
    ("ask.rs", &["answer", "column", "context", "evaluate", "flag", "key", "snapshot", "value"], &[]),
    ("evaluate.rs", &["bucket", "context", "observe", "snapshot"], &[]),
    ("error.rs", &["diagnostic", "mismatch"], &["thiserror"]),
    (
        "document/",
        &["context", "diagnostic", "error", "json", "lookup", "syntax", "word"],
        &["serde", "serde_json"],
    ),
    (
        "explain.rs",
        &["answer", "context", "evaluate", "flag", "key", "observe", "snapshot", "time", "value"],
        &["serde", "serde_json"],
    ),
    ("facts.rs", &["context", "flag_set", "json", "key"], &[]),
    ("flag.rs", &["context", "key", "value"], &[]),
    ("flag_set.rs", &["address", "context", "json", "key", "key_list", "time", "value", "version"], &[]),
    ("flags.rs", &["Forced", "context", "error", "flag", "force", "live", "loader", "value"], &[]),
    ("force.rs", &["answer", "json", "key", "live", "snapshot", "value"], &[]),
    ("json.rs", &[], &["serde", "serde_json"]),
    ("key.rs", &["word"], &["thiserror"]),
    ("key_list.rs", &["bucket", "lanes"], &[]),
    ("lanes.rs", &["bucket"], &[]),
    ("limits.rs", &[], &[]),
    ("live.rs", &["force", "snapshot"], &["arc_swap"]),
    ("lookup.rs", &["word"], &[]),
    ("mark.rs", &["word"], &[]),
    ("merge.rs", &["flag_set"], &[]),
    ("observe.rs", &["context", "evaluate", "snapshot"], &[]),
    ("probe.rs", &["bucket", "context", "mark", "snapshot"], &[]),
    ("mismatch.rs", &["context", "facts", "flag", "flag_set", "value"], &[]),
    (
        "snapshot.rs",
        &["address", "answer", "context", "json", "key", "key_list", "mark", "time", "value", "version"],
        &[],
    ),
    ("syntax.rs", &["diagnostic"], &["serde_json"]),
    ("time.rs", &[], &[]),
    ("value.rs", &["json"], &[]),
    ("version.rs", &[], &[]),
    ("word.rs", &[], &[]),
    (
        "resolve/",
        &[
            "address",
            "context",
            "diagnostic",
            "document",
            "error",
            "flag_set",
            "json",
            "key",
            "key_list",
            "limits",
            "lookup",
            "time",
            "value",
            "version",
        ],
        &[],
    ),
    (
        "loader/",
        &[
            "context",
            "diagnostic",
            "error",
            "facts",
            "flag",
            "flag_set",
            "limits",
            "live",
            "merge",
            "mismatch",
            "resolve",
            "snapshot",
            "time",
            "value",
        ],
        &["siphasher"],
    ),
];

/// What every check goes through.
const HOT: [&str; 3] = ["ask.rs", "condition.rs", "evaluate.rs"];

const CRATES: [&str; 5] = ["arc_swap", "serde", "serde_json", "siphasher", "thiserror"];

/// What only the loader may touch: the outside world.
const OUTSIDE: [&str; 9] = [
    "std::fs",
    "std::env",
    "std::thread",
    "std::process",
    "Instant::now",
    "SystemTime::now",
    "TcpStream",
    "File::",
    "thread::",
];

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, files) } else { files.push(path) }
        }
    }
    let source = Path::new(ROOT).join("src");
    let mut files = Vec::new();
    walk(&source, &mut files);
    files.sort();
    let name = |file: &Path| file.strip_prefix(&source).unwrap().to_str().unwrap().replace('\\', "/");
    files.iter().map(|file| (name(file), code_of(&fs::read_to_string(file).unwrap()))).collect()
}

/// A file without its comments and its tests.
fn code_of(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
    code.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// What follows each `crate::`, braces opened.
fn own_modules(code: &str) -> BTreeSet<String> {
    code.split("crate::")
        .skip(1)
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect()
}

fn names_crate(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before =
            code[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':');
        before && code[at + name.len()..].starts_with("::")
    })
}

#[test]
fn every_file_uses_only_what_its_place_allows() {
    let mut wrong = Vec::new();
    for (file, code) in sources().iter().filter(|(file, _)| file != "lib.rs") {
        let Some((_, ours, crates)) =
            LAYOUT.iter().find(|(room, ..)| room == file || room.ends_with('/') && file.starts_with(room))
        else {
            wrong.push(format!("{file} has no place in the layout"));
            continue;
        };
        for module in own_modules(code) {
            if !ours.contains(&module.as_str()) {
                wrong.push(format!("{file} may not use crate::{module}"));
            }
        }
        for name in CRATES {
            if names_crate(code, name) && !crates.contains(&name) {
                wrong.push(format!("{file} may not name {name}"));
            }
        }
        for outside in OUTSIDE.iter().filter(|_| !file.starts_with("loader/")) {
            if code.contains(outside) {
                wrong.push(format!("{file} may not touch {outside}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_layout_has_no_room_that_is_gone() {
    let files: Vec<String> = sources().into_iter().map(|(file, _)| file).collect();
    for (room, ..) in LAYOUT {
        assert!(files.iter().any(|file| file == room || file.starts_with(room)), "{room}");
    }
}

#[test]
fn the_hot_files_can_be_read_in_one_sitting() {
    for (file, code) in sources().into_iter().filter(|(file, _)| HOT.contains(&file.as_str())) {
        let lines = code.lines().filter(|line| !line.trim().is_empty()).count();
        assert!(lines <= 350, "{file}: {lines} lines of code");
        for allocates in
            ["Vec", "String", "Box", "format!", ".to_owned()", ".to_vec()", ".collect()", ".clone()"]
        {
            assert!(!code.contains(allocates), "{file} says {allocates}");
        }
    }
}

#[test]
fn the_library_resolves_to_sixteen_crates_at_most() {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            "waterspout",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--all-features",
        ])
        .args(["--target", "all", "--format", "{p}"])
        .current_dir(ROOT)
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    let crates: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "waterspout")
        .collect();
    assert!(crates.contains("arc-swap") && crates.contains("siphasher"), "{crates:?}");
    assert!(crates.len() <= 16, "{}: {crates:?}", crates.len());
}

#[test]
fn every_refusal_that_the_code_can_make_is_documented_and_the_other_way_round() {
    let made: BTreeSet<String> = sources()
        .iter()
        .flat_map(|(_, code)| {
            let after = |start: &'static str| {
                code.split(start).skip(1).map(|rest| rest.trim_start()).collect::<Vec<_>>()
            };
            [after("Fault::new("), after("self.unknown("), after("resolver.unknown(")]
                .concat()
                .into_iter()
                .filter_map(|rest| {
                    rest.strip_prefix('"').and_then(|rest| rest.split('"').next()).map(str::to_owned)
                })
                .collect::<Vec<_>>()
        })
        .collect();
    let format = fs::read_to_string(Path::new(ROOT).join("FORMAT.md")).unwrap();
    let section =
        format.split("## What is refused").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
    let codes =
        section.lines().filter_map(|line| line.strip_prefix("| `")).filter_map(|line| line.split('`').next());
    let documented: BTreeSet<String> = codes.map(str::to_owned).collect();
    assert!(made.len() > 40, "{made:?}");
    assert_eq!(made, documented);
}
