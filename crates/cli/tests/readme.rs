//! The command lines that the README and the documents show print what these say.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// Each `$ command` of the README's text blocks, with what it shows below.
fn shown(readme: &str) -> Vec<(String, String)> {
    let blocks = readme.split("```text\n").skip(1).filter_map(|rest| rest.split("\n```").next());
    let runs = blocks.flat_map(|block| block.split("$ ").skip(1).map(str::to_owned).collect::<Vec<_>>());
    runs.filter_map(|run| {
        run.split_once('\n').map(|(command, output)| (command.to_owned(), output.trim_end().to_owned()))
    })
    .collect()
}

#[test]
fn what_is_shown_is_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let binary = Path::new(env!("CARGO_BIN_EXE_waterspout")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), env::var("PATH").unwrap());
    let mut runs = Vec::new();
    for (document, least) in [("README.md", 3), ("docs/check.md", 1)] {
        let in_it = shown(&fs::read_to_string(root.join(document)).unwrap());
        assert!(in_it.len() >= least, "{document}: {in_it:?}");
        runs.extend(in_it);
    }
    for (command, expected) in runs {
        let ran = Command::new("sh")
            .args(["-c", &format!("{command} 2>&1")])
            .current_dir(&root)
            .env("PATH", &path)
            .env("NO_COLOR", "1")
            .output()
            .unwrap();
        let printed = String::from_utf8(ran.stdout).unwrap();
        assert_eq!(printed.trim_end(), expected, "{command}");
    }
}
