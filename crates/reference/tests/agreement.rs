//! The library and the oracle agree on every flag of every generated file, for every generated context; and the search
//! went everywhere that it should.
//!
//! `PROPTEST_CASES` makes the search longer.

use std::cell::Cell;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use waterspout::flag_set::FlagSet;
use waterspout::{Draw, Explanation, FlagKey, Json, Reason, Stage, Value};
use waterspout_reference::generate::{self, FLAG_KEYS, File, Load, config};
use waterspout_reference::{Answer, Context, Reference, Seen, Sighting};

#[test]
fn the_library_agrees_with_the_oracle_everywhere() {
    let config = config(6_000);
    let cases = config.cases;
    let (drawn, accepted) = (Cell::new(0_u32), Cell::new(0_u32));
    let seen = Seen::default();
    let worlds = (generate::file(), vec(generate::load(3), 2));
    TestRunner::new(config)
        .run(&worlds, |(file, loads)| {
            drawn.set(drawn.get() + 1);
            let Ok(set) = FlagSet::parse(&file.to_string()) else { return Ok(()) };
            accepted.set(accepted.get() + 1);
            for load in &loads {
                agree(&file, &set, load, &seen)?;
            }
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    assert!(accepted.get() * 100 > drawn.get() * 95, "{accepted:?} of {drawn:?} files were accepted");

    // A short search, while working on something, may miss what is rare.
    if cases < 2_000 {
        return;
    }
    let unseen: Vec<Sighting> =
        expected().into_iter().filter(|sighting| seen.count(*sighting) == 0).collect();
    assert!(unseen.is_empty(), "never met: {unseen:#?}\nmet:\n{seen}");
}

fn agree(file: &File, set: &FlagSet, load: &Load, seen: &Seen) -> Result<(), TestCaseError> {
    let snapshot = load.snapshot(set);
    let reference = Reference::new(set, &load.facts_text(), load.now);
    for request in &load.requests {
        let text = request.text();
        let read = Context::read(&text).expect("contexts are generated as objects");
        let owned = request.context();
        let context = owned.borrow();
        prop_assert_eq!(read.targeting_key.as_deref(), context.targeting_key());

        let all: Vec<Answer> = snapshot.all(&context).map(|answer| Answer::from(&answer)).collect();
        prop_assert_eq!(all.len(), file.flags.len());
        for (key, in_turn) in snapshot.keys().zip(all) {
            let expected = reference.answer(&read, key);
            let answer = snapshot.answer_key(FlagKey::parse(key).unwrap(), &context);
            let explanation = snapshot.explain_key(FlagKey::parse(key).unwrap(), &context);
            prop_assert_eq!(&Answer::from(&answer), &expected, "{} for {} with {:?}", key, text, load);
            prop_assert_eq!(&in_turn, &expected, "{} among all, for {}", key, text);
            prop_assert_eq!(&Answer::from(&explanation), &expected, "{} explained, for {}", key, text);
            prop_assert!(is_spelt(answer.value, answer.json), "{:?} is not {}", answer.value, answer.json);
            is_coherent(&explanation, &|required| reference.answer(&read, required))?;
        }
        for key in FLAG_KEYS.iter().skip(file.flags.len()) {
            let answer = snapshot.answer_key(FlagKey::parse(key).unwrap(), &context);
            prop_assert_eq!(Answer::from(&answer), Answer::flag_not_found());
        }
    }
    seen.add(reference.seen());
    Ok(())
}

/// Whether a value is the one that this JSON spells.
fn is_spelt(value: Value<'_>, json: &str) -> bool {
    let json: Json = json.parse().unwrap();
    match (value, &json) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(value), Json::Bool(spelt)) => value == *spelt,
        (Value::Integer(value), Json::Number(spelt)) => value.to_string() == spelt.as_str(),
        (Value::Number(value), Json::Number(spelt)) => {
            spelt.as_str().parse::<f64>().is_ok_and(|spelt| spelt.to_bits() == value.to_bits())
        }
        (Value::Text(value), Json::Text(spelt)) => value == &**spelt,
        (Value::Json(value), spelt) => value == spelt,
        _ => false,
    }
}

