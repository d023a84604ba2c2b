//! The typed API: handles, borrowed contexts and owned ones answer what JSON answers.

use std::net::IpAddr;

use proptest::prelude::*;
use waterspout::flag_set::FlagSet;
use waterspout::{
    Attribute, AttributeKind, AttributeValue, Context, ErrorCode, Facts, Flag, FlagKey, FlagType, Json, Kind,
    OwnedContext, Reason, Snapshot, Time, Value, Version,
};
use waterspout_reference::Answer;
use waterspout_reference::generate::{self, ATTRIBUTES, FLAG_KEYS, Load, config};

static NULL: Json = Json::Null;

/// Checks a flag through a handle of one type against the answer by its key.
fn check<T: FlagType + ?Sized>(
    snapshot: &Snapshot,
    context: &Context<'_>,
    key: &'static str,
    kind: Option<Kind>,
    default: T::Value<'static>,
) -> Result<(), TestCaseError> {
    let flag = Flag::<T>::new(key, default);
    let by_key = snapshot.answer_key(FlagKey::parse(key).unwrap(), context);
    let answer = snapshot.answer(&flag, context);
    let value = T::write(snapshot.value(&flag, context));
    let explanation = snapshot.explain(&flag, context);
    prop_assert_eq!(T::write(answer.value), value);
    prop_assert_eq!(explanation.error, answer.error);
    prop_assert_eq!(explanation.reason, answer.reason);
    prop_assert_eq!(explanation.variant.as_deref(), answer.variant);
    if kind == Some(T::KIND) {
        // A null value answers a typed call with the caller's default, without an error.
        let expected = if by_key.value == Value::Null { T::write(T::shorten(default)) } else { by_key.value };
        prop_assert_eq!(value, expected);
        prop_assert_eq!(answer.error, None);
        prop_assert_eq!(
            (answer.variant, answer.reason, answer.rule, answer.json),
            (by_key.variant, by_key.reason, by_key.rule, by_key.json)
        );
    } else {
        let error = if kind.is_some() { ErrorCode::TypeMismatch } else { ErrorCode::FlagNotFound };
        prop_assert_eq!(value, T::write(T::shorten(default)));
        prop_assert_eq!(answer.error, Some(error));
        prop_assert_eq!((answer.variant, answer.reason, answer.rule), (None, Reason::Error, None));
    }
    Ok(())
}

/// Every value of a list that an attribute of its type can be given, as its handle gives it.
fn attributes<'v>(
    values: &'v [(&'static str, Option<Json>)],
    texts: &'v [Vec<String>],
) -> Vec<AttributeValue<'v>> {
    let mut given = Vec::new();
    for (index, (name, value)) in values.iter().enumerate() {
        let kind = ATTRIBUTES.iter().find(|it| it.0 == *name).unwrap().1;
        let text = value.as_ref().and_then(Json::as_str);
        // Two ways to give a version, a time, an address: as a text, or as one that was read before.
        let was_read = index % 2 == 0;
        given.push(match kind {
            AttributeKind::Text => Attribute::<str>::new(name).maybe(text),
            AttributeKind::Number => Attribute::<f64>::new(name).maybe(value.as_ref().and_then(Json::as_f64)),
            AttributeKind::Bool => Attribute::<bool>::new(name).maybe(value.as_ref().and_then(Json::as_bool)),
            AttributeKind::Version if was_read => {
                Attribute::<Version>::new(name).maybe(text.and_then(Version::parse))
            }
            AttributeKind::Version => Attribute::<Version>::new(name).maybe(text),
            AttributeKind::Time if was_read => Attribute::<Time>::new(name).maybe(text.and_then(Time::parse)),
            AttributeKind::Time => Attribute::<Time>::new(name).maybe(text),
            AttributeKind::Ip if was_read => {
                Attribute::<IpAddr>::new(name).maybe(text.and_then(|text| text.parse::<IpAddr>().ok()))
            }
            AttributeKind::Ip => Attribute::<IpAddr>::new(name).maybe(text),
            _ => Attribute::<[&str]>::new(name).maybe(texts_of(value.as_ref()).map(|_| &texts[index])),
        });
    }
    given
}

