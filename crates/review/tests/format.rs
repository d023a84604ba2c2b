//! What laying a file out promises: it is done once, it loses nothing, and nobody's answer changes.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use waterspout::flag_set::FlagSet;
use waterspout_reference::generate::{self, config};
use waterspout_review::format;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &Path) -> FlagSet {
    let lists = |list: &str| fs::read(path.parent().unwrap().join(list)).map_err(|error| error.to_string());
    FlagSet::read(&fs::read(path).unwrap(), lists).unwrap()
}

/// A text laid out, and laid out again to the same.
fn laid_out(text: &str) -> String {
    let formatted = format(text).unwrap_or_else(|| panic!("this is no JSON:\n{text}"));
    assert_eq!(format(&formatted).as_deref(), Some(&*formatted), "a second time, of\n{text}");
    formatted
}

#[test]
fn every_good_file_is_laid_out_once_and_means_the_same() {
    let mut files: Vec<PathBuf> =
        fs::read_dir(root().join("tests/good")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.push(root().join("flags.example.json"));
    assert!(files.len() > 40);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let lists =
            |list: &str| fs::read(file.parent().unwrap().join(list)).map_err(|error| error.to_string());
        let formatted = FlagSet::read(laid_out(&text).as_bytes(), lists).unwrap();
        // Debug tells everything that a flag set holds.
        assert_eq!(format!("{formatted:?}"), format!("{:?}", read(&file)), "{}", file.display());
    }
}

#[test]
fn the_example_is_laid_out() {
    let text = fs::read_to_string(root().join("flags.example.json")).unwrap();
    assert_eq!(laid_out(&text), text);
}

/// What may stand between two pieces.
const BLANKS: [&str; 9] =
    ["", " ", "\n", "\n\n\n", " /* a */ ", "// b\n", "\n  // c \n", "/* d\n   e */", "\t/* f */ /* g */\r\n"];

/// A flag file with other blanks and with comments between its pieces.
fn scattered(text: &str, blanks: &[usize]) -> String {
    let mut out = String::new();
    let mut blanks = blanks.iter().cycle();
    let mut scatter = |out: &mut String| out.push_str(BLANKS[*blanks.next().unwrap() % BLANKS.len()]);
    let mut inside = false;
    let mut escaped = false;
    for character in text.chars() {
        if inside {
            out.push(character);
            inside = escaped || character != '"';
            escaped = character == '\\' && !escaped;
            continue;
        }
        match character {
            '{' | '}' | '[' | ']' | ',' | ':' => {
                scatter(&mut out);
                out.push(character);
                scatter(&mut out);
            }
            '"' => {
                inside = true;
                out.push('"');
            }
            ' ' | '\n' => {}
            other => out.push(other),
        }
    }
    out
}

#[test]
fn however_a_file_is_written_it_is_laid_out_once_and_answers_the_same() {
    let worlds = (generate::file(), vec(0..BLANKS.len(), 7..40), generate::load(5));
    TestRunner::new(config(300))
        .run(&worlds, |(file, blanks, load)| {
            let text = scattered(&file.to_string(), &blanks);
            let Ok(set) = FlagSet::parse(&text) else { return Ok(()) };
            let formatted = laid_out(&text);
            let comments = |text: &str| {
                ["/* a */", "// b", "// c", "/* d", "/* f */", "/* g */"].map(|it| text.matches(it).count())
            };
            prop_assert_eq!(comments(&text), comments(&formatted));
            let formatted = FlagSet::parse(&formatted).unwrap();
            prop_assert_eq!(format!("{formatted:?}"), format!("{set:?}"));
            prop_assert_eq!(load.answers(&formatted), load.answers(&set));
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

/// Pieces of files, put together in any order.
const PIECES: [&str; 16] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"a\"",
    "1.50",
    "true",
    "// b\n",
    "/* c */",
    "/* d\n */",
    "\n",
    " ",
    "\"\\\"",
    "x",
];

#[test]
fn whatever_is_put_together_is_laid_out_or_left_alone() {
    let laid_out_at_all = std::cell::Cell::new(0);
    let pieces = vec(0..PIECES.len(), 0..14);
    TestRunner::new(config(20_000))
        .run(&pieces, |pieces| {
            let text: String = pieces.iter().map(|at| PIECES[*at]).collect();
            if let Some(formatted) = format(&text) {
                laid_out_at_all.set(laid_out_at_all.get() + 1);
                let again = format(&formatted);
                prop_assert_eq!(again, Some(formatted), "{}", text);
            }
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    assert!(laid_out_at_all.get() > 50, "{laid_out_at_all:?}");
}
