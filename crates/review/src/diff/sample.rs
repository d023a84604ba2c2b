//! A value that stands for many: what a context could hold, as either file reads it.

use std::net::IpAddr;

use serde_json::Value;
use waterspout::flag_set::{AttributeDefinition, Comparison, NumberTest, Predicate, TextTest, TextsTest};
use waterspout::{AttributeKind, Block, Time, Version};

use crate::reach::Truth;

/// A JSON value of a context, or none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sample {
    Missing,
    Text(String),
    Number(f64),
    Bool(bool),
    Texts(Vec<String>),
}

/// A sample, as an attribute of one type reads it.
#[derive(Clone, Debug)]
pub(crate) enum Read<'v> {
    Missing,
    Text(&'v str),
    Number(f64),
    Bool(bool),
    Version(Version<'v>),
    Time(Time),
    Ip(IpAddr),
    Texts(&'v [String]),
}

impl Sample {
    /// As the attribute reads it; what it cannot read counts as missing.
    pub(crate) fn read(&self, attribute: &AttributeDefinition) -> Read<'_> {
        match (attribute.kind(), self) {
            (AttributeKind::Text, Sample::Text(text)) => {
                let open = attribute.one_of().is_none_or(|one_of| one_of.iter().any(|one| **one == **text));
                if open { Read::Text(text) } else { Read::Missing }
            }
            (AttributeKind::Number, Sample::Number(number)) => Read::Number(*number),
            (AttributeKind::Bool, Sample::Bool(value)) => Read::Bool(*value),
            (AttributeKind::Version, Sample::Text(text)) => {
                Version::parse(text).map_or(Read::Missing, Read::Version)
            }
            (AttributeKind::Time, Sample::Text(text)) => Time::parse(text).map_or(Read::Missing, Read::Time),
            (AttributeKind::Ip, Sample::Text(text)) => {
                text.parse::<IpAddr>().map_or(Read::Missing, |address| Read::Ip(address.to_canonical()))
            }
            (AttributeKind::Texts, Sample::Texts(texts)) => Read::Texts(texts),
            _ => Read::Missing,
        }
    }

    /// As the targeting key is read: missing, it is the empty text.
    pub(crate) fn read_key(&self) -> Read<'_> {
        match self {
            Sample::Text(text) => Read::Text(text),
            _ => Read::Text(""),
        }
    }

    /// As JSON; `None` where it is missing.
    pub(crate) fn to_json(&self) -> Option<Value> {
        Some(match self {
            Sample::Missing => return None,
            Sample::Text(text) => Value::from(text.as_str()),
            Sample::Number(number) => match whole(*number) {
                Some(whole) => Value::from(whole),
                None => Value::from(*number),
            },
            Sample::Bool(value) => Value::from(*value),
            Sample::Texts(texts) => Value::from(texts.clone()),
        })
    }
}

/// A number that units are made of: whole, and of magnitude below 2^53.
pub(crate) fn whole(number: f64) -> Option<i64> {
    const BEYOND: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() < BEYOND).then_some(number as i64)
}

/// The text that buckets, if there is one.
pub(crate) fn unit(read: &Read<'_>) -> Option<String> {
    match read {
        Read::Text(text) if !text.is_empty() => Some((*text).to_owned()),
        Read::Number(number) => whole(*number).map(|whole| whole.to_string()),
        _ => None,
    }
}

/// What a test comes to for a value read. A missing value is unknown, `present` aside.
pub(crate) fn truth(predicate: &Predicate, read: &Read<'_>) -> Truth {
    if let Predicate::Present(wanted) = predicate {
        let present = !matches!(read, Read::Missing);
        return Truth::from(present == *wanted);
    }
    let holds = match (predicate, read) {
        (Predicate::Text(test), Read::Text(text)) => text_holds(test, text),
        (Predicate::Number(test), Read::Number(number)) => number_holds(test, *number),
        (Predicate::Version(comparison, version), Read::Version(read)) => {
            compares(*comparison, read.partial_cmp(&version.version()))
        }
        (Predicate::Bool(wanted), Read::Bool(value)) => value == wanted,
        (Predicate::Since(time), Read::Time(read)) => read >= time,
        (Predicate::Before(time), Read::Time(read)) => read < time,
        (Predicate::Within(blocks), Read::Ip(address)) => blocks.iter().any(|block| inside(block, *address)),
        (Predicate::Texts(test), Read::Texts(texts)) => texts_hold(test, texts),
        _ => return Truth::Unknown,
    };
    Truth::from(holds)
}

/// What a test of the targeting key comes to: never unknown, and empty is missing.
pub(crate) fn key_truth(predicate: &Predicate, key: &Sample) -> Truth {
    match predicate {
        Predicate::Present(wanted) => {
            Truth::from(matches!(key.read_key(), Read::Text(text) if !text.is_empty()) == *wanted)
        }
        predicate => truth(predicate, &key.read_key()),
    }
}

fn text_holds(test: &TextTest, text: &str) -> bool {
    match test {
        TextTest::Is(wanted) => **wanted == *text,
        TextTest::IsNot(unwanted) => **unwanted != *text,
        TextTest::In(texts) => texts.contains(text),
        TextTest::NotIn(texts) => !texts.contains(text),
        TextTest::StartsWith(parts) => parts.iter().any(|part| text.starts_with(&**part)),
        TextTest::EndsWith(parts) => parts.iter().any(|part| text.ends_with(&**part)),
        TextTest::Contains(parts) => parts.iter().any(|part| text.contains(&**part)),
        _ => false,
    }
}

fn number_holds(test: &NumberTest, number: f64) -> bool {
    match test {
        NumberTest::Compare(comparison, operand) => compares(*comparison, number.partial_cmp(operand)),
        NumberTest::In(numbers) => numbers.contains(&number),
        NumberTest::NotIn(numbers) => !numbers.contains(&number),
        _ => false,
    }
}

fn compares(comparison: Comparison, order: Option<std::cmp::Ordering>) -> bool {
    order.is_some_and(|order| match comparison {
        Comparison::Is => order.is_eq(),
        Comparison::IsNot => order.is_ne(),
        Comparison::AtLeast => order.is_ge(),
        Comparison::Above => order.is_gt(),
        Comparison::AtMost => order.is_le(),
        Comparison::Below => order.is_lt(),
    })
}

fn texts_hold(test: &TextsTest, texts: &[String]) -> bool {
    let has = |one: &str| texts.iter().any(|text| *text == *one);
    match test {
        TextsTest::Has(one) => has(one),
        TextsTest::HasAny(all) => all.iter().any(|one| has(one)),
        TextsTest::HasAll(all) => all.iter().all(|one| has(one)),
        TextsTest::HasNone(all) => !all.iter().any(|one| has(one)),
        _ => false,
    }
}

/// Whether a block holds an address in its one form.
pub(crate) fn inside(block: &Block, address: IpAddr) -> bool {
    let prefix = u32::from(block.prefix());
    match (block.base(), address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => {
            (base.to_bits() ^ address.to_bits()).checked_shr(32 - prefix).unwrap_or(0) == 0
        }
        (IpAddr::V6(base), IpAddr::V6(address)) => {
            (base.to_bits() ^ address.to_bits()).checked_shr(128 - prefix).unwrap_or(0) == 0
        }
        _ => false,
    }
}
