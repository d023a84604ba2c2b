//! Versions, times, addresses, contexts: what one of the two readers takes, the other takes, and as the same.

use std::cmp::Ordering;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use waterspout::flag_set::FlagSet;
use waterspout::{Facts, FlagKey, OwnedContext, Snapshot, Time, Version};
use waterspout_reference::generate::{self, config};
use waterspout_reference::{Answer, Context, Reference, time, version};

/// Texts that are versions, or almost.
fn versions() -> impl Strategy<Value = String> {
    let number = "0|[1-9][0-9]{0,2}|20971(51|52|53)|41943(03|04)|184467440737095516(14|15|16)|0[0-9]";
    let pre_release =
        "(-((0|[1-9][0-9]?|[a-c-]{1,3}|rc|[0-9]a|00|[0-9]{19,21})(\\.(0|[1-9]|[a-c]|10|)){0,2})?)?";
    let build = "(\\+([0-9a-z-]{1,3}(\\.[0-9]{1,2}){0,1})?)?";
    let usual = format!("({number})(\\.({number})){{2}}{pre_release}{build}");
    let odd = format!("v?({number}|)(\\.({number})){{0,3}}{pre_release}{build} ?");
    prop_oneof![
        4 => proptest::string::string_regex(&usual).unwrap(),
        2 => proptest::string::string_regex("[0-2](\\.[0-2](\\.[0-2](-(0|1|a|b)(\\.(0|1|a|b)){0,2})?)?)?").unwrap(),
        2 => proptest::string::string_regex(&odd).unwrap(),
    ]
}

/// Texts that are times, or almost.
fn times() -> impl Strategy<Value = String> {
    let date = "(0000|1900|1969|1970|2000|2024|2026|2100|9999|[0-9]{4})-(0[1-9]|1[0-3]|02|00)-(0[1-9]|[12][0-9]|3[0-2]|00|28|29)";
    let clock = "([01][0-9]|2[0-4]|23|00):([0-5][0-9]|60|59|00):([0-5][0-9]|60|59|00)";
    let fraction = "(\\.[0-9]{0,12})?";
    let zone = "(Z|z|[+-]([01][0-9]|2[0-4]|00):([0-5][0-9]|60|00)|)";
    let text = format!("{date}([Tt]{clock}{fraction}{zone})?");
    let near = "20(24|25|26)-(12-31|01-01)T(23:59:59|00:00:00)\\.(0|5|999999999)[Zz]?([+-]0[01]:[03]0)?";
    let usual = prop_oneof![
        4 => proptest::string::string_regex(&text).unwrap(),
        1 => proptest::string::string_regex(near).unwrap(),
    ];
    // Now and then one character is another.
    (
        usual,
        any::<Index>(),
        proptest::option::weighted(0.2, select(&[" ", "é", "-", ":", "0", "9", "", "T", "+"][..])),
    )
        .prop_map(|(text, place, other)| match other {
            Some(other) => {
                let place = place.index(text.len());
                format!("{}{other}{}", &text[..place], &text[place + 1..])
            }
            None => text,
        })
}

proptest! {
    #![proptest_config(config(20_000))]

    #[test]
    fn a_text_is_a_version_to_both_or_to_neither(text in prop_oneof![9 => versions(), 1 => any::<String>()]) {
        prop_assert_eq!(Version::parse(&text).is_some(), version::read(&text).is_some());
    }

    #[test]
    fn versions_stand_in_one_order(left in versions(), right in versions()) {
        if let (Some(one), Some(other)) = (Version::parse(&left), Version::parse(&right)) {
            let order = version::compare(&version::read(&left).unwrap(), &version::read(&right).unwrap());
            prop_assert_eq!(one.cmp(&other), order);
            prop_assert_eq!(one == other, order == Ordering::Equal);
            prop_assert_eq!(other.cmp(&one), order.reverse());
        }
    }

    #[test]
    fn a_text_is_a_time_to_both_or_to_neither(text in prop_oneof![9 => times(), 1 => any::<String>()]) {
        prop_assert_eq!(Time::parse(&text).is_some(), time::read(&text).is_some());
    }

    #[test]
    fn times_lie_equally_far_apart(left in times(), right in times()) {
        if let (Some(one), Some(other)) = (Time::parse(&left), Time::parse(&right)) {
            let apart = time::read(&left).unwrap() - time::read(&right).unwrap();
            prop_assert_eq!(one.cmp(&other), apart.cmp(&0));
            prop_assert_eq!(one.since(other).map(|apart| apart.as_nanos() as i128), (apart >= 0).then_some(apart));
        }
    }

    #[test]
    fn a_time_is_printed_as_it_is_read(text in times()) {
        if let Some(time) = Time::parse(&text) {
            // With its offset, an instant can lie outside the years that can be written.
            if (Time::parse("0000-01-01")..=Time::parse("9999-12-31T23:59:59.999999999Z")).contains(&Some(time)) {
                prop_assert_eq!(Time::parse(&time.to_string()), Some(time));
            }
        }
    }
}

