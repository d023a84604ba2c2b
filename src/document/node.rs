//! The document itself: a table of every value and key of a text, in the order of the text.
//!
//! What is in an object or a list stands behind it, and a value behind its key, so a document is one block of memory however
//! many values it has. Values and keys are not copied out of the text.

use std::ops::Range;

use crate::diagnostic::Fault;
use crate::json::{Json, JsonNumber};

/// What a text says, before anything is known of what it means.
#[derive(Debug)]
pub(crate) struct Document<'t> {
    text: &'t str,
    entries: Vec<Entry>,
    /// Texts whose escapes had to be read.
    read: Vec<Box<str>>,
    pub(crate) faults: Vec<Fault>,
}

/// A value or a key: its place, and what it is.
#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u32,
    end: u32,
    sort: Sort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Null,
    True,
    False,
    /// A double can hold it.
    Number,
    /// What stands between two quotes is the text.
    Written,
    /// One of [`Document::read`].
    Read(u32),
    /// With the entry after all that is in it.
    List(u32),
    Object(u32),
    /// Its fault is told already; whoever meets it keeps silent.
    Broken,
}

/// No text that is read is longer than 4 GB: whoever makes a document sees to that.
#[inline]
fn short(at: usize) -> u32 {
    at as u32
}

// Making one.

impl<'t> Document<'t> {
    pub(super) fn of(text: &'t str) -> Document<'t> {
        Document { text, entries: Vec::with_capacity(text.len() / 16), read: Vec::new(), faults: Vec::new() }
    }

    #[inline]
    pub(super) fn push(&mut self, start: usize, end: usize, sort: Sort) {
        self.entries.push(Entry { start: short(start), end: short(end), sort });
    }

    pub(super) fn push_read(&mut self, start: usize, end: usize, text: String) {
        self.push(start, end, Sort::Read(short(self.read.len())));
        self.read.push(text.into());
    }

    /// Whether the last entry is a text whose escapes were read.
    #[inline]
    pub(super) fn is_read_last(&self) -> bool {
        self.entries.last().is_some_and(|entry| matches!(entry.sort, Sort::Read(_)))
    }

    /// How many entries there are: the place of the next one.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Closes the object or list that was pushed at `at`: what was pushed since is in it.
    #[inline]
    pub(super) fn close(&mut self, at: usize, end: usize, sort: fn(u32) -> Sort) {
        let after = short(self.entries.len());
        if let Some(entry) = self.entries.get_mut(at) {
            *entry = Entry { start: entry.start, end: short(end), sort: sort(after) };
        }
    }

    /// Forgets what was pushed since there were so many entries.
    pub(super) fn truncate(&mut self, length: usize) {
        self.entries.truncate(length);
    }

    // Reading one.

    pub(crate) fn root(&self) -> Node<'_> {
        self.node(0)
    }

    #[inline]
    pub(super) fn node(&self, at: usize) -> Node<'_> {
        Node { document: self, at: short(at) }
    }

    #[inline]
    fn entry(&self, at: u32) -> Entry {
        self.entries.get(at as usize).copied().unwrap_or(Entry { start: 0, end: 0, sort: Sort::Broken })
    }

    /// The text of a string; empty for anything else.
    #[inline]
    fn words(&self, entry: Entry) -> &str {
        match entry.sort {
            Sort::Read(index) => self.read.get(index as usize).map_or("", |text| text),
            Sort::Written => self
                .text
                .get(entry.start as usize + 1..(entry.end as usize).wrapping_sub(1))
                .unwrap_or_default(),
            _ => "",
        }
    }

    /// The entry after a value and all that is in it.
    #[inline]
    fn after(&self, at: u32) -> u32 {
        match self.entry(at).sort {
            Sort::List(after) | Sort::Object(after) => after,
            _ => at + 1,
        }
    }
}

/// A value and its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'d> {
    document: &'d Document<'d>,
    at: u32,
}

