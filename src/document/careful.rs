//! Reads a text that may be wrong, and finds every fault that it has.
//!
//! serde_json reads the text; strings, numbers and words are taken as slices of it, so their places are known, and a cursor
//! follows the brackets between them. What serde_json would stop at or pass over in silence (a key that stands twice, 1e999,
//! a lone surrogate, nesting without end) is collected as a fault.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::node::{Document, Member, Sort, shortened};
use super::{MAX_DEPTH, repeated_keys};
use crate::diagnostic::Fault;
use crate::syntax::syntax_fault;

/// What a text says, with its faults; or where it stops to be JSON.
pub(super) fn read(text: &str) -> Result<Document<'_>, Fault> {
    if u32::try_from(text.len()).is_err() {
        return Err(Fault::new("too-large", 0..0, "a text of more than 4 GB is not read"));
    }
    let reader = Reader { text, cursor: Cell::new(0), document: RefCell::new(Document::of(text)) };
    let mut json = serde_json::Deserializer::from_str(text);
    let value = ValueSeed { reader: &reader, depth: 1 }.deserialize(&mut json);
    value.and_then(|()| json.end()).map_err(|error| syntax_fault(text, &error))?;
    Ok(reader.document.into_inner())
}

/// What every reader of one text shares.
struct Reader<'t> {
    text: &'t str,
    /// The first byte that has not been read: moved along by every scalar and every bracket.
    cursor: Cell<usize>,
    document: RefCell<Document<'t>>,
}

impl<'t> Reader<'t> {
    /// The first byte after blanks; the cursor stands on it.
    fn peek(&self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.cursor.get()..)?;
        let blanks = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))?;
        self.cursor.set(self.cursor.get() + blanks);
        rest.get(blanks).copied()
    }

    /// Passes one byte of punctuation. serde_json checks that it stands there.
    fn pass(&self, punctuation: u8) {
        if self.peek() == Some(punctuation) {
            self.cursor.set(self.cursor.get() + 1);
        }
    }

    /// The place of a slice of the text; the cursor moves behind it.
    fn place(&self, raw: &'t str) -> Range<usize> {
        let start = raw.as_ptr() as usize - self.text.as_ptr() as usize;
        self.cursor.set(start + raw.len());
        start..start + raw.len()
    }

    fn fault(&self, fault: Fault) {
        self.document.borrow_mut().faults.push(fault);
    }

    fn len(&self) -> usize {
        self.document.borrow().len()
    }

    fn push(&self, span: &Range<usize>, sort: Sort) {
        self.document.borrow_mut().push(span.start, span.end, sort);
    }

    /// The bracket that an object or a list begins with, and its place in the document.
    fn open(&self, bracket: u8) -> usize {
        let (object, start) = (self.len(), self.cursor.get());
        self.push(&(start..start), Sort::Broken);
        self.pass(bracket);
        object
    }

    fn close(&self, at: usize, bracket: u8, sort: fn(u32) -> Sort) {
        self.pass(bracket);
        self.document.borrow_mut().close(at, self.cursor.get(), sort);
    }

    fn scalar(&self, raw: &'t str) {
        let span = self.place(raw);
        let sort = match raw.as_bytes().first() {
            Some(b'"') => return self.string(raw, &span),
            Some(b't') => Sort::True,
            Some(b'f') => Sort::False,
            Some(b'n') => Sort::Null,
            Some(b'{' | b'[') => {
                let message = format!("more than {MAX_DEPTH} objects and lists stand inside each other");
                self.fault(
                    Fault::new("too-deep", span.start..span.start + 1, message).label("one level too many"),
                );
                Sort::Broken
            }
            _ if raw.parse().is_ok_and(f64::is_finite) => Sort::Number,
            _ => {
                let message = format!("{} is too large: the largest number is about 1.8e308", shortened(raw));
                self.fault(Fault::new("number-too-large", span.clone(), message));
                Sort::Broken
            }
        };
        self.push(&span, sort);
    }

    /// A string; broken if its escapes are no text.
    fn string(&self, raw: &'t str, span: &Range<usize>) {
        if !raw.contains('\\') {
            return self.push(span, Sort::Written);
        }
        match serde_json::from_str::<String>(raw) {
            Ok(text) => self.document.borrow_mut().push_read(span.start, span.end, text),
            Err(_) => {
                let escape = lone_surrogate(raw).unwrap_or(0..raw.len());
                let written = raw.get(escape.clone()).unwrap_or_default();
                let message = format!("`{written}` is half of a surrogate pair, which is no character");
                let help = "write both halves, as in `\\ud83d\\ude80`, or the character itself";
                let place = span.start + escape.start..span.start + escape.end;
                self.fault(Fault::new("lone-surrogate", place, message).help(help));
                self.push(span, Sort::Broken);
            }
        }
    }

    fn tell_repeated_keys(&self, object: usize) {
        let document = &mut *self.document.borrow_mut();
        let tell = |(again, first): (Member<'_>, Member<'_>)| {
            let message = format!("`{}` stands twice in one object", again.key);
            Fault::new("duplicate-key", again.key_span(), message).earlier(first.key_span().start)
        };
        let faults: Vec<Fault> = repeated_keys(document.node(object)).into_iter().map(tell).collect();
        document.faults.extend(faults);
    }
}

