//! Reads a text that is right: fast, and without a word on one that is not.
//!
//! Nearly every text that is read is right, so it is read once, eight bytes at a time. Whatever is in doubt (a comment, a
//! key that stands twice, a number that may be too large) ends the reading, and `careful` reads the text anew. So nothing
//! here knows a message, and what this accepts must be exactly what `careful` reads without a fault: tests hold it to that.

use super::node::{Document, Sort};
use super::{MAX_DEPTH, mark, repeated_keys};
use crate::word::each;

/// What a text says, if there is no fault in it.
pub(super) fn read(text: &str) -> Option<Document<'_>> {
    u32::try_from(text.len()).ok()?;
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, document: Document::of(text) };
    reader.blanks();
    reader.value(1)?;
    reader.blanks();
    (reader.at == text.len()).then_some(reader.document)
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    /// The first byte that has not been read.
    at: usize,
    document: Document<'t>,
}

impl<'t> Reader<'t> {
    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn pass(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    #[inline]
    fn blanks(&mut self) {
        while let Some(byte @ (b' ' | b'\n' | b'\r' | b'\t')) = self.peek() {
            self.at += 1;
            if byte == b'\n' {
                self.indentation();
            }
        }
    }

    /// What is laid out for people has many blanks behind a line end.
    #[inline]
    fn indentation(&mut self) {
        self.pass_words(|word| word ^ each(b' '));
    }

    /// Passes the bytes that `stops` turns to zeros in a word of eight, the first byte of it lowest, as long as there are
    /// eight to look at.
    #[inline]
    fn pass_words(&mut self, stops: impl Fn(u64) -> u64) {
        let mut rest = self.bytes.get(self.at..).unwrap_or_default();
        while let Some((word, after)) = rest.split_first_chunk() {
            let stops = stops(u64::from_le_bytes(*word));
            if stops != 0 {
                self.at = self.bytes.len() - rest.len() + stops.trailing_zeros() as usize / 8;
                return;
            }
            rest = after;
        }
        self.at = self.bytes.len() - rest.len();
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'"' => self.string(),
            b'{' if depth <= MAX_DEPTH => self.object(depth),
            b'[' if depth <= MAX_DEPTH => self.list(depth),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.known("true", Sort::True),
            b'f' => self.known("false", Sort::False),
            b'n' => self.known("null", Sort::Null),
            _ => None,
        }
    }

    fn known(&mut self, word: &str, sort: Sort) -> Option<()> {
        let start = self.at;
        self.bytes.get(start..)?.starts_with(word.as_bytes()).then_some(())?;
        self.at += word.len();
        self.document.push(start, self.at, sort);
        Some(())
    }

    fn list(&mut self, depth: usize) -> Option<()> {
        let list = self.document.len();
        self.document.push(self.at, self.at, Sort::Broken);
        self.at += 1;
        self.blanks();
        if self.peek()? != b']' {
            loop {
                self.value(depth + 1)?;
                self.blanks();
                if self.pass(b',').is_none() {
                    break;
                }
                self.blanks();
            }
        }
        self.pass(b']')?;
        self.document.close(list, self.at, Sort::List);
        Some(())
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        let object = self.document.len();
        self.document.push(self.at, self.at, Sort::Broken);
        self.at += 1;
        self.blanks();
        let (mut marks, mut again) = (0, false);
        if self.peek()? != b'}' {
            loop {
                let mark = self.key()?;
                again |= marks & mark != 0;
                marks |= mark;
                self.blanks();
                self.pass(b':')?;
                self.blanks();
                self.value(depth + 1)?;
                self.blanks();
                if self.pass(b',').is_none() {
                    break;
                }
                self.blanks();
            }
        }
        self.pass(b'}')?;
        self.document.close(object, self.at, Sort::Object);
        // Mostly, no two keys of an object have one mark.
        (!again || repeated_keys(self.document.node(object)).is_empty()).then_some(())
    }

    /// A key, and its mark as a bit.
    fn key(&mut self) -> Option<u64> {
        let start = self.at;
        (self.peek()? == b'"').then(|| self.string())??;
        if self.document.is_read_last() {
            // It may be equal to any.
            return Some(u64::MAX);
        }
        Some(1 << mark(self.bytes.get(start + 1..self.at - 1)?))
    }

    fn string(&mut self) -> Option<()> {
        let start = self.at;
        self.at += 1;
        loop {
            self.plain();
            match self.peek()? {
                b'"' => break,
                b'\\' => return self.escaped(start),
                0..0x20 => return None,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        self.document.push(start, self.at, Sort::Written);
        Some(())
    }

    /// Passes bytes that stand for themselves in a string.
    #[inline]
    fn plain(&mut self) {
        // What is looked for is made the least there is, and subtracted from: the lowest byte that borrows is one.
        self.pass_words(|word| {
            (word.wrapping_sub(each(0x20))
                | (word ^ each(b'"')).wrapping_sub(each(1))
                | (word ^ each(b'\\')).wrapping_sub(each(1)))
                & !word
                & each(0x80)
        });
    }

    /// A string with escapes, which serde_json knows how to read.
    #[cold]
    fn escaped(&mut self, start: usize) -> Option<()> {
        let raw = self.text.get(start..)?;
        let end = start + crate::syntax::string_length(raw.as_bytes());
        let text = serde_json::from_str(self.text.get(start..end)?).ok()?;
        self.at = end;
        self.document.push_read(start, end, text);
        Some(())
    }

    /// A number as JSON spells it.
    fn number(&mut self) -> Option<()> {
        let start = self.at;
        let _ = self.pass(b'-');
        if self.pass(b'0').is_none() {
            self.digits()?;
        }
        let mut exponent = false;
        if self.pass(b'.').is_some() {
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            exponent = true;
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        // A double holds any number of 300 digits.
        if exponent || self.at - start > 300 {
            let raw = self.text.get(start..self.at)?;
            raw.parse().is_ok_and(f64::is_finite).then_some(())?;
        }
        self.document.push(start, self.at, Sort::Number);
        Some(())
    }

    /// One digit or more.
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}
