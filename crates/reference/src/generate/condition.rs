//! Conditions of every shape, over all attributes and tests.

use proptest::collection::vec;
use proptest::prelude::*;
use waterspout::AttributeKind;

use super::file::Attribute;
use super::pool::{self, quoted};

/// A condition before it is known which segments it can name and which texts an attribute is closed to: choices are
/// numbers, taken modulo however many there are to choose from.
pub(super) type Draft = Vec<Entry>;

#[derive(Clone, Debug)]
pub(super) enum Entry {
    Tests { subject: usize, tests: Vec<TestDraft> },
    Segment(Vec<usize>),
    All(Vec<Draft>),
    Any(Vec<Draft>),
    Not(Draft),
}

#[derive(Clone, Debug)]
pub(super) struct TestDraft {
    word: usize,
    operands: Vec<usize>,
}

/// A condition that names no segment, as JSON, for files with these attributes.
pub fn condition(attributes: Vec<Attribute>) -> impl Strategy<Value = String> {
    draft().prop_map(move |draft| text(&draft, &Names { attributes: &attributes, segments: &[] }))
}

pub(super) fn draft() -> impl Strategy<Value = Draft> + Clone {
    let leaf = vec(entry(), 1..=2);
    leaf.prop_recursive(3, 12, 3, |inner| {
        let nested = prop_oneof![
            2 => vec(inner.clone(), 1..=3).prop_map(Entry::All),
            3 => vec(inner.clone(), 1..=3).prop_map(Entry::Any),
            3 => inner.prop_map(Entry::Not),
        ];
        vec(prop_oneof![2 => entry(), 3 => nested], 1..=2)
    })
}

fn entry() -> impl Strategy<Value = Entry> + Clone {
    // A subject's number, one of its tests and operands in one: fewer choices make files faster.
    let test = (0..1000_usize, prop_oneof![6 => vec(0..1000_usize, 1..=3), 1 => vec(0..1000_usize, 9..=12)])
        .prop_map(|(word, operands)| TestDraft { word, operands });
    prop_oneof![
        8 => (0..1000_usize, prop_oneof![4 => vec(test.clone(), 1), 1 => vec(test, 2)])
            .prop_map(|(subject, tests)| Entry::Tests { subject, tests }),
        2 => vec(0..1000_usize, 1..=2).prop_map(Entry::Segment),
    ]
}

/// What a draft can choose from.
pub(super) struct Names<'a> {
    pub(super) attributes: &'a [Attribute],
    pub(super) segments: &'a [String],
}

/// A draft as JSON.
pub(super) fn text(draft: &Draft, names: &Names<'_>) -> String {
    let mut members: Vec<(String, String)> = Vec::new();
    for entry in draft {
        let (key, value) = entry_text(entry, names);
        // No key stands twice in an object: the first one counts.
        if members.iter().all(|(known, _)| *known != key) {
            members.push((key, value));
        }
    }
    object(&members)
}

fn entry_text(entry: &Entry, names: &Names<'_>) -> (String, String) {
    let list = |drafts: &[Draft]| array(drafts.iter().map(|draft| text(draft, names)));
    match entry {
        Entry::All(drafts) => ("all".to_owned(), list(drafts)),
        Entry::Any(drafts) => ("any".to_owned(), list(drafts)),
        Entry::Not(draft) => ("not".to_owned(), text(draft, names)),
        Entry::Segment(_) if names.segments.is_empty() => {
            ("key".to_owned(), r#"{"present":true}"#.to_owned())
        }
        Entry::Segment(choices) => {
            let name = |choice: &usize| quoted(choose(names.segments, *choice).as_str());
            let value = match choices.as_slice() {
                [one] => name(one),
                several => array(several.iter().map(name)),
            };
            ("segment".to_owned(), value)
        }
        Entry::Tests { subject, tests } => {
            let (name, kind, texts) = subject_of(*subject, names.attributes);
            let mut members: Vec<(String, String)> = Vec::new();
            for test in tests {
                let (word, operand) = test_text(kind, &texts, test);
                if members.iter().all(|(known, _)| known != word) {
                    members.push((word.to_owned(), operand));
                }
            }
            (name.to_owned(), object(&members))
        }
    }
}

/// An attribute, the targeting key or `now`; and for a text, what it can be compared with.
fn subject_of(choice: usize, attributes: &[Attribute]) -> (&str, AttributeKind, Vec<&'static str>) {
    match choice % (attributes.len() + 2) {
        0 => ("key", AttributeKind::Text, pool::KEYS.iter().chain(&[""]).copied().collect()),
        1 => ("now", AttributeKind::Time, Vec::new()),
        other => {
            let attribute = &attributes[other - 2];
            (attribute.name, attribute.kind, attribute.texts().to_vec())
        }
    }
}

fn test_text(kind: AttributeKind, texts: &[&'static str], test: &TestDraft) -> (&'static str, String) {
    let words = pool::words(kind);
    // `present` is a test of every type, and once in a while is often enough.
    let word = words.get(test.word % (words.len() + 1)).copied().unwrap_or("present");
    let first = test.operands[0];
    let list = |operand: &dyn Fn(usize) -> String| array(test.operands.iter().map(|choice| operand(*choice)));
    let one = |pool: &[&'static str]| quoted(choose::<&str>(pool, first));
    let operand = match (kind, word) {
        (_, "present") => ["true", "false"][first % 2].to_owned(),
        (AttributeKind::Text, "is" | "is_not") => one(texts),
        (AttributeKind::Text, "in" | "not_in") => list(&|choice| quoted(choose::<&str>(texts, choice))),
        // A single text is as good as a list of it.
        (AttributeKind::Text, _) if test.operands.len() == 1 => one(&pool::PARTS),
        (AttributeKind::Text, _) => list(&|choice| quoted(choose::<&str>(&pool::PARTS, choice))),
        (AttributeKind::Number, "in" | "not_in") => {
            list(&|choice| choose::<&str>(&pool::NUMBERS, choice).to_string())
        }
        (AttributeKind::Number, _) => choose::<&str>(&pool::NUMBERS, first).to_string(),
        (AttributeKind::Version, _) => one(&pool::VERSIONS),
        (AttributeKind::Bool, _) => ["true", "false"][first % 2].to_owned(),
        (AttributeKind::Time, _) => one(&pool::TIMES),
        (AttributeKind::Ip, _) => list(&|choice| quoted(choose::<&str>(&pool::BLOCKS, choice))),
        (AttributeKind::Texts, "has") => one(&pool::TEXTS),
        (AttributeKind::Texts, _) => list(&|choice| quoted(choose::<&str>(&pool::TEXTS, choice))),
        (kind, word) => panic!("the generator knows no operand for `{word}` of {kind}"),
    };
    (word, operand)
}

/// One of several, by a number.
pub(super) fn choose<T>(from: &[T], choice: usize) -> &T {
    &from[choice % from.len()]
}

pub(super) fn object(members: &[(String, String)]) -> String {
    let members: Vec<String> =
        members.iter().map(|(key, value)| format!("{}:{value}", quoted(key))).collect();
    format!("{{{}}}", members.join(","))
}

pub(super) fn array(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}
