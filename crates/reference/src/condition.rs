//! Conditions, walked as the file writes them.

use std::cmp::Ordering;

use waterspout::flag_set::{
    Comparison, Condition, NumberTest, Predicate, Segment, SegmentBody, Subject, Test, TextSet, TextTest,
    TextsTest,
};

use crate::attribute::Known;
use crate::{Asked, Truth, address, time, version};

impl Asked<'_> {
    /// What a condition comes to.
    pub(crate) fn condition(&self, condition: &Condition) -> Truth {
        match condition {
            Condition::All(parts) => {
                let mut all = Truth::True;
                for part in parts {
                    all = all.and(self.condition(part));
                }
                self.seen.note("condition", "all", all.as_str());
                all
            }
            Condition::Any(parts) => {
                let mut any = Truth::False;
                for part in parts {
                    any = any.or(self.condition(part));
                }
                self.seen.note("condition", "any", any.as_str());
                any
            }
            Condition::Not(inner) => {
                let not = !self.condition(inner);
                self.seen.note("condition", "not", not.as_str());
                not
            }
            Condition::Segment(index) => self.segment(&self.set.segments()[index.get()]),
            Condition::Test(test) => self.test(test),
            _ => panic!("a condition that the oracle does not know: {condition:?}"),
        }
    }

    fn segment(&self, segment: &Segment) -> Truth {
        let (which, truth) = match segment.body() {
            SegmentBody::When(condition) => ("when", self.condition(condition)),
            SegmentBody::Listed(listed) => {
                let on_the_list = |text: &str| listed.keys().any(|key| key == text);
                match listed.of() {
                    None => ("keys", Truth::of(on_the_list(self.key()))),
                    Some(attribute) => match self.value(attribute) {
                        Some(Known::Text(text)) => ("keys of an attribute", Truth::of(on_the_list(&text))),
                        _ => ("keys of an attribute", Truth::Unknown),
                    },
                }
            }
            body => panic!("a segment that the oracle does not know: {body:?}"),
        };
        self.seen.note("segment", which, truth.as_str());
        truth
    }

    fn test(&self, test: &Test) -> Truth {
        let (what, value) = match test.subject() {
            // The targeting key is never unknown: missing, it reads as the empty text.
            Subject::Key => ("key", Some(Known::Text(self.key().to_owned()))),
            Subject::Now => ("now", Some(Known::Time(self.now))),
            Subject::Attribute(index) => (self.definition(index).kind().as_str(), self.value(index)),
            subject => panic!("a subject that the oracle does not know: {subject:?}"),
        };
        let truth = match (test.predicate(), test.subject()) {
            // An empty targeting key is as a missing one.
            (Predicate::Present(wanted), Subject::Key) => Truth::of(*wanted != self.key().is_empty()),
            (Predicate::Present(wanted), _) => Truth::of(*wanted == value.is_some()),
            (predicate, _) => match value {
                Some(value) => Truth::of(holds(predicate, &value)),
                None => Truth::Unknown,
            },
        };
        self.seen.note(what, word(test.predicate()), truth.as_str());
        truth
    }

    /// The targeting key, or the empty text.
    pub(crate) fn key(&self) -> &str {
        self.context.targeting_key.as_deref().unwrap_or("")
    }
}

/// Whether a test holds of a value that is known.
fn holds(predicate: &Predicate, value: &Known) -> bool {
    match (predicate, value) {
        (Predicate::Text(test), Known::Text(text)) => text_holds(test, text),
        (Predicate::Number(test), Known::Number(number)) => number_holds(test, *number),
        (Predicate::Version(comparison, operand), Known::Version(version)) => {
            let operand = version::read(operand.version().as_str()).expect("the file names a version");
            compares(*comparison, version::compare(version, &operand))
        }
        (Predicate::Bool(operand), Known::Bool(value)) => value == operand,
        (Predicate::Since(operand), Known::Time(instant)) => *instant >= time::named(*operand),
        (Predicate::Before(operand), Known::Time(instant)) => *instant < time::named(*operand),
        (Predicate::Within(blocks), Known::Address(address)) => {
            blocks.iter().any(|block| address::holds(block, *address))
        }
        (Predicate::Texts(test), Known::Texts(texts)) => texts_holds(test, texts),
        _ => panic!("a test that the oracle does not know, or of another type: {predicate:?} of {value:?}"),
    }
}