/// Addresses of both kinds, in several spellings.
fn addresses() -> impl Strategy<Value = (IpAddr, String)> {
    let v4 = any::<u32>().prop_map(Ipv4Addr::from).prop_map(|it| (IpAddr::from(it), it.to_string()));
    let mapped =
        any::<u32>().prop_map(Ipv4Addr::from).prop_map(|it| (IpAddr::from(it), format!("::FFFF:{it}")));
    let in_hex = any::<[u16; 2]>().prop_map(|[high, low]| {
        (
            IpAddr::from(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))),
            format!("0:0::ffff:{high:04x}:{low:x}"),
        )
    });
    let v6 = any::<u128>().prop_map(Ipv6Addr::from).prop_map(|it| (IpAddr::from(it), it.to_string()));
    let low = any::<u16>()
        .prop_map(|low| Ipv6Addr::from(u128::from(low)))
        .prop_map(|it| (IpAddr::from(it), it.to_string()));
    prop_oneof![3 => v4, 1 => mapped, 1 => in_hex, 3 => v6, 1 => low]
}

/// The block of an address and of those that share so many of its bits.
fn block(address: IpAddr, length: u8) -> String {
    match address {
        IpAddr::V4(v4) => {
            let length = u32::from(length) % 33;
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            format!("{}/{length}", Ipv4Addr::from(v4.to_bits() & mask))
        }
        IpAddr::V6(v6) => {
            let length = u32::from(length) % 129;
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            format!("{}/{length}", Ipv6Addr::from(v6.to_bits() & mask))
        }
    }
}

/// Both answers for a context.
fn both(set: &FlagSet, context: &str, flag: &str) -> (Answer, Answer) {
    let snapshot = Snapshot::compile(set, &Facts::new(), Time::parse("2026-01-01").unwrap());
    let owned = OwnedContext::from_json(context).unwrap();
    let library = Answer::from(&snapshot.answer_key(FlagKey::parse(flag).unwrap(), &owned.borrow()));
    let reference = Reference::new(set, "{}", "2026-01-01").answer(&Context::read(context).unwrap(), flag);
    (library, reference)
}

