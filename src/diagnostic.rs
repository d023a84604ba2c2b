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

    /// What to write at the place itself, under a caret.
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

/// One line: `14:22: error[unknown-variant]: rule serves `onn`, which is not a variant of `new-checkout``.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(list) = &self.list {
            write!(f, "{list}:")?;
        }
        let Diagnostic { line, column, severity, code, message, .. } = self;
        write!(f, "{line}:{column}: {severity}[{code}]: {message}")?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
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
    pub(crate) fn placed(self, lines: &Lines<'_>, path: String) -> Diagnostic {
        let (line, column) = lines.line_and_column(self.span.start);
        let earlier = self.earlier.map(|offset| lines.line_and_column(offset).0);
        let help = match earlier {
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

/// Where the lines of a text start, so that many places can be told.
pub(crate) struct Lines<'t> {
    text: &'t [u8],
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(crate) fn of(text: &'t [u8]) -> Lines<'t> {
        let newlines = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let starts = std::iter::once(0).chain(newlines.map(|(at, _)| at + 1)).collect();
        Lines { text, starts }
    }

    /// Line and column of a byte, both from 1, the column in characters. A byte-order mark is no character.
    fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let before = self.text.get(start..offset.min(self.text.len())).unwrap_or_default();
        let before = before.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(before);
        let is_start_of_character = |byte: &&u8| **byte & 0xC0 != 0x80;
        (line, before.iter().filter(is_start_of_character).count() + 1)
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
        assert_eq!(place("a\n\nb", 3), (3, 1));
        assert_eq!(place("a\n", 2), (2, 1));
    }
}
