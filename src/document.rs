//! Text → document: what a file says, every value with its place.
//!
//! One pass of serde_json over the text. Strings without escapes, numbers and words are read as slices of the text, so
//! their places are known; a cursor follows the brackets between them. What serde_json would stop at or pass over in
//! silence (a key that stands twice, 1e999, a lone surrogate, nesting without end) is collected as a fault, so that one
//! run tells all of them: where it stops, a second pass takes strings too as they are written. Only broken syntax stops
//! that.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::ops::{Deref, Range};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::context::{OwnedContext, OwnedValue};
use crate::diagnostic::{Diagnostic, Fault, Lines};
use crate::error::Error;
use crate::json::{Json, JsonNumber};
use crate::lookup::{self, Lookup};
use crate::syntax::{string_length, syntax_fault};

/// How many containers may stand inside each other.
pub(crate) const MAX_DEPTH: usize = 64;

/// What a text says, before anything is known of what it means.
#[derive(Debug)]
pub(crate) struct Document<'t> {
    pub(crate) root: Node<'t>,
    pub(crate) faults: Vec<Fault>,
}

/// A value and its place.
///
/// A document has many of these, and reading them is waiting for memory: places are half as long as addresses, and lists are
/// of just their size.
#[derive(Debug)]
pub(crate) struct Node<'t> {
    place: Place,
    pub(crate) kind: NodeKind<'t>,
}

/// From one byte of the text to before another. No text that is read is longer than 4 GB.
#[derive(Clone, Copy, Debug)]
struct Place {
    start: u32,
    end: u32,
}

impl Place {
    fn of(start: usize, end: usize) -> Place {
        let short = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Place { start: short(start), end: short(end) }
    }

    fn span(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

#[derive(Debug)]
pub(crate) enum NodeKind<'t> {
    Null,
    Bool(bool),
    /// As it is spelt; a double can hold it.
    Number(&'t str),
    Text(Words<'t>),
    Array(Box<[Node<'t>]>),
    Object(Box<[Member<'t>]>),
    /// Its fault is told already; whoever meets it keeps silent.
    Broken,
}

#[derive(Debug)]
pub(crate) struct Member<'t> {
    pub(crate) key: Words<'t>,
    key_place: Place,
    pub(crate) value: Node<'t>,
}

impl Member<'_> {
    pub(crate) fn key_span(&self) -> Range<usize> {
        self.key_place.span()
    }
}

/// What stands between two quotes: as it is written, or as its escapes are read.
#[derive(Debug)]
pub(crate) enum Words<'t> {
    Written(&'t str),
    Read(Box<str>),
}

impl Deref for Words<'_> {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        match self {
            Words::Written(text) => text,
            Words::Read(text) => text,
        }
    }
}

impl<'t> Node<'t> {
    pub(crate) fn span(&self) -> Range<usize> {
        self.place.span()
    }

    /// The value of a key, if this is an object that has it.
    pub(crate) fn member(&self, key: &str) -> Option<&Node<'t>> {
        match &self.kind {
            NodeKind::Object(members) => {
                members.iter().find(|member| *member.key == *key).map(|member| &member.value)
            }
            _ => None,
        }
    }

    /// The text, if this is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The values of an object.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Node<'t>> {
        let members = match &self.kind {
            NodeKind::Object(members) => &**members,
            _ => &[],
        };
        members.iter().map(|member| &member.value)
    }

