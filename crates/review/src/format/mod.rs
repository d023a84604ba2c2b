//! A flag file in one layout. Only blanks are changed: every text, number and bracket stays as it is spelt and where it
//! stands, and every comment stays beside what it is about. So no answer can change.
//!
//! The layout is that of a person who writes JSON with care: two blanks a step, one member a line where it matters, short
//! things on one line. An object or a list that was opened over several lines stays so; one on a single line is opened
//! where it does not fit.

mod layout;
mod print;

use crate::token::{TokenKind, tokens};

/// The longest line that is not broken up, in characters.
const WIDTH: usize = 120;

/// A flag file laid out. Laying it out again changes nothing.
///
/// Returns `None` if the text is no JSON with comments. What it means plays no part: a file may be laid out while it is
/// still being written.
///
/// ```
/// let text = r#"{"version":1, "flags":{"beta":{"rules":[{"rollout":5}]}}} // all of it"#;
/// let formatted = waterspout_review::format(text).expect("this is JSON");
/// assert_eq!(formatted, "{\n  \"version\": 1,\n  \"flags\": {\n    \"beta\": { \"rules\": [{ \"rollout\": 5 }] }\n  }\n} // all of it\n");
/// assert_eq!(waterspout_review::format(&formatted), Some(formatted));
/// ```
#[must_use]
pub fn format(text: &str) -> Option<String> {
    let document = layout::read(text)?;
    let mut formatted = print::print(&document);
    assert!(same_pieces(text, &formatted), "laying out a file would have changed more than its blanks");
    if ends_lines_with_two(text) {
        formatted = formatted.replace('\n', "\r\n");
    }
    if text.starts_with('\u{feff}') {
        formatted.insert(0, '\u{feff}');
    }
    Some(formatted)
}

/// Whether the file ends its lines as Windows does.
fn ends_lines_with_two(text: &str) -> bool {
    text.find('\n').is_some_and(|at| text.get(..at).is_some_and(|before| before.ends_with('\r')))
}

/// Whether two texts have the same pieces in the same order, and the same comments.
fn same_pieces(one: &str, other: &str) -> bool {
    let pieces = |text: &str, are_comments: bool| -> Vec<String> {
        let chosen = tokens(text).into_iter().filter(|token| token.kind.is_comment() == are_comments);
        chosen.filter_map(|token| Some(plain(token.kind, text.get(token.span)?))).collect()
    };
    let comments = |text| {
        let mut comments = pieces(text, true);
        comments.sort_unstable();
        comments
    };
    pieces(one, false) == pieces(other, false) && comments(one) == comments(other)
}

/// A piece without what is laid out anew: line ends inside a comment, and blanks behind a line comment.
fn plain(kind: TokenKind, written: &str) -> String {
    match kind {
        TokenKind::LineComment => written.trim_end().to_owned(),
        TokenKind::BlockComment => written.replace("\r\n", "\n"),
        _ => written.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(text: &str) -> String {
        let formatted = format(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(format(&formatted).as_deref(), Some(&*formatted), "a second time");
        formatted
    }

    #[test]
    fn comments_stay_beside_what_they_are_about() {
        for (text, expected) in [
            ("// a\n\n\n\n/* b */ { // c\n} // d\n// e", "// a\n\n/* b */ { // c\n} // d\n// e\n"),
            ("{\"a\": 1 // x\n , \"b\": 2}", "{\n  \"a\": 1, // x\n  \"b\": 2\n}\n"),
            ("{\"a\": 1, // x\n \"b\": 2}", "{\n  \"a\": 1, // x\n  \"b\": 2\n}\n"),
            ("{\"a\": [1, /* no 2, */ 3]}", "{\n  \"a\": [1, /* no 2, */ 3]\n}\n"),
            ("{\"a\" /* b */ : /* c */ 1 /* d */}", "{\n  \"a\" /* b */: /* c */ 1 /* d */\n}\n"),
            ("{\"a\": // why\n 1}", "{\n  // why\n  \"a\": 1\n}\n"),
            ("{\"a\": [ // why\n 1]}", "{\n  \"a\": [ // why\n    1\n  ]\n}\n"),
            ("{\"a\": [1\n// none left\n]}", "{\n  \"a\": [\n    1\n    // none left\n  ]\n}\n"),
            ("{\"a\": [/* none */]}", "{\n  \"a\": [/* none */]\n}\n"),
            ("{\"a\": {/* b\n   c */}}", "{\n  \"a\": {\n    /* b\n   c */\n  }\n}\n"),
        ] {
            assert_eq!(laid_out(text), expected, "{text}");
        }
    }

    #[test]
    fn what_was_opened_stays_open_and_what_fits_stays_on_its_line() {
        assert_eq!(
            laid_out("{\"a\":[{\"b\":1},{ \"c\":[ ] }],\"d\":{\n\"e\":2}}"),
            "{\n  \"a\": [{ \"b\": 1 }, { \"c\": [] }],\n  \"d\": {\n    \"e\": 2\n  }\n}\n"
        );
        let long = format!("{{\"a\": [\"{}\", \"{}\"]}}", "x".repeat(60), "y".repeat(60));
        let expected =
            format!("{{\n  \"a\": [\n    \"{}\",\n    \"{}\"\n  ]\n}}\n", "x".repeat(60), "y".repeat(60));
        assert_eq!(laid_out(&long), expected);
    }

    #[test]
    fn blank_lines_set_parts_apart_and_no_more() {
        assert_eq!(
            laid_out("{\n\n\n\"a\": 1,\n\n\n\n\"b\": 2\n\n}\n\n"),
            "{\n  \"a\": 1,\n\n  \"b\": 2\n}\n"
        );
    }

    #[test]
    fn spelling_line_ends_and_the_mark_at_the_start_stay() {
        let text = "\u{feff}{\r\n\"\\u0061\": [1.50, -0, 1e2, \"\\/\"]}";
        assert_eq!(laid_out(text), "\u{feff}{\r\n  \"\\u0061\": [1.50, -0, 1e2, \"\\/\"]\r\n}\r\n");
        assert_eq!(laid_out("// a\r{}"), "// a\n{}\n", "a comment ends at a single return, too");
    }

    #[test]
    fn what_is_no_json_is_left_alone() {
        for text in [
            "",
            "{",
            "\"a",
            "{} /* a",
            "{} /*/",
            "[01]",
            "[nope]",
            "[1 2]",
            "{\"a\": }",
            "// nothing",
            "{} {}",
            "{,}",
            "[1,]",
        ] {
            assert_eq!(format(text), None, "{text}");
        }
    }
}
