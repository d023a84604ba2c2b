//! What a flag file means, as data: `tests/cases/*.json` holds the format to its word, line by line.
//!
//! Each file is a flag file with questions and the answers expected; it knows nothing of Rust, so another implementation
//! can be held to it too.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;
use waterspout::flag_set::FlagSet;
use waterspout::{FlagKey, Json, OwnedContext, Snapshot, Time};

type Facts = BTreeMap<String, Box<RawValue>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    #[allow(dead_code)]
    about: String,
    set: Option<Box<RawValue>>,
    text: Option<String>,
    #[serde(default)]
    lists: BTreeMap<String, String>,
    #[serde(default)]
    facts: Facts,
    now: Option<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    says: String,
    facts: Option<Facts>,
    now: Option<String>,
    context: Option<Box<RawValue>>,
    context_text: Option<String>,
    flag: String,
    expect: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    variant: Option<String>,
    reason: String,
    value: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "given")]
    rule: Option<Option<usize>>,
    #[serde(default, deserialize_with = "given")]
    name: Option<Option<String>>,
    error: Option<String>,
}

/// Tells a key that says null from one that is left out.
fn given<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// The one function that touches the API.
fn check(cases: &Cases, set: &FlagSet, case: &Case) -> Result<(), String> {
    let facts = case
        .facts
        .as_ref()
        .unwrap_or(&cases.facts)
        .iter()
        .fold(waterspout::Facts::new(), |facts, (name, raw)| {
            facts.with_json(name, &raw.get().parse::<Json>().unwrap())
        });
    let faults = facts.check(set);
    if !faults.is_empty() {
        return Err(format!("facts: {faults:?}"));
    }
    let now = case.now.as_ref().or(cases.now.as_ref()).map_or("2026-01-01", String::as_str);
    let snapshot = Snapshot::compile(set, &facts, Time::parse(now).ok_or("now")?);
    let text = case.context_text.as_deref().or(case.context.as_deref().map(RawValue::get)).unwrap_or("{}");
    let context = OwnedContext::from_json(text).map_err(|error| error.to_string())?;
    let key = FlagKey::parse(&case.flag).map_err(|error| error.to_string())?;
    let answer = snapshot.answer_key(key, &context.borrow());
    let explained = snapshot.explain_key(key, &context.borrow());

    let expected = &case.expect;
    let json: Option<Json> = expected.value.as_ref().map(|raw| raw.get().parse().unwrap());
    let rule = answer.rule.map(|rule| rule.index);
    let name = answer.rule.and_then(|rule| rule.name);
    let right = answer.variant == expected.variant.as_deref()
        && answer.reason.as_str() == expected.reason
        && json.is_none_or(|json| json.to_string() == answer.json)
        && expected.rule.is_none_or(|expected| expected == rule)
        && expected.name.as_ref().is_none_or(|expected| expected.as_deref() == name)
        && answer.error.map(|error| error.as_str()) == expected.error.as_deref();
    if !right {
        return Err(format!("answers {answer:?}\n{explained}"));
    }
    let agrees = explained.variant.as_deref() == answer.variant
        && explained.reason == answer.reason
        && explained.rule == rule
        && explained.name.as_deref() == name
        && explained.value == answer.json;
    if agrees { Ok(()) } else { Err(format!("answers {answer:?}, but explains {explained}")) }
}

#[test]
fn every_case_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let (mut count, mut wrong) = (0, Vec::new());
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy();
        let cases: Cases = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let set = cases.text.as_deref().or(cases.set.as_deref().map(RawValue::get)).unwrap();
        let list = |path: &str| {
            cases.lists.get(path).map(|text| text.clone().into_bytes()).ok_or("absent".to_owned())
        };
        let set = match FlagSet::read(set.as_bytes(), list) {
            Ok(set) => set,
            Err(error) => {
                wrong.push(format!("{name}: refused: {error}"));
                continue;
            }
        };
        for case in &cases.cases {
            count += 1;
            if let Err(why) = check(&cases, &set, case) {
                wrong.push(format!("{name}: {}: {why}", case.says));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 3_000, "only {count} cases");
}
