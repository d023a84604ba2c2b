//! Where in a file a finding stands.

use std::ops::Range;

/// A place in a flag file or in a list file it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The list file, as the flag file names it; `None` in the flag file itself.
    pub list: Option<Box<str>>,
    /// A JSON Pointer (RFC 6901) into the flag file; empty for the whole of it.
    pub path: Box<str>,
    /// The bytes it covers.
    pub span: Range<usize>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

/// Where the lines of a text start.
pub(crate) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    /// The place that was told last, and the characters before it on its line: many places of one long line, told in
    /// order, count that line once.
    last: (usize, usize),
}

impl<'t> Lines<'t> {
    pub(crate) fn of(text: &'t str) -> Lines<'t> {
        // A byte-order mark is no character.
        let first = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(first).chain(newlines.map(|(at, _)| at + 1)).collect();
        Lines { text, starts, last: (first, 0) }
    }

    /// Line and column of a byte, both from 1, the column in characters.
    pub(crate) fn line_and_column(&mut self, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let (counted, characters) =
            if (start..=offset).contains(&self.last.0) { self.last } else { (start, 0) };
        let between = self.text.get(counted..offset).unwrap_or_default();
        self.last = (offset.max(counted), characters + between.chars().count());
        (line, self.last.1 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_in_characters_from_1() {
        let place = |text: &str, offset| Lines::of(text).line_and_column(offset);
        assert_eq!(place("", 0), (1, 1));
        assert_eq!(place("ä\r\nöx", 6), (2, 2));
        assert_eq!(place("\u{feff}{}", 3), (1, 1));
        assert_eq!(place("a\n\nb", 3), (3, 1));
        assert_eq!(place("ab", 9), (1, 1));
    }
}
