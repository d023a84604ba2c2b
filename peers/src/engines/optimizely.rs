//! optimizely: an unofficial SDK for Optimizely's data file.

use optimizely::{AttributeValue, Client};
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::workload::{AGE, COUNTRIES, Kind, Spec, User, VERSION};

pub struct Optimizely(Client);

const RANGE: u32 = 10_000;

fn custom(name: &str, matching: &str, value: Value) -> Value {
    json!({ "type": "custom_attribute", "name": name, "match": matching, "value": value })
}

/// It has no test against a list: many tests stand in.
fn any_of<'a>(name: &str, values: impl Iterator<Item = &'a str>) -> Value {
    let mut any = vec![json!("or")];
    any.extend(values.map(|value| custom(name, "exact", json!(value))));
    Value::Array(any)
}

/// The audience's conditions, and for how many per cent of it.
fn audience(kind: &Kind) -> (Option<Value>, u32) {
    match kind {
        Kind::On => (None, 100),
        Kind::Off => (None, 0),
        Kind::Rollout(percent) => (None, u32::from(*percent)),
        Kind::Listed(keys) => (Some(any_of("id", keys.iter().map(String::as_str))), 100),
        Kind::Targeted(percent) => (
            Some(json!([
                "and",
                any_of("country", COUNTRIES.into_iter()),
                custom("app_version", "semver_ge", json!(VERSION)),
                custom("age", "ge", json!(AGE)),
            ])),
            u32::from(*percent),
        ),
    }
}

impl Engine for Optimizely {
    const NAME: &'static str = "optimizely";
    const NOTE: &'static str = "`UserContext::decide`; without its `online` feature, so no event is sent. Its context borrows the client, so that every check builds one. It has no test against a list: an `or` of equalities stands in. It fetches new files itself, so that a reload cannot be driven.";
    const RELOADS: bool = false;
    type Flag = &'static str;
    type Context = &'static User;
    type Worker<'e> = &'e Client;

    fn configuration(spec: &Spec) -> String {
        let mut audiences = Vec::new();
        let mut rollouts = Vec::new();
        let mut flags = Vec::new();
        for flag in &spec.flags {
            let (conditions, percent) = audience(&flag.kind);
            let audience_ids: Vec<&str> = conditions.iter().map(|_| flag.key.as_str()).collect();
            if let Some(conditions) = &conditions {
                audiences.push(json!({ "id": flag.key, "name": flag.key, "conditions": conditions }));
            }
            let allocation = match percent {
                0 => json!([]),
                _ => json!([{ "entityId": "on", "endOfRange": RANGE / 100 * percent }]),
            };
            rollouts.push(json!({ "id": flag.key, "experiments": [{ "id": flag.key, "key": flag.key, "layerId": flag.key,
                "status": "Running", "trafficAllocation": allocation, "audienceIds": audience_ids,
                "variations": [{ "id": "on", "key": "on", "featureEnabled": true }] }] }));
            flags
                .push(json!({ "id": flag.key, "key": flag.key, "rolloutId": flag.key, "experimentIds": [] }));
        }
        let attributes: Vec<Value> = ["id", "country", "app_version", "age"]
            .iter()
            .map(|key| json!({ "id": key, "key": key }))
            .collect();
        json!({ "accountId": "1", "projectId": "1", "environmentKey": "production", "sdkKey": "key", "revision": "1",
            "botFiltering": false, "anonymizeIP": true, "version": "4", "events": [], "attributes": attributes,
            "typedAudiences": audiences, "experiments": [], "rollouts": rollouts, "featureFlags": flags })
        .to_string()
    }

    fn load(text: &str) -> Result<Self, String> {
        let client = Client::from_string(text).map_err(|error| format!("{error:?}"))?;
        Ok(Optimizely(client.initialize()))
    }

    fn reload(&self, _text: &str) -> Result<(), String> {
        Err("it only fetches".into())
    }

    fn worker(&self) -> &Client {
        &self.0
    }

    fn flag(&self, key: &'static str) -> &'static str {
        key
    }

    fn context(user: &'static User) -> &'static User {
        user
    }

    #[inline]
    fn is_on(worker: &mut &Client, flag: &&'static str, user: &&'static User) -> bool {
        let mut context = worker.create_user_context(&user.key);
        context.set_attribute("id", AttributeValue::String(user.key.clone()));
        context.set_attribute("country", AttributeValue::String(user.country.clone()));
        context.set_attribute("app_version", AttributeValue::String(user.version.clone()));
        context.set_attribute("age", AttributeValue::Integer(user.age.into()));
        context.decide(flag).enabled()
    }
}