/// What a value is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NodeKind<'d> {
    Null,
    Bool(bool),
    /// As it is spelt; a double can hold it.
    Number(&'d str),
    Text(&'d str),
    Array(Items<'d>),
    Object(Members<'d>),
    /// Its fault is told already; whoever meets it keeps silent.
    Broken,
}

impl<'d> Node<'d> {
    #[inline]
    fn entry(self) -> Entry {
        self.document.entry(self.at)
    }

    #[inline]
    pub(crate) fn kind(self) -> NodeKind<'d> {
        let entry = self.entry();
        match entry.sort {
            Sort::Null => NodeKind::Null,
            Sort::True => NodeKind::Bool(true),
            Sort::False => NodeKind::Bool(false),
            Sort::Number => NodeKind::Number(
                self.document.text.get(entry.start as usize..entry.end as usize).unwrap_or_default(),
            ),
            Sort::Written | Sort::Read(_) => NodeKind::Text(self.document.words(entry)),
            Sort::List(after) => NodeKind::Array(Items(Stretch { within: self, after })),
            Sort::Object(after) => NodeKind::Object(Members(Stretch { within: self, after })),
            Sort::Broken => NodeKind::Broken,
        }
    }

    #[inline]
    pub(crate) fn span(self) -> Range<usize> {
        let entry = self.entry();
        entry.start as usize..entry.end as usize
    }

    /// The member of a key, if this is an object that has it.
    pub(crate) fn member(self, key: &str) -> Option<Member<'d>> {
        match self.kind() {
            NodeKind::Object(members) => members.iter().find(|member| member.key == key),
            _ => None,
        }
    }

    /// The member whose key is an entry of this document.
    #[inline]
    pub(crate) fn member_at(self, entry: u32) -> Member<'d> {
        Member::at(Node { at: entry, ..self })
    }

    /// The text, if this is one.
    pub(crate) fn text(self) -> Option<&'d str> {
        match self.kind() {
            NodeKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The values of an object.
    pub(crate) fn values(self) -> impl Iterator<Item = Node<'d>> {
        let members = match self.kind() {
            NodeKind::Object(members) => Some(members),
            _ => None,
        };
        members.into_iter().flat_map(Members::iter).map(|member| member.value)
    }

    /// The type's name, as messages use it.
    pub(crate) fn type_name(self) -> &'static str {
        match self.kind() {
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
    pub(crate) fn shown(self) -> String {
        match self.kind() {
            NodeKind::Null => "`null`".to_owned(),
            NodeKind::Bool(value) => format!("`{value}`"),
            NodeKind::Number(text) => shortened(text),
            NodeKind::Text(text) if text.len() <= 40 => format!("`{}`", self.to_json()),
            _ => self.type_name().to_owned(),
        }
    }

    /// A scalar without quotes, as it is spelt.
    pub(crate) fn spelt(self) -> Option<&'d str> {
        match self.kind() {
            NodeKind::Bool(true) => Some("true"),
            NodeKind::Bool(false) => Some("false"),
            NodeKind::Number(text) | NodeKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Where the value is underlined: a scalar as a whole, of objects and lists the start, which is what the eye needs.
    pub(crate) fn head(self) -> Range<usize> {
        match self.kind() {
            NodeKind::Object(_) | NodeKind::Array(_) => self.span().start..self.span().start + 1,
            _ => self.span(),
        }
    }

    /// The value as a flag answers it. What is broken reads as null: its file is refused anyway.
    pub(crate) fn to_json(self) -> Json {
        match self.kind() {
            NodeKind::Null | NodeKind::Broken => Json::Null,
            NodeKind::Bool(value) => Json::Bool(value),
            NodeKind::Number(text) => Json::Number(JsonNumber(text.into())),
            NodeKind::Text(text) => Json::Text(text.into()),
            NodeKind::Array(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            NodeKind::Object(members) => Json::Object(
                members.iter().map(|member| (member.key.into(), member.value.to_json())).collect(),
            ),
        }
    }
}

/// What is in an object or a list.
#[derive(Clone, Copy, Debug)]
struct Stretch<'d> {
    within: Node<'d>,
    after: u32,
}

impl<'d> Stretch<'d> {
    /// The entries in it, one by one; of each stretch that starts at one, `lead` entries lead the value.
    #[inline]
    fn iter(self, lead: u32) -> impl Iterator<Item = u32> + Clone + 'd {
        let mut next = self.within.at + 1;
        std::iter::from_fn(move || {
            let at = next;
            (at < self.after).then(|| next = self.within.document.after(at + lead)).map(|()| at)
        })
    }
}

/// The values of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Items<'d>(Stretch<'d>);

impl<'d> Items<'d> {
    #[inline]
    pub(crate) fn iter(self) -> impl Iterator<Item = Node<'d>> + Clone {
        self.0.iter(0).map(move |at| Node { at, ..self.0.within })
    }

    pub(crate) fn len(self) -> usize {
        self.0.iter(0).count()
    }

    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.0.within.at + 1 == self.0.after
    }
}

