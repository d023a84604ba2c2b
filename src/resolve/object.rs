//! Reading values of a known shape: objects with known keys, texts, lists, numbers. Whatever has another shape is told.

use std::fmt;

use crate::diagnostic::Fault;
use crate::document::{Items, MARKS, Member, Node, NodeKind, mark};

use super::{Quoted, Resolver, hints, words};

/// What messages call a value. Put into words only where there is a fault to tell: most files have none, and a value has
/// a name at every level.
#[derive(Clone, Copy)]
pub(super) enum What<'w> {
    /// As it is called.
    Called(&'w str),
    /// By its key, as tests are.
    Key(&'w str),
    EntryOf(&'w What<'w>),
}

impl<'w> From<&'w str> for What<'w> {
    fn from(called: &'w str) -> What<'w> {
        What::Called(called)
    }
}

impl fmt::Display for What<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Called(called) => f.write_str(called),
            What::Key(key) => write!(f, "`{key}`"),
            What::EntryOf(whole) => write!(f, "an entry of {whole}"),
        }
    }
}

/// The keys that an object may have. No two of them have one mark.
pub(super) struct Known {
    keys: &'static [&'static str],
    by_mark: [Option<&'static str>; MARKS],
}

impl Known {
    /// Does not compile for keys that share a mark.
    #[expect(clippy::indexing_slicing, reason = "a mark is less than there are marks")]
    pub(super) const fn of(keys: &'static [&'static str]) -> Known {
        let mut by_mark = [None; MARKS];
        let mut rest = keys;
        while let Some((key, others)) = rest.split_first() {
            let mark = mark(key.as_bytes());
            assert!(by_mark[mark].is_none(), "two keys of one object have one mark");
            by_mark[mark] = Some(*key);
            rest = others;
        }
        Known { keys, by_mark }
    }

    #[inline]
    fn has(&self, key: &str) -> bool {
        self.by_mark.get(mark(key.as_bytes())).is_some_and(|known| *known == Some(key))
    }
}

/// An object whose keys were held to those that are known.
pub(super) struct Object<'n> {
    node: Node<'n>,
    what: &'static str,
    known: &'static Known,
    /// The entry of each known key by its mark; 0 where it is missing.
    entries: [u32; MARKS],
}

impl<'n> Object<'n> {
    #[inline]
    pub(super) fn get(&self, key: &str) -> Option<Node<'n>> {
        self.member(key).map(|member| member.value)
    }

    #[inline]
    pub(super) fn member(&self, key: &str) -> Option<Member<'n>> {
        debug_assert!(self.known.has(key), "{key} is not known");
        let entry = self.entries.get(mark(key.as_bytes())).copied().unwrap_or(0);
        (entry != 0).then(|| self.node.member_at(entry))
    }

    pub(super) fn node(&self) -> Node<'n> {
        self.node
    }
}

