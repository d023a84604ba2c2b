//! launchdarkly-server-sdk-evaluation: the engine inside LaunchDarkly's server SDK.

use std::collections::HashMap;
use std::sync::RwLock;

use launchdarkly_server_sdk_evaluation::{
    Context, ContextBuilder, Flag, FlagValue, Segment, Store, evaluate,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::engine::Engine;
use crate::workload::{AGE, COUNTRIES, Kind, Spec, User, VERSION};

#[derive(Deserialize)]
struct Data {
    flags: HashMap<String, Flag>,
    segments: HashMap<String, Segment>,
}

pub struct LaunchDarkly(RwLock<Data>);

/// Asked only for prerequisites and segments, which the workload has none of.
impl Store for Data {
    fn flag(&self, key: &str) -> Option<Flag> {
        self.flags.get(key).cloned()
    }

    fn segment(&self, key: &str) -> Option<Segment> {
        self.segments.get(key).cloned()
    }
}

fn rollout(percent: u8) -> Value {
    let weight = u32::from(percent) * 1_000;
    json!({ "variations": [{ "variation": 0, "weight": weight }, { "variation": 1, "weight": 100_000 - weight }] })
}

fn definition(key: &str, kind: &Kind) -> Value {
    let clause = |attribute: &str, op: &str, values: Value| json!({ "attribute": attribute, "op": op, "values": values });
    let not = |mut clause: Value| {
        clause["negate"] = json!(true);
        clause
    };
    let (targets, rules, fallthrough) = match kind {
        Kind::On => (json!([]), json!([]), json!({ "variation": 0 })),
        Kind::Off => (json!([]), json!([]), json!({ "variation": 1 })),
        Kind::Rollout(percent) => (json!([]), json!([]), json!({ "rollout": rollout(*percent) })),
        Kind::Listed(keys) => {
            (json!([{ "variation": 0, "values": keys }]), json!([]), json!({ "variation": 1 }))
        }
        Kind::Targeted(percent) => (
            json!([]),
            json!([{ "trackEvents": false, "rollout": rollout(*percent), "clauses": [
                clause("country", "in", json!(COUNTRIES)),
                not(clause("app_version", "semVerLessThan", json!([VERSION]))),
                clause("age", "greaterThanOrEqual", json!([AGE])),
            ] }]),
            json!({ "variation": 1 }),
        ),
    };
    json!({ "key": key, "on": true, "targets": targets, "rules": rules, "prerequisites": [],
        "fallthrough": fallthrough, "offVariation": 1, "variations": [true, false], "salt": key })
}

fn read(text: &str) -> Result<Data, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

impl Engine for LaunchDarkly {
    const NAME: &'static str = "launchdarkly-server-sdk-evaluation";
    const NOTE: &'static str = "`evaluate` with the flag borrowed from a map behind a lock that the harness adds: its SDK's own store hands out a clone of the flag for every check, and queues an event. Lists are its targets. `semVerLessThan`, negated, stands for at-least.";
    type Flag = &'static str;
    type Context = Context;
    type Worker<'e> = &'e LaunchDarkly;

    fn configuration(spec: &Spec) -> String {
        let flags: Map<String, Value> =
            spec.flags.iter().map(|flag| (flag.key.clone(), definition(&flag.key, &flag.kind))).collect();
        json!({ "flags": flags, "segments": {} }).to_string()
    }

    fn load(text: &str) -> Result<Self, String> {
        read(text).map(|data| LaunchDarkly(RwLock::new(data)))
    }

    fn reload(&self, text: &str) -> Result<(), String> {
        let new = read(text)?;
        let old = std::mem::replace(&mut *self.0.write().unwrap(), new);
        drop(old);
        Ok(())
    }

    fn worker(&self) -> &LaunchDarkly {
        self
    }

    fn flag(&self, key: &'static str) -> &'static str {
        key
    }

    fn context(user: &'static User) -> Context {
        let mut builder = ContextBuilder::new(user.key.as_str());
        builder.set_string("country", user.country.as_str());
        builder.set_string("app_version", user.version.as_str());
        builder.set_float("age", f64::from(user.age));
        builder.build().unwrap()
    }

    #[inline]
    fn is_on(worker: &mut &LaunchDarkly, flag: &&'static str, context: &Context) -> bool {
        let data = worker.0.read().unwrap();
        let Some(flag) = data.flags.get(*flag) else { return false };
        matches!(evaluate(&*data, flag, context, None).value, Some(FlagValue::Bool(true)))
    }
}
