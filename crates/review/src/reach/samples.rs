//! Values that stand for all values of an attribute, as far as a set of tests can tell them apart.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use waterspout::flag_set::{AttributeDefinition, NumberTest, Predicate};
use waterspout::{AttributeKind, Time, Version};

use super::text::Operands;
use super::value::{UNITS_END, Value};

/// How many values may stand for all.
const MOST: usize = 20_000;

/// What is asked about one attribute, about the targeting key, or about `now`.
pub(crate) struct Questions<'s> {
    pub(crate) tests: Vec<&'s Predicate>,
    /// Texts that lists have.
    pub(crate) listed: Vec<&'s str>,
}

/// Values of the targeting key.
pub(crate) fn of_key(questions: &Questions<'_>) -> Option<Vec<Value>> {
    let mut values = vec![Value::NoKey];
    let texts = texts(questions)?;
    // An empty key is as a missing one.
    values.extend(texts.into_iter().filter(|text| !text.is_empty()).map(Value::Text));
    Some(values)
}

/// Instants that `now` can be, ascending; each stands for all until the next.
pub(crate) fn of_now(questions: &Questions<'_>) -> Vec<Value> {
    times(questions).into_iter().map(Value::Time).collect()
}

/// Values of an attribute, the missing one first; `None` if too many of them can be told apart.
pub(crate) fn samples(attribute: &AttributeDefinition, questions: &Questions<'_>) -> Option<Vec<Value>> {
    let tests = &questions.tests;
    let mut values = vec![Value::Missing];
    match (attribute.kind(), attribute.one_of()) {
        (AttributeKind::Text, Some(one_of)) => values.extend(one_of.iter().cloned().map(Value::Text)),
        (AttributeKind::Text, None) => values.extend(texts(questions)?.into_iter().map(Value::Text)),
        (AttributeKind::Number, _) => values.extend(numbers(tests).into_iter().map(Value::Number)),
        (AttributeKind::Version, _) => values.extend(versions(tests).into_iter().map(Value::Version)),
        (AttributeKind::Bool, _) => values.extend([Value::Bool(true), Value::Bool(false)]),
        (AttributeKind::Time, _) => values.extend(times(questions).into_iter().map(Value::Time)),
        (AttributeKind::Ip, _) => values.extend(addresses(tests).into_iter().map(Value::Ip)),
        (AttributeKind::Texts, _) => values.push(Value::Texts),
        _ => return None,
    }
    Some(values)
}

fn texts(questions: &Questions<'_>) -> Option<Vec<Box<str>>> {
    let mut operands = Operands::default();
    questions.tests.iter().for_each(|test| operands.add(test));
    questions.listed.iter().for_each(|text| operands.add_whole(text));
    operands.texts(MOST)
}

/// Each operand, and between two of them a whole number and one that is not, where there are such.
fn numbers(tests: &[&Predicate]) -> Vec<f64> {
    let mut operands: Vec<f64> = tests
        .iter()
        .flat_map(|test| match test {
            Predicate::Number(NumberTest::Compare(_, number)) => std::slice::from_ref(number),
            Predicate::Number(NumberTest::In(numbers) | NumberTest::NotIn(numbers)) => numbers.as_slice(),
            _ => &[],
        })
        .copied()
        .collect();
    operands.sort_by(f64::total_cmp);
    operands.dedup_by(|one, other| one == other);
    let starts = std::iter::once(f64::NEG_INFINITY).chain(operands.iter().copied());
    let ends = operands.iter().copied().chain([f64::INFINITY]);
    let mut numbers = operands.clone();
    for (start, end) in starts.zip(ends) {
        // From the plainest on: these are shown to people.
        let near = [start.floor() + 1.0, start.floor() + 1.5, next_above(start)];
        let units = [0.0, 0.5, 1.0 - UNITS_END, UNITS_END];
        let candidates = near.into_iter().chain(units);
        let inside = |number: &f64| number.is_finite() && *number > start && *number < end;
        let mut found: Vec<f64> = candidates.filter(inside).collect();
        let first_unit = found.iter().position(|number| Value::Number(*number).is_unit());
        let first_other = found.iter().position(|number| !Value::Number(*number).is_unit());
        let kept: Vec<usize> = [first_unit, first_other].into_iter().flatten().collect();
        let mut at = 0;
        found.retain(|_| {
            at += 1;
            kept.contains(&(at - 1))
        });
        numbers.extend(found);
    }
    numbers
}

