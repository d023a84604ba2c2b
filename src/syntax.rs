//! What is wrong with a text that is no JSON: in plain words, at its very place, with what to write instead.
//!
//! Messages and helps say fixed words only, nothing that was read: the text may be a context, with values that nobody
//! should see.

use std::ops::Range;

use crate::diagnostic::{Fault, character_name};

/// serde_json's error as a fault: in plain words, at its very place, with what to write instead.
pub(crate) fn syntax_fault(text: &str, error: &serde_json::Error) -> Fault {
    let at = place_of(text, error);
    let message = error.to_string();
    match message.split(" at line ").next().unwrap_or_default() {
        _ if text.trim_ascii().is_empty() => syntax(0..0, "there is nothing to read in it"),
        "EOF while parsing a string" => unclosed_text(text, at),
        _ if error.is_eof() => unclosed_brackets(text),
        "trailing comma" => trailing_comma(text, at),
        "trailing characters" => after_the_end(text, at),
        "expected `:`" => missing_colon(text, at),
        "expected `,` or `}`" => missing_comma(text, at, "a comma or `}` is expected here"),
        "expected `,` or `]`" => missing_comma(text, at, "a comma or `]` is expected here"),
        "key must be a string" => strange(text, at, "a key is expected here", "put the key in double quotes"),
        "expected value" => strange(text, at, NO_VALUE, TEXT_IN_QUOTES),
        "expected ident" => strange(text, word_around(text, at).start, NO_VALUE, TEXT_IN_QUOTES),
        "invalid number" => no_number(text, at),
        other => fault_in_texts(text).unwrap_or_else(|| syntax(at..end_of(text, at), other)),
    }
}

const NO_VALUE: &str = "a value is expected here";
const TEXT_IN_QUOTES: &str = "put a text in double quotes";

fn syntax(span: Range<usize>, what: &str) -> Fault {
    Fault::new("syntax", span, format!("this is not JSON: {what}"))
}

/// The byte where serde_json stopped.
fn place_of(text: &str, error: &serde_json::Error) -> usize {
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let at = lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn first_of(text: &str, at: usize) -> Option<char> {
    text.get(at..)?.chars().next()
}

/// Where the character at a place ends.
fn end_of(text: &str, at: usize) -> usize {
    at + first_of(text, at).map_or(0, char::len_utf8)
}

/// All characters around a place that could be of one word or number.
fn word_around(text: &str, at: usize) -> Range<usize> {
    let of_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '+' | '-' | '%');
    let Some((before, after)) = text.split_at_checked(at) else { return at..at };
    let before = before.len() - before.trim_end_matches(of_word).len();
    let after = after.len() - after.trim_start_matches(of_word).len();
    at - before..at + after
}

/// The quote that opens the text which a place is in.
fn opening_quote(text: &str, at: usize) -> Option<usize> {
    let mut start = 0;
    loop {
        start += text.get(start..end_of(text, at))?.find('"')?;
        let end = start + string_length(text.get(start..)?.as_bytes());
        if end > at {
            return Some(start);
        }
        start = end;
    }
}

/// The brackets before a place that are not closed before it.
fn open_brackets(text: &str, end: usize) -> Vec<(usize, u8)> {
    let mut open = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at).filter(|_| at < end) {
        match byte {
            b'{' | b'[' => open.push((at, *byte)),
            b'}' | b']' => _ = open.pop(),
            b'"' => at += text.get(at..).map_or(0, |rest| string_length(rest.as_bytes()) - 1),
            _ => {}
        }
        at += 1;
    }
    open
}

/// ``the `{` of line 3``
fn bracket_told(text: &str, (at, bracket): (usize, u8)) -> String {
    let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
    format!("the `{}` of line {line}", char::from(bracket))
}

fn unclosed_text(text: &str, at: usize) -> Fault {
    let quote = opening_quote(text, at).unwrap_or(at);
    syntax(quote..text.len(), "this text is never closed").help("close it with `\"`")
}

