//! Bucketing: FORMAT.md's formula, in wide arithmetic.

use siphasher::sip::SipHasher24;

/// The text that stands for a number, if it is an integer of magnitude below 2^53.
#[must_use]
pub fn text_of_number(number: f64) -> Option<String> {
    let two_to_the_53 = 9_007_199_254_740_992.0;
    if number.trunc() != number || number.abs() >= two_to_the_53 {
        return None;
    }
    // As an integer, -0 is 0.
    Some((number as i64).to_string())
}

/// The place of a bucketing value on the line of 2^64. `purpose` is `rollout` or `split`.
#[must_use]
pub fn position(value: &str, purpose: &str, salt: &str) -> u64 {
    let unit = SipHasher24::new_with_key(b"waterspout/units").hash(value.as_bytes());
    let salted = SipHasher24::new_with_key(b"waterspout/salts").hash(format!("{purpose}:{salt}").as_bytes());
    moremur(unit ^ salted)
}

fn moremur(x: u64) -> u64 {
    let two_to_the_64 = 1_u128 << 64;
    let multiply = |x: u64, by: u128| (u128::from(x) * by % two_to_the_64) as u64;
    let x = x ^ (x >> 27);
    let x = multiply(x, 0x3C79_AC49_2BA7_B653);
    let x = x ^ (x >> 33);
    let x = multiply(x, 0x1C69_B3F7_4AC4_AE35);
    x ^ (x >> 27)
}

/// Whether a position lies within the first `thousandths` of a per cent of the line.
#[must_use]
pub fn is_within(position: u64, thousandths: u32) -> bool {
    let end = u128::from(thousandths) * (1_u128 << 64) / 100_000;
    u128::from(position) < end
}
