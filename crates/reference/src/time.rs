//! Times: RFC 3339 with an offset, or a date, which is its midnight in UTC.

use waterspout::Time;

/// Nanoseconds since 0000-01-01T00:00:00Z, before it negative.
pub type Instant = i128;

const NANOSECONDS: i128 = 1_000_000_000;

/// Reads a time; none if it is not one.
#[must_use]
pub fn read(text: &str) -> Option<Instant> {
    // What is no ASCII is no time, and without it characters and bytes are one.
    if !text.is_ascii() {
        return None;
    }
    let midnight = date(text.get(..10)?)?;
    if text.len() == 10 {
        return Some(midnight * NANOSECONDS);
    }
    if !matches!(&text[10..11], "T" | "t") {
        return None;
    }
    let hour = between(text.get(11..13)?, 0, 23)?;
    let minute = between(text.get(14..16)?, 0, 59)?;
    let second = between(text.get(17..19)?, 0, 59)?;
    if &text[13..14] != ":" || &text[16..17] != ":" {
        return None;
    }
    let (nanoseconds, offset) = fraction(&text[19..])?;
    let seconds = midnight + hour * 3600 + minute * 60 + second - self::offset(offset)?;
    Some(seconds * NANOSECONDS + nanoseconds)
}

/// Seconds from 0000-01-01 to a day's midnight.
fn date(text: &str) -> Option<i128> {
    let year = between(text.get(0..4)?, 0, 9999)?;
    let month = between(text.get(5..7)?, 1, 12)?;
    let day = between(text.get(8..10)?, 1, 31)?;
    if &text[4..5] != "-" || &text[7..8] != "-" || day > days_of(month, year) {
        return None;
    }
    let mut days = day - 1;
    for earlier in 1..month {
        days += days_of(earlier, year);
    }
    // Of the years before this one (0 among them), every fourth is a leap year, but for the hundreds, but for the four
    // hundreds.
    let multiples = |of: i128| (year + of - 1) / of;
    days += year * 365 + multiples(4) - multiples(100) + multiples(400);
    Some(days * 86_400)
}

fn days_of(month: i128, year: i128) -> i128 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        1 => 31,
        2 if leap => 29,
        2 => 28,
        3 => 31,
        4 => 30,
        5 => 31,
        6 => 30,
        7 => 31,
        8 => 31,
        9 => 30,
        10 => 31,
        11 => 30,
        _ => 31,
    }
}

/// Nanoseconds after an optional point, and what follows. Digits beyond the ninth are ignored.
fn fraction(text: &str) -> Option<(i128, &str)> {
    let Some(text) = text.strip_prefix('.') else { return Some((0, text)) };
    let after = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let mut digits = text[..text.len() - after.len()].to_owned();
    if digits.is_empty() {
        return None;
    }
    while digits.len() < 9 {
        digits.push('0');
    }
    let nanoseconds = digits[..9].parse().ok()?;
    Some((nanoseconds, after))
}

/// Seconds that a zone is ahead of UTC.
fn offset(text: &str) -> Option<i128> {
    let sign = match text.get(..1)? {
        "Z" | "z" if text.len() == 1 => return Some(0),
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    if text.len() != 6 || &text[3..4] != ":" {
        return None;
    }
    let hours = between(&text[1..3], 0, 23)?;
    let minutes = between(&text[4..6], 0, 59)?;
    Some(sign * (hours * 3600 + minutes * 60))
}

/// A number of digits alone, within bounds.
fn between(digits: &str, least: i128, most: i128) -> Option<i128> {
    if !digits.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let number = digits.parse().ok()?;
    if number < least || number > most { None } else { Some(number) }
}

/// A time that a flag file names. The library has read it; how far it lies from the start of the years is asked of it.
pub(crate) fn named(time: Time) -> Instant {
    let start = Time::parse("0000-01-01").expect("the first day of all");
    let nanoseconds =
        |distance: std::time::Duration| i128::try_from(distance.as_nanos()).expect("below 2^127");
    match (time.since(start), start.since(time)) {
        (Some(after), _) => nanoseconds(after),
        (None, Some(before)) => -nanoseconds(before),
        (None, None) => unreachable!("of two times, one is not before the other"),
    }
}