fn unclosed_brackets(text: &str) -> Fault {
    let end = text.trim_ascii_end().len();
    let open = open_brackets(text, end);
    let fault = syntax(end..end, "it ends too early");
    match open.as_slice() {
        [] => fault,
        [only] => fault.help(format!("{} is not closed", bracket_told(text, *only))),
        [.., last] => {
            let count = open.len();
            fault.help(format!(
                "{count} brackets are not closed, the last of them {}",
                bracket_told(text, *last)
            ))
        }
    }
}

fn trailing_comma(text: &str, at: usize) -> Fault {
    let comma = text.get(..at).and_then(|before| before.rfind(',')).unwrap_or(at);
    syntax(comma..comma + 1, "nothing stands behind this comma")
        .help("remove it: no comma stands before a closing bracket")
}

fn after_the_end(text: &str, at: usize) -> Fault {
    let span = at..end_of(text, at);
    match first_of(text, at) {
        Some('}' | ']') => syntax(span, "this bracket closes nothing"),
        Some('*') if text.get(at..).is_some_and(|rest| rest.starts_with("*/")) => strange(text, at, "", ""),
        _ => syntax(span, "something stands after its end")
            .help("it ends with the bracket that closes its first one"),
    }
}

fn missing_colon(text: &str, at: usize) -> Fault {
    let fault = syntax(at..end_of(text, at), "a colon is missing before this");
    match first_of(text, at) {
        Some('=') => fault.help("between a key and its value stands a colon"),
        _ => fault,
    }
}

fn missing_comma(text: &str, at: usize, expected: &str) -> Fault {
    let span = at..end_of(text, at);
    let word = word_around(text, at);
    let is_inside = word.start < at && at < word.end;
    match first_of(text, at) {
        Some('}' | ']') => {
            let opened = open_brackets(text, at).last().map(|open| bracket_told(text, *open));
            syntax(span, expected).maybe_help(opened.map(|opened| format!("{opened} is still open")))
        }
        Some(':') => syntax(span, expected).help("only objects have keys: `{ \"key\": ... }`"),
        _ if is_inside && first_of(text, word.start).is_some_and(char::is_alphabetic) => {
            strange(text, word.start, NO_VALUE, TEXT_IN_QUOTES)
        }
        _ if is_inside => no_number(text, at),
        Some(first) if first.is_alphanumeric() && text.get(..at).is_some_and(|it| it.ends_with('"')) => {
            syntax(span, expected).help("a quote inside a text is written `\\\"`")
        }
        Some(first) if first.is_alphanumeric() || matches!(first, '"' | '{' | '[' | '-') => {
            syntax(span, "a comma is missing before this")
        }
        _ => strange(text, at, expected, TEXT_IN_QUOTES),
    }
}

/// A number, or a word that begins like one.
fn no_number(text: &str, at: usize) -> Fault {
    let span = word_around(text, at);
    let written = text.get(span.clone()).unwrap_or_default();
    let digits = written.strip_prefix('-').unwrap_or(written).to_ascii_lowercase();
    let help = if digits.starts_with("0x") {
        "JSON has no hexadecimal numbers: write it in decimal digits"
    } else if digits.starts_with("inf") {
        "JSON has no infinity"
    } else if digits.ends_with('%') {
        "write the number alone, without `%`"
    } else if digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        "a number has no leading zeros"
    } else if digits.ends_with('.') {
        "a digit stands behind a point: `7.0`"
    } else if digits.ends_with(['e', '+', '-']) {
        "digits stand behind an `e`: `7e3`"
    } else if digits.contains('_') {
        "digits are written without anything between them"
    } else {
        "put a text in double quotes, a version and a date too"
    };
    syntax(span, "this is no number").help(help)
}

