//! statsig-rust: Statsig's server SDK, fed by its bootstrap adapter.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value, json};
use statsig_rust::{
    FeatureGateEvaluationOptions, Statsig, StatsigBootstrapSpecsAdapter, StatsigOptions, StatsigUser,
    StatsigUserBuilder, dyn_value,
};

use crate::engine::Engine;
use crate::workload::{AGE, COUNTRIES, Kind, Spec, User, VERSION};

pub struct StatsigServer {
    statsig: Statsig,
    adapter: Arc<StatsigBootstrapSpecsAdapter>,
    runtime: tokio::runtime::Runtime,
}

fn condition(kind: &str, field: Value, operator: Value, target: Value) -> Value {
    json!({ "type": kind, "field": field, "operator": operator, "targetValue": target, "idType": "userID" })
}

/// The conditions that are the same for every flag.
fn shared_conditions() -> Map<String, Value> {
    let user_field = |field: &str, operator: &str, target: Value| {
        condition("user_field", json!(field), json!(operator), target)
    };
    Map::from_iter([
        ("public".into(), condition("public", Value::Null, Value::Null, Value::Null)),
        ("country".into(), user_field("country", "any", json!(COUNTRIES))),
        ("version".into(), user_field("appVersion", "version_gte", json!(VERSION))),
        ("age".into(), user_field("age", "gte", json!(AGE))),
    ])
}

fn gate(key: &str, kind: &Kind) -> Value {
    let list = format!("list-{key}");
    let (conditions, percent) = match kind {
        Kind::On => (vec!["public"], 100),
        Kind::Off => (vec!["public"], 0),
        Kind::Rollout(percent) => (vec!["public"], *percent),
        Kind::Listed(_) => (vec![list.as_str()], 100),
        Kind::Targeted(percent) => (vec!["country", "version", "age"], *percent),
    };
    json!({ "type": "feature_gate", "salt": key, "enabled": true, "defaultValue": false, "idType": "userID",
        "entity": "feature_gate", "rules": [{ "name": "rule", "id": "rule", "salt": key, "idType": "userID",
            "passPercentage": percent, "conditions": conditions, "returnValue": true }] })
}

impl Engine for StatsigServer {
    const NAME: &'static str = "statsig-rust";
    const NOTE: &'static str = "`check_gate_with_options` with exposures off, network and logging disabled, fed by its bootstrap adapter. It still does the bookkeeping of an analytics SDK in every check. Texts are compared without regard to case.";
    type Flag = &'static str;
    type Context = StatsigUser;
    type Worker<'e> = &'e Statsig;

    fn configuration(spec: &Spec) -> String {
        static TIME: AtomicU64 = AtomicU64::new(1_700_000_000_000);
        let mut conditions = shared_conditions();
        let mut gates = Map::new();
        for flag in &spec.flags {
            if let Kind::Listed(keys) = &flag.kind {
                let list = condition("unit_id", json!("userID"), json!("any"), json!(keys));
                conditions.insert(format!("list-{}", flag.key), list);
            }
            gates.insert(flag.key.clone(), gate(&flag.key, &flag.kind));
        }
        json!({ "dynamic_configs": {}, "feature_gates": gates, "layer_configs": {}, "experiment_to_layer": {},
            "condition_map": conditions, "has_updates": true, "time": TIME.fetch_add(1, Ordering::Relaxed),
            "company_id": "peers", "response_format": "dcs-v2", "sdk_keys_to_app_ids": {}, "id_lists": {}, "diagnostics": {} })
        .to_string()
    }

    fn load(text: &str) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let adapter = Arc::new(StatsigBootstrapSpecsAdapter::new(text.to_owned()));
        let options = StatsigOptions {
            specs_adapter: Some(adapter.clone()),
            disable_network: Some(true),
            disable_all_logging: Some(true),
            disable_country_lookup: Some(true),
            ..StatsigOptions::new()
        };
        let statsig = Statsig::new("secret-peers", Some(Arc::new(options)));
        runtime.block_on(statsig.initialize()).map_err(|error| error.to_string())?;
        Ok(StatsigServer { statsig, adapter, runtime })
    }

    fn reload(&self, text: &str) -> Result<(), String> {
        self.adapter.set_data(text.to_owned()).map_err(|error| error.to_string())
    }

    fn worker(&self) -> &Statsig {
        &self.statsig
    }

    fn flag(&self, key: &'static str) -> &'static str {
        key
    }

    fn context(user: &'static User) -> StatsigUser {
        StatsigUserBuilder::new_with_user_id(user.key.as_str())
            .country(Some(user.country.clone()))
            .app_version(Some(user.version.clone()))
            .custom(Some(HashMap::from([("age".into(), dyn_value!(user.age))])))
            .build()
    }

    #[inline]
    fn is_on(worker: &mut &Statsig, flag: &&'static str, context: &StatsigUser) -> bool {
        worker.check_gate_with_options(
            context,
            flag,
            FeatureGateEvaluationOptions { disable_exposure_logging: true },
        )
    }
}

impl Drop for StatsigServer {
    fn drop(&mut self) {
        let _ = self.runtime.block_on(self.statsig.shutdown());
    }
}