    /// The type's name, as messages use it.
    pub(crate) fn type_name(&self) -> &'static str {
        match self.kind {
            NodeKind::Null => "null",
            NodeKind::Bool(_) => "true or false",
            NodeKind::Number(_) => "a number",
            NodeKind::Text(_) => "a text",
            NodeKind::Array(_) => "a list",
            NodeKind::Object(_) => "an object",
            NodeKind::Broken => "nothing readable",
        }
    }

    /// The value as messages show it: a short one as it is written, any other by its type.
    pub(crate) fn shown(&self) -> String {
        match &self.kind {
            NodeKind::Null => "`null`".to_owned(),
            NodeKind::Bool(value) => format!("`{value}`"),
            NodeKind::Number(text) => shortened(text),
            NodeKind::Text(text) if text.len() <= 40 => format!("`{}`", self.to_json()),
            _ => self.type_name().to_owned(),
        }
    }

    /// A scalar without quotes, as it is spelt.
    pub(crate) fn spelt(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Bool(true) => Some("true"),
            NodeKind::Bool(false) => Some("false"),
            NodeKind::Number(text) => Some(text),
            NodeKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Where the value is underlined: a scalar as a whole, of objects and lists the start, which is what the eye needs.
    pub(crate) fn head(&self) -> Range<usize> {
        match self.kind {
            NodeKind::Object(_) | NodeKind::Array(_) => self.span().start..self.span().start + 1,
            _ => self.span(),
        }
    }

    /// The JSON Pointer of the innermost value that holds `place`.
    pub(crate) fn pointer(&self, place: &Range<usize>) -> String {
        let mut pointer = String::new();
        let mut node = self;
        loop {
            let holds = |start: usize, end: usize| start <= place.start && place.end <= end;
            node = match &node.kind {
                NodeKind::Array(items) => {
                    let at = items.partition_point(|item| item.span().end < place.end);
                    let Some(item) = items.get(at).filter(|item| holds(item.span().start, item.span().end))
                    else {
                        break;
                    };
                    pointer.push_str(&format!("/{at}"));
                    item
                }
                NodeKind::Object(members) => {
                    let at = members.partition_point(|member| member.value.span().end < place.end);
                    let found = members
                        .get(at)
                        .filter(|member| holds(member.key_span().start, member.value.span().end));
                    let Some(member) = found else { break };
                    pointer.push('/');
                    pointer.push_str(&member.key.replace('~', "~0").replace('/', "~1"));
                    &member.value
                }
                _ => break,
            };
        }
        pointer
    }

    /// The value as a flag answers it. What is broken reads as null: its file is refused anyway.
    pub(crate) fn to_json(&self) -> Json {
        match &self.kind {
            NodeKind::Null | NodeKind::Broken => Json::Null,
            NodeKind::Bool(value) => Json::Bool(*value),
            NodeKind::Number(text) => Json::Number(JsonNumber((*text).into())),
            NodeKind::Text(text) => Json::Text((**text).into()),
            NodeKind::Array(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            NodeKind::Object(members) => Json::Object(
                members.iter().map(|member| ((*member.key).into(), member.value.to_json())).collect(),
            ),
        }
    }
}

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// Reads a flag file: UTF-8 with an optional byte-order mark, and comments, which are blanked so that places stay.
///
/// `blanked` keeps the text without its comments, if it has any; it outlives the document.
pub(crate) fn parse<'t>(bytes: &'t [u8], blanked: &'t mut String) -> Result<Document<'t>, Fault> {
    let text = utf8(bytes)?;
    let text = match blank_comments(text)? {
        Some(without) => {
            *blanked = without;
            blanked.as_str()
        }
        None => text,
    };
    parse_text(text)
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
    if u32::try_from(text.len()).is_err() {
        return Err(Fault::new("too-large", 0..0, "a text of more than 4 GB is not read"));
    }
    // What serde_json stops at may be a fault among others, so all that it refuses is read once more, raw.
    read(text, Strings::Decoded)
        .or_else(|_| read(text, Strings::Raw))
        .map_err(|error| syntax_fault(text, &error))
}

fn read(text: &str, strings: Strings) -> serde_json::Result<Document<'_>> {
    let reader = Reader {
        text,
        strings,
        cursor: Cell::new(0),
        faults: RefCell::new(Vec::new()),
        items: RefCell::new(Vec::new()),
        members: RefCell::new(Vec::new()),
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let root = NodeSeed { reader: &reader, depth: 1 }.deserialize(&mut json)?;
    json.end()?;
    Ok(Document { root, faults: reader.faults.into_inner() })
}

/// How strings are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strings {
    /// By serde_json: the fast way, which stops at half a surrogate pair.
    Decoded,
    /// As they are written, and decoded here.
    Raw,
}