/// A character that cannot stand where a key or a value is expected.
fn strange(text: &str, at: usize, expected: &str, quotes: &str) -> Fault {
    let span = at..end_of(text, at);
    let word = word_around(text, at);
    let rest = text.get(at..).unwrap_or_default();
    match first_of(text, at) {
        Some('*') if rest.starts_with("*/") => syntax(at..at + 2, "this closes no comment")
            .help("comments do not nest: the first `*/` closes a comment"),
        Some('/') if rest.starts_with("//") || rest.starts_with("/*") => {
            syntax(at..at + 2, "a comment stands here").help("only flag files have comments")
        }
        Some('#' | '/') => syntax(span, expected).help("`//` leads a comment"),
        Some('\'' | '`') => syntax(span, expected).help(quotes),
        Some('+') => syntax(span, expected).help("a number has no plus sign"),
        Some('.') => syntax(word, expected).help("a digit stands before a point: `0.5`"),
        Some(quote @ ('\u{2018}'..='\u{201f}' | '«' | '»')) => {
            syntax(span, &format!("{} is no quote of JSON", character_name(quote)))
                .help("write the straight quote, `\"`")
        }
        Some(blank) if blank.is_whitespace() || !blank.is_ascii() && !blank.is_alphanumeric() => {
            syntax(span, &format!("{} stands here", character_name(blank)))
                .help("delete it; blanks are the space, the tab and the line end")
        }
        _ if at < word.end => {
            let known = text.get(word.clone()).filter(|_| expected == NO_VALUE).and_then(known_word);
            syntax(word, expected).help(known.unwrap_or(quotes))
        }
        _ => syntax(span, expected),
    }
}

/// What JSON has for a word of other languages.
fn known_word(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "true" => Some("write it in small letters: `true`"),
        "false" => Some("write it in small letters: `false`"),
        "null" => Some("write it in small letters: `null`"),
        "none" | "nil" | "undefined" => Some("JSON has `null` for nothing"),
        "nan" => Some("JSON has no NaN"),
        "inf" | "infinity" => Some("JSON has no infinity"),
        _ => None,
    }
}

/// What is wrong inside the first text with such a fault: a character that must be escaped, or an escape that is none.
fn fault_in_texts(text: &str) -> Option<Fault> {
    let mut at = 0;
    loop {
        at += text.get(at..)?.find('"')?;
        match end_of_text(text, at) {
            Ok(end) => at = end,
            Err(fault) => return Some(fault),
        }
    }
}

/// Where the text that opens at `quote` ends, or the fault in it.
fn end_of_text(text: &str, quote: usize) -> Result<usize, Fault> {
    let mut at = quote + 1;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        at += match rest.as_bytes() {
            [] => return Ok(at),
            [b'"', ..] => return Ok(at + 1),
            [b'\n' | b'\r', ..] => {
                return Err(syntax(quote..at, "a line end stands inside this text")
                    .help("close the text with `\"`, or write the line end as `\\n`"));
            }
            [control @ 0..=0x1F, ..] => return Err(control_in_text(at, *control)),
            [b'\\', b'u', ..] if !is_unicode_escape(rest) => {
                let digits = rest.bytes().skip(2).take_while(u8::is_ascii_hexdigit).count();
                return Err(syntax(at..at + 2 + digits, "this escape is not complete")
                    .help("behind `\\u` stand four hexadecimal digits, as in `\\u00e9`"));
            }
            [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u', ..] => 2,
            [b'\\', ..] => {
                return Err(syntax(at..end_of(text, at + 1), "JSON has no such escape")
                    .help("a backslash itself is written `\\\\`"));
            }
            _ => end_of(text, at) - at,
        };
    }
}

fn control_in_text(at: usize, control: u8) -> Fault {
    let what = format!("{} stands inside a text", character_name(char::from(control)));
    let help = match control {
        b'\t' => "write it as `\\t`".to_owned(),
        _ => format!("write it as `\\u{control:04x}`"),
    };
    syntax(at..at + 1, &what).help(help)
}

/// Whether a text starts with a whole `\u` escape.
fn is_unicode_escape(rest: &str) -> bool {
    rest.get(2..6).is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The length of the string that `bytes` opens with, both quotes included, or to the end if it never closes.
pub(crate) fn string_length(bytes: &[u8]) -> usize {
    let mut escaped = false;
    let end = bytes.iter().skip(1).position(|byte| {
        let closes = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    });
    end.map_or(bytes.len(), |end| end + 2)
}