/// The first escape of a string that is half of a surrogate pair without the other half beside it.
fn lone_surrogate(raw: &str) -> Option<Range<usize>> {
    let unit = |at: usize| match raw.get(at..at + 6)?.strip_prefix("\\u") {
        Some(digits) => u16::from_str_radix(digits, 16).ok(),
        None => None,
    };
    let mut at = 0;
    loop {
        at += raw.get(at..)?.find('\\')?;
        at += match (unit(at), unit(at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => return Some(at..at + 6),
            _ => 2,
        };
    }
}

/// Reads the value that stands at the cursor.
struct ValueSeed<'r, 't> {
    reader: &'r Reader<'t>,
    depth: usize,
}

impl<'t> DeserializeSeed<'t> for ValueSeed<'_, 't> {
    type Value = ();

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.reader.peek() {
            Some(b'{') if self.depth <= MAX_DEPTH => deserializer.deserialize_map(self),
            Some(b'[') if self.depth <= MAX_DEPTH => deserializer.deserialize_seq(self),
            _ => {
                self.reader.scalar(<&RawValue>::deserialize(deserializer)?.get());
                Ok(())
            }
        }
    }
}

impl<'t> Visitor<'t> for ValueSeed<'_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut access: A) -> Result<(), A::Error> {
        let reader = self.reader;
        let list = reader.open(b'[');
        while access.next_element_seed(ValueSeed { reader, depth: self.depth + 1 })?.is_some() {
            reader.pass(b',');
        }
        reader.close(list, b']', Sort::List);
        Ok(())
    }

    fn visit_map<A: MapAccess<'t>>(self, mut access: A) -> Result<(), A::Error> {
        let reader = self.reader;
        let object = reader.open(b'{');
        loop {
            let member = reader.len();
            let Some(raw) = access.next_key::<&RawValue>()? else { break };
            let key = raw.get();
            reader.string(key, &reader.place(key));
            let is_text = reader.document.borrow().node(member).text().is_some();
            reader.pass(b':');
            access.next_value_seed(ValueSeed { reader, depth: self.depth + 1 })?;
            reader.pass(b',');
            // Without a readable key there is nothing to hold the value to; the file is refused.
            if !is_text {
                reader.document.borrow_mut().truncate(member);
            }
        }
        reader.close(object, b'}', Sort::Object);
        reader.tell_repeated_keys(object);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_half_of_a_pair_that_stands_alone_is_found() {
        for (raw, place) in [
            (r#""\ud83d""#, Some(1..7)),
            (r#""\ud83d\ude80 \\ud83d \ude80""#, Some(22..28)),
            (r#""\ud83d\ud83d\ude80""#, Some(1..7)),
            (r#""\ud83d\ude80""#, None),
        ] {
            assert_eq!(lone_surrogate(raw), place, "{raw}");
        }
    }
}