fn text_holds(test: &TextTest, text: &str) -> bool {
    // By looking at each: what the library looks up is not asked here.
    let equals_any = |operands: &TextSet| operands.iter().any(|operand| operand == text);
    match test {
        TextTest::Is(operand) => **operand == *text,
        TextTest::IsNot(operand) => **operand != *text,
        TextTest::In(operands) => equals_any(operands),
        TextTest::NotIn(operands) => !equals_any(operands),
        TextTest::StartsWith(operands) => operands.iter().any(|operand| text.starts_with(&**operand)),
        TextTest::EndsWith(operands) => operands.iter().any(|operand| text.ends_with(&**operand)),
        TextTest::Contains(operands) => operands.iter().any(|operand| text.contains(&**operand)),
        _ => panic!("a test of a text that the oracle does not know: {test:?}"),
    }
}

fn number_holds(test: &NumberTest, number: f64) -> bool {
    match test {
        NumberTest::Compare(comparison, operand) => {
            compares(*comparison, number.partial_cmp(operand).expect("no number of JSON is NaN"))
        }
        NumberTest::In(operands) => operands.contains(&number),
        NumberTest::NotIn(operands) => !operands.contains(&number),
        _ => panic!("a test of a number that the oracle does not know: {test:?}"),
    }
}

fn compares(comparison: Comparison, order: Ordering) -> bool {
    match comparison {
        Comparison::Is => order == Ordering::Equal,
        Comparison::IsNot => order != Ordering::Equal,
        Comparison::AtLeast => order != Ordering::Less,
        Comparison::Above => order == Ordering::Greater,
        Comparison::AtMost => order != Ordering::Greater,
        Comparison::Below => order == Ordering::Less,
    }
}

fn texts_holds(test: &TextsTest, texts: &[String]) -> bool {
    let has = |operand: &str| texts.iter().any(|text| text == operand);
    match test {
        TextsTest::Has(operand) => has(operand),
        TextsTest::HasAny(operands) => operands.iter().any(|operand| has(operand)),
        TextsTest::HasAll(operands) => operands.iter().all(|operand| has(operand)),
        TextsTest::HasNone(operands) => !operands.iter().any(|operand| has(operand)),
        _ => panic!("a test of a list that the oracle does not know: {test:?}"),
    }
}

/// The word that a flag file has for a test.
fn word(predicate: &Predicate) -> &'static str {
    match predicate {
        Predicate::Present(_) => "present",
        Predicate::Text(TextTest::Is(_)) => "is",
        Predicate::Text(TextTest::IsNot(_)) => "is_not",
        // Longer lists are compiled to something else, so they are counted apart.
        Predicate::Text(TextTest::In(operands)) if operands.len() > 8 => "in a long list",
        Predicate::Text(TextTest::In(_)) => "in",
        Predicate::Text(TextTest::NotIn(operands)) if operands.len() > 8 => "not_in a long list",
        Predicate::Text(TextTest::NotIn(_)) => "not_in",
        Predicate::Text(TextTest::StartsWith(_)) => "starts_with",
        Predicate::Text(TextTest::EndsWith(_)) => "ends_with",
        Predicate::Text(TextTest::Contains(_)) => "contains",
        Predicate::Number(NumberTest::Compare(comparison, _)) => comparison_word(*comparison),
        Predicate::Number(NumberTest::In(_)) => "in",
        Predicate::Number(NumberTest::NotIn(_)) => "not_in",
        Predicate::Version(comparison, _) => comparison_word(*comparison),
        Predicate::Bool(_) => "is",
        Predicate::Since(_) => "since",
        Predicate::Before(_) => "before",
        Predicate::Within(_) => "within",
        Predicate::Texts(TextsTest::Has(_)) => "has",
        Predicate::Texts(TextsTest::HasAny(_)) => "has_any",
        Predicate::Texts(TextsTest::HasAll(_)) => "has_all",
        Predicate::Texts(TextsTest::HasNone(_)) => "has_none",
        _ => "a test without a word",
    }
}

fn comparison_word(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Is => "is",
        Comparison::IsNot => "is_not",
        Comparison::AtLeast => "at_least",
        Comparison::Above => "above",
        Comparison::AtMost => "at_most",
        Comparison::Below => "below",
    }
}