/// What every reader of one text shares.
struct Reader<'t> {
    text: &'t str,
    strings: Strings,
    /// The first byte that has not been read: moved along by every scalar and every bracket.
    cursor: Cell<usize>,
    faults: RefCell<Vec<Fault>>,
    /// What the lists and objects that are still open hold so far, the innermost last. Each is cut off when its bracket
    /// closes, into a vector of just its size: vectors that grow one by one would be half empty, and a file has many.
    items: RefCell<Vec<Node<'t>>>,
    members: RefCell<Vec<Member<'t>>>,
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

    /// A string without escapes, which is a slice of the text between two quotes.
    fn written(&self, inside: &'t str) -> (Words<'t>, Place) {
        let span = self.place(inside);
        let place = Place::of(span.start.saturating_sub(1), span.end + 1);
        self.cursor.set(span.end + 1);
        (Words::Written(inside), place)
    }

    /// A string with escapes, which stands behind the cursor.
    fn escaped(&self, text: &str) -> (Words<'t>, Place) {
        self.peek();
        let start = self.cursor.get();
        let end = start + string_length(self.text.as_bytes().get(start..).unwrap_or_default());
        self.cursor.set(end);
        (Words::Read(text.into()), Place::of(start, end))
    }

    fn fault(&self, fault: Fault) {
        self.faults.borrow_mut().push(fault);
    }

    fn scalar(&self, raw: &'t str) -> Node<'t> {
        let span = self.place(raw);
        let kind = match raw.as_bytes().first() {
            Some(b'"') => self.string(raw, &span).map_or(NodeKind::Broken, NodeKind::Text),
            Some(b't') => NodeKind::Bool(true),
            Some(b'f') => NodeKind::Bool(false),
            Some(b'n') => NodeKind::Null,
            Some(b'{' | b'[') => {
                let message = format!("more than {MAX_DEPTH} objects and lists stand inside each other");
                self.fault(
                    Fault::new("too-deep", span.start..span.start + 1, message).label("one level too many"),
                );
                NodeKind::Broken
            }
            _ if raw.parse().is_ok_and(f64::is_finite) => NodeKind::Number(raw),
            _ => {
                let message = format!("{} is too large: the largest number is about 1.8e308", shortened(raw));
                self.fault(Fault::new("number-too-large", span.clone(), message));
                NodeKind::Broken
            }
        };
        Node { place: Place::of(span.start, span.end), kind }
    }

    /// A string's text; `None` if its escapes are no text.
    fn string(&self, raw: &'t str, span: &Range<usize>) -> Option<Words<'t>> {
        let inside = raw.get(1..raw.len().saturating_sub(1))?;
        if !inside.contains('\\') {
            return Some(Words::Written(inside));
        }
        match serde_json::from_str::<String>(raw) {
            Ok(text) => Some(Words::Read(text.into())),
            Err(_) => {
                let escape = lone_surrogate(raw).unwrap_or(0..raw.len());
                let written = raw.get(escape.clone()).unwrap_or_default();
                let message = format!("`{written}` is half of a surrogate pair, which is no character");
                let help = "write both halves, as in `\\ud83d\\ude80`, or the character itself";
                let place = span.start + escape.start..span.start + escape.end;
                self.fault(Fault::new("lone-surrogate", place, message).help(help));
                None
            }
        }
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

/// Enough of a number to recognise it by.
fn shortened(raw: &str) -> String {
    match raw.get(..24) {
        Some(start) if raw.len() > 30 => format!("`{start}...`"),
        _ => format!("`{raw}`"),
    }
}

/// Reads the value that stands at the cursor.
struct NodeSeed<'r, 't> {
    reader: &'r Reader<'t>,
    depth: usize,
}

impl<'t> DeserializeSeed<'t> for NodeSeed<'_, 't> {
    type Value = Node<'t>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Node<'t>, D::Error> {
        let first = self.reader.peek();
        match first {
            Some(b'"') if self.reader.strings == Strings::Decoded => deserializer.deserialize_str(self),
            Some(b'{') if self.depth <= MAX_DEPTH => deserializer.deserialize_map(self),
            Some(b'[') if self.depth <= MAX_DEPTH => deserializer.deserialize_seq(self),
            _ => Ok(self.reader.scalar(<&RawValue>::deserialize(deserializer)?.get())),
        }
    }
}

impl<'t> Visitor<'t> for NodeSeed<'_, 't> {
    type Value = Node<'t>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'t str) -> Result<Node<'t>, E> {
        let (text, place) = self.reader.written(text);
        Ok(Node { place, kind: NodeKind::Text(text) })
    }

    fn visit_str<E>(self, text: &str) -> Result<Node<'t>, E> {
        let (text, place) = self.reader.escaped(text);
        Ok(Node { place, kind: NodeKind::Text(text) })
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut access: A) -> Result<Node<'t>, A::Error> {
        let reader = self.reader;
        let start = reader.cursor.get();
        reader.pass(b'[');
        let first = reader.items.borrow().len();
        while let Some(item) = access.next_element_seed(NodeSeed { reader, depth: self.depth + 1 })? {
            reader.items.borrow_mut().push(item);
            reader.pass(b',');
        }
        reader.pass(b']');
        let items = reader.items.borrow_mut().drain(first..).collect();
        Ok(Node { place: Place::of(start, reader.cursor.get()), kind: NodeKind::Array(items) })
    }

    fn visit_map<A: MapAccess<'t>>(self, mut access: A) -> Result<Node<'t>, A::Error> {
        let reader = self.reader;
        let start = reader.cursor.get();
        reader.pass(b'{');
        let first = reader.members.borrow().len();
        while let Some((key, key_place)) = access.next_key_seed(KeySeed { reader })? {
            reader.pass(b':');
            let value = access.next_value_seed(NodeSeed { reader, depth: self.depth + 1 })?;
            reader.pass(b',');
            // Without a readable key there is nothing to hold the value to; the file is refused.
            if let Some(key) = key {
                reader.members.borrow_mut().push(Member { key, key_place, value });
            }
        }
        reader.pass(b'}');
        let members: Box<[Member<'t>]> = reader.members.borrow_mut().drain(first..).collect();
        tell_repeated_keys(reader, &members);
        Ok(Node { place: Place::of(start, reader.cursor.get()), kind: NodeKind::Object(members) })
    }
}

