//! What is wrong with a flag file, and where: one finding, in pieces that tools can lay out as they like.

use std::fmt;
use std::ops::Range;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Accepted, but probably not what was meant.
    Warning,
    /// The file is refused.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// One finding: a stable code, a place, what is wrong, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub(crate) code: &'static str,
    pub(crate) severity: Severity,
    pub(crate) list: Option<Box<str>>,
    pub(crate) path: Box<str>,
    pub(crate) span: Range<usize>,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) message: Box<str>,
    pub(crate) label: Option<Box<str>>,
    pub(crate) help: Option<Box<str>>,
}

impl Diagnostic {
    /// The stable code: `unknown-variant`. FORMAT.md lists those that refuse a file.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// How much it matters. Everything that a reader of flag files finds is an error.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The list file it is in, as the flag file names it; `None` if it is in the flag file itself.
    #[must_use]
    pub fn list(&self) -> Option<&str> {
        self.list.as_deref()
    }

    /// The place as a JSON Pointer (RFC 6901) into the flag file; empty for the whole of it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The place as a range of bytes of the file.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The line, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column, from 1, in characters.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    /// What is wrong, in one line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to write at the place itself, under a caret: a fact that goes on where the message ends.
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// What to do instead, in one line.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

/// All of it in one line: ``14:22: error[bad-weights]: the weights of this split total 90, not 100: 10 short``, and the
/// help in brackets. Control characters of the file are told by their numbers, so that it stays one line of a log.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(list) = &self.list {
            write!(f, "{}:", OneLine(list))?;
        }
        let Diagnostic { line, column, severity, code, message, .. } = self;
        write!(f, "{line}:{column}: {severity}[{code}]: {}", OneLine(message))?;
        if let Some(label) = &self.label {
            write!(f, ": {}", OneLine(label))?;
        }
        match &self.help {
            Some(help) => write!(f, " ({})", OneLine(help)),
            None => Ok(()),
        }
    }
}

/// A text in which no character ends the line.
struct OneLine<'t>(&'t str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ends_lines =
            |character: char| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
        for part in self.0.split_inclusive(ends_lines) {
            match part.chars().next_back().filter(|last| ends_lines(*last)) {
                Some(last) => {
                    let before = part.strip_suffix(last).unwrap_or(part);
                    write!(f, "{before}<U+{:04X}>", u32::from(last))?;
                }
                None => f.write_str(part)?,
            }
        }
        Ok(())
    }
}

/// A finding before its place is told in lines and pointers: what the readers of text and meaning collect.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) label: Option<String>,
    pub(crate) help: Option<String>,
    /// Where the same thing stands already; its line is told in the help.
    pub(crate) earlier: Option<usize>,
}

