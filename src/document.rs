//! Text → document: what a file says, every value with its place.
//!
//! One pass of serde_json over the text. Scalars are read as borrowed raw values, which are slices of the text, so
//! their places are known; a cursor follows the brackets between them. What serde_json would stop at or pass over in
//! silence (a key that stands twice, 1e999, a lone surrogate, nesting without end) is collected as a fault, so that one
//! run tells all of them. Only broken syntax stops it.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::Range;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::context::{OwnedContext, OwnedValue};
use crate::diagnostic::{Diagnostic, Fault, Lines};
use crate::error::Error;
use crate::json::{Json, JsonNumber};

/// How many containers may stand inside each other.
pub(crate) const MAX_DEPTH: usize = 64;

/// What a text says, before anything is known of what it means.
#[derive(Debug)]
pub(crate) struct Document<'t> {
    pub(crate) root: Node<'t>,
    pub(crate) faults: Vec<Fault>,
}

/// A value and its place.
#[derive(Debug)]
pub(crate) struct Node<'t> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: NodeKind<'t>,
}

#[derive(Debug)]
pub(crate) enum NodeKind<'t> {
    Null,
    Bool(bool),
    /// As it is spelt; a double can hold it.
    Number(&'t str),
    Text(Cow<'t, str>),
    Array(Vec<Node<'t>>),
    Object(Vec<Member<'t>>),
    /// Its fault is told already; whoever meets it keeps silent.
    Broken,
}

#[derive(Debug)]
pub(crate) struct Member<'t> {
    pub(crate) key: Cow<'t, str>,
    pub(crate) key_span: Range<usize>,
    pub(crate) value: Node<'t>,
}

impl<'t> Node<'t> {
    pub(crate) fn span(&self) -> Range<usize> {
        self.start..self.end
    }

    /// The value of a key, if this is an object that has it.
    pub(crate) fn member(&self, key: &str) -> Option<&Node<'t>> {
        match &self.kind {
            NodeKind::Object(members) => {
                members.iter().find(|member| member.key == key).map(|member| &member.value)
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
            NodeKind::Object(members) => members.as_slice(),
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

    /// The JSON Pointer of the innermost value that holds `place`.
    pub(crate) fn pointer(&self, place: &Range<usize>) -> String {
        let mut pointer = String::new();
        let mut node = self;
        loop {
            let holds = |start: usize, end: usize| start <= place.start && place.end <= end;
            node = match &node.kind {
                NodeKind::Array(items) => {
                    let at = items.partition_point(|item| item.end < place.end);
                    let Some(item) = items.get(at).filter(|item| holds(item.start, item.end)) else { break };
                    pointer.push_str(&format!("/{at}"));
                    item
                }
                NodeKind::Object(members) => {
                    let at = members.partition_point(|member| member.value.end < place.end);
                    let found =
                        members.get(at).filter(|member| holds(member.key_span.start, member.value.end));
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
            NodeKind::Text(text) => Json::Text(text.as_ref().into()),
            NodeKind::Array(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            NodeKind::Object(members) => Json::Object(
                members.iter().map(|member| (member.key.as_ref().into(), member.value.to_json())).collect(),
            ),
        }
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
        .label("not UTF-8 from here")
        .help("save the file as UTF-8")
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
                    return Err(Fault::new("unclosed-comment", at..at + 2, "this comment never ends")
                        .label("opened here")
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

/// The length of the string that `bytes` opens with, both quotes included, or to the end if it never closes.
fn string_length(bytes: &[u8]) -> usize {
    let mut escaped = false;
    let end = bytes.iter().skip(1).position(|byte| {
        let closes = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    });
    end.map_or(bytes.len(), |end| end + 2)
}

/// Reads JSON without comments.
pub(crate) fn parse_text(text: &str) -> Result<Document<'_>, Fault> {
    let reader = Reader { text, cursor: Cell::new(0), faults: RefCell::new(Vec::new()) };
    let mut json = serde_json::Deserializer::from_str(text);
    let root = NodeSeed { reader: &reader, depth: 1 }.deserialize(&mut json);
    let root = root.and_then(|root| json.end().map(|()| root)).map_err(|error| syntax_fault(text, &error))?;
    Ok(Document { root, faults: reader.faults.into_inner() })
}

/// What every reader of one text shares.
struct Reader<'t> {
    text: &'t str,
    /// The first byte that has not been read: moved along by every scalar and every bracket.
    cursor: Cell<usize>,
    faults: RefCell<Vec<Fault>>,
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
                let message = format!("nesting deeper than {MAX_DEPTH}");
                self.fault(
                    Fault::new("too-deep", span.start..span.start + 1, message).label("one level too many"),
                );
                NodeKind::Broken
            }
            _ if raw.parse().is_ok_and(f64::is_finite) => NodeKind::Number(raw),
            _ => {
                let message = format!("{} is beyond every double", shortened(raw));
                let help = "the largest is about 1.8e308";
                self.fault(Fault::new("number-too-large", span.clone(), message).help(help));
                NodeKind::Broken
            }
        };
        Node { start: span.start, end: span.end, kind }
    }

    /// A string's text; `None` if its escapes are no text.
    fn string(&self, raw: &'t str, span: &Range<usize>) -> Option<Cow<'t, str>> {
        let inside = raw.get(1..raw.len().saturating_sub(1))?;
        if !inside.contains('\\') {
            return Some(Cow::Borrowed(inside));
        }
        match serde_json::from_str::<String>(raw) {
            Ok(text) => Some(Cow::Owned(text)),
            Err(_) => {
                let message = "this text has half of a surrogate pair, which is no character";
                let help = "write both halves, `\\ud83d\\ude80`, or the character itself";
                self.fault(Fault::new("lone-surrogate", span.clone(), message).help(help));
                None
            }
        }
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
            Some(b'{') if self.depth <= MAX_DEPTH => deserializer.deserialize_map(self),
            Some(b'[') if self.depth <= MAX_DEPTH => deserializer.deserialize_seq(self),
            _ => Ok(self.reader.scalar(<&RawValue>::deserialize(deserializer)?.get())),
        }
    }
}

impl<'t> Visitor<'t> for NodeSeed<'_, 't> {
    type Value = Node<'t>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_seq<A: SeqAccess<'t>>(self, mut access: A) -> Result<Node<'t>, A::Error> {
        let reader = self.reader;
        let start = reader.cursor.get();
        reader.pass(b'[');
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(NodeSeed { reader, depth: self.depth + 1 })? {
            items.push(item);
            reader.pass(b',');
        }
        reader.pass(b']');
        Ok(Node { start, end: reader.cursor.get(), kind: NodeKind::Array(items) })
    }

    fn visit_map<A: MapAccess<'t>>(self, mut access: A) -> Result<Node<'t>, A::Error> {
        let reader = self.reader;
        let start = reader.cursor.get();
        reader.pass(b'{');
        let mut members: Vec<Member<'t>> = Vec::new();
        while let Some(raw) = access.next_key::<&RawValue>()? {
            let key_span = reader.place(raw.get());
            let key = reader.string(raw.get(), &key_span);
            reader.pass(b':');
            let value = access.next_value_seed(NodeSeed { reader, depth: self.depth + 1 })?;
            reader.pass(b',');
            // Without a readable key there is nothing to hold the value to; the file is refused.
            if let Some(key) = key {
                members.push(Member { key, key_span, value });
            }
        }
        reader.pass(b'}');
        tell_repeated_keys(reader, &members);
        Ok(Node { start, end: reader.cursor.get(), kind: NodeKind::Object(members) })
    }
}

fn tell_repeated_keys(reader: &Reader<'_>, members: &[Member<'_>]) {
    let tell = |again: &Member<'_>, first: &Member<'_>| {
        let message = format!("`{}` stands twice in one object", again.key);
        let fault = Fault::new("duplicate-key", again.key_span.clone(), message);
        reader.fault(fault.label("again").earlier(first.key_span.start));
    };
    // Most objects are small; a map pays only for the large.
    if members.len() <= 16 {
        for (index, member) in members.iter().enumerate() {
            if let Some(first) = members.iter().take(index).find(|earlier| earlier.key == member.key) {
                tell(member, first);
            }
        }
        return;
    }
    let mut seen: HashMap<&str, &Member<'_>> = HashMap::with_capacity(members.len());
    for member in members {
        match seen.get(&*member.key) {
            Some(first) => tell(member, first),
            None => {
                seen.insert(&member.key, member);
            }
        }
    }
}

/// serde_json's message, with its line and column turned into a place of the text.
fn syntax_fault(text: &str, error: &serde_json::Error) -> Fault {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let line_start: usize =
        text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let mut at = (line_start + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let next = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let fault = Fault::new("syntax", at..at + next, format!("this is not JSON: {}", in_plain_words(message)));
    let unquoted = text.get(at..).is_some_and(|rest| rest.starts_with('\''));
    match message {
        "trailing comma" => fault.help("no comma stands before a closing bracket"),
        "key must be a string" => fault.help("put the key in double quotes"),
        "expected value" if unquoted => fault.help("put the text in double quotes"),
        "trailing characters" => fault.help("the file ends with the bracket that closes its first one"),
        _ if message.starts_with("control character") => {
            fault.help("write a line end as \\n and a tab as \\t")
        }
        _ => fault,
    }
}

fn in_plain_words(message: &str) -> String {
    match message {
        "EOF while parsing a value" => "the text ends where a value should stand".to_owned(),
        "EOF while parsing an object" => "the text ends inside an object".to_owned(),
        "EOF while parsing a list" => "the text ends inside a list".to_owned(),
        "EOF while parsing a string" => "the text ends inside a string".to_owned(),
        "expected value" => "a value is expected here".to_owned(),
        "expected ident" => "`true`, `false` or `null` is expected here".to_owned(),
        "key must be a string" => "a key must be a text".to_owned(),
        "trailing comma" => "a comma with nothing after it".to_owned(),
        "trailing characters" => "something stands after the end".to_owned(),
        other => other.to_owned(),
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
    let lines = Lines::of(text);
    let pointer = |fault: &Fault| root.map_or_else(String::new, |root| root.pointer(&fault.span));
    faults
        .into_iter()
        .map(|fault| (pointer(&fault), fault))
        .map(|(path, fault)| fault.placed(&lines, path))
        .collect()
}
