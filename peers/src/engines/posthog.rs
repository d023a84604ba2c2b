//! posthog-rs: PostHog's local evaluator.

use std::collections::HashMap;

use posthog_rs::{FlagCache, FlagValue, LocalEvaluationResponse, LocalEvaluator};
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::workload::{AGE, COUNTRIES, Kind, Spec, User, VERSION};

pub struct PostHog {
    evaluator: LocalEvaluator,
    none: HashMap<String, String>,
    no_properties: HashMap<String, HashMap<String, Value>>,
}

pub struct Person {
    id: &'static str,
    properties: HashMap<String, Value>,
}

fn group(kind: &Kind) -> Value {
    let property =
        |key: &str, operator: &str, value: Value| json!({ "key": key, "operator": operator, "value": value });
    match kind {
        Kind::On | Kind::Off => json!({}),
        Kind::Rollout(percent) => json!({ "rollout_percentage": percent }),
        Kind::Listed(keys) => json!({ "properties": [property("id", "exact", json!(keys))] }),
        Kind::Targeted(percent) => json!({ "rollout_percentage": percent, "properties": [
            property("country", "exact", json!(COUNTRIES)),
            property("app_version", "semver_gte", json!(VERSION)),
            property("age", "gte", json!(AGE)),
        ] }),
    }
}

fn read(text: &str) -> Result<LocalEvaluationResponse, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

impl Engine for PostHog {
    const NAME: &'static str = "posthog-rs";
    const NOTE: &'static str = "`LocalEvaluator::evaluate_flag`. Texts are compared without regard to case, a meaning that costs: both sides are lower-cased in every check.";
    type Flag = &'static str;
    type Context = Person;
    type Worker<'e> = &'e PostHog;

    fn configuration(spec: &Spec) -> String {
        let flags: Vec<Value> = spec
            .flags
            .iter()
            .map(|flag| {
                json!({ "key": flag.key, "active": !matches!(flag.kind, Kind::Off), "filters": { "groups": [group(&flag.kind)] } })
            })
            .collect();
        json!({ "flags": flags, "property_matching_version": 2 }).to_string()
    }

    fn load(text: &str) -> Result<Self, String> {
        let cache = FlagCache::new();
        cache.update(read(text)?);
        Ok(PostHog {
            evaluator: LocalEvaluator::new(cache),
            none: HashMap::new(),
            no_properties: HashMap::new(),
        })
    }

    fn reload(&self, text: &str) -> Result<(), String> {
        self.evaluator.cache().update(read(text)?);
        Ok(())
    }

    fn worker(&self) -> &PostHog {
        self
    }

    fn flag(&self, key: &'static str) -> &'static str {
        key
    }

    fn context(user: &'static User) -> Person {
        let properties = HashMap::from([
            ("id".to_owned(), Value::from(user.key.as_str())),
            ("country".to_owned(), Value::from(user.country.as_str())),
            ("app_version".to_owned(), Value::from(user.version.as_str())),
            ("age".to_owned(), Value::from(user.age)),
        ]);
        Person { id: &user.key, properties }
    }

    #[inline]
    fn is_on(worker: &mut &PostHog, flag: &&'static str, context: &Person) -> bool {
        let value = worker.evaluator.evaluate_flag(
            flag,
            context.id,
            &context.properties,
            &worker.none,
            &worker.no_properties,
        );
        matches!(value, Ok(Some(FlagValue::Boolean(true))))
    }
}
