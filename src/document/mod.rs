//! Text → document: what a file says, every value with its place.
//!
//! A text that is right is read once, by [`quick`]. What it does not take is a fault, or a comment: comments are blanked,
//! and [`careful`] finds all faults that a text has, so that one run tells all of them. Only broken syntax stops that.

mod careful;
mod node;
mod quick;

use std::collections::hash_map::Entry;
use std::ops::Range;

use crate::context::{OwnedContext, OwnedValue};
use crate::diagnostic::{Diagnostic, Fault, Lines};
use crate::error::Error;
use crate::json::Json;
use crate::lookup::{self, Lookup};
use crate::syntax::string_length;

pub(crate) use node::{Document, Items, Member, Members, Node, NodeKind, Pointers};

/// How many containers may stand inside each other.
pub(crate) const MAX_DEPTH: usize = 64;

/// Reads a flag file: UTF-8 with an optional byte-order mark, and comments, which are blanked so that places stay.
///
/// `blanked` keeps the text without its comments, if it has any; it outlives the document.
pub(crate) fn parse<'t>(bytes: &'t [u8], blanked: &'t mut String) -> Result<Document<'t>, Fault> {
    let text = utf8(bytes)?;
    if let Some(document) = quick::read(text) {
        return Ok(document);
    }
    match blank_comments(text)? {
        Some(without) => {
            *blanked = without;
            parse_text(blanked)
        }
        None => careful::read(text),
    }
}

/// The bytes as text, or where they stop being one.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let end = at + error.error_len().unwrap_or(bytes.len() - at);
        let byte = bytes.get(at).copied().unwrap_or_default();
        Fault::new(
            "not-utf8",
            at..end,
            format!("the file is not UTF-8: byte {byte:#04x} belongs to no character"),
        )
        .help(match bytes {
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => "it looks like UTF-16: save the file as UTF-8",
            _ => "save the file as UTF-8",
        })
    })
}

/// The text with every comment and byte-order mark turned into blanks, byte for byte; `None` if there is none.
fn blank_comments(text: &str) -> Result<Option<String>, Fault> {
    let mark = text.starts_with('\u{feff}');
    if !mark && !text.contains("//") && !text.contains("/*") {
        return Ok(None);
    }
    let mut out = text.as_bytes().to_vec();
    if mark {
        blank(&mut out, 0..3);
    }
    let bytes = text.as_bytes();
    let mut at = if mark { 3 } else { 0 };
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let length = match rest {
            [b'"', ..] => string_length(rest),
            [b'/', b'/', ..] => {
                rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len())
            }
            [b'/', b'*', after @ ..] => match after.windows(2).position(|two| two == b"*/") {
                Some(end) => end + 4,
                None => {
                    return Err(Fault::new("unclosed-comment", at..at + 2, "this comment is never closed")
                        .help("close it with `*/`"));
                }
            },
            _ => {
                at += 1;
                continue;
            }
        };
        if rest.first() == Some(&b'/') {
            blank(&mut out, at..at + length);
        }
        at += length;
    }
    // Whole comments were replaced, byte for byte, by ASCII: what is left is text still.
    Ok(Some(String::from_utf8_lossy(&out).into_owned()))
}

/// Line ends stay, so that lines stay.
fn blank(bytes: &mut [u8], range: Range<usize>) {
    for byte in bytes.get_mut(range).unwrap_or_default() {
        if !matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
}

/// Reads JSON without comments.
pub(crate) fn parse_text(text: &str) -> Result<Document<'_>, Fault> {
    match quick::read(text) {
        Some(document) => Ok(document),
        None => careful::read(text),
    }
}

/// How many marks there are: bits of a word.
pub(crate) const MARKS: usize = 64;

/// A number below [`MARKS`] for a key: equal keys have the same, and others mostly another.
///
/// The factors are such that no two keys that one object of a flag file may have share a mark.
#[inline]
pub(crate) const fn mark(key: &[u8]) -> usize {
    let (first, last) = match key {
        [] => (0, 0),
        [only] => (*only, *only),
        [first, .., last] => (*first, *last),
    };
    (key.len() + 19 * first as usize + 52 * last as usize) % MARKS
}

