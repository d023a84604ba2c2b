//! What a service says of itself, what the clock says, and what requests say: right, wrong, or nothing.

use std::collections::BTreeMap;
use std::fmt;

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use waterspout::flag_set::FlagSet;
use waterspout::{AttributeKind, Facts, Json, OwnedContext, Snapshot, Time};

use crate::Answer;

use super::condition::object;
use super::pool::{self, quoted};

/// One start of a service, and requests to it.
#[derive(Clone)]
pub struct Load {
    /// Values by name, as JSON. Those that a file declares as no facts are ignored.
    pub facts: Vec<(&'static str, String)>,
    pub now: &'static str,
    pub requests: Vec<Request>,
}

/// One request.
#[derive(Clone)]
pub struct Request {
    /// As JSON; not always a text.
    pub targeting_key: Option<String>,
    /// Values by name, as JSON. Those of facts are ignored.
    pub values: Vec<(&'static str, String)>,
}

/// Draws a load of so many requests.
pub fn load(requests: usize) -> impl Strategy<Value = Load> {
    (values(), select(&pool::TIMES[..]), vec(request(), requests)).prop_map(|(facts, now, requests)| Load {
        facts,
        now,
        requests,
    })
}

fn request() -> impl Strategy<Value = Request> {
    let key = prop_oneof![
        1 => Just(None),
        1 => Just(Some("\"\"".to_owned())),
        5 => select(&pool::KEYS[..]).prop_map(|key| Some(quoted(key))),
        9 => any::<u16>().prop_map(|number| Some(format!("\"user-{number}\""))),
        2 => select(&pool::ODD_JSON[..]).prop_map(|json| Some(json.to_owned())),
    ];
    (key, values()).prop_map(|(targeting_key, values)| Request { targeting_key, values })
}

/// For most attributes a value that it can have; for the others a wrong one, or none.
fn values() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let value = (0_u8..10, 0..1000_usize, vec(0..1000_usize, 0..=3));
    vec(weighted(0.85, value), pool::ATTRIBUTES.len()).prop_map(|values| {
        let all = pool::ATTRIBUTES.iter().zip(values);
        all.filter_map(|((name, kind), value)| value.map(|value| (*name, json(*kind, value)))).collect()
    })
}

fn json(kind: AttributeKind, (luck, choice, more): (u8, usize, Vec<usize>)) -> String {
    let from = |pool: &[&str], choice: usize| pool[choice % pool.len()].to_owned();
    let odd = || from(&pool::ODD_JSON, choice);
    let text = |right: &[&str], wrong: &[&str]| match luck {
        0 => odd(),
        1 => quoted(&from(wrong, choice)),
        _ => quoted(&from(right, choice)),
    };
    match kind {
        AttributeKind::Text => text(&pool::TEXTS, &["XX"]),
        AttributeKind::Version => text(&pool::VERSIONS, &pool::NO_VERSIONS),
        AttributeKind::Time => text(&pool::TIMES, &pool::NO_TIMES),
        AttributeKind::Ip => text(&pool::ADDRESSES, &pool::NO_ADDRESSES),
        _ if luck < 2 => odd(),
        AttributeKind::Number => from(&pool::NUMBERS, choice),
        AttributeKind::Bool => ["true", "false"][choice % 2].to_owned(),
        _ => {
            let texts: Vec<String> = more.iter().map(|choice| quoted(&from(&pool::TEXTS, *choice))).collect();
            format!("[{}]", texts.join(","))
        }
    }
}

impl Load {
    /// The library's snapshot of a file for this load.
    #[must_use]
    pub fn snapshot(&self, set: &FlagSet) -> Snapshot {
        let mut facts = Facts::new();
        for (name, value) in &self.facts {
            // What no JSON reader takes (1e999) cannot be given. Left out, it is missing as well.
            if let Ok(value) = value.parse::<Json>() {
                facts = facts.with_json(name, &value);
            }
        }
        let now = Time::parse(self.now).expect("loads are generated with times");
        Snapshot::compile(set, &facts, now)
    }

    /// The library's answers to each request, by flag.
    #[must_use]
    pub fn answers(&self, set: &FlagSet) -> Vec<BTreeMap<String, Answer>> {
        let snapshot = self.snapshot(set);
        let answers = |request: &Request| {
            let context = request.context();
            let context = context.borrow();
            let answers = snapshot.all(&context).map(|answer| (answer.key.to_owned(), Answer::from(&answer)));
            answers.collect()
        };
        self.requests.iter().map(answers).collect()
    }

    /// The facts as a JSON object.
    #[must_use]
    pub fn facts_text(&self) -> String {
        members(None, &self.facts)
    }
}

impl Request {
    /// The context as the library reads it.
    #[must_use]
    pub fn context(&self) -> OwnedContext {
        OwnedContext::from_json(&self.text()).expect("contexts are generated as objects")
    }

    /// The context as JSON.
    #[must_use]
    pub fn text(&self) -> String {
        members(self.targeting_key.as_ref(), &self.values)
    }
}

fn members(targeting_key: Option<&String>, values: &[(&str, String)]) -> String {
    let key = targeting_key.map(|key| ("targetingKey".to_owned(), key.clone()));
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    object(&key.into_iter().chain(values).collect::<Vec<_>>())
}

impl fmt::Debug for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "facts {} at {}: {:#?}", self.facts_text(), self.now, self.requests)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}