/// A list of texts, if it is one of texts alone.
fn texts_of(value: Option<&Json>) -> Option<Vec<String>> {
    match value {
        Some(Json::Array(items)) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// Values as JSON; none for what no JSON reader takes.
fn parsed(values: &[(&'static str, String)]) -> Vec<(&'static str, Option<Json>)> {
    values.iter().map(|(name, value)| (*name, value.parse().ok())).collect()
}

fn answers(snapshot: &Snapshot, context: &Context<'_>) -> Vec<Answer> {
    snapshot.all(context).map(|answer| Answer::from(&answer)).collect()
}

/// The library's snapshot, its facts given through handles.
fn compile(set: &FlagSet, load: &Load) -> Snapshot {
    let values = parsed(&load.facts);
    let texts: Vec<Vec<String>> =
        values.iter().map(|(_, value)| texts_of(value.as_ref()).unwrap_or_default()).collect();
    let facts = attributes(&values, &texts).into_iter().fold(Facts::new(), Facts::with);
    Snapshot::compile(set, &facts, Time::parse(load.now).unwrap())
}

#[test]
fn numbers_that_json_has_not_count_as_missing_and_of_two_values_the_first_counts() {
    const N: Attribute<f64> = Attribute::new("n");
    let set = FlagSet::parse(
        r#"{"version": 1, "attributes": {"n": {"type": "number"}}, "flags": {
            "present": {"rules": [{"when": {"n": {"present": true}}}]},
            "above": {"rules": [{"when": {"n": {"above": 5}}}]},
            "any": {"rules": [{"when": {"any": [{"n": {"above": 5}}, {"n": {"at_most": 5}}]}}]}
        }}"#,
    )
    .unwrap();
    let snapshot = Snapshot::compile(&set, &Facts::new(), Time::parse("2026-01-01").unwrap());
    let on = |attributes: &[AttributeValue<'_>]| {
        let context = Context::new("ada", attributes);
        let variants = snapshot.all(&context).map(|answer| answer.variant == Some("on"));
        variants.collect::<Vec<bool>>()
    };
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(on(&[N.of(number)]), [false, false, false], "{number}");
    }
    assert_eq!(on(&[N.of(f32::INFINITY)]), [false, false, false]);
    assert_eq!(on(&[N.of(6), N.of(5)]), [true, true, true]);
    assert_eq!(on(&[N.of(5), N.of(6)]), [true, false, true]);
    assert_eq!(on(&[N.maybe(None::<f64>), N.of(6)]), [false, false, false]);
}

/// A check compares long texts by a few of their bytes first.
#[test]
fn long_texts_that_differ_in_any_one_byte_are_other_texts() {
    const T: Attribute<str> = Attribute::new("t");
    for length in [7, 8, 9, 15, 16, 24, 25, 40, 100] {
        let text = "0123456789".repeat(10).split_off(100 - length);
        let set = FlagSet::parse(&format!(
            r#"{{"version": 1, "attributes": {{"t": {{"type": "string"}}}}, "flags": {{
                "is": {{"rules": [{{"when": {{"t": {{"is": "{text}"}}}}}}]}},
                "in": {{"rules": [{{"when": {{"t": {{"in": ["{text}", "no"]}}}}}}]}}}}}}"#
        ))
        .unwrap();
        let snapshot = Snapshot::compile(&set, &Facts::new(), Time::parse("2026-01-01").unwrap());
        let on = |text: &str| -> Vec<bool> {
            let attributes = [T.of(text)];
            let context = Context::new("ada", &attributes);
            snapshot.all(&context).map(|answer| answer.variant == Some("on")).collect()
        };
        assert_eq!(on(&text), [true, true], "{text}");
        for place in 0..length {
            let mut other = text.clone();
            other.replace_range(place..=place, "x");
            assert_eq!(on(&other), [false, false], "{other} is not {text}");
        }
    }
}

/// Most strangers are turned away by a filter; the few that it lets through are looked up.
#[test]
fn a_stranger_is_on_no_list_whatever_else_is_asked() {
    const BETA: Attribute<bool> = Attribute::new("beta");
    let listed = (0..1000).map(|n| format!("\"early-{n}\"")).collect::<Vec<_>>().join(", ");
    let set = FlagSet::parse(&format!(
        r#"{{"version": 1, "attributes": {{"beta": {{"type": "bool"}}}}, "flags": {{"listed": {{
            "rules": [{{"when": {{"all": [{{"key": {{"in": [{listed}]}}}}, {{"beta": {{"is": true}}}}]}}}}]}}}}}}"#
    ))
    .unwrap();
    let snapshot = Snapshot::compile(&set, &Facts::new(), Time::parse("2026-01-01").unwrap());
    let flag = Flag::<bool>::new("listed", false);
    let attributes = [BETA.of(true)];
    let on = |key: String| snapshot.value(&flag, &Context::new(&key, &attributes));
    assert!((0..1000).all(|n| on(format!("early-{n}"))));
    assert!(!(0..20_000).any(|n| on(format!("stranger-{n}"))));
}