impl Fault {
    pub(crate) fn new(code: &'static str, span: Range<usize>, message: impl Into<String>) -> Fault {
        Fault { code, span, message: message.into(), label: None, help: None, earlier: None }
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Fault {
        self.label = Some(label.into());
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Fault {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Fault {
        self.help = help.or(self.help);
        self
    }

    pub(crate) fn earlier(mut self, offset: usize) -> Fault {
        self.earlier = Some(offset);
        self
    }

    /// The finding with its place in the file that its span is in.
    pub(crate) fn placed(self, lines: &mut Lines<'_>, path: String) -> Diagnostic {
        let (line, column) = lines.line_and_column(self.span.start);
        let help = match self.earlier.map(|offset| lines.line(offset)) {
            Some(earlier) if earlier == line => {
                Some("it stands earlier on this line already: keep one of the two".to_owned())
            }
            Some(earlier) => Some(format!("it stands on line {earlier} already: keep one of the two")),
            None => self.help,
        };
        Diagnostic {
            code: self.code,
            severity: Severity::Error,
            list: None,
            path: path.into(),
            span: self.span,
            line,
            column,
            message: self.message.into(),
            label: self.label.map(Into::into),
            help: help.map(Into::into),
        }
    }
}

/// How messages call a character: those that cannot be seen by their names or numbers.
pub(crate) fn character_name(character: char) -> String {
    match character {
        ' ' => "a blank".to_owned(),
        '\t' => "a tab".to_owned(),
        '\n' | '\r' => "a line end".to_owned(),
        '\u{a0}' => "a no-break space (U+00A0)".to_owned(),
        '\u{feff}' => "a byte-order mark (U+FEFF)".to_owned(),
        '!'..='~' => format!("`{character}`"),
        seen if seen.is_alphanumeric() || ('\u{2010}'..='\u{2027}').contains(&seen) => {
            format!("`{seen}` (U+{:04X})", u32::from(seen))
        }
        other => format!("the character U+{:04X}", u32::from(other)),
    }
}

/// Where the lines of a text start, so that many places can be told.
pub(crate) struct Lines<'t> {
    text: &'t [u8],
    starts: Vec<usize>,
    /// The place that was told last, and the characters before it on its line. Findings come sorted, so many of them on
    /// one long line count that line once.
    last: (usize, usize),
}

impl<'t> Lines<'t> {
    pub(crate) fn of(text: &'t [u8]) -> Lines<'t> {
        // A byte-order mark is no character.
        let first = if text.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let newlines = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let starts = std::iter::once(first).chain(newlines.map(|(at, _)| at + 1)).collect();
        Lines { text, starts, last: (first, 0) }
    }

    /// The line of a byte, from 1.
    fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).max(1)
    }

    /// Line and column of a byte, both from 1, the column in characters.
    fn line_and_column(&mut self, offset: usize) -> (usize, usize) {
        let line = self.line(offset);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let (counted, characters) =
            if (start..=offset).contains(&self.last.0) { self.last } else { (start, 0) };
        let end = offset.min(self.text.len());
        let between = self.text.get(counted..end).unwrap_or_default();
        let is_start_of_character = |byte: &&u8| **byte & 0xC0 != 0x80;
        let characters = characters + between.iter().filter(is_start_of_character).count();
        self.last = (end.max(counted), characters);
        (line, characters + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_in_characters_from_1() {
        let place = |text: &str, offset| Lines::of(text.as_bytes()).line_and_column(offset);
        assert_eq!(place("", 0), (1, 1));
        assert_eq!(place("ä\r\nöx", 6), (2, 2));
        assert_eq!(place("\u{feff}{}", 3), (1, 1));
        assert_eq!(place("\u{feff}", 0), (1, 1));
        assert_eq!(place("\u{feff}", 2), (1, 1));
        assert_eq!(place("a\n\u{feff}b", 5), (2, 2));
        assert_eq!(place("a\n\nb", 3), (3, 1));
        assert_eq!(place("a\n", 2), (2, 1));
        assert_eq!(place("ab", 9), (1, 3));
    }

    #[test]
    fn places_may_be_asked_in_any_order() {
        let text = "ä€x\nö🌍y\n";
        let mut lines = Lines::of(text.as_bytes());
        let boundaries: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let alone: Vec<(usize, usize)> =
            boundaries.iter().map(|at| Lines::of(text.as_bytes()).line_and_column(*at)).collect();
        for _ in 0..2 {
            let onward: Vec<(usize, usize)> =
                boundaries.iter().map(|at| lines.line_and_column(*at)).collect();
            assert_eq!(onward, alone);
        }
        for (at, place) in boundaries.iter().zip(&alone).rev() {
            assert_eq!(lines.line_and_column(*at), *place);
        }
    }

    #[test]
    fn a_hundred_thousand_places_on_one_line_count_it_once() {
        let text = "äbcdefghijklmnopqrst".repeat(100_000);
        let mut lines = Lines::of(text.as_bytes());
        for place in 0..100_000 {
            assert_eq!(lines.line_and_column(place * 21), (1, place * 20 + 1));
        }
    }

    #[test]
    fn a_finding_is_one_line_that_says_everything() {
        let fault = Fault::new("bad-weights", 4..5, "they total 90\u{1b}[31m,\nnot 100");
        let fault = fault.label("10 short").help("add 10");
        let told = fault.placed(&mut Lines::of(b"a\nb cd"), String::new()).to_string();
        assert_eq!(
            told,
            "2:3: error[bad-weights]: they total 90<U+001B>[31m,<U+000A>not 100: 10 short (add 10)"
        );
    }

    #[test]
    fn a_character_that_cannot_be_seen_has_a_name() {
        for (character, name) in [
            ('/', "`/`"),
            (' ', "a blank"),
            ('\u{a0}', "a no-break space (U+00A0)"),
            ('с', "`с` (U+0441)"),
            ('\u{202e}', "the character U+202E"),
            ('“', "`“` (U+201C)"),
        ] {
            assert_eq!(character_name(character), name);
        }
    }
}
