//! feature-flag: a small evaluator of a JSON file.

use feature_flag::{FlagEvaluator, FlagSet, Subject};
use serde_json::{Value, json};

use crate::engine::Engine;
use crate::workload::{AGE, COUNTRIES, Kind, Spec, User, VERSION};

pub struct FeatureFlag(FlagEvaluator);

/// It has no test for versions: a number stands in.
fn number(version: &str) -> u64 {
    version.split('.').fold(0, |number, part| number * 1_000 + part.parse::<u64>().unwrap_or(0))
}

fn rules(kind: &Kind) -> Value {
    let compare = |attr: &str, op: &str, value: Value| json!({ "kind": "compare", "attr": attr, "op": op, "value": value });
    let rollout = |percent: u8| {
        json!({ "kind": "rollout", "variants": [
            { "variant": "on", "weight": percent }, { "variant": "off", "weight": 100 - percent }
        ] })
    };
    let rule = |when: Value, outcome: Value| json!([{ "id": "rule", "when": when, "outcome": outcome }]);
    match kind {
        Kind::On | Kind::Off => json!([]),
        Kind::Rollout(percent) => rule(json!({ "kind": "always" }), rollout(*percent)),
        Kind::Listed(keys) => {
            rule(compare("id", "in", json!(keys)), json!({ "kind": "variant", "variant": "on" }))
        }
        Kind::Targeted(percent) => {
            let matchers = json!([
                compare("country", "in", json!(COUNTRIES)),
                compare("app_version", "gte", json!(number(VERSION))),
                compare("age", "gte", json!(AGE)),
            ]);
            rule(json!({ "kind": "all_of", "matchers": matchers }), rollout(*percent))
        }
    }
}

fn read(text: &str) -> Result<FlagSet, String> {
    FlagSet::from_json(text).map_err(|error| error.to_string())
}

impl Engine for FeatureFlag {
    const NAME: &'static str = "feature-flag";
    const NOTE: &'static str = "`FlagEvaluator::evaluate`. It has no test for versions: a number stands in. It searches its flags one by one. Whole per cents only.";
    type Flag = &'static str;
    type Context = Subject;
    type Worker<'e> = &'e FlagEvaluator;

    fn configuration(spec: &Spec) -> String {
        let flags: Vec<Value> = spec
            .flags
            .iter()
            .map(|flag| {
                let default = if matches!(flag.kind, Kind::On) { "on" } else { "off" };
                json!({ "id": flag.key, "variants": ["on", "off"], "default_variant": default, "rules": rules(&flag.kind) })
            })
            .collect();
        json!({ "version": "1", "flags": flags }).to_string()
    }

    fn load(text: &str) -> Result<Self, String> {
        read(text).map(|set| FeatureFlag(FlagEvaluator::new(set)))
    }

    fn reload(&self, text: &str) -> Result<(), String> {
        self.0.swap(read(text)?);
        Ok(())
    }

    fn worker(&self) -> &FlagEvaluator {
        &self.0
    }

    fn flag(&self, key: &'static str) -> &'static str {
        key
    }

    fn context(user: &'static User) -> Subject {
        Subject::new(user.key.as_str())
            .with_attr("id", user.key.as_str())
            .with_attr("country", user.country.as_str())
            .with_attr("app_version", number(&user.version))
            .with_attr("age", user.age)
    }

    #[inline]
    fn is_on(worker: &mut &FlagEvaluator, flag: &&'static str, context: &Subject) -> bool {
        worker.evaluate(flag, context).is_ok_and(|evaluation| evaluation.variant == "on")
    }
}
