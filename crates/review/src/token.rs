//! The pieces of a flag file, comments among them, each with its place.
//!
//! This is no second reading of a file: whether it is one is the library's verdict. Here a text that was accepted is cut
//! into pieces, so that places can be told and blanks be laid out anew. A comment ends where FORMAT.md says that it ends.

use std::ops::Range;

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// `{` or `[`
    Open,
    /// `}` or `]`
    Close,
    Comma,
    Colon,
    /// A text, a number, or a word.
    Scalar,
    /// `//` to the end of the line, which is no part of it.
    LineComment,
    /// `/*` to `*/`.
    BlockComment,
}

impl TokenKind {
    pub(crate) fn is_comment(self) -> bool {
        matches!(self, TokenKind::LineComment | TokenKind::BlockComment)
    }
}

/// A piece and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Range<usize>,
}

/// All pieces of a text, in order; between them stand blanks, and before the first perhaps a byte-order mark.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let (kind, length) = match rest {
            [b' ' | b'\t' | b'\n' | b'\r', ..] => {
                at += 1;
                continue;
            }
            [b'{' | b'[', ..] => (TokenKind::Open, 1),
            [b'}' | b']', ..] => (TokenKind::Close, 1),
            [b',', ..] => (TokenKind::Comma, 1),
            [b':', ..] => (TokenKind::Colon, 1),
            [b'/', b'/', ..] => (TokenKind::LineComment, until(rest, |byte| matches!(byte, b'\n' | b'\r'))),
            [b'/', b'*', inside @ ..] => (TokenKind::BlockComment, block_comment(inside) + 2),
            [b'"', inside @ ..] => (TokenKind::Scalar, string(inside) + 1),
            _ => (TokenKind::Scalar, until(rest, ends_a_word).max(1)),
        };
        tokens.push(Token { kind, span: at..at + length });
        at += length;
    }
    tokens
}

fn until(bytes: &[u8], ends: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| ends(*byte)).unwrap_or(bytes.len())
}

fn ends_a_word(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':' | b'/' | b'"')
}

/// The length of a block comment behind its `/*`.
fn block_comment(inside: &[u8]) -> usize {
    inside.windows(2).position(|two| two == b"*/").map_or(inside.len(), |end| end + 2)
}

/// The length of a text behind its quote.
fn string(inside: &[u8]) -> usize {
    let mut escaped = false;
    let end = inside.iter().position(|byte| {
        let closes = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    });
    end.map_or(inside.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_into_all_its_pieces() {
        let text = "\u{feff}{ // a\r\"b\\\"//\" /* [ */:-1.5e3,\n\"c\":[true]}/**/";
        let pieces: Vec<&str> = tokens(text).into_iter().map(|token| &text[token.span]).collect();
        let expected =
            ["{", "// a", "\"b\\\"//\"", "/* [ */", ":", "-1.5e3", ",", "\"c\"", ":", "[", "true", "]", "}"];
        assert_eq!(pieces[..13], expected);
        assert_eq!(pieces[13..], ["/**/"]);
    }

    #[test]
    fn nothing_keeps_it_from_ending() {
        for text in ["", "\"", "\"\\", "/", "/*", "//", "\\", "a/b", "é", "{\"a"] {
            let end = tokens(text).last().map_or(0, |token| token.span.end);
            assert_eq!(end, text.len(), "{text}");
        }
    }
}