/// The stages of an explanation tell how its answer came about.
fn is_coherent(explanation: &Explanation, answer: &dyn Fn(&str) -> Answer) -> Result<(), TestCaseError> {
    let (mut unmet, mut denied, mut applied, mut tried) = (0, 0, Vec::new(), Vec::new());
    for stage in &explanation.stages {
        match stage {
            Stage::Requires { flag, variant, satisfied, .. } => {
                unmet += usize::from(!satisfied);
                prop_assert_eq!(answer(flag).variant, Some(variant.clone()), "{}", flag);
            }
            Stage::Deny { denied: denies, .. } => denied += usize::from(*denies),
            Stage::Rule { index, applies, rollout, split, .. } => {
                tried.push(*index as usize);
                if *applies {
                    applied.push(*index as usize);
                    if let Some(split) = split {
                        prop_assert_eq!(Some(&split.variant), explanation.variant.as_ref());
                    }
                }
                match rollout {
                    Some(Draw::NoUnit { .. }) => prop_assert!(!applies),
                    // However it is rounded, a place reads on its own side of the rollout.
                    Some(Draw::Place { at, rollout, inside, in_from, .. }) => {
                        prop_assert_eq!(*inside, in_from <= rollout, "in from {} of {}", in_from, rollout);
                        prop_assert!(at < in_from);
                        prop_assert_eq!(*inside, at < rollout, "{} and {}", at, rollout);
                        prop_assert!(*inside || !applies);
                    }
                    Some(Draw::Fact { inside }) => prop_assert!(*inside || !applies),
                    _ => {}
                }
            }
            stage => panic!("a stage that this test does not know: {stage:?}"),
        }
    }
    let told = explanation.to_string();
    prop_assert_eq!(unmet, usize::from(explanation.reason == Reason::PrerequisiteFailed), "{}", told);
    prop_assert_eq!(denied, usize::from(explanation.reason == Reason::Denied), "{}", told);
    prop_assert_eq!(applied, explanation.rule.into_iter().collect::<Vec<_>>(), "{}", told);
    // Every rule up to the one that decided, each once, none left out.
    prop_assert_eq!(&tried, &(0..tried.len()).collect::<Vec<_>>(), "{}", told);
    prop_assert!(explanation.rule.is_none_or(|rule| rule + 1 == tried.len()), "{}", told);
    Ok(())
}

/// What the search must have met.
fn expected() -> Vec<Sighting> {
    const TRUTHS: [&str; 3] = ["true", "false", "unknown"];
    let mut expected = Vec::new();
    let tests: [(&str, &[&str]); 7] = [
        (
            "string",
            &[
                "is",
                "is_not",
                "in",
                "not_in",
                "in a long list",
                "not_in a long list",
                "starts_with",
                "ends_with",
                "contains",
            ],
        ),
        ("number", &["is", "is_not", "in", "not_in", "at_least", "above", "at_most", "below"]),
        ("version", &["is", "is_not", "at_least", "above", "at_most", "below"]),
        ("bool", &["is"]),
        ("time", &["since", "before"]),
        ("ip", &["within"]),
        ("strings", &["has", "has_any", "has_all", "has_none"]),
    ];
    for (kind, words) in tests {
        for word in words {
            expected.extend(TRUTHS.map(|truth| (kind, *word, truth)));
            // The targeting key has the tests of a string, and is never unknown.
            if kind == "string" {
                expected.extend([("key", *word, "true"), ("key", *word, "false")]);
            }
        }
        expected.extend([(kind, "present", "true"), (kind, "present", "false")]);
        for whose in ["attribute", "fact"] {
            expected.extend(["known", "missing", "counts as missing"].map(|outcome| (whose, kind, outcome)));
        }
    }
    expected.extend([("key", "present", "true"), ("key", "present", "false")]);
    for word in ["since", "before", "present"] {
        expected.extend([("now", word, "true"), ("now", word, "false")]);
    }
    for shape in ["all", "any", "not"] {
        expected.extend(TRUTHS.map(|truth| ("condition", shape, truth)));
    }
    for body in ["when", "keys of an attribute"] {
        expected.extend(TRUTHS.map(|truth| ("segment", body, truth)));
    }
    expected.extend([("segment", "keys", "true"), ("segment", "keys", "false")]);
    expected.extend(TRUTHS.map(|truth| ("flag", "deny", truth)));
    expected.extend(TRUTHS.map(|truth| ("rule", "when", truth)));
    expected.extend(["satisfied", "not satisfied"].map(|outcome| ("flag", "requirement", outcome)));
    expected.extend(["inside", "outside", "no unit"].map(|outcome| ("rule", "rollout", outcome)));
    expected.extend(["drawn", "no unit"].map(|outcome| ("rule", "split", outcome)));
    for unit in ["unit by key", "unit by string", "unit by number"] {
        expected.extend(["found", "not found"].map(|outcome| ("rule", unit, outcome)));
    }
    expected.push(("rule", "unit by an attribute that is missing", "not found"));
    let reasons =
        ["STATIC", "TARGETING_MATCH", "SPLIT", "DEFAULT", "DISABLED", "DENIED", "PREREQUISITE_FAILED"];
    expected.extend(reasons.map(|reason| ("flag", "reason", reason)));
    expected
}