/// The members of an object whose keys stand before them already, each with the first that has its key.
fn repeated_keys(object: Node<'_>) -> Vec<(Member<'_>, Member<'_>)> {
    let NodeKind::Object(members) = object.kind() else { return Vec::new() };
    let mut repeated = Vec::new();
    let mut few = [""; 16];
    if members.iter().nth(few.len()).is_none() {
        // Most objects are small; a map pays only for the large.
        for (count, member) in members.iter().enumerate() {
            let first = few.iter().take(count).position(|key| *key == member.key);
            repeated.extend(first.and_then(|first| Some((member, members.iter().nth(first)?))));
            few.get_mut(count).into_iter().for_each(|key| *key = member.key);
        }
        return repeated;
    }
    let mut seen: Lookup<&str, Member<'_>> = lookup::for_about(members.len());
    for member in members.iter() {
        match seen.entry(member.key) {
            Entry::Occupied(first) => repeated.push((member, *first.get())),
            Entry::Vacant(place) => drop(place.insert(member)),
        }
    }
    repeated
}

impl std::str::FromStr for Json {
    type Err = Error;

    /// Reads one JSON value, as strictly as a flag file is read.
    ///
    /// # Errors
    /// [`Error`] with a finding for each fault: syntax, a key that stands twice, nesting deeper than 64.
    fn from_str(text: &str) -> Result<Json, Error> {
        let document = parse_text(text).map_err(|fault| refuse(text, None, vec![fault]))?;
        if document.faults.is_empty() {
            return Ok(document.root().to_json());
        }
        Err(refuse(text, Some(&document), document.faults.clone()))
    }
}

impl OwnedContext {
    /// Reads a context from JSON: an object with an optional text `targetingKey` and attributes beside it.
    ///
    /// What cannot be read as its attribute's type later counts as missing; nothing is converted.
    ///
    /// ```
    /// use waterspout::OwnedContext;
    ///
    /// let owned = OwnedContext::from_json(r#"{"targetingKey": "ada", "country": "DE"}"#)?;
    /// assert_eq!(owned.borrow().targeting_key(), Some("ada"));
    /// # Ok::<(), waterspout::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error`], with the place, if the text is no JSON object or repeats a key.
    pub fn from_json(text: &str) -> Result<OwnedContext, Error> {
        let document = parse_text(text).map_err(|fault| refuse(text, None, vec![fault]))?;
        let mut faults = document.faults.clone();
        faults.retain(|fault| fault.code == "duplicate-key");
        let NodeKind::Object(members) = document.root().kind() else {
            let message = format!("a context is an object, and this is {}", document.root().type_name());
            let fault = Fault::new("wrong-type", document.root().span(), message);
            let fault = fault.help("write `{\"targetingKey\": \"user-42\", \"country\": \"DE\"}`");
            return Err(refuse(text, Some(&document), vec![fault]));
        };
        if !faults.is_empty() {
            return Err(refuse(text, Some(&document), faults));
        }
        let mut context = OwnedContext::anonymous();
        for member in members.iter() {
            context.take_json(member.key, owned_value(member.value));
        }
        Ok(context)
    }
}

/// A list with an element that is broken is no list of texts.
fn owned_value(node: Node<'_>) -> OwnedValue {
    match node.kind() {
        NodeKind::Array(items) if items.iter().any(|item| matches!(item.kind(), NodeKind::Broken)) => {
            OwnedValue::Missing
        }
        _ => OwnedValue::of_json(&node.to_json()),
    }
}

/// The error that a text of its own is refused with.
fn refuse(text: &str, document: Option<&Document<'_>>, faults: Vec<Fault>) -> Error {
    Error::refused(place_all(text.as_bytes(), document, faults))
}

