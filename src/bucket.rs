//! Bucketing, frozen: who is in a rollout is the same on every machine, in every language, next year.
//!
//! ```text
//! unit     = SipHash-2-4-64(key "waterspout/units", bytes of the bucketing value)
//! salted   = SipHash-2-4-64(key "waterspout/salts", purpose ":" salt)        purpose: rollout or split
//! position = moremur(unit XOR salted)                                        a place on a line of 2^64
//! ```
//!
//! The unit is hashed once per request; each flag then costs a few instructions. This file never changes: a better
//! formula would get a new name in the file format. Vectors stand in FORMAT.md and in the tests below.

use siphasher::sip::SipHasher24;

/// The hash of a bucketing value (a targeting key, an account id).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unit(pub(crate) u64);

/// The key of units, in the two halves that SipHash takes: `waterspout/units`.
pub(crate) const UNITS_KEY: [u64; 2] = [u64::from_le_bytes(*b"waterspo"), u64::from_le_bytes(*b"ut/units")];

impl Unit {
    /// The hash of the empty text, which names nobody.
    pub(crate) const OF_NOTHING: Unit = Unit(0x1b33_ee97_8684_b9dc);

    #[inline]
    pub(crate) fn of_text(value: &str) -> Unit {
        Unit(SipHasher24::new_with_key(b"waterspout/units").hash(value.as_bytes()))
    }

    /// The unit of a number, however it was spelt: 7, 7.0 and 7e0 are `7`, -0 is `0`.
    ///
    /// `None` unless the number is whole and of magnitude below 2^53: beyond, two ids would share one double.
    pub(crate) fn of_number(value: f64) -> Option<Unit> {
        const BEYOND: f64 = 9_007_199_254_740_992.0;
        if value.abs() >= BEYOND || value.fract() != 0.0 || value.is_nan() {
            return None;
        }
        let mut digits = [0_u8; 17];
        Some(Unit(SipHasher24::new_with_key(b"waterspout/units").hash(decimal(value, &mut digits))))
    }
}

/// Writes a whole number below 2^53 as ASCII decimal, without allocating: 16 digits and a sign at most.
fn decimal(value: f64, digits: &mut [u8; 17]) -> &[u8] {
    let mut left = value.abs() as u64;
    let mut start = digits.len();
    for place in digits.iter_mut().rev() {
        *place = b'0' + (left % 10) as u8;
        left /= 10;
        start -= 1;
        if left == 0 {
            break;
        }
    }
    if value < 0.0 {
        start -= 1;
        if let Some(place) = digits.get_mut(start) {
            *place = b'-';
        }
    }
    digits.get(start..).unwrap_or_default()
}

/// What a position is drawn for. The two draws of one flag are independent of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Rollout,
    Split,
}

/// The hash of a purpose and a salt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Salt(pub(crate) u64);

impl Salt {
    pub(crate) fn of(purpose: Purpose, salt: &str) -> Salt {
        let purpose = match purpose {
            Purpose::Rollout => "rollout:",
            Purpose::Split => "split:",
        };
        let text = [purpose, salt].concat();
        Salt(SipHasher24::new_with_key(b"waterspout/salts").hash(text.as_bytes()))
    }
}

/// A unit's place on a flag's line of 2^64.
#[inline]
pub(crate) fn position(unit: Unit, salt: Salt) -> u64 {
    moremur(unit.0 ^ salt.0)
}

/// Pelle Evensen's "moremur" mix of 64 bits.
#[inline]
fn moremur(mut x: u64) -> u64 {
    x ^= x >> 27;
    x = x.wrapping_mul(0x3C79_AC49_2BA7_B653);
    x ^= x >> 33;
    x = x.wrapping_mul(0x1C69_B3F7_4AC4_AE35);
    x ^ (x >> 27)
}

/// The last position within the first `thousandths` of a per cent (0..=100,000) of the line; `None` for 0 %.
///
/// The rule is `position < floor(thousandths * 2^64 / 100,000)`. Kept as the last position inside, all of 0..=100 %
/// fits 64 bits: 100 % holds everyone, exactly.
pub(crate) fn last_within(thousandths: u32) -> Option<u64> {
    let end = (u128::from(thousandths) << 64) / 100_000;
    u64::try_from(end.checked_sub(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_the_format_hold() {
        let vectors = [
            ("user-42", "new-checkout", 0xc59d4a1911ded346, 0x52df9150535472e9, 0x200605d3a6c3bb0c),
            ("ada", "new-checkout", 0x9bc510c526d0c657, 0xfae833f9b3cf728d, 0x8e372f63b923077a),
            ("grace", "new-checkout", 0x77fa516618f9f1e2, 0x378f2f8446c9b904, 0xed26ba7a9c4339b8),
            ("", "new-checkout", 0x1b33ee978684b9dc, 0xe6ddf4a9e5678fc9, 0xac036c2cc386f120),
            ("žluťoučký kůň", "dark-mode", 0xd9583ef443d8d3ba, 0xcc64fa0a33f18703, 0x9d3b9f2c77485309),
            (
                "3f2b8c1e-5d7a-4b1e-9c53-0d9a6f1b2c3d",
                "banner",
                0xe81f354c5b479e27,
                0x37557e84b7c14995,
                0x68166b6ca52b946b,
            ),
        ];
        for (value, salt, unit, rollout, split) in vectors {
            assert_eq!(Unit::of_text(value), Unit(unit), "{value}");
            assert_eq!(position(Unit(unit), Salt::of(Purpose::Rollout, salt)), rollout, "{value}");
            assert_eq!(position(Unit(unit), Salt::of(Purpose::Split, salt)), split, "{value}");
        }
    }

    #[test]
    fn the_hash_of_nothing_is_that_of_the_empty_text() {
        assert_eq!(Unit::OF_NOTHING, Unit::of_text(""));
    }

    #[test]
    fn a_number_buckets_as_its_decimal_text() {
        for whole in [0_i64, 7, -7, 10, 42, -1_000_000, 9_007_199_254_740_991, -9_007_199_254_740_991] {
            assert_eq!(Unit::of_number(whole as f64), Some(Unit::of_text(&whole.to_string())), "{whole}");
        }
        assert_eq!(Unit::of_number(-0.0), Some(Unit::of_text("0")));
        for none in [1.5, 9_007_199_254_740_992.0, -9_007_199_254_740_992.0, 1e300, f64::NAN, f64::INFINITY] {
            assert_eq!(Unit::of_number(none), None, "{none}");
        }
    }

    #[test]
    fn nothing_is_within_0_percent_and_everything_within_100() {
        assert_eq!(last_within(0), None);
        assert_eq!(last_within(100_000), Some(u64::MAX));
        assert_eq!(last_within(50_000), Some((1 << 63) - 1));
        assert_eq!(last_within(1), Some(184_467_440_737_094));
    }
}
