//! A context as JSON has it: a targeting key, and values under names. Nothing is known of types here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A context that was read. Facts are read as one too: names with values.
#[derive(Clone, Debug, PartialEq)]
pub struct Context {
    /// The targeting key as it was given; none if it is missing or no text.
    pub targeting_key: Option<String>,
    /// What can be a value of some attribute, by name. What cannot is left out: it counts as missing for every type.
    pub(crate) values: BTreeMap<String, Value>,
}

/// A JSON value that an attribute can have.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Number(f64),
    Bool(bool),
    Texts(Vec<String>),
}

impl Context {
    /// Reads a context; none if the text is no JSON object, or repeats a key in any object.
    #[must_use]
    pub fn read(text: &str) -> Option<Context> {
        let whole: &RawValue = serde_json::from_str(text).ok()?;
        if repeats_a_key(whole) {
            return None;
        }
        let members: Members = serde_json::from_str(text).ok()?;
        let mut context = Context { targeting_key: None, values: BTreeMap::new() };
        for (name, value) in members.0 {
            // A name with half of a surrogate pair is no text, and no attribute can have it.
            let Some(name) = text_of(name) else { continue };
            if name == "targetingKey" {
                context.targeting_key = text_of(value);
            } else if let Some(value) = value_of(value) {
                context.values.insert(name, value);
            }
        }
        Some(context)
    }
}

fn value_of(json: &RawValue) -> Option<Value> {
    match json.get().chars().next()? {
        '"' => text_of(json).map(Value::Text),
        't' => Some(Value::Bool(true)),
        'f' => Some(Value::Bool(false)),
        '[' => texts_of(json).map(Value::Texts),
        'n' | '{' => None,
        _ => number_of(json).map(Value::Number),
    }
}

/// A text. One whose escapes leave half of a surrogate pair is none.
fn text_of(json: &RawValue) -> Option<String> {
    serde_json::from_str(json.get()).ok()
}

/// The nearest double. A number beyond all doubles is none.
fn number_of(json: &RawValue) -> Option<f64> {
    let number: f64 = json.get().parse().ok()?;
    if number.is_finite() { Some(number) } else { None }
}

/// A list of texts. One element that is no text spoils it.
fn texts_of(json: &RawValue) -> Option<Vec<String>> {
    let items: Vec<&RawValue> = serde_json::from_str(json.get()).ok()?;
    let mut texts = Vec::new();
    for item in items {
        texts.push(text_of(item)?);
    }
    Some(texts)
}

/// Whether a key stands twice in an object, here or deeper. Keys are compared after their escapes are read.
fn repeats_a_key(json: &RawValue) -> bool {
    if let Ok(members) = serde_json::from_str::<Members>(json.get()) {
        let mut names = BTreeSet::new();
        for (name, value) in members.0 {
            let again = text_of(name).is_some_and(|name| !names.insert(name));
            if again || repeats_a_key(value) {
                return true;
            }
        }
    }
    if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(json.get()) {
        return items.into_iter().any(repeats_a_key);
    }
    false
}

/// The members of a JSON object as they stand, repeated keys and all.
struct Members<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'t> Deserialize<'t> for Members<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Members<'t>, D::Error> {
        struct Collect;
        impl<'t> Visitor<'t> for Collect {
            type Value = Members<'t>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'t>>(self, mut access: A) -> Result<Members<'t>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = access.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}