/// Every fault of one text with its line, column and pointer, in the order of the text.
pub(crate) fn place_all(
    text: &[u8],
    document: Option<&Document<'_>>,
    mut faults: Vec<Fault>,
) -> Vec<Diagnostic> {
    faults.sort_by_key(|fault| (fault.span.start, fault.span.end));
    let mut lines = Lines::of(text);
    let pointers = document.map(Pointers::of);
    let pointer = |fault: &Fault| pointers.as_ref().map_or_else(String::new, |all| all.pointer(&fault.span));
    faults
        .into_iter()
        .map(|fault| (pointer(&fault), fault))
        .map(|(path, fault)| fault.placed(&mut lines, path))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Fault {
        let mut blanked = String::new();
        parse(text.as_bytes(), &mut blanked).unwrap_err()
    }

    #[test]
    fn broken_syntax_is_marked_where_it_breaks_and_says_what_to_write() {
        for (text, marked, what, help) in [
            ("", "", "there is nothing to read in it", ""),
            ("// nothing\n", "", "there is nothing to read in it", ""),
            ("[[", "", "it ends too early", "2 brackets are not closed, the last of them the `[` of line 1"),
            (
                "{\n\"a\": [1",
                "",
                "it ends too early",
                "2 brackets are not closed, the last of them the `[` of line 2",
            ),
            ("[\"a]", "\"a]", "this text is never closed", "close it with `\"`"),
            ("[\"a\tb\"]", "\t", "a tab stands inside a text", "write it as `\\t`"),
            ("[\"a\u{1}\"]", "\u{1}", "the character U+0001 stands inside a text", "write it as `\\u0001`"),
            (
                "[\"é\n\"]",
                "\"é",
                "a line end stands inside this text",
                "close the text with `\"`, or write the line end as `\\n`",
            ),
            (
                "{\"a\nb\": 1}",
                "\"a",
                "a line end stands inside this text",
                "close the text with `\"`, or write the line end as `\\n`",
            ),
            ("[\"\\q\"]", "\\q", "JSON has no such escape", "a backslash itself is written `\\\\`"),
            ("[\"\\é\"]", "\\é", "JSON has no such escape", "a backslash itself is written `\\\\`"),
            (
                "[\"\\u12\"]",
                "\\u12",
                "this escape is not complete",
                "behind `\\u` stand four hexadecimal digits, as in `\\u00e9`",
            ),
            (
                "[1, ]",
                ",",
                "nothing stands behind this comma",
                "remove it: no comma stands before a closing bracket",
            ),
            ("[1 2]", "2", "a comma is missing before this", ""),
            ("{\"a\": 1 \"b\": 2}", "\"", "a comma is missing before this", ""),
            ("[1; 2]", ";", "a comma or `]` is expected here", ""),
            (
                "[\"a\": 1]",
                ":",
                "a comma or `]` is expected here",
                "only objects have keys: `{ \"key\": ... }`",
            ),
            (
                "[\"the \"new\" one\"]",
                "n",
                "a comma or `]` is expected here",
                "a quote inside a text is written `\\\"`",
            ),
            (
                "{\"a\" = 1}",
                "=",
                "a colon is missing before this",
                "between a key and its value stands a colon",
            ),
            ("{\"a\": 1]", "]", "a comma or `}` is expected here", "the `{` of line 1 is still open"),
            ("[1]]", "]", "this bracket closes nothing", ""),
            ("[+1]", "+", "a value is expected here", "a number has no plus sign"),
            ("[-Infinity]", "-Infinity", "this is no number", "JSON has no infinity"),
            ("[1.]", "1.", "this is no number", "a digit stands behind a point: `7.0`"),
            ("[1_000]", "1_000", "this is no number", "digits are written without anything between them"),
            (
                "[2.3.0]",
                "2.3.0",
                "this is no number",
                "put a text in double quotes, a version and a date too",
            ),
            (
                "[2026-12-01]",
                "2026-12-01",
                "this is no number",
                "put a text in double quotes, a version and a date too",
            ),
            ("[None]", "None", "a value is expected here", "JSON has `null` for nothing"),
            ("[nope]", "nope", "a value is expected here", "put a text in double quotes"),
            ("[trues]", "trues", "a value is expected here", "put a text in double quotes"),
            ("{true: 1}", "true", "a key is expected here", "put the key in double quotes"),
            ("{a: 1}", "a", "a key is expected here", "put the key in double quotes"),
            (
                "[\u{200b}1]",
                "\u{200b}",
                "the character U+200B stands here",
                "delete it; blanks are the space, the tab and the line end",
            ),
            ("[‘a’]", "‘", "`‘` (U+2018) is no quote of JSON", "write the straight quote, `\"`"),
        ] {
            let fault = refused(text);
            assert_eq!(fault.message, format!("this is not JSON: {what}"), "{text}");
            assert_eq!(text.get(fault.span.clone()), Some(marked), "{text}");
            assert_eq!(fault.help.as_deref().unwrap_or_default(), help, "{text}");
        }
        assert_eq!(refused("\u{feff}").span, 0..0);
        assert_eq!(refused("[\n  1\n\n").span, 5..5, "behind what was read last");
        assert_eq!(refused(&"[".repeat(100_000)).span, 100_000..100_000);
    }

    /// The quick reader takes exactly the texts that the careful one finds no fault in, and reads the same in them.
    fn both_readers_agree(text: &str) {
        let quick = quick::read(text).map(|document| format!("{document:?}"));
        let careful = careful::read(text).ok().filter(|document| document.faults.is_empty());
        let careful = careful.map(|document| format!("{document:?}"));
        assert_eq!(quick, careful, "{text}");
    }

    #[test]
    fn both_readers_agree_on_the_files_of_the_tests() {
        let mut count = 0;
        for folder in ["tests/good", "tests/bad"] {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            for entry in std::fs::read_dir(folder).unwrap() {
                let bytes = std::fs::read(entry.unwrap().path()).unwrap_or_default();
                let Ok(text) = utf8(&bytes) else { continue };
                both_readers_agree(text);
                if let Ok(Some(without)) = blank_comments(text) {
                    both_readers_agree(&without);
                }
                count += 1;
            }
        }
        assert!(count > 50, "{count}");
    }

    #[test]
    fn both_readers_agree_on_whatever_is_almost_json() {
        let text = "\n{ \"\\t\" \n:\"\\ud83d\\ude80\",\"ä and eight\":[1.50,-0e+1,2,true,false,null ,[]],\"\":{\"b\":\"\\\"\", \"c\" :{}}}\r\n\t";
        both_readers_agree(text);
        assert!(quick::read(text).is_some());
        let odd = [
            "", "\"", "\\", "{", "}", "[", "]", ",", ":", "/", "0", "1", "-", "+", ".", "e", "e999", " ",
            "\n", "\t", "t", "\u{1}", "\u{1f}", "\u{7f}", "é", "\u{a0}", "\u{feff}", "\\u", "\\ud83d",
            "\"b\":1,", "\"\",", "true", "NaN",
        ];
        for (at, character) in text.char_indices() {
            let (before, from) = text.split_at(at);
            let after = &from[character.len_utf8()..];
            for odd in odd {
                both_readers_agree(&format!("{before}{odd}{from}"));
                both_readers_agree(&format!("{before}{odd}{after}"));
                both_readers_agree(&format!("{before}{odd}"));
            }
        }
    }

    #[test]
    fn both_readers_agree_on_numbers_depth_and_many_keys() {
        let zeros = "0".repeat(320);
        for number in [
            "1e308",
            "1e309",
            "-1e-999",
            "00",
            "-",
            "1.e1",
            "1e",
            "0.0e-0",
            "-01",
            &format!("1{zeros}"),
            &zeros,
        ] {
            both_readers_agree(number);
            both_readers_agree(&format!("0.{number}"));
        }
        for depth in MAX_DEPTH - 1..MAX_DEPTH + 2 {
            both_readers_agree(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
            both_readers_agree(&format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth)));
        }
        let keys: Vec<String> = (0..100).map(|number| format!("\"key{number}\":{number}")).collect();
        let keys = keys.join(",");
        both_readers_agree(&format!("{{{keys}}}"));
        assert!(quick::read(&format!("{{{keys}}}")).is_some());
        both_readers_agree(&format!("{{{keys},\"\\u006bey7\":0}}"));
    }

    #[test]
    fn comments_stand_in_flag_files_only() {
        let fault = parse_text("{} // ada").unwrap_err();
        assert_eq!(fault.help.as_deref(), Some("it ends with the bracket that closes its first one"));
        let fault = parse_text("{ /* ada */ }").unwrap_err();
        assert_eq!(fault.help.as_deref(), Some("only flag files have comments"));
    }

    #[test]
    fn any_broken_text_is_told_at_a_place_of_it() {
        let text =
            "{\"ä\\u00e9\\n\": [1.5e3, -0, true, null, {\"b\": \"x//y\"}], /* c */ \"d\": \"🌍\\\\\"} // e\n";
        let odd = [
            "", "\"", "\\", "{", "}", "[", "]", ",", ":", "/", "*", "#", "x", "0", "-", ".", "\n", "\t",
            "\u{1}", "é", "\u{a0}", "“",
        ];
        let places: Vec<(usize, char)> = text.char_indices().collect();
        for (at, character) in places {
            let (before, after) = (&text[..at], &text[at + character.len_utf8()..]);
            for broken in
                odd.iter().flat_map(|odd| [format!("{before}{odd}{after}"), format!("{before}{odd}")])
            {
                let mut blanked = String::new();
                let Err(fault) = parse(broken.as_bytes(), &mut blanked) else { continue };
                assert!(broken.get(fault.span.clone()).is_some(), "{broken}: {fault:?}");
                assert!(
                    !fault.message.ends_with(": ") && fault.help.as_deref() != Some(""),
                    "{broken}: {fault:?}"
                );
            }
        }
    }
}
