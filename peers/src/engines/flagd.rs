//! flagd-evaluation-engine: the engine of OpenFeature's flagd, in process.

use std::collections::HashMap;
use std::sync::RwLock;

use flagd_evaluation_engine::{FeatureFlag, FlagParser, Operator};
use open_feature::EvaluationContext;
use serde_json::{Map, Value, json};

use crate::engine::Engine;
use crate::workload::{AGE, COUNTRIES, Kind, Spec, User, VERSION};

pub struct Flagd {
    operator: Operator,
    flags: RwLock<HashMap<String, Prepared>>,
}

/// A flag, with its rule printed once; its provider prints it for every check.
struct Prepared {
    flag: FeatureFlag,
    targeting: Option<String>,
}

fn targeting(kind: &Kind) -> Value {
    let fractional = |percent: u8| match percent {
        100 => json!("on"),
        _ => json!({ "fractional": [["on", percent], ["off", 100 - percent]] }),
    };
    match kind {
        Kind::On | Kind::Off => Value::Null,
        Kind::Rollout(percent) => fractional(*percent),
        Kind::Listed(keys) => json!({ "if": [{ "in": [{ "var": "targetingKey" }, keys] }, "on", "off"] }),
        Kind::Targeted(percent) => json!({ "if": [
            { "and": [
                { "in": [{ "var": "country" }, COUNTRIES] },
                { "sem_ver": [{ "var": "app_version" }, ">=", VERSION] },
                { ">=": [{ "var": "age" }, AGE] },
            ] },
            fractional(*percent),
            "off",
        ] }),
    }
}

fn read(text: &str) -> Result<HashMap<String, Prepared>, String> {
    let parsed = FlagParser::parse_string(text).map_err(|error| error.to_string())?;
    let prepared = |flag: FeatureFlag| Prepared {
        targeting: flag.targeting.is_some().then(|| flag.get_targeting()),
        flag,
    };
    Ok(parsed.flags.into_iter().map(|(key, flag)| (key, prepared(flag))).collect())
}

impl Flagd {
    fn check(&self, key: &str, context: &EvaluationContext) -> Option<bool> {
        let flags = self.flags.read().unwrap();
        let prepared = flags.get(key)?;
        let targeted = match &prepared.targeting {
            Some(rule) => self.operator.apply(key, rule, context).ok()?,
            None => None,
        };
        let variant = targeted.as_ref().unwrap_or(&prepared.flag.default_variant);
        prepared.flag.variants.get(variant)?.as_bool()
    }
}

impl Engine for Flagd {
    const NAME: &'static str = "flagd-evaluation-engine";
    const NOTE: &'static str = "`Operator::apply` on the flag's rule, as its in-process provider does, but with the rule's text printed at load. The rule is parsed and compiled, and the context printed and parsed, in every check.";
    type Flag = &'static str;
    type Context = EvaluationContext;
    type Worker<'e> = &'e Flagd;

    fn configuration(spec: &Spec) -> String {
        let definition = |kind: &Kind| {
            let default = if matches!(kind, Kind::On) { "on" } else { "off" };
            let mut flag = json!({ "state": "ENABLED", "variants": { "on": true, "off": false }, "defaultVariant": default });
            if targeting(kind) != Value::Null {
                flag["targeting"] = targeting(kind);
            }
            flag
        };
        let flags: Map<String, Value> =
            spec.flags.iter().map(|flag| (flag.key.clone(), definition(&flag.kind))).collect();
        json!({ "flags": flags }).to_string()
    }

    fn load(text: &str) -> Result<Self, String> {
        Ok(Flagd { operator: Operator::new(), flags: RwLock::new(read(text)?) })
    }

    fn reload(&self, text: &str) -> Result<(), String> {
        let new = read(text)?;
        let old = std::mem::replace(&mut *self.flags.write().unwrap(), new);
        drop(old);
        Ok(())
    }

    fn worker(&self) -> &Flagd {
        self
    }

    fn flag(&self, key: &'static str) -> &'static str {
        key
    }

    fn context(user: &'static User) -> EvaluationContext {
        EvaluationContext::default()
            .with_targeting_key(user.key.as_str())
            .with_custom_field("country", user.country.as_str())
            .with_custom_field("app_version", user.version.as_str())
            .with_custom_field("age", i64::from(user.age))
    }

    #[inline]
    fn is_on(worker: &mut &Flagd, flag: &&'static str, context: &EvaluationContext) -> bool {
        worker.check(flag, context).unwrap_or(false)
    }
}
