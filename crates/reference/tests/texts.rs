//! No text makes a reader panic, and whatever is refused is refused at a place that exists.

use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::Config;
use waterspout::flag_set::FlagSet;
use waterspout::{Error, Json, OwnedContext, Time, Version};
use waterspout_reference::generate::{self, config};

/// Reads a flag file of any bytes, and looks at what is told of it.
fn read(bytes: &[u8]) -> Result<(), TestCaseError> {
    // A list file is brought too: not always a right one.
    match FlagSet::read(bytes, |path| {
        if path.len() % 2 == 0 { Ok(b"ada\n".to_vec()) } else { Err("absent".to_owned()) }
    }) {
        Ok(_) => Ok(()),
        Err(error) => places_exist(bytes, &error),
    }
}

/// Every finding has a place inside the text, told alike as a range, a line with its column, and a pointer.
fn places_exist(bytes: &[u8], error: &Error) -> Result<(), TestCaseError> {
    prop_assert!(error.is_refused() && !error.is_io());
    prop_assert!(!error.diagnostics().is_empty());
    let text = std::str::from_utf8(bytes);
    // Where a key stands twice, a pointer can mean either.
    let ambiguous = error.diagnostics().iter().any(|finding| finding.code() == "duplicate-key");
    let json: Option<serde_json::Value> = serde_json::from_slice(bytes).ok().filter(|_| !ambiguous);
    let mut last = (1, 1);
    for finding in error.diagnostics() {
        let told = finding.to_string();
        prop_assert!(finding.line() >= 1 && finding.column() >= 1, "{}", told);
        prop_assert!(!finding.code().is_empty() && !finding.message().is_empty(), "{}", told);
        // Whatever the file holds, a finding is one line of a log.
        prop_assert!(!told.contains(char::is_control), "{:?}", told);
        // A list file's finding has its place there.
        if finding.list().is_some() {
            continue;
        }
        let span = finding.span();
        prop_assert!(span.start <= span.end && span.end <= bytes.len(), "{}: {:?}", told, span);
        let place = (finding.line(), finding.column());
        prop_assert!(last <= place, "findings are told in the order of the text: {}", error);
        last = place;
        if let Ok(text) = text {
            prop_assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end), "{}", told);
            prop_assert_eq!(place, line_and_column(text, span.start), "{}", told);
        }
        if let Some(json) = &json {
            prop_assert!(json.pointer(finding.path()).is_some(), "{} at {:?}", told, finding.path());
        }
    }
    Ok(())
}

/// Counted anew: lines end with `\n`, columns are characters, a byte-order mark is none.
fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let (mut line, mut column) = (1, 1);
    for (start, character) in text.char_indices() {
        if start >= at {
            break;
        }
        match character {
            '\n' => (line, column) = (line + 1, 1),
            '\u{feff}' if start == 0 => {}
            _ => column += 1,
        }
    }
    (line, column)
}

/// Reads a text with every reader that there is.
fn read_with_all(text: &str) -> Result<(), TestCaseError> {
    read(text.as_bytes())?;
    if let Err(error) = OwnedContext::from_json(text) {
        places_exist(text.as_bytes(), &error)?;
    }
    match text.parse::<Json>() {
        Ok(json) => prop_assert_eq!(json.to_string().parse::<Json>().unwrap(), json),
        Err(error) => places_exist(text.as_bytes(), &error)?,
    }
    if let Some(version) = Version::parse(text) {
        prop_assert_eq!(Version::parse(version.as_str()), Some(version));
    }
    let _ = Time::parse(text).map(|time| time.to_string());
    Ok(())
}

/// The example of the repository: comments, list files, every part of the format.
fn example() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../flags.example.json")).unwrap()
}

/// A valid file: the example, or a generated one.
fn files() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => Just(example()),
        3 => generate::file().prop_map(|file| file.to_string()),
    ]
}

