//! The cases of `tests/cases`, written by hand from the format's description: the oracle and the library must both
//! answer each as it says, and an explanation must tell the same answer.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;
use waterspout::flag_set::FlagSet;
use waterspout::{Facts, FlagKey, Json, OwnedContext, Snapshot, Time};
use waterspout_reference::{Answer, Context, Reference};

/// For the cases that do not ask what time it is.
const ANY_TIME: &str = "2026-01-01";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile<'t> {
    #[serde(rename = "about")]
    _about: String,
    /// A flag file, spelt as it stands here.
    #[serde(borrow)]
    set: Option<&'t RawValue>,
    /// Or one with comments and other things that JSON has not.
    text: Option<String>,
    #[serde(default)]
    lists: BTreeMap<String, String>,
    facts: Option<&'t RawValue>,
    now: Option<String>,
    cases: Vec<Case<'t>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case<'t> {
    says: String,
    #[serde(borrow)]
    context: Option<&'t RawValue>,
    context_text: Option<String>,
    /// In the place of the file's.
    facts: Option<&'t RawValue>,
    now: Option<String>,
    flag: String,
    expect: Expected<'t>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected<'t> {
    variant: Option<String>,
    #[serde(borrow)]
    value: &'t RawValue,
    reason: String,
    rule: Option<usize>,
    /// Told where the case is about names.
    #[serde(default, deserialize_with = "told")]
    name: Option<Option<String>>,
    error: Option<String>,
}

/// A `null` is told too.
fn told<'t, D: serde::Deserializer<'t>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[test]
fn every_case_holds_for_the_oracle_and_for_the_library() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy();
        let cases: CaseFile<'_> =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        count += cases.cases.len();
        wrong.extend(check(&cases).into_iter().map(|line| format!("{name}: {line}")));
    }
    assert!(files.len() > 50 && count > 3000, "{} files, {count} cases", files.len());
    assert!(wrong.is_empty(), "{} of {count} cases do not hold:\n{}", wrong.len(), wrong.join("\n"));
}

/// What does not hold in a file of cases, a line each.
fn check(file: &CaseFile<'_>) -> Vec<String> {
    let text = file.text.as_deref().or(file.set.map(RawValue::get)).expect("`set` or `text`");
    let list =
        |path: &str| file.lists.get(path).map(|list| list.clone().into_bytes()).ok_or("absent".to_owned());
    let set = match FlagSet::read(text.as_bytes(), list) {
        Ok(set) => set,
        Err(error) => return vec![format!("the file is refused: {error}")],
    };
    let mut wrong = Vec::new();
    // Compiling is slow beside answering, and most cases of a file are asked of one snapshot.
    let mut snapshots: BTreeMap<(String, String), Snapshot> = BTreeMap::new();
    for case in &file.cases {
        let facts = case.facts.or(file.facts).map_or("{}", RawValue::get);
        let now = case.now.as_deref().or(file.now.as_deref()).unwrap_or(ANY_TIME);
        let snapshot = snapshots
            .entry((facts.to_owned(), now.to_owned()))
            .or_insert_with(|| Snapshot::compile(&set, &facts_of(facts), Time::parse(now).unwrap()));
        let context = case.context_text.as_deref().or(case.context.map(RawValue::get));
        let context = context.expect("`context` or `context_text`");

        let reference = Reference::new(&set, facts, now);
        let reference = reference.answer(&Context::read(context).unwrap(), &case.flag);
        let owned = OwnedContext::from_json(context).unwrap();
        let key = FlagKey::parse(&case.flag).unwrap();
        let library = Answer::from(&snapshot.answer_key(key, &owned.borrow()));
        let explained = Answer::from(&snapshot.explain_key(key, &owned.borrow()));

        for (whose, got) in [("oracle", &reference), ("library", &library), ("explanation", &explained)] {
            if !is_expected(got, &case.expect) {
                let expect = &case.expect;
                wrong.push(format!(
                    "{}: expected {:?} = {} {} by rule {:?}, and the {whose} answers {got}",
                    case.says, expect.variant, expect.value, expect.reason, expect.rule
                ));
            }
        }
        if reference != library || library != explained {
            wrong.push(format!("{}: {reference}; {library}; {explained}", case.says));
        }
    }
    wrong
}

fn facts_of(json: &str) -> Facts {
    let Ok(Json::Object(facts)) = json.parse() else { panic!("facts are an object") };
    facts.iter().fold(Facts::new(), |facts, (name, value)| facts.with_json(name, value))
}

fn is_expected(got: &Answer, expected: &Expected<'_>) -> bool {
    // Values are answered as they are written, but for blanks between the parts of an object.
    let value: Json = expected.value.get().parse().unwrap();
    got.variant == expected.variant
        && got.value == value.to_string()
        && got.reason == expected.reason
        && got.rule == expected.rule
        && got.error == expected.error
        && expected.name.as_ref().is_none_or(|name| got.name == *name)
}
