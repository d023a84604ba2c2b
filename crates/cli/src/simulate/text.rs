//! Text for people: numbers in words, and lines of a width.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::render::safe;

/// Whether a terminal would do something else with a character than show it.
pub(super) fn is_hidden(character: char) -> bool {
    matches!(safe(character.encode_utf8(&mut [0; 4])), Cow::Owned(_))
}

/// How many cells of a terminal a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most so many cells; an ellipsis says that there was more.
pub(super) fn cut(text: &str, cells: usize) -> String {
    if width(text) <= cells {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut left = cells.saturating_sub(1);
    for character in text.chars() {
        let cells = character.width().unwrap_or(0);
        if cells > left {
            break;
        }
        left -= cells;
        cut.push(character);
    }
    if cells > 0 {
        cut.push('…');
    }
    cut
}

/// The text in exactly so many cells.
pub(super) fn fit(text: &str, cells: usize) -> String {
    let mut fitted = cut(text, cells);
    let missing = cells.saturating_sub(width(&fitted));
    fitted.extend(std::iter::repeat_n(' ', missing));
    fitted
}

/// `1,234,567`
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `8,120`, `45.2 k`, `12.3 M`
pub(super) fn rounded(number: f64) -> String {
    match number {
        n if n >= 1e12 => format!("{:.2} T", n / 1e12),
        n if n >= 1e9 => format!("{:.2} G", n / 1e9),
        n if n >= 1e6 => format!("{:.1} M", n / 1e6),
        n if n >= 1e4 => format!("{:.1} k", n / 1e3),
        n => grouped(n as u64),
    }
}

/// A share in per cent: `12.4`. What is more than nothing, or less than all, does not look like it.
pub(super) fn percent(part: u64, whole: u64) -> String {
    let share = 100.0 * part as f64 / whole.max(1) as f64;
    match part {
        0 => "0".to_owned(),
        _ if part == whole => "100".to_owned(),
        _ if share < 0.05 => "<0.1".to_owned(),
        _ if share >= 99.95 => ">99.9".to_owned(),
        _ => format!("{share:.1}"),
    }
}

/// `1 flag`, `2 flags`
pub(super) fn counted(number: u64, one: &str, more: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { more })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_a_terminal_is_known() {
        assert!(['\u{1b}', '\u{202e}', '\u{9b}', '\n'].into_iter().all(is_hidden));
        assert!(!['a', 'ž', '汉'].into_iter().any(is_hidden));
    }

    #[test]
    fn a_cut_text_has_the_width_asked_for() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("汉字汉", 4), "汉…");
        assert_eq!(fit("汉字汉", 4), "汉… ");
        assert_eq!(cut("abc", 0), "");
        assert_eq!(fit("ab", 4), "ab  ");
    }

    #[test]
    fn shares_never_look_like_nothing_or_all() {
        let shares = [(0, 10), (10, 10), (1, 100_000), (99_999, 100_000), (1, 8), (0, 0)];
        let shares = shares.map(|(part, whole)| percent(part, whole));
        assert_eq!(shares, ["0", "100", "<0.1", ">99.9", "12.5", "0"]);
        assert_eq!([999, 1_000, 1_234_567].map(grouped), ["999", "1,000", "1,234,567"]);
        assert_eq!([9_999.0, 45_240.0, 1.23e7, 4.5e9].map(rounded), ["9,999", "45.2 k", "12.3 M", "4.50 G"]);
    }
}