/// The next double above a number.
fn next_above(number: f64) -> f64 {
    let bits = number.to_bits();
    f64::from_bits(match number {
        // Either zero stands for both.
        0.0 => 1,
        below if below < 0.0 => bits - 1,
        _ => bits + 1,
    })
}

/// Each operand, and the version right behind it.
///
/// Behind a release comes the first pre-release of the next patch, behind a pre-release the same one with a `.0`; nothing
/// comes before `0.0.0-0`. So these stand for all: between two of them there is none that a test could tell apart.
fn versions(tests: &[&Predicate]) -> Vec<Box<str>> {
    let operands = tests.iter().filter_map(|test| match test {
        Predicate::Version(_, operand) => Some(operand.version()),
        _ => None,
    });
    let mut versions: Vec<Box<str>> = vec!["0.0.0-0".into()];
    for version in operands {
        versions.push(version.as_str().into());
        versions.extend(right_behind(version.as_str()).map(Box::from));
    }
    versions.sort_by(|one, other| {
        Version::parse(one).partial_cmp(&Version::parse(other)).unwrap_or(std::cmp::Ordering::Equal)
    });
    versions.dedup_by(|one, other| Version::parse(one) == Version::parse(other));
    versions
}

fn right_behind(version: &str) -> Option<String> {
    if version.contains('-') {
        return Some(format!("{version}.0"));
    }
    let mut parts = version.split('.').map(|part| part.parse::<u64>().unwrap_or(0));
    let (major, minor, patch) =
        (parts.next()?, parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    match (patch.checked_add(1), minor.checked_add(1), major.checked_add(1)) {
        (Some(patch), ..) => Some(format!("{major}.{minor}.{patch}-0")),
        (None, Some(minor), _) => Some(format!("{major}.{minor}.0-0")),
        (None, None, Some(major)) => Some(format!("{major}.0.0-0")),
        (None, None, None) => None,
    }
}

/// The first instant of all, and each operand: a test tells before from since, nothing finer.
fn times(questions: &Questions<'_>) -> Vec<Time> {
    let operands = questions.tests.iter().filter_map(|test| match test {
        Predicate::Since(time) | Predicate::Before(time) => Some(*time),
        _ => None,
    });
    let mut times: Vec<Time> = operands.chain(Time::parse("0000-01-01T00:00:00+23:59")).collect();
    times.sort_unstable();
    times.dedup();
    times
}

/// The first address of each family and of each block, and the first behind each block.
fn addresses(tests: &[&Predicate]) -> Vec<IpAddr> {
    let mut addresses = vec![IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)];
    let blocks = tests.iter().flat_map(|test| match test {
        Predicate::Within(blocks) => blocks.as_slice(),
        _ => &[],
    });
    for block in blocks {
        addresses.push(block.base());
        addresses.extend(match block.base() {
            IpAddr::V4(base) => {
                let size = 1_u32.checked_shl(32 - u32::from(block.prefix()));
                let end = size.and_then(|size| base.to_bits().checked_add(size));
                end.map(|end| IpAddr::V4(end.into()))
            }
            IpAddr::V6(base) => {
                let size = 1_u128.checked_shl(128 - u32::from(block.prefix()));
                let end = size.and_then(|size| base.to_bits().checked_add(size));
                end.map(|end| IpAddr::V6(end.into()))
            }
        });
    }
    // A mapped address is its v4 address. Those behind it are stood for by the first that is not mapped.
    for address in &mut addresses {
        if matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some()) {
            *address = IpAddr::V6(Ipv6Addr::from_bits(1 << 48));
        }
    }
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}