/// What stands in flag files, and what had better not.
const PIECES: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "//",
    "/*",
    "*/",
    "\n",
    "\r",
    "\t",
    "\u{feff}",
    "é",
    "🐎",
    "\"\\ud83d\"",
    "null",
    "true",
    "0",
    "-0",
    "1e999",
    "1.5",
    "100.0001",
    "\"\"",
    "{}",
    "[]",
    "\"version\":1",
    "\"flags\":",
    "\"rules\":",
    "\"when\":",
    "\"split\":",
    "\"segment\":",
    "\"not\":",
    "\"key\":{\"is\":\"a\"}",
    "\"requires\":{\"f0\":[\"on\"]}",
    "\"keys_from\":\"../x\"",
    "\u{0}",
    "\"a\\u0000\\nb\":",
];

/// One change of a text: a byte, a stretch left out or doubled, something put in.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    LeaveOut(Index, Index),
    Double(Index, Index),
    Put(Index, &'static str),
    Swap(Index, Index),
}

fn change() -> impl Strategy<Value = Change> {
    let index = any::<Index>;
    prop_oneof![
        (index(), 0_u8..8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (index(), index()).prop_map(|(from, length)| Change::LeaveOut(from, length)),
        (index(), index()).prop_map(|(from, length)| Change::Double(from, length)),
        (index(), select(&PIECES[..])).prop_map(|(at, piece)| Change::Put(at, piece)),
        (index(), index()).prop_map(|(one, other)| Change::Swap(one, other)),
    ]
}

fn changed(mut bytes: Vec<u8>, change: &Change) -> Vec<u8> {
    if bytes.is_empty() {
        return bytes;
    }
    // Most stretches are short: long ones leave little to be wrong.
    let stretch = |from: Index, length: Index| {
        let start = from.index(bytes.len());
        start..bytes.len().min(start + 1 + length.index(24))
    };
    match change {
        Change::Flip(at, bit) => {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        Change::LeaveOut(from, length) => {
            let stretch = stretch(*from, *length);
            bytes.drain(stretch);
        }
        Change::Double(from, length) => {
            let stretch = stretch(*from, *length);
            let again = bytes[stretch.clone()].to_vec();
            bytes.splice(stretch.end..stretch.end, again);
        }
        Change::Put(at, piece) => {
            let at = at.index(bytes.len());
            bytes.splice(at..at, piece.bytes());
        }
        Change::Swap(one, other) => {
            let (one, other) = (one.index(bytes.len()), other.index(bytes.len()));
            bytes.swap(one, other);
        }
    }
    bytes
}

proptest! {
    #![proptest_config(config(3_000))]

    #[test]
    fn no_text_makes_a_reader_panic(text in any::<String>(), pieces in vec(select(&PIECES[..]), 0..30)) {
        read_with_all(&text)?;
        read_with_all(&pieces.concat())?;
        read_with_all(&format!("{{\"version\":1,\"flags\":{}", pieces.concat()))?;
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in vec(any::<u8>(), 0..60)) {
        read(&bytes)?;
    }

    #[test]
    fn no_change_of_a_file_makes_a_reader_panic(file in files(), changes in vec(change(), 1..4)) {
        let bytes = changes.iter().fold(file.into_bytes(), changed);
        read(&bytes)?;
        if let Ok(text) = std::str::from_utf8(&bytes) {
            read_with_all(text)?;
        }
    }
}

proptest! {
    // Each of these is thousands of texts.
    #![proptest_config(Config { cases: (config(600).cases / 100).max(1), ..config(600) })]

    #[test]
    fn no_file_that_was_cut_off_makes_a_reader_panic_wherever_the_cut(file in generate::file()) {
        let bytes = file.to_string().into_bytes();
        for end in 0..bytes.len() {
            read(&bytes[..end])?;
        }
    }
}

#[test]
fn the_example_is_refused_in_its_place_wherever_it_is_cut_off() {
    let example = example();
    let bytes = example.trim_end().as_bytes();
    for cut in 0..bytes.len() {
        read(&bytes[..cut]).unwrap();
        assert!(FlagSet::read(&bytes[..cut], |_| Ok(b"ada\n".to_vec())).is_err(), "cut at {cut}");
    }
}

#[test]
fn a_finding_behind_a_mark_or_a_comment_stands_on_its_character() {
    for text in [
        // A byte-order mark is one at the start of the file alone.
        "{\n\u{feff}/* never closed",
        // The end of a text is found where its last comment was blanked.
        "// é",
        "{\"version\": 1, // é",
        "\u{feff}",
    ] {
        read(text.as_bytes()).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    }
}