impl Resolver<'_> {
    /// An object that may have the `known` keys and no others.
    #[inline]
    pub(super) fn object<'n>(
        &mut self,
        node: Node<'n>,
        what: &'static str,
        known: &'static Known,
    ) -> Option<Object<'n>> {
        let NodeKind::Object(members) = node.kind() else {
            self.wrong_type(node, what, "an object");
            return None;
        };
        let mut object = Object { node, what, known, entries: [0; MARKS] };
        for member in members.iter() {
            match object.entries.get_mut(mark(member.key.as_bytes())) {
                // Of a key that stands twice the first counts; the file is refused for it anyway.
                Some(entry) if known.has(member.key) => {
                    *entry = if *entry == 0 { member.entry() } else { *entry }
                }
                _ => self.unknown_key(member, what, known.keys),
            }
        }
        Some(object)
    }

    fn unknown_key(&mut self, member: Member<'_>, what: &str, known: &[&str]) {
        let message = format!("{} is not a key of {what}", Quoted(member.key));
        let fault = Fault::new("unknown-key", member.key_span(), message);
        self.fault(not_one_of(fault, known, words::key(what, member.key, known)));
    }

    /// The value of a key that must be there.
    pub(super) fn required<'n>(&mut self, object: &Object<'n>, key: &str) -> Option<Node<'n>> {
        let found = object.get(key);
        if found.is_none() {
            let what = object.what.trim_start_matches("an ").trim_start_matches("a ");
            let message = format!("this {what} has no `{key}`");
            let fault = Fault::new("missing-key", object.node.head(), message);
            self.fault(fault.maybe_help(hints::required(key).map(str::to_owned)));
        }
        found
    }

    /// The members of an object whose keys are names.
    pub(super) fn members<'w, 'n>(&mut self, node: Node<'n>, what: impl Into<What<'w>>) -> Vec<Member<'n>> {
        match node.kind() {
            NodeKind::Object(members) => {
                let mut all = Vec::with_capacity(members.len());
                all.extend(members.iter());
                all
            }
            _ => {
                self.wrong_type(node, what, "an object");
                Vec::new()
            }
        }
    }

    pub(super) fn text<'w, 'n>(&mut self, node: Node<'n>, what: impl Into<What<'w>>) -> Option<&'n str> {
        match node.kind() {
            NodeKind::Text(text) => Some(text),
            _ => {
                self.wrong_type(node, what, "a text");
                None
            }
        }
    }

    /// A text with something in it.
    pub(super) fn filled_text<'w, 'n>(
        &mut self,
        node: Node<'n>,
        what: impl Into<What<'w>>,
    ) -> Option<&'n str> {
        let what = what.into();
        let text = self.text(node, what)?;
        if text.is_empty() {
            self.empty(node, what);
            return None;
        }
        Some(text)
    }

    pub(super) fn bool<'w>(&mut self, node: Node<'_>, what: impl Into<What<'w>>) -> Option<bool> {
        match node.kind() {
            NodeKind::Bool(value) => Some(value),
            _ => {
                self.wrong_type(node, what, "true or false");
                None
            }
        }
    }

    pub(super) fn number<'w>(&mut self, node: Node<'_>, what: impl Into<What<'w>>) -> Option<f64> {
        match node.kind() {
            // The reader of documents lets no number through that a double cannot hold.
            NodeKind::Number(text) => text.parse().ok(),
            _ => {
                self.wrong_type(node, what, "a number");
                None
            }
        }
    }

    pub(super) fn list<'w, 'n>(&mut self, node: Node<'n>, what: impl Into<What<'w>>) -> Option<Items<'n>> {
        match node.kind() {
            NodeKind::Array(items) => Some(items),
            _ => {
                self.wrong_type(node, what, "a list");
                None
            }
        }
    }

    /// A list with something in it.
    pub(super) fn filled_list<'w, 'n>(
        &mut self,
        node: Node<'n>,
        what: impl Into<What<'w>>,
    ) -> Option<Items<'n>> {
        let what = what.into();
        let items = self.list(node, what)?;
        if items.is_empty() {
            self.empty(node, what);
            return None;
        }
        Some(items)
    }

    /// Every element, or `None` if one was told to be wrong.
    pub(super) fn each<'n, T>(
        &mut self,
        items: Items<'n>,
        mut read: impl FnMut(&mut Self, Node<'n>) -> Option<T>,
    ) -> Option<Vec<T>> {
        in_full(items.len(), items.iter().map(|item| read(self, item)))
    }

    /// A list of texts, empty ones too.
    pub(super) fn texts<'w>(&mut self, node: Node<'_>, what: impl Into<What<'w>>) -> Option<Vec<Box<str>>> {
        let what = what.into();
        let items = self.list(node, what)?;
        self.each(items, |resolver, item| resolver.text(item, What::EntryOf(&what)).map(Into::into))
    }

    pub(super) fn empty<'w>(&mut self, node: Node<'_>, what: impl Into<What<'w>>) {
        let what = what.into().to_string();
        let fault = Fault::new("empty", node.span(), format!("{what} is empty"));
        self.fault(fault.help(hints::empty(&what, node)));
    }

    pub(super) fn wrong_type<'w>(&mut self, node: Node<'_>, what: impl Into<What<'w>>, wanted: &str) {
        let what = what.into().to_string();
        self.wrong_shape(node, &*what, wanted, hints::shape(&what, wanted, node));
    }

    /// [`Resolver::wrong_type`], where the place knows best what to write instead.
    pub(super) fn wrong_shape<'w>(
        &mut self,
        node: Node<'_>,
        what: impl Into<What<'w>>,
        wanted: &str,
        help: Option<String>,
    ) {
        if matches!(node.kind(), NodeKind::Broken) {
            return;
        }
        let what = what.into().to_string();
        let is = if what.starts_with('`') { "is" } else { "this is" };
        let message = format!("{what} must be {wanted}, and {is} {}", node.shown());
        self.fault(Fault::new("wrong-type", node.head(), message).maybe_help(help));
    }
}

/// So many things, or `None` if one of them is. All are read: `collect` would stop at the first fault.
pub(super) fn in_full<T>(count: usize, read: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    let mut all = Some(Vec::with_capacity(count));
    for thing in read {
        match (thing, &mut all) {
            (Some(thing), Some(things)) => things.push(thing),
            _ => all = None,
        }
    }
    all
}

/// How many variants of a flag, or values of an attribute, are looked through for what was meant.
pub(super) const MAX_SHOWN: usize = 100;

/// A fault of a name that is not known: with what was meant, and with the known ones where they are few, or where nothing
/// better can be said.
pub(super) fn not_one_of(fault: Fault, known: &[&str], help: Option<String>) -> Fault {
    let most = if help.is_some() { 9 } else { 16 };
    let fault = if (1..=most).contains(&known.len()) {
        fault.label(format!("not one of {}", quoted(known)))
    } else {
        fault
    };
    fault.maybe_help(help)
}

/// `` `a`, `b`, `c` ``
pub(super) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| Quoted(name).to_string()).collect::<Vec<_>>().join(", ")
}
