//! What stands in a file with its comments, each where it belongs: before a value, behind it, or inside an empty one.

use crate::token::{Token, TokenKind, tokens};

/// A comment, and how it stands.
#[derive(Clone, Debug)]
pub(super) struct Comment<'t> {
    pub(super) text: &'t str,
    pub(super) is_line: bool,
    /// Whether the line ends behind it.
    pub(super) ends_line: bool,
    /// Whether it begins a line.
    pub(super) begins_line: bool,
    /// Whether a blank line stands before it.
    pub(super) after_blank: bool,
}

impl Comment<'_> {
    /// Whether it can stand between other things on a line.
    pub(super) fn is_inline(&self) -> bool {
        !self.is_line && !self.text.contains(['\n', '\r'])
    }
}

/// An element of a list, or a member of an object, or the whole.
#[derive(Debug)]
pub(super) struct Item<'t> {
    pub(super) before: Vec<Comment<'t>>,
    /// Whether a blank line stands before it and its comments.
    pub(super) after_blank: bool,
    pub(super) key: Option<Key<'t>>,
    pub(super) body: Body<'t>,
    /// Comments behind the value.
    pub(super) behind: Vec<Comment<'t>>,
    /// Comments behind the comma, or where one would stand.
    pub(super) behind_comma: Vec<Comment<'t>>,
}

#[derive(Debug)]
pub(super) struct Key<'t> {
    pub(super) text: &'t str,
    /// Comments between it and its colon.
    pub(super) behind: Vec<Comment<'t>>,
    /// Comments between the colon and the value.
    pub(super) behind_colon: Vec<Comment<'t>>,
}

#[derive(Debug)]
pub(super) enum Body<'t> {
    Scalar(&'t str),
    List(List<'t>),
}

/// An object or an array.
#[derive(Debug)]
pub(super) struct List<'t> {
    pub(super) open: &'t str,
    pub(super) close: &'t str,
    /// Comments on the line of the opening bracket.
    pub(super) head: Vec<Comment<'t>>,
    pub(super) items: Vec<Item<'t>>,
    /// Comments behind the last item.
    pub(super) tail: Vec<Comment<'t>>,
    /// Whether the line ended behind its opening bracket.
    pub(super) was_open: bool,
}

/// The whole file, and the comments behind it that begin a line.
#[derive(Debug)]
pub(super) struct Document<'t> {
    pub(super) root: Item<'t>,
    pub(super) tail: Vec<Comment<'t>>,
}

/// Deeper than the library lets anything nest.
const MAX_DEPTH: usize = 128;

pub(super) fn read(text: &str) -> Option<Document<'_>> {
    let tokens = tokens(text);
    if !tokens.iter().all(|token| is_whole(token.kind, text.get(token.span.clone()).unwrap_or_default())) {
        return None;
    }
    let mut reader = Reader { text, tokens: &tokens, at: 0 };
    let before = reader.comments();
    let body = reader.body(0)?;
    let (behind_comma, tail) = on_the_line(reader.comments());
    let root = Item { before, after_blank: false, key: None, body, behind: Vec::new(), behind_comma };
    (reader.at == tokens.len()).then_some(Document { root, tail })
}

/// Whether a piece is what it seems to be: a text that is closed, a word that JSON has, a comment with an end.
fn is_whole(kind: TokenKind, written: &str) -> bool {
    match kind {
        TokenKind::Scalar => serde_json::from_str::<serde::de::IgnoredAny>(written).is_ok(),
        TokenKind::BlockComment => written.len() >= 4 && written.ends_with("*/"),
        _ => true,
    }
}

struct Reader<'r, 't> {
    text: &'t str,
    tokens: &'r [Token],
    at: usize,
}

/// An item that was read.
struct Read<'t> {
    item: Item<'t>,
    has_comma: bool,
    /// Comments that belong to what follows.
    waiting: Vec<Comment<'t>>,
}

