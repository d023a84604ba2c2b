//! docs/review.md is true: a repository with ten edits is built from the page itself, and every plan on it is what is
//! printed. `UPDATE_SNAPSHOTS=1` writes the page anew; read it.

mod run;

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use run::{Folder, root};

fn git(folder: &Path, arguments: &[&str]) {
    let ran = Command::new("git")
        .args([
            "-c",
            "user.name=reviewer",
            "-c",
            "user.email=reviewer@example.com",
            "-c",
            "core.autocrlf=false",
        ])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(ran.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

/// The blocks of a page in order: language and content.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    let mut blocks = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once("\n```") {
        let (language, after) = after.split_once('\n').unwrap();
        let (content, after) = after.split_once("\n```").unwrap();
        blocks.push((language, content));
        rest = after;
    }
    blocks
}

#[test]
fn every_plan_of_the_page_is_what_is_printed() {
    let path = root().join("docs/review.md");
    let page = fs::read_to_string(&path).unwrap();
    let mut written = page.clone();
    let folder = Folder::new();
    git(folder.path(), &["init", "-q"]);
    let binary = Path::new(env!("CARGO_BIN_EXE_waterspout")).parent().unwrap();
    let search = format!("{}:{}", binary.display(), env::var("PATH").unwrap());
    let mut edits = 0;
    for (language, content) in blocks(&page) {
        match language {
            "json" => fs::write(folder.path().join("flags.json"), format!("{content}\n")).unwrap(),
            "diff" => {
                fs::write(folder.path().join("edit.patch"), format!("{content}\n")).unwrap();
                git(folder.path(), &["apply", "--unidiff-zero", "edit.patch"]);
                edits += 1;
            }
            "text" => {
                let (command, expected) = content.strip_prefix("$ ").unwrap().split_once('\n').unwrap();
                let ran = Command::new("sh")
                    .args(["-c", &format!("{command} 2>&1")])
                    .current_dir(folder.path())
                    .env("PATH", &search)
                    .env("NO_COLOR", "1")
                    .output()
                    .unwrap();
                let printed = String::from_utf8(ran.stdout).unwrap();
                let printed = printed.trim_end();
                if env::var_os("UPDATE_SNAPSHOTS").is_some() {
                    written = written.replace(
                        &format!("$ {command}\n{expected}\n```"),
                        &format!("$ {command}\n{printed}\n```"),
                    );
                } else {
                    assert_eq!(printed, expected, "{command}");
                }
                continue;
            }
            _ => continue,
        }
        git(folder.path(), &["add", "flags.json"]);
        git(folder.path(), &["commit", "-q", "-m", "an edit"]);
        git(folder.path(), &["tag", &format!("edit-{edits}")]);
    }
    assert_eq!(edits, 10);
    if written != page {
        fs::write(path, written).unwrap();
    }
}
