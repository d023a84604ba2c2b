//! Text of a file, made fit to be shown: nothing in it commands a terminal or hides from a reviewer.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Text that a terminal only shows: what would command it is told by its number, `<U+001B>`.
///
/// ```
/// assert_eq!(waterspout_review::report::safe("ada\u{1b}[2J"), "ada<U+001B>[2J");
/// ```
#[must_use]
pub fn safe(text: &str) -> Cow<'_, str> {
    if !text.contains(commands_terminals) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if commands_terminals(character) {
            let _ = write!(out, "<U+{:04X}>", u32::from(character));
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// Control characters, line and paragraph separators, marks that turn text around, and characters that cannot be seen.
#[must_use]
pub fn commands_terminals(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_anything_odd_stays() {
        assert!(matches!(safe("é 🌍 `a`"), Cow::Borrowed("é 🌍 `a`")));
        assert_eq!(safe("a\nb\u{7f}\u{9b}\u{202e}"), "a<U+000A>b<U+007F><U+009B><U+202E>");
    }
}
