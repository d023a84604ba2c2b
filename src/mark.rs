//! A value as an integer, so that most tests of a value are one comparison of integers.
//!
//! Numbers, usual versions and IPv4 addresses have marks in the order of their values; switches and short texts have
//! marks of their own. Of a longer text, other marks say that it is another one, and equal marks that the texts are to be
//! compared. A mark is made when a context is built, and when a snapshot is compiled; never stored, never told.

use std::net::Ipv4Addr;

use crate::word;

/// What sort of value a mark stands for. Only marks of one sort can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// There is no value.
    Missing,
    Text,
    Number,
    Bool,
    /// One that is packed: see [`Version::packed`](crate::version::Version::packed).
    Version,
    V4,
    /// Whatever has no mark.
    Other,
}

/// The value of a context, as an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) sort: Sort,
    pub(crate) place: u64,
}

impl Mark {
    pub(crate) const MISSING: Mark = Mark { sort: Sort::Missing, place: 0 };
    pub(crate) const OTHER: Mark = Mark { sort: Sort::Other, place: 0 };

    #[inline]
    pub(crate) fn of_text(text: &str) -> Mark {
        Mark { sort: Sort::Text, place: text_place(text.as_bytes()) }
    }

    /// In the order of finite numbers; the two zeros are one.
    #[inline]
    pub(crate) fn of_number(number: f64) -> Mark {
        let bits = (number + 0.0).to_bits();
        let place = if bits >> 63 == 0 { bits | (1 << 63) } else { !bits };
        Mark { sort: Sort::Number, place }
    }

    #[inline]
    pub(crate) fn of_bool(value: bool) -> Mark {
        Mark { sort: Sort::Bool, place: u64::from(value) }
    }

    /// Of a version's packed form, 0 if it has none.
    #[inline]
    pub(crate) fn of_version(packed: u64) -> Mark {
        if packed == 0 { Mark::OTHER } else { Mark { sort: Sort::Version, place: packed } }
    }

    #[inline]
    pub(crate) fn of_v4(address: Ipv4Addr) -> Mark {
        Mark { sort: Sort::V4, place: u64::from(address.to_bits()) }
    }
}

/// Whether texts with the same mark as this one are the same.
pub(crate) fn is_exact(text: &str) -> bool {
    text.len() < 8
}

/// Up to seven bytes with their count above them; of longer texts, 56 bits of a mix of its ends and its middle, below 255.
#[inline]
fn text_place(bytes: &[u8]) -> u64 {
    let length = bytes.len() as u64;
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        let middle = bytes.get(bytes.len() / 2 - 4..).and_then(<[u8]>::first_chunk).unwrap_or(first);
        let ends = u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(29) ^ length;
        let mixed = ends.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from_le_bytes(*middle);
        return (0xff << 56) | (mixed.wrapping_mul(0xd6e8_feb8_6659_fd93) >> 8);
    }
    word::of_short(bytes) | (length << 56)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_have_marks_of_their_own() {
        let mut texts = vec![String::new()];
        for first in ["a", "b", "\0", "ab", "ba", "é"] {
            for times in 1..=7 {
                texts.push(first.repeat(times));
                texts.push(format!("{}x", first.repeat(times)));
            }
        }
        texts.retain(|text| is_exact(text));
        texts.sort();
        texts.dedup();
        let mut marks: Vec<u64> = texts.iter().map(|text| Mark::of_text(text).place).collect();
        marks.sort_unstable();
        marks.dedup();
        assert_eq!(marks.len(), texts.len());
        assert!(marks.iter().all(|mark| mark >> 56 < 8), "longer texts are apart");
    }

    #[test]
    fn longer_texts_that_are_alike_mostly_differ() {
        let texts: Vec<String> = (0..10_000).map(|n| format!("tenant-{n:05}-production")).collect();
        let mut marks: Vec<u64> = texts.iter().map(|text| Mark::of_text(text).place).collect();
        marks.sort_unstable();
        marks.dedup();
        assert!(marks.iter().all(|mark| mark >> 56 == 0xff));
        assert_eq!(marks.len(), texts.len());
    }

    #[test]
    fn numbers_and_their_marks_have_one_order() {
        let numbers = [
            f64::MIN,
            -1e300,
            -2.5,
            -1.0,
            -f64::MIN_POSITIVE,
            -5e-324,
            0.0,
            5e-324,
            1.0,
            1.0 + f64::EPSILON,
            f64::MAX,
        ];
        for pair in numbers.windows(2) {
            assert!(Mark::of_number(pair[0]).place < Mark::of_number(pair[1]).place, "{pair:?}");
        }
        assert_eq!(Mark::of_number(0.0), Mark::of_number(-0.0));
        assert!(Mark::of_number(f64::MIN).place > 0);
    }
}
