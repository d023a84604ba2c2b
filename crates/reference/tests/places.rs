//! Who is where: at the very edge of a rollout, in a split, on a long list.

use proptest::collection::vec;
use proptest::prelude::*;
use waterspout::flag_set::FlagSet;
use waterspout::{Facts, FlagKey, OwnedContext, Snapshot, Time};
use waterspout_reference::generate::config;
use waterspout_reference::{Answer, Context, Reference, bucket};

/// Both answers to a flag `f`, which must be one.
fn agreed(set: &FlagSet, snapshot: &Snapshot, context: &str) -> Result<Answer, TestCaseError> {
    let owned = OwnedContext::from_json(context).unwrap();
    let library = Answer::from(&snapshot.answer_key(FlagKey::parse("f").unwrap(), &owned.borrow()));
    let reference = Reference::new(set, "{}", "2026-01-01").answer(&Context::read(context).unwrap(), "f");
    prop_assert_eq!(&library, &reference, "{}", context);
    Ok(library)
}

fn compile(set: &FlagSet) -> Snapshot {
    Snapshot::compile(set, &Facts::new(), Time::parse("2026-01-01").unwrap())
}

fn percent(thousandths: u32) -> String {
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

/// A bucketing value as JSON, and the text that is hashed for it.
fn units() -> impl Strategy<Value = (String, String)> {
    prop_oneof![
        ".{1,20}".prop_map(|text: String| (serde_json::to_string(&text).unwrap(), text)),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(|it| (it.to_string(), it.to_string())),
        (-1000_i64..1000).prop_map(|it| (format!("{it}.0"), it.to_string())),
    ]
}

proptest! {
    #![proptest_config(config(3_000))]

    #[test]
    fn a_rollout_takes_a_unit_in_at_the_first_thousandth_beyond_its_place(
        (unit, hashed) in units(),
        salt in ".{1,12}",
    ) {
        let place = bucket::position(&hashed, "rollout", &salt);
        let thousandths = ((u128::from(place) * 100_000) >> 64) as u32;
        let kind = if unit.starts_with('"') { "string" } else { "number" };
        for (rollout, inside) in [(thousandths, false), (thousandths + 1, true)] {
            let text = format!(
                r#"{{"version": 1, "attributes": {{"unit": {{"type": "{kind}"}}}}, "flags": {{
                    "f": {{"bucket_by": "unit", "salt": {salt}, "rules": [{{"rollout": {rollout}}}]}}
                }}}}"#,
                salt = serde_json::to_string(&salt).unwrap(),
                rollout = percent(rollout),
            );
            let set = FlagSet::parse(&text).unwrap();
            let answer = agreed(&set, &compile(&set), &format!(r#"{{"unit": {unit}}}"#))?;
            prop_assert_eq!(answer.rule.is_some(), inside, "{}", text);
        }
    }

    #[test]
    fn a_split_changes_hands_at_the_first_thousandth_beyond_its_place(key in ".{1,20}", first in 0_u32..=1000) {
        let place = bucket::position(&key, "split", "f");
        let thousandths = ((u128::from(place) * 100_000) >> 64) as u32;
        for (end, variant) in [(thousandths, "second"), (thousandths + 1, "first")] {
            let first = first.min(end);
            let text = format!(
                r#"{{"version": 1, "flags": {{"f": {{
                    "variants": {{"zero": 0, "first": 1, "second": 2}},
                    "default": "zero",
                    "rules": [{{"split": [{{"first": {}}}, {{"zero": 0}}, {{"first": {}}}, {{"second": {}}}]}}]
                }}}}}}"#,
                percent(first),
                percent(end - first),
                percent(100_000 - end)
            );
            let set = FlagSet::parse(&text).unwrap();
            let context = format!(r#"{{"targetingKey": {}}}"#, serde_json::to_string(&key).unwrap());
            let answer = agreed(&set, &compile(&set), &context)?;
            prop_assert_eq!(answer.variant.as_deref(), Some(variant), "{}", text);
        }
    }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn a_list_holds_its_entries_and_nobody_else(
        entries in prop_oneof![vec("[a-z0-9é]{1,6}", 1..40), vec("[a-z]{1,3}", 200..1000)],
        others in vec("[a-z0-9é]{1,6}", 60),
    ) {
        let keys: Vec<String> = entries.iter().map(|entry| format!("{entry:?}")).collect();
        let text = format!(
            r#"{{"version": 1, "segments": {{"s": {{"keys": [{}]}}}}, "flags": {{
                "f": {{"rules": [{{"when": {{"segment": "s"}}}}]}}
            }}}}"#,
            keys.join(",")
        );
        let set = FlagSet::parse(&text).unwrap();
        let snapshot = compile(&set);
        for key in entries.iter().chain(&others) {
            let answer = agreed(&set, &snapshot, &format!(r#"{{"targetingKey": {key:?}}}"#))?;
            prop_assert_eq!(answer.rule.is_some(), entries.contains(key));
        }
    }
}

#[test]
fn a_list_file_of_thousands_holds_its_entries_and_nobody_else() {
    let entries: Vec<String> = (0..5_000).map(|n| format!("user-{n}")).collect();
    let text = r#"{"version": 1, "attributes": {"account": {"type": "string"}},
        "segments": {"s": {"keys_from": "list.txt", "of": "account"}},
        "flags": {"f": {"rules": [{"when": {"segment": "s"}}]}}}"#;
    let set = FlagSet::read(text.as_bytes(), |_| Ok((entries.join("\n") + "\n").into_bytes())).unwrap();
    let snapshot = compile(&set);
    for n in (0..5_000).chain(5_000..30_000) {
        let owned = OwnedContext::from_json(&format!(r#"{{"account": "user-{n}"}}"#)).unwrap();
        let answer = snapshot.answer_key(FlagKey::parse("f").unwrap(), &owned.borrow());
        assert_eq!(answer.rule.is_some(), n < 5_000, "user-{n}");
    }
}