impl<'t> Reader<'_, 't> {
    fn peek(&self) -> Option<TokenKind> {
        self.tokens.get(self.at).map(|token| token.kind)
    }

    fn take(&mut self, kind: TokenKind) -> Option<&'t str> {
        let token = self.tokens.get(self.at).filter(|token| token.kind == kind)?;
        self.at += 1;
        self.text.get(token.span.clone())
    }

    /// How many lines end between the piece before this one and it.
    fn lines_before(&self, at: usize) -> usize {
        let start = at.checked_sub(1).and_then(|before| self.tokens.get(before)).map_or(0, |it| it.span.end);
        let end = self.tokens.get(at).map_or(self.text.len(), |token| token.span.start);
        let blanks = self.text.get(start..end).unwrap_or_default();
        blanks.matches('\n').count() + blanks.replace("\r\n", "").matches('\r').count()
    }

    fn comments(&mut self) -> Vec<Comment<'t>> {
        let mut comments = Vec::new();
        while let Some(token) = self.tokens.get(self.at).filter(|token| token.kind.is_comment()) {
            let lines = self.lines_before(self.at);
            let text = self.text.get(token.span.clone()).unwrap_or_default();
            let is_line = token.kind == TokenKind::LineComment;
            self.at += 1;
            comments.push(Comment {
                text: if is_line { text.trim_end() } else { text },
                is_line,
                ends_line: is_line || self.lines_before(self.at) > 0,
                begins_line: lines > 0,
                after_blank: lines > 1,
            });
        }
        comments
    }

    fn body(&mut self, depth: usize) -> Option<Body<'t>> {
        match self.peek()? {
            TokenKind::Scalar => self.take(TokenKind::Scalar).map(Body::Scalar),
            TokenKind::Open if depth < MAX_DEPTH => self.list(depth).map(Body::List),
            _ => None,
        }
    }

    fn list(&mut self, depth: usize) -> Option<List<'t>> {
        let open = self.take(TokenKind::Open)?;
        let was_open = self.lines_before(self.at) > 0;
        let comments = self.comments();
        let (head, mut waiting) = ending_the_line(comments);
        let was_open = was_open || !head.is_empty();
        let mut items = Vec::new();
        let mut goes_on = self.peek()? != TokenKind::Close;
        while goes_on {
            let read = self.item(open == "{", waiting, depth + 1)?;
            items.push(read.item);
            (waiting, goes_on) = (read.waiting, read.has_comma);
        }
        let close = self.take(TokenKind::Close)?;
        let matches = matches!((open, close), ("{", "}") | ("[", "]"));
        matches.then_some(List { open, close, head, items, tail: waiting, was_open })
    }

    fn item(&mut self, is_member: bool, mut before: Vec<Comment<'t>>, depth: usize) -> Option<Read<'t>> {
        let after_blank = self.lines_before(self.at) > 1;
        let key = if is_member { Some(self.key(&mut before)?) } else { None };
        let body = self.body(depth)?;
        let (mut behind, mut waiting) = on_the_line(self.comments());
        let has_comma = self.take(TokenKind::Comma).is_some();
        let mut behind_comma = Vec::new();
        if has_comma {
            let comments = self.comments();
            // Nothing can follow a line comment on its line.
            let line_is_full = behind.iter().any(|comment| comment.is_line);
            if waiting.is_empty() && !line_is_full {
                (behind_comma, waiting) = ending_the_line(comments);
            } else {
                waiting.extend(comments);
            }
        }
        // Behind a line comment no comma is seen, and behind the last item there is none.
        if !has_comma || behind.iter().any(|comment| !comment.is_inline()) {
            behind.append(&mut behind_comma);
            std::mem::swap(&mut behind, &mut behind_comma);
        }
        let item = Item { before, after_blank, key, body, behind, behind_comma };
        Some(Read { item, has_comma, waiting })
    }

    /// A key and its colon. Comments that cannot stand on its line go before it.
    fn key(&mut self, before: &mut Vec<Comment<'t>>) -> Option<Key<'t>> {
        let text = self.take(TokenKind::Scalar).filter(|text| text.starts_with('"'))?;
        let mut beside = |comments: Vec<Comment<'t>>| {
            let (beside, moved): (Vec<_>, Vec<_>) = comments.into_iter().partition(Comment::is_inline);
            before.extend(moved.into_iter().map(|comment| Comment { ends_line: true, ..comment }));
            beside
        };
        let behind = beside(self.comments());
        self.take(TokenKind::Colon)?;
        Some(Key { text, behind, behind_colon: beside(self.comments()) })
    }
}

/// Comments on the line of what is before them, and the others.
fn on_the_line(mut comments: Vec<Comment<'_>>) -> (Vec<Comment<'_>>, Vec<Comment<'_>>) {
    let count = comments.iter().take_while(|comment| !comment.begins_line).count();
    let others = comments.split_off(count);
    (comments, others)
}

/// Comments that belong to what is before them, since the line ends behind them, and those that belong to what follows.
fn ending_the_line(comments: Vec<Comment<'_>>) -> (Vec<Comment<'_>>, Vec<Comment<'_>>) {
    let (mut here, mut others) = on_the_line(comments);
    if !here.last().is_some_and(|last| last.ends_line) {
        here.append(&mut others);
        std::mem::swap(&mut here, &mut others);
    }
    (here, others)
}
