//! Who is in one rollout says nothing about who is in another, whatever the flags and the users are called.
//!
//! Two formulas in use elsewhere run through the same test and must fail it, so that it is known to be able to.

use waterspout::{Flag, Flags};

const FLAGS: usize = 60;
const UNITS: usize = 20_000;
const SHARE: f64 = 0.1;

/// With 1,770 pairs a fair draw goes beyond 4.5 about once in 80 runs, beyond 5 once in 1,000; the draw here is fixed.
const MOST_SIGMAS: f64 = 5.0;

/// Flag names of one length that differ in two digits.
fn flag_names() -> Vec<String> {
    (0..FLAGS).map(|number| format!("new-checkout-{number:02}")).collect()
}

fn consecutive() -> Vec<String> {
    (100_000..).take(UNITS).map(|number| number.to_string()).collect()
}

fn in_steps_of_a_hundred() -> Vec<String> {
    (1_000_000..).step_by(100).take(UNITS).map(|number: u64| number.to_string()).collect()
}

fn emails() -> Vec<String> {
    (0..UNITS).map(|number| format!("user{number}@example.com")).collect()
}

/// UUIDs of version 4, from a small generator with a fixed seed.
fn uuids() -> Vec<String> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut uuid = || {
        let (high, low) = (next(), next());
        let (a, b, c) = (high >> 32, high >> 16 & 0xffff, high & 0xfff);
        format!("{a:08x}-{b:04x}-4{c:03x}-{:04x}-{:012x}", 0x8000 | low >> 50, low & 0xffff_ffff_ffff)
    };
    (0..UNITS).map(|_| uuid()).collect()
}

/// Who is in, a bit a unit, flag by flag.
type Drawn = Vec<Vec<u64>>;

fn packed(inside: impl Iterator<Item = bool>) -> Vec<u64> {
    let mut words = vec![0_u64; UNITS.div_ceil(64)];
    inside.enumerate().filter(|(_, inside)| *inside).for_each(|(at, _)| words[at / 64] |= 1 << (at % 64));
    words
}

fn ours(units: &[String]) -> Drawn {
    let names = flag_names();
    let flags: Vec<String> =
        names.iter().map(|name| format!(r#""{name}": {{"rules": [{{"rollout": 10}}]}}"#)).collect();
    let flags = Flags::from_text(format!(r#"{{"version": 1, "flags": {{{}}}}}"#, flags.join(","))).unwrap();
    let view = flags.view();
    let column = |name: &String| {
        let flag: Flag<bool> = Flag::new(String::leak(name.clone()), false);
        packed(view.column(&flag, units.iter().map(String::as_str)))
    };
    names.iter().map(column).collect()
}

/// Togglz's gradual rollout: Java's `String.hashCode` of the user, a colon and the feature, modulo 100.
fn togglz(units: &[String]) -> Drawn {
    let hash =
        |text: String| text.bytes().fold(0_i32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    let inside = |name: &String, unit: &String| hash(format!("{unit}:{name}")).wrapping_abs() % 100 < 10;
    flag_names().iter().map(|name| packed(units.iter().map(|unit| inside(name, unit)))).collect()
}

/// Flipper's percentage of actors: CRC-32 of the feature and the actor, modulo 100,000.
fn flipper(units: &[String]) -> Drawn {
    let crc = |text: String| {
        !text.bytes().fold(u32::MAX, |crc, byte| {
            (0..8).fold(
                crc ^ u32::from(byte),
                |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
            )
        })
    };
    let inside = |name: &String, unit: &String| crc(format!("{name}{unit}")) % 100_000 < 10_000;
    flag_names().iter().map(|name| packed(units.iter().map(|unit| inside(name, unit)))).collect()
}

fn count(words: impl Iterator<Item = u64>) -> f64 {
    words.map(|word| f64::from(word.count_ones())).sum()
}

/// How far the joint share of each pair of flags is from the product of their shares, in standard deviations.
fn sigmas_of_pairs(drawn: &Drawn) -> Vec<f64> {
    let units = UNITS as f64;
    let shares: Vec<f64> = drawn.iter().map(|words| count(words.iter().copied()) / units).collect();
    let mut sigmas = Vec::new();
    for (one, left) in drawn.iter().enumerate() {
        for (other, right) in drawn.iter().enumerate().skip(one + 1) {
            let joint = count(left.iter().zip(right).map(|(left, right)| left & right)) / units;
            let spread =
                (shares[one] * (1.0 - shares[one]) * shares[other] * (1.0 - shares[other]) / units).sqrt();
            sigmas.push((joint - shares[one] * shares[other]) / spread);
        }
    }
    sigmas
}

/// How far each flag's share is from the one it asks for.
fn sigmas_of_shares(drawn: &Drawn) -> Vec<f64> {
    let spread = (UNITS as f64 * SHARE * (1.0 - SHARE)).sqrt();
    drawn.iter().map(|words| (count(words.iter().copied()) - UNITS as f64 * SHARE) / spread).collect()
}

fn beyond(sigmas: &[f64]) -> usize {
    sigmas.iter().filter(|sigma| sigma.abs() > MOST_SIGMAS).count()
}

#[test]
fn flags_draw_independently_of_each_other_for_every_shape_of_id() {
    for (shape, units) in [
        ("consecutive", consecutive()),
        ("in steps of a hundred", in_steps_of_a_hundred()),
        ("UUIDs", uuids()),
        ("e-mails", emails()),
    ] {
        let drawn = ours(&units);
        let (pairs, shares) = (sigmas_of_pairs(&drawn), sigmas_of_shares(&drawn));
        assert_eq!(pairs.len(), FLAGS * (FLAGS - 1) / 2);
        let worst = pairs.iter().chain(&shares).fold(0.0_f64, |worst, sigma| worst.max(sigma.abs()));
        assert_eq!(beyond(&pairs) + beyond(&shares), 0, "{shape}: {worst} sigmas");
        // All of them together: the variance of a fair draw is 1.
        let variance = pairs.iter().map(|sigma| sigma * sigma).sum::<f64>() / pairs.len() as f64;
        assert!((0.85..1.15).contains(&variance), "{shape}: variance {variance}");
    }
}

#[test]
fn the_rollout_and_the_split_of_one_flag_draw_independently() {
    let flags = r#"{"version": 1, "flags": {"banner": {
        "variants": {"none": "", "blue": "b", "red": "r"}, "default": "none",
        "rules": [{"rollout": 10, "split": [{"blue": 50}, {"red": 50}]}]}}}"#;
    let flags = Flags::from_text(flags).unwrap();
    const BANNER: Flag<str> = Flag::new("banner", "");
    let view = flags.view();
    let (mut blue, mut inside) = (0.0, 0.0);
    for value in view.column(&BANNER, consecutive().iter().map(String::as_str)) {
        inside += f64::from(u8::from(!value.is_empty()));
        blue += f64::from(u8::from(value == "b"));
    }
    assert!(inside > 1_800.0);
    assert!((blue - inside / 2.0).abs() < MOST_SIGMAS * (inside / 4.0).sqrt(), "{blue} of {inside}");
}

#[test]
fn the_formula_of_togglz_fails_this_test() {
    assert!(beyond(&sigmas_of_pairs(&togglz(&consecutive()))) > 100);
}

#[test]
fn the_formula_of_flipper_fails_this_test() {
    assert!(beyond(&sigmas_of_pairs(&flipper(&consecutive()))) > 10);
}