const ADDRESSES: &str = r#"{
    "version": 1,
    "attributes": { "ip": { "type": "ip" } },
    "flags": {
        "read": { "rules": [{ "when": { "ip": { "present": true } } }] },
        "held": { "rules": [{ "when": { "ip": { "within": [BLOCKS] } } }] }
    }
}"#;

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn a_block_holds_the_same_addresses(
        (base, _) in addresses(),
        length in any::<u8>(),
        (other, _) in addresses(),
        (free, free_text) in addresses(),
        flipped in any::<u8>(),
    ) {
        let blocks = [block(base, length), block(other, length / 3)].map(|it| format!("{it:?}")).join(",");
        let set = FlagSet::parse(&ADDRESSES.replace("BLOCKS", &blocks)).unwrap();
        // An address of the block's own kind, one bit off, is close to its edge.
        let near = match base {
            IpAddr::V4(v4) => Ipv4Addr::from(v4.to_bits() ^ (1 << (flipped % 32))).to_string(),
            IpAddr::V6(v6) => Ipv6Addr::from(v6.to_bits() ^ (1 << (flipped % 128))).to_string(),
        };
        for (text, address) in [(near, None), (base.to_string(), Some(base)), (free_text, Some(free))] {
            let context = format!(r#"{{"ip": "{text}"}}"#);
            let (library, reference) = both(&set, &context, "held");
            prop_assert_eq!(&library, &reference, "{} in {}", context, blocks);
            if address == Some(base) {
                prop_assert_eq!(library.rule, Some(0), "{} in {}", context, blocks);
            }
        }
    }

    #[test]
    fn a_text_is_an_address_to_both_or_to_neither(
        text in prop_oneof![
            "((0|1|10|127|255|256|010)\\.){2,4}(0|1|255)?(/8|%eth0|:80)?",
            "\\[?(([0-9a-f]{0,4}|0db8|FFFF|::)(:|::)){1,8}([0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9a-g]{0,4})\\]?(%1)?",
            addresses().prop_map(|(_, text)| text),
        ],
    ) {
        let set = FlagSet::parse(&ADDRESSES.replace("BLOCKS", "\"::1\"")).unwrap();
        let context = format!(r#"{{"ip": {text:?}}}"#);
        let (library, reference) = both(&set, &context, "read");
        prop_assert_eq!(library, reference);
    }

    #[test]
    fn a_context_is_refused_by_both_or_by_neither(
        load in generate::load(2),
        (cut, other) in (any::<Index>(), any::<Index>()),
        junk in select(&["", "{", "}", "[", "]", ",", ":", "\"", "null", "1e999", "\"a\":1,", "//", "\u{feff}", "é", "\\"][..]),
        repeat in 0_u8..5,
        deep in 0_usize..70,
    ) {
        let [first, second] = &load.requests[..] else { panic!("two requests") };
        let (text, inner) = (first.text(), second.text());
        let nested = format!("{}{inner}{}", "[".repeat(deep), "]".repeat(deep));
        let members = text.trim_start_matches('{').trim_end_matches('}');
        let members = if members.is_empty() { "\"x\":1" } else { members };
        let again = match repeat {
            0 => format!("{{{members},{members}}}"),
            1 => format!("{{{members},\"in\":{nested},\"\\u0069n\":1}}"),
            2 => format!("{{{members},\"in\":[1,{{\"a\":{nested},\"b\":{inner},\"a\":2}}]}}"),
            3 => format!("{{{members},\"\\ud83d\":1,\"in\":{nested}}}"),
            _ => nested,
        };
        let place = |index: Index, text: &str| (0..=index.index(text.len() + 1)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let spoilt = {
            let (start, end) = (place(cut, &text), place(other, &text));
            let (start, end) = (start.min(end), start.max(end));
            format!("{}{junk}{}", &text[..start], &text[end..])
        };
        for text in [text, again, spoilt] {
            let library = OwnedContext::from_json(&text).ok();
            let reference = Context::read(&text);
            prop_assert_eq!(library.is_some(), reference.is_some(), "{}", text);
            if let (Some(library), Some(reference)) = (library, reference) {
                prop_assert_eq!(library.borrow().targeting_key(), reference.targeting_key.as_deref(), "{}", text);
            }
        }
    }

    #[test]
    fn a_number_is_the_nearest_double_however_it_is_spelt(
        spelt in vec("-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?", 2),
    ) {
        let text = format!(
            r#"{{"version": 1, "attributes": {{"n": {{"type": "number"}}}}, "flags": {{
                "is": {{"rules": [{{"when": {{"n": {{"is": {spelt}}}}}}}]}},
                "above": {{"rules": [{{"when": {{"n": {{"above": {spelt}}}}}}}]}}
            }}}}"#,
            spelt = spelt[0]
        );
        // One beyond all doubles is refused in a file, and counts as missing in a context.
        let set = FlagSet::parse(&text);
        prop_assert_eq!(set.is_ok(), spelt[0].parse::<f64>().unwrap().is_finite());
        if let Ok(set) = set {
            for (context, flag) in spelt.iter().flat_map(|spelt| ["is", "above"].map(|flag| (spelt, flag))) {
                let (library, reference) = both(&set, &format!(r#"{{"n": {context}}}"#), flag);
                prop_assert_eq!(library, reference, "{} {} {}", context, flag, spelt[0]);
            }
        }
    }
}