/// Reads the key that stands behind the cursor; `None` if it is no text.
struct KeySeed<'r, 't> {
    reader: &'r Reader<'t>,
}

impl<'t> DeserializeSeed<'t> for KeySeed<'_, 't> {
    type Value = (Option<Words<'t>>, Place);

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.reader.strings == Strings::Decoded {
            return deserializer.deserialize_str(self);
        }
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let span = self.reader.place(raw);
        Ok((self.reader.string(raw, &span), Place::of(span.start, span.end)))
    }
}

impl<'t> Visitor<'t> for KeySeed<'_, 't> {
    type Value = (Option<Words<'t>>, Place);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, text: &'t str) -> Result<Self::Value, E> {
        let (text, place) = self.reader.written(text);
        Ok((Some(text), place))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        let (text, place) = self.reader.escaped(text);
        Ok((Some(text), place))
    }
}

fn tell_repeated_keys(reader: &Reader<'_>, members: &[Member<'_>]) {
    let tell = |again: &Member<'_>, first: &Member<'_>| {
        let message = format!("`{}` stands twice in one object", &*again.key);
        let fault = Fault::new("duplicate-key", again.key_span(), message);
        reader.fault(fault.earlier(first.key_span().start));
    };
    // Most objects are small; a map pays only for the large.
    if members.len() <= 16 {
        for (index, member) in members.iter().enumerate() {
            if let Some(first) = members.iter().take(index).find(|earlier| *earlier.key == *member.key) {
                tell(member, first);
            }
        }
        return;
    }
    let mut seen: Lookup<&str, &Member<'_>> = lookup::for_about(members.len());
    for member in members {
        match seen.get(&*member.key) {
            Some(first) => tell(member, first),
            None => {
                seen.insert(&member.key, member);
            }
        }
    }
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
            return Ok(document.root.to_json());
        }
        Err(refuse(text, Some(&document.root), document.faults))
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
        let mut faults = document.faults;
        faults.retain(|fault| fault.code == "duplicate-key");
        let NodeKind::Object(members) = &document.root.kind else {
            let message = format!("a context is an object, and this is {}", document.root.type_name());
            let fault = Fault::new("wrong-type", document.root.span(), message);
            let fault = fault.help("write `{\"targetingKey\": \"user-42\", \"country\": \"DE\"}`");
            return Err(refuse(text, Some(&document.root), vec![fault]));
        };
        if !faults.is_empty() {
            return Err(refuse(text, Some(&document.root), faults));
        }
        let mut context = OwnedContext::anonymous();
        for member in members {
            context.take_json(&member.key, owned_value(&member.value));
        }
        Ok(context)
    }
}