proptest! {
    #![proptest_config(config(800))]

    #[test]
    fn a_handle_of_the_right_type_answers_the_value_and_a_wrong_one_the_default(
        file in generate::file(),
        load in generate::load(2),
    ) {
        let set = FlagSet::parse(&file.to_string()).unwrap();
        let snapshot = load.snapshot(&set);
        for request in &load.requests {
            let owned = request.context();
            let context = owned.borrow();
            for key in FLAG_KEYS {
                let kind = set.flag(key).map(|flag| flag.kind());
                check::<bool>(&snapshot, &context, key, kind, true)?;
                check::<i64>(&snapshot, &context, key, kind, 41)?;
                check::<f64>(&snapshot, &context, key, kind, 0.25)?;
                check::<str>(&snapshot, &context, key, kind, "the caller's")?;
                check::<Json>(&snapshot, &context, key, kind, &NULL)?;
            }
        }
    }

    #[test]
    fn a_context_of_handles_answers_what_json_answers(file in generate::file(), load in generate::load(4)) {
        let set = FlagSet::parse(&file.to_string()).unwrap();
        let (by_json, by_handles) = (load.snapshot(&set), compile(&set, &load));
        for request in &load.requests {
            let json = request.context();
            let expected = answers(&by_json, &json.borrow());

            let values = parsed(&request.values);
            let texts: Vec<Vec<String>> =
                values.iter().map(|(_, value)| texts_of(value.as_ref()).unwrap_or_default()).collect();
            let attributes = attributes(&values, &texts);
            let json = json.borrow();
            let borrowed = match json.targeting_key() {
                Some(key) => Context::new(key, &attributes),
                None => Context::anonymous(&attributes),
            };
            prop_assert_eq!(&answers(&by_json, &borrowed), &expected);
            prop_assert_eq!(&answers(&by_handles, &borrowed), &expected);

            let owned = match json.targeting_key() {
                Some(key) => OwnedContext::new(key),
                None => OwnedContext::anonymous(),
            };
            let owned = attributes.iter().copied().fold(owned, OwnedContext::with);
            prop_assert_eq!(&answers(&by_json, &owned.borrow()), &expected);
        }
    }

    #[test]
    fn a_column_answers_as_each_key_does(file in generate::file(), load in generate::load(1), numbers in proptest::collection::vec(any::<u16>(), 8)) {
        let set = FlagSet::parse(&file.to_string()).unwrap();
        let snapshot = load.snapshot(&set);
        let keys: Vec<String> = numbers.iter().map(|number| format!("user-{number}")).chain([String::new()]).collect();
        for key in FLAG_KEYS {
            let flag = Flag::<bool>::new(key, true);
            let column: Vec<bool> = snapshot.column(&flag, keys.iter().map(String::as_str)).collect();
            let each: Vec<bool> = keys.iter().map(|key| snapshot.value(&flag, &Context::new(key, &[]))).collect();
            prop_assert_eq!(column, each);
        }
    }

    #[test]
    fn values_of_sensitive_attributes_are_in_no_explanation(file in generate::file(), load in generate::load(3)) {
        // Nothing else in a file or a request looks like these.
        let secret = "s3cret";
        let traces = [secret, "731177", "7311-07-03", "7311:1177"];
        let mut load = load;
        let sensitive = |name: &str| file.attributes.iter().any(|it| it.sensitive && it.name == name);
        let hide = |values: &mut Vec<(&'static str, String)>| {
            for (name, value) in values.iter_mut().filter(|(name, _)| sensitive(name)) {
                *value = match ATTRIBUTES.iter().find(|it| it.0 == *name).unwrap().1 {
                    AttributeKind::Number => "731177.25".to_owned(),
                    AttributeKind::Version => "\"731177.1.1\"".to_owned(),
                    AttributeKind::Time => "\"7311-07-03\"".to_owned(),
                    AttributeKind::Ip => "\"7311:1177::1\"".to_owned(),
                    AttributeKind::Texts => format!("[\"{secret}\"]"),
                    _ => format!("\"{secret}\""),
                };
            }
        };
        hide(&mut load.facts);
        load.requests.iter_mut().for_each(|request| hide(&mut request.values));
        let set = FlagSet::parse(&file.to_string()).unwrap();
        let snapshot = load.snapshot(&set);
        for request in &load.requests {
            let owned = request.context();
            for key in snapshot.keys() {
                let explanation = snapshot.explain_key(FlagKey::parse(key).unwrap(), &owned.borrow());
                let told = format!("{explanation}{}", serde_json::to_string(&explanation).unwrap());
                prop_assert!(traces.iter().all(|trace| !told.contains(trace)), "{}", told);
            }
        }
    }
}
