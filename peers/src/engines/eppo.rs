//! eppo_core: the engine inside Eppo's SDKs.

use std::sync::Arc;
use std::time::SystemTime;

use eppo_core::configuration_store::ConfigurationStore;
use eppo_core::eval::{Evaluator, EvaluatorConfig, get_assignment};
use eppo_core::ufc::{Assignment, AssignmentValue, UniversalFlagConfig, VariationType};
use eppo_core::{AttributeValue, Attributes, Configuration, EvaluationError, SdkMetadata, Str};
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
    let conditions = match kind {
        Kind::On | Kind::Off | Kind::Rollout(_) => None,
        Kind::Listed(keys) => Some(json!([condition("id", "ONE_OF", json!(keys))])),
        Kind::Targeted(_) => Some(json!([
            condition("country", "ONE_OF", json!(COUNTRIES)),
            condition("app_version", "GTE", json!(VERSION)),
            condition("age", "GTE", json!(AGE)),
        ])),
    };
    // Without shards a split takes everybody, and no hash is made.
    let shards = match kind {
        Kind::On | Kind::Off | Kind::Listed(_) => json!([]),
        Kind::Rollout(percent) | Kind::Targeted(percent) => {
            json!([{ "salt": flag, "ranges": [{ "start": 0, "end": SHARDS / 100 * u32::from(*percent) }] }])
        }
    };
    let splits = json!([{ "variationKey": "on", "shards": shards }]);
    match conditions {
        None => json!({ "key": "allocation", "doLog": false, "splits": splits }),
        Some(conditions) => {
            json!({ "key": "allocation", "rules": [{ "conditions": conditions }], "doLog": false, "splits": splits })
        }
    }
}

fn read(text: &str) -> Result<Arc<Configuration>, String> {
    let flags =
        UniversalFlagConfig::from_json(SDK, text.as_bytes().to_vec()).map_err(|error| error.to_string())?;
    Ok(Arc::new(Configuration::from_server_response(flags, None)))
}

#[inline]
fn means_on(assignment: Result<Option<Assignment>, EvaluationError>) -> bool {
    matches!(assignment, Ok(Some(assignment)) if assignment.value == AssignmentValue::Boolean(true))
}

impl Engine for Eppo {
    const NAME: &'static str = "eppo_core";
    const NOTE: &'static str = "`Evaluator::get_assignment`, with its `ahash` feature on (faster than what its SDK has by default). It reads the clock in every check, for the start and end of allocations; where 1,000 flags are asked, once, and `get_assignment` is given one configuration for all. A split of everybody has no shards, so that no hash is made for it.";
    type Flag = &'static str;
    type Context = (Str, Arc<Attributes>);
    type Worker<'e> = &'e Eppo;

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

    fn worker(&self) -> &Eppo {
        self
    }

    fn flag(&self, key: &'static str) -> &'static str {
        key
    }

    fn context(user: &'static User) -> Self::Context {
        // A request's texts do not live as long as the program, so they are copied; short ones need no allocation.
        let attributes: Attributes = [
            (Str::from_static_str("country"), AttributeValue::from(Str::new(&user.country))),
            (Str::from_static_str("app_version"), AttributeValue::from(Str::new(&user.version))),
            (Str::from_static_str("age"), AttributeValue::from(f64::from(user.age))),
        ]
        .into_iter()
        .collect();
        (Str::new(&user.key), Arc::new(attributes))
    }

    #[inline]
    fn is_on(worker: &mut &Eppo, flag: &&'static str, context: &Self::Context) -> bool {
        let (key, attributes) = context;
        means_on(worker.evaluator.get_assignment(flag, key, attributes, Some(VariationType::Boolean)))
    }

    /// One configuration and one look at the clock for the whole request, as its documentation wants it.
    #[inline]
    fn count_on(worker: &mut &Eppo, flags: &[&'static str], context: &Self::Context) -> usize {
        let configuration = worker.store.get_configuration();
        let now = SystemTime::now();
        let is_on = |flag: &str| {
            let boolean = Some(VariationType::Boolean);
            means_on(get_assignment(
                configuration.as_deref(),
                flag,
                &context.0,
                &context.1,
                boolean,
                now.into(),
            ))
        };
        flags.iter().filter(|flag| is_on(flag)).count()
    }
}