/// A list with an element that is broken is no list of texts.
fn owned_value(node: &Node<'_>) -> OwnedValue {
    match &node.kind {
        NodeKind::Array(items) if items.iter().any(|item| matches!(item.kind, NodeKind::Broken)) => {
            OwnedValue::Missing
        }
        _ => OwnedValue::of_json(&node.to_json()),
    }
}

/// The error that a text of its own is refused with.
fn refuse(text: &str, root: Option<&Node<'_>>, faults: Vec<Fault>) -> Error {
    Error::refused(place_all(text.as_bytes(), root, faults))
}

/// Every fault of one text with its line, column and pointer, in the order of the text.
pub(crate) fn place_all(text: &[u8], root: Option<&Node<'_>>, mut faults: Vec<Fault>) -> Vec<Diagnostic> {
    faults.sort_by_key(|fault| (fault.span.start, fault.span.end));
    let mut lines = Lines::of(text);
    let pointer = |fault: &Fault| root.map_or_else(String::new, |root| root.pointer(&fault.span));
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

    #[test]
    fn both_ways_to_read_strings_give_the_same_document() {
        let good = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/good")).unwrap();
        let mut texts: Vec<String> = good
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .map(|path| std::fs::read_to_string(path).unwrap())
            .map(|text| blank_comments(&text).unwrap().unwrap_or(text))
            .collect();
        assert!(texts.len() > 20);
        texts.extend(
            [
                r#"{"a": "plain", "b": ["", "\n\"\\", "caf\u00e9", "é"], "c": {"\u0064": 1.50, "e": null}}"#,
                "\n{ \"\\t\" \n: \"\\ud83d\\ude80\" ,\t\"\\\\\": [ \"x\" , \"\\\"\" ] }\r\n",
                r#"{"a": 1e999, "a": "\/", "b": true}"#,
            ]
            .map(str::to_owned),
        );
        for text in &texts {
            let [decoded, raw] = [Strings::Decoded, Strings::Raw].map(|strings| read(text, strings).unwrap());
            assert_eq!(format!("{:?}", decoded.root), format!("{:?}", raw.root), "{text}");
            assert_eq!(decoded.faults.len(), raw.faults.len(), "{text}");
        }
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
