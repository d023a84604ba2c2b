//! A value that stands for all those which the tests of a file cannot tell from it, and what a test says to it.

use std::net::IpAddr;

use waterspout::flag_set::{Comparison, NumberTest, Predicate, TextTest, TextsTest};
use waterspout::{Block, Time, Version};

/// The three values of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Truth {
    True,
    False,
    Unknown,
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Truth {
        if holds { Truth::True } else { Truth::False }
    }
}

impl std::ops::Not for Truth {
    type Output = Truth;

    fn not(self) -> Truth {
        match self {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
        }
    }
}

/// A value of an attribute, of the targeting key, or of `now`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// The attribute is not there, or counts as missing.
    Missing,
    /// There is no targeting key. It reads as the empty text.
    NoKey,
    Text(Box<str>),
    Number(f64),
    Version(Box<str>),
    Bool(bool),
    Time(Time),
    Ip(IpAddr),
    /// A list of texts; what it holds is told apart elsewhere.
    Texts,
}

impl Value {
    /// What a test says to it. A test of a list of texts is no question for one value.
    pub(crate) fn test(&self, predicate: &Predicate) -> Truth {
        if let Predicate::Present(wanted) = predicate {
            return (*wanted == !matches!(self, Value::Missing | Value::NoKey)).into();
        }
        match (predicate, self) {
            (Predicate::Text(test), Value::Text(text)) => text_test(test, text).into(),
            (Predicate::Text(test), Value::NoKey) => text_test(test, "").into(),
            (Predicate::Number(test), Value::Number(number)) => number_test(test, *number).into(),
            (Predicate::Version(comparison, operand), Value::Version(text)) => Version::parse(text)
                .map_or(Truth::Unknown, |version| compares(*comparison, &version, &operand.version()).into()),
            (Predicate::Bool(wanted), Value::Bool(value)) => (wanted == value).into(),
            (Predicate::Since(edge), Value::Time(time)) => (time >= edge).into(),
            (Predicate::Before(edge), Value::Time(time)) => (time < edge).into(),
            (Predicate::Within(blocks), Value::Ip(address)) => {
                blocks.iter().any(|block| holds(block, *address)).into()
            }
            _ => Truth::Unknown,
        }
    }

    /// Whether a rollout has a place for it.
    pub(crate) fn is_unit(&self) -> bool {
        match self {
            Value::Text(text) => !text.is_empty(),
            Value::Number(number) => number.fract() == 0.0 && number.abs() < UNITS_END,
            _ => false,
        }
    }

    /// The value in JSON, as a context has it; `None` if it is not there.
    pub(crate) fn json(&self) -> Option<String> {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        Some(match self {
            Value::Missing | Value::NoKey => return None,
            Value::Text(text) | Value::Version(text) => quoted(text),
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            Value::Time(time) => quoted(&time.to_string()),
            Value::Ip(address) => quoted(&address.to_string()),
            Value::Texts => "[]".to_owned(),
        })
    }
}

/// Whether a test compares with this very text.
pub(crate) fn names_text(predicate: &Predicate, text: &str) -> bool {
    match predicate {
        Predicate::Text(TextTest::Is(operand) | TextTest::IsNot(operand)) => **operand == *text,
        Predicate::Text(TextTest::In(operands) | TextTest::NotIn(operands)) => operands.contains(text),
        _ => false,
    }
}

/// The texts that a test of a list names.
pub(crate) fn texts_of(test: &TextsTest) -> &[Box<str>] {
    match test {
        TextsTest::Has(text) => std::slice::from_ref(text),
        TextsTest::HasAny(texts) | TextsTest::HasAll(texts) | TextsTest::HasNone(texts) => texts,
        _ => &[],
    }
}

/// From here on a number is no unit: 2^53.
pub(super) const UNITS_END: f64 = 9_007_199_254_740_992.0;

fn text_test(test: &TextTest, text: &str) -> bool {
    let any = |parts: &[Box<str>], holds: &dyn Fn(&str) -> bool| parts.iter().any(|part| holds(part));
    match test {
        TextTest::Is(operand) => **operand == *text,
        TextTest::IsNot(operand) => **operand != *text,
        TextTest::In(operands) => operands.contains(text),
        TextTest::NotIn(operands) => !operands.contains(text),
        TextTest::StartsWith(parts) => any(parts, &|part| text.starts_with(part)),
        TextTest::EndsWith(parts) => any(parts, &|part| text.ends_with(part)),
        TextTest::Contains(parts) => any(parts, &|part| text.contains(part)),
        _ => false,
    }
}

fn number_test(test: &NumberTest, number: f64) -> bool {
    match test {
        NumberTest::Compare(comparison, operand) => compares(*comparison, &number, operand),
        NumberTest::In(operands) => operands.contains(&number),
        NumberTest::NotIn(operands) => !operands.contains(&number),
        _ => false,
    }
}

fn compares<T: PartialOrd>(comparison: Comparison, value: &T, operand: &T) -> bool {
    match comparison {
        Comparison::Is => value == operand,
        Comparison::IsNot => value != operand,
        Comparison::AtLeast => value >= operand,
        Comparison::Above => value > operand,
        Comparison::AtMost => value <= operand,
        Comparison::Below => value < operand,
    }
}

fn holds(block: &Block, address: IpAddr) -> bool {
    let shares = |ours: u128, theirs: u128, bits: u32| {
        let behind = bits - u32::from(block.prefix());
        ours.checked_shr(behind).unwrap_or(0) == theirs.checked_shr(behind).unwrap_or(0)
    };
    match (block.base(), address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => {
            shares(base.to_bits().into(), address.to_bits().into(), 32)
        }
        (IpAddr::V6(base), IpAddr::V6(address)) => shares(base.to_bits(), address.to_bits(), 128),
        _ => false,
    }
}
