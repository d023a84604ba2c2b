//! The values of a flag file with their places, as a tree to walk beside a flag set.

use std::borrow::Cow;
use std::ops::Range;

use crate::token::{Token, TokenKind, tokens};

/// A value and its place.
#[derive(Debug)]
pub(crate) struct Node<'t> {
    pub(crate) span: Range<usize>,
    kind: Kind<'t>,
}

#[derive(Debug)]
enum Kind<'t> {
    Scalar(&'t str),
    Array(Vec<Node<'t>>),
    Object(Vec<Member<'t>>),
}

/// A key of an object and its value.
#[derive(Debug)]
pub(crate) struct Member<'t> {
    pub(crate) key: Cow<'t, str>,
    pub(crate) key_span: Range<usize>,
    pub(crate) value: Node<'t>,
}

impl<'t> Node<'t> {
    /// The tree of a text that the library accepts. `None` for what is no JSON.
    pub(crate) fn read(text: &'t str) -> Option<Node<'t>> {
        let mut tokens: Vec<Token> = tokens(text);
        tokens.retain(|token| !token.kind.is_comment());
        let mut reader = Reader { text, tokens: &tokens, at: 0 };
        let root = reader.value(0)?;
        (reader.at == tokens.len()).then_some(root)
    }

    pub(crate) fn members(&self) -> &[Member<'t>] {
        match &self.kind {
            Kind::Object(members) => members,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Node<'t>] {
        match &self.kind {
            Kind::Array(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn member(&self, key: &str) -> Option<&Member<'t>> {
        self.members().iter().find(|member| member.key == key)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node<'t>> {
        self.member(key).map(|member| &member.value)
    }

    pub(crate) fn item(&self, index: usize) -> Option<&Node<'t>> {
        self.items().get(index)
    }

    /// A scalar as it is spelt, quotes included.
    pub(crate) fn spelt(&self) -> Option<&'t str> {
        match self.kind {
            Kind::Scalar(spelt) => Some(spelt),
            _ => None,
        }
    }

    /// Where the value is underlined: a scalar as a whole, of objects and lists the start, which is what the eye needs.
    pub(crate) fn head(&self) -> Range<usize> {
        match self.kind {
            Kind::Scalar(_) => self.span.clone(),
            _ => self.span.start..self.span.start + 1,
        }
    }

    /// The JSON Pointer of the innermost value that holds a place.
    pub(crate) fn pointer(&self, place: &Range<usize>) -> String {
        let mut pointer = String::new();
        let mut node = self;
        let holds = |start: usize, end: usize| start <= place.start && place.end <= end;
        loop {
            node = match &node.kind {
                Kind::Array(items) => {
                    let at = items.partition_point(|item| item.span.end < place.end);
                    let Some(item) = items.get(at).filter(|item| holds(item.span.start, item.span.end))
                    else {
                        return pointer;
                    };
                    pointer.push_str(&format!("/{at}"));
                    item
                }
                Kind::Object(members) => {
                    let at = members.partition_point(|member| member.value.span.end < place.end);
                    let found =
                        members.get(at).filter(|member| holds(member.key_span.start, member.value.span.end));
                    let Some(member) = found else { return pointer };
                    pointer.push('/');
                    pointer.push_str(&member.key.replace('~', "~0").replace('/', "~1"));
                    &member.value
                }
                Kind::Scalar(_) => return pointer,
            };
        }
    }
}

/// The text that a spelling stands for.
pub(crate) fn unquoted(spelt: &str) -> Cow<'_, str> {
    let inside = spelt.get(1..spelt.len().saturating_sub(1)).unwrap_or_default();
    if inside.contains('\\') {
        serde_json::from_str(spelt).map_or(Cow::Borrowed(inside), Cow::Owned)
    } else {
        Cow::Borrowed(inside)
    }
}

struct Reader<'r, 't> {
    text: &'t str,
    tokens: &'r [Token],
    at: usize,
}

/// Deeper than the library lets anything nest.
const MAX_DEPTH: usize = 128;

impl<'t> Reader<'_, 't> {
    fn next(&mut self) -> Option<&Token> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        Some(token)
    }

    fn peek(&self) -> Option<TokenKind> {
        self.tokens.get(self.at).map(|token| token.kind)
    }

    fn pass(&mut self, kind: TokenKind) -> bool {
        let there = self.peek() == Some(kind);
        self.at += usize::from(there);
        there
    }

    fn value(&mut self, depth: usize) -> Option<Node<'t>> {
        let text = self.text;
        let Token { kind, span } = self.next()?.clone();
        let written = text.get(span.clone())?;
        match kind {
            TokenKind::Scalar => Some(Node { span, kind: Kind::Scalar(written) }),
            TokenKind::Open if depth >= MAX_DEPTH => None,
            TokenKind::Open if written == "[" => {
                let (items, end) = self.list(|reader| reader.value(depth + 1))?;
                Some(Node { span: span.start..end, kind: Kind::Array(items) })
            }
            TokenKind::Open => {
                let (members, end) = self.list(|reader| reader.a_member(depth + 1))?;
                Some(Node { span: span.start..end, kind: Kind::Object(members) })
            }
            _ => None,
        }
    }

    fn a_member(&mut self, depth: usize) -> Option<Member<'t>> {
        let text = self.text;
        let key_span = self.next().filter(|token| token.kind == TokenKind::Scalar)?.span.clone();
        let key = unquoted(text.get(key_span.clone())?);
        self.pass(TokenKind::Colon).then_some(())?;
        Some(Member { key, key_span, value: self.value(depth)? })
    }

    /// What stands between brackets, and where the closing one ends.
    fn list<T>(&mut self, one: impl Fn(&mut Self) -> Option<T>) -> Option<(Vec<T>, usize)> {
        let mut all = Vec::new();
        while self.peek()? != TokenKind::Close {
            all.push(one(self)?);
            if !self.pass(TokenKind::Comma) {
                break;
            }
        }
        let close = self.next().filter(|token| token.kind == TokenKind::Close)?;
        Some((all, close.span.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_place_and_pointer() {
        let text = r#"{ "a/b": [1, /* 2 */ { "\u0063": "x" }], "d": {} }"#;
        let root = Node::read(text).unwrap();
        let inner = root.get("a/b").unwrap().item(1).unwrap().get("c").unwrap();
        assert_eq!(&text[inner.span.clone()], "\"x\"");
        assert_eq!(root.pointer(&inner.span), "/a~1b/1/c");
        assert_eq!(root.pointer(&root.member("d").unwrap().key_span), "/d");
        assert_eq!(root.pointer(&(0..1)), "");
    }

    #[test]
    fn what_is_no_json_is_no_tree() {
        for text in ["", "{", "[1 2]", "{\"a\" 1}", "]", "{} {}", "[1]]", "{1", &"[".repeat(10_000)] {
            assert!(Node::read(text).is_none(), "{text}");
        }
    }
}
