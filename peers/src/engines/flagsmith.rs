//! flagsmith-flag-engine: the engine inside Flagsmith's client.

use std::sync::RwLock;

use flagsmith_flag_engine::engine::get_evaluation_result;
use flagsmith_flag_engine::engine_eval::add_identity_to_context;
use flagsmith_flag_engine::engine_eval::context::EngineEvaluationContext;
use flagsmith_flag_engine::identities::Trait;
use flagsmith_flag_engine::types::{FlagsmithValue, FlagsmithValueType};
use serde_json::{Map, Value, json};

use crate::engine::Engine;
use crate::workload::{AGE, COUNTRIES, Kind, Spec, User, VERSION};

pub struct Flagsmith(RwLock<EngineEvaluationContext>);

pub struct Identity {
    identifier: &'static str,
    traits: Vec<Trait>,
}

fn conditions(kind: &Kind) -> Vec<Value> {
    let condition = |property: &str, operator: &str, value: Value| json!({ "property": property, "operator": operator, "value": value });
    let split = |percent: &u8| condition("", "PERCENTAGE_SPLIT", json!(percent.to_string()));
    match kind {
        Kind::On | Kind::Off => vec![],
        Kind::Rollout(percent) => vec![split(percent)],
        Kind::Listed(keys) => vec![condition("$.identity.identifier", "IN", json!(keys))],
        Kind::Targeted(percent) => vec![
            condition("country", "IN", json!(COUNTRIES)),
            condition("app_version", "GREATER_THAN_INCLUSIVE", json!(format!("{VERSION}:semver"))),
            condition("age", "GREATER_THAN_INCLUSIVE", json!(AGE.to_string())),
            split(percent),
        ],
    }
}

fn feature(key: &str, enabled: bool) -> Value {
    json!({ "key": key, "name": key, "enabled": enabled, "value": "" })
}

fn read(text: &str) -> Result<EngineEvaluationContext, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

impl Flagsmith {
    fn evaluate(&self, identity: &Identity) -> flagsmith_flag_engine::engine_eval::result::EvaluationResult {
        let environment = self.0.read().unwrap();
        get_evaluation_result(&add_identity_to_context(&environment, identity.identifier, &identity.traits))
    }
}

impl Engine for Flagsmith {
    const NAME: &'static str = "flagsmith-flag-engine";
    const NOTE: &'static str = "As its client asks it: the environment is cloned with the identity in it, and all flags are evaluated for any question. One such evaluation answers 1,000 flags, and that is what is timed there.";
    type Flag = &'static str;
    type Context = Identity;
    type Worker<'e> = &'e Flagsmith;

    fn configuration(spec: &Spec) -> String {
        let mut features = Map::new();
        let mut segments = Map::new();
        for flag in &spec.flags {
            features.insert(flag.key.clone(), feature(&flag.key, matches!(flag.kind, Kind::On)));
            if !conditions(&flag.kind).is_empty() {
                let rules = json!([{ "type": "ALL", "conditions": conditions(&flag.kind) }]);
                segments.insert(
                    flag.key.clone(),
                    json!({ "key": flag.key, "name": flag.key, "rules": rules, "overrides": [feature(&flag.key, true)] }),
                );
            }
        }
        json!({ "environment": { "key": "env", "name": "production" }, "features": features, "segments": segments })
            .to_string()
    }

    fn load(text: &str) -> Result<Self, String> {
        read(text).map(|environment| Flagsmith(RwLock::new(environment)))
    }

    fn reload(&self, text: &str) -> Result<(), String> {
        let new = read(text)?;
        let old = std::mem::replace(&mut *self.0.write().unwrap(), new);
        drop(old);
        Ok(())
    }

    fn worker(&self) -> &Flagsmith {
        self
    }

    fn flag(&self, key: &'static str) -> &'static str {
        key
    }

    fn context(user: &'static User) -> Identity {
        let attribute = |key: &str, value: String, value_type: FlagsmithValueType| Trait {
            trait_key: key.to_owned(),
            trait_value: FlagsmithValue { value, value_type },
        };
        Identity {
            identifier: &user.key,
            traits: vec![
                attribute("country", user.country.clone(), FlagsmithValueType::String),
                attribute("app_version", user.version.clone(), FlagsmithValueType::String),
                attribute("age", user.age.to_string(), FlagsmithValueType::Integer),
            ],
        }
    }

    #[inline]
    fn is_on(worker: &mut &Flagsmith, flag: &&'static str, context: &Identity) -> bool {
        worker.evaluate(context).flags.get(*flag).is_some_and(|result| result.enabled)
    }

    fn count_on(worker: &mut &Flagsmith, flags: &[&'static str], context: &Identity) -> usize {
        let result = worker.evaluate(context);
        flags.iter().filter(|flag| result.flags.get(**flag).is_some_and(|result| result.enabled)).count()
    }
}
