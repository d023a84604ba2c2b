//! eppo_core: the engine inside Eppo's SDKs.

use std::sync::Arc;

use eppo_core::configuration_store::ConfigurationStore;
use eppo_core::eval::{Evaluator, EvaluatorConfig};
use eppo_core::ufc::{AssignmentValue, UniversalFlagConfig, VariationType};
use eppo_core::{AttributeValue, Attributes, Configuration, SdkMetadata, Str};
use serde_json::{Map, Value, json};

use crate::engine::Engine;
use crate::workload::{AGE, COUNTRIES, Kind, Spec, User, VERSION};

const SDK: SdkMetadata = SdkMetadata { name: "peers", version: "1" };
const SHARDS: u32 = 10_000;

pub struct Eppo {
    store: Arc<ConfigurationStore>,
    evaluator: Evaluator,
}

fn allocation(flag: &str, kind: &Kind) -> Value {
    let condition = |attribute: &str, operator: &str, value: Value| json!({ "attribute": attribute, "operator": operator, "value": value });
    let (rules, percent) = match kind {
        Kind::On | Kind::Off => (json!([]), 100),
        Kind::Rollout(percent) => (json!([]), *percent),
        Kind::Listed(keys) => (json!([{ "conditions": [condition("id", "ONE_OF", json!(keys))] }]), 100),
        Kind::Targeted(percent) => (
            json!([{ "conditions": [
                condition("country", "ONE_OF", json!(COUNTRIES)),
                condition("app_version", "GTE", json!(VERSION)),
                condition("age", "GTE", json!(AGE)),
            ] }]),
            *percent,
        ),
    };
    let end = SHARDS / 100 * u32::from(percent);
    json!({ "key": "allocation", "rules": rules, "doLog": false, "splits": [
        { "variationKey": "on", "shards": [{ "salt": flag, "ranges": [{ "start": 0, "end": end }] }] }
    ] })
}

fn read(text: &str) -> Result<Arc<Configuration>, String> {
    let flags =
        UniversalFlagConfig::from_json(SDK, text.as_bytes().to_vec()).map_err(|error| error.to_string())?;
    Ok(Arc::new(Configuration::from_server_response(flags, None)))
}

impl Engine for Eppo {
    const NAME: &'static str = "eppo_core";
    const NOTE: &'static str = "`Evaluator::get_assignment`, with its `ahash` feature on (faster than what its SDK has by default). It reads the clock in every check, for the start and end of allocations.";
    type Flag = &'static str;
    type Context = (Str, Arc<Attributes>);
    type Worker<'e> = &'e Evaluator;

    fn configuration(spec: &Spec) -> String {
        let flag = |key: &str, kind: &Kind| {
            json!({ "key": key, "enabled": !matches!(kind, Kind::Off), "variationType": "BOOLEAN", "totalShards": SHARDS,
                "variations": { "on": { "key": "on", "value": true } }, "allocations": [allocation(key, kind)] })
        };
        let flags: Map<String, Value> =
            spec.flags.iter().map(|it| (it.key.clone(), flag(&it.key, &it.kind))).collect();
        json!({ "createdAt": "2026-01-01T00:00:00Z", "format": "SERVER", "environment": { "name": "Test" },
            "flags": flags, "bandits": {} })
        .to_string()
    }

    fn load(text: &str) -> Result<Self, String> {
        let store = Arc::new(ConfigurationStore::new());
        store.set_configuration(read(text)?);
        let config = EvaluatorConfig { configuration_store: store.clone(), sdk_metadata: SDK };
        Ok(Eppo { store, evaluator: Evaluator::new(config) })
    }

    fn reload(&self, text: &str) -> Result<(), String> {
        self.store.set_configuration(read(text)?);
        Ok(())
    }

    fn worker(&self) -> &Evaluator {
        &self.evaluator
    }

    fn flag(&self, key: &'static str) -> &'static str {
        key
    }

    fn context(user: &'static User) -> Self::Context {
        let attributes: Attributes = [
            (Str::from_static_str("country"), AttributeValue::from(Str::from_static_str(&user.country))),
            (Str::from_static_str("app_version"), AttributeValue::from(Str::from_static_str(&user.version))),
            (Str::from_static_str("age"), AttributeValue::from(f64::from(user.age))),
        ]
        .into_iter()
        .collect();
        (Str::new(&user.key), Arc::new(attributes))
    }

    #[inline]
    fn is_on(worker: &mut &Evaluator, flag: &&'static str, context: &Self::Context) -> bool {
        let (key, attributes) = context;
        let assignment = worker.get_assignment(flag, key, attributes, Some(VariationType::Boolean));
        matches!(assignment, Ok(Some(assignment)) if assignment.value == AssignmentValue::Boolean(true))
    }
}