/// The members of an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Members<'d>(Stretch<'d>);

impl<'d> Members<'d> {
    #[inline]
    pub(crate) fn iter(self) -> impl Iterator<Item = Member<'d>> + Clone {
        self.0.iter(1).map(move |at| Member::at(Node { at, ..self.0.within }))
    }

    pub(crate) fn len(self) -> usize {
        self.0.iter(1).count()
    }

    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.0.within.at + 1 == self.0.after
    }
}

/// A key with its value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member<'d> {
    pub(crate) key: &'d str,
    pub(crate) value: Node<'d>,
}

impl<'d> Member<'d> {
    #[inline]
    fn at(key: Node<'d>) -> Member<'d> {
        Member { key: key.document.words(key.entry()), value: Node { at: key.at + 1, ..key } }
    }

    /// The entry of its key: see [`Node::member_at`].
    #[inline]
    pub(crate) fn entry(self) -> u32 {
        self.value.at - 1
    }

    pub(crate) fn key_span(self) -> Range<usize> {
        Node { at: self.entry(), ..self.value }.span()
    }
}

/// Enough of a number to recognise it by.
pub(super) fn shortened(raw: &str) -> String {
    match raw.get(..24) {
        Some(start) if raw.len() > 30 => format!("`{start}...`"),
        _ => format!("`{raw}`"),
    }
}

/// Tells the JSON Pointer of any place of a document. Made where there are faults only.
pub(crate) struct Pointers<'d> {
    document: &'d Document<'d>,
    /// For each entry: the object or list that it is in, and there its number, or the entry of its key.
    within: Vec<(u32, u32)>,
}

impl<'d> Pointers<'d> {
    pub(crate) fn of(document: &'d Document<'d>) -> Pointers<'d> {
        let mut within = vec![(0, 0); document.entries.len()];
        let mut set = |at: u32, place| {
            if let Some(entry) = within.get_mut(at as usize) {
                *entry = place;
            }
        };
        for at in 0..short(document.entries.len()) {
            let node = Node { document, at };
            match node.kind() {
                NodeKind::Array(items) => {
                    items.iter().zip(0..).for_each(|(item, number)| set(item.at, (at, number)));
                }
                NodeKind::Object(members) => members.iter().for_each(|member| {
                    let key = member.entry();
                    set(key, (at, key));
                    set(member.value.at, (at, key));
                }),
                _ => {}
            }
        }
        Pointers { document, within }
    }

    /// The JSON Pointer of the innermost value that holds `place`; a member holds its key too.
    pub(crate) fn pointer(&self, place: &Range<usize>) -> String {
        let begun = self.document.entries.partition_point(|entry| entry.start as usize <= place.start);
        let mut at = short(begun.saturating_sub(1));
        let mut steps = Vec::new();
        while at != 0 {
            let (parent, number) = self.within.get(at as usize).copied().unwrap_or_default();
            let (value, step) = match self.document.entry(parent).sort {
                Sort::Object(_) => {
                    let member = self.document.root().member_at(number);
                    (member.value.at, member.key.replace('~', "~0").replace('/', "~1"))
                }
                _ => (at, number.to_string()),
            };
            if place.end <= self.document.entry(value).end as usize {
                steps.push(step);
            }
            at = parent;
        }
        steps.iter().rev().flat_map(|step| ["/", step]).collect()
    }
}
