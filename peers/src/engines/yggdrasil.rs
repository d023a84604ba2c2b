//! unleash-yggdrasil: the engine inside Unleash's SDKs.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Value, json};
use unleash_types::client_features::{ClientFeatures, Context};
use unleash_yggdrasil::EngineState;
use unleash_yggdrasil::state::{EnrichedContext, PropertiesCow, PropertiesRef};

use crate::engine::Engine;
use crate::workload::{AGE, COUNTRIES, Kind, Spec, User, VERSION};

pub struct Yggdrasil(EngineState);

fn strategies(flag: &str, kind: &Kind) -> Value {
    let parameters =
        |percent: &u8| json!({ "rollout": percent.to_string(), "stickiness": "userId", "groupId": flag });
    match kind {
        Kind::On | Kind::Off => json!([{ "name": "default" }]),
        Kind::Rollout(percent) => json!([{ "name": "flexibleRollout", "parameters": parameters(percent) }]),
        Kind::Listed(keys) => {
            json!([{ "name": "default", "constraints": [{ "contextName": "userId", "operator": "IN", "values": keys }] }])
        }
        Kind::Targeted(percent) => {
            json!([{ "name": "flexibleRollout", "parameters": parameters(percent), "constraints": [
                { "contextName": "country", "operator": "IN", "values": COUNTRIES },
                { "contextName": "app_version", "operator": "SEMVER_GTE", "value": VERSION },
                { "contextName": "age", "operator": "NUM_GTE", "value": AGE.to_string() },
            ] }])
        }
    }
}

impl Yggdrasil {
    fn apply(&self, text: &str) -> Result<(), String> {
        let features: ClientFeatures = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match self.0.apply_client_features(features) {
            Some(warnings) => Err(format!("{} warnings", warnings.len())),
            None => Ok(()),
        }
    }
}

impl Engine for Yggdrasil {
    const NAME: &'static str = "unleash-yggdrasil";
    const NOTE: &'static str = "`is_enabled` with an owned context; where the context is built for the check, its borrowed `EnrichedContext`. Whole per cents only. It can count what it answered (`count_toggle`), by a call of its own that is not timed.";
    type Flag = &'static str;
    type Context = Context;
    type Worker<'e> = &'e EngineState;

    fn configuration(spec: &Spec) -> String {
        let features: Vec<Value> = spec
            .flags
            .iter()
            .map(|flag| {
                json!({ "name": flag.key, "enabled": !matches!(flag.kind, Kind::Off),
                    "strategies": strategies(&flag.key, &flag.kind) })
            })
            .collect();
        json!({ "version": 2, "features": features }).to_string()
    }

    fn load(text: &str) -> Result<Self, String> {
        let engine = Yggdrasil(EngineState::default());
        engine.apply(text).map(|()| engine)
    }

    fn reload(&self, text: &str) -> Result<(), String> {
        self.apply(text)
    }

    fn worker(&self) -> &EngineState {
        &self.0
    }

    fn flag(&self, key: &'static str) -> &'static str {
        key
    }

    fn context(user: &'static User) -> Context {
        let properties = [
            ("country".to_owned(), user.country.clone()),
            ("app_version".to_owned(), user.version.clone()),
            ("age".to_owned(), user.age.to_string()),
        ];
        Context {
            user_id: Some(user.key.clone()),
            session_id: None,
            environment: None,
            app_name: None,
            current_time: None,
            remote_address: None,
            properties: Some(HashMap::from(properties)),
        }
    }

    #[inline]
    fn is_on(worker: &mut &EngineState, flag: &&'static str, context: &Context) -> bool {
        worker.is_enabled(flag, context, &None)
    }

    #[inline]
    fn is_on_for(worker: &mut &EngineState, flag: &&'static str, user: &'static User) -> bool {
        let properties: PropertiesCow = [
            (Cow::Borrowed("country"), Cow::Borrowed(user.country.as_str())),
            (Cow::Borrowed("app_version"), Cow::Borrowed(user.version.as_str())),
            (Cow::Borrowed("age"), Cow::Owned(user.age.to_string())),
        ]
        .into();
        let context = EnrichedContext {
            user_id: Some(&user.key),
            session_id: None,
            environment: None,
            app_name: None,
            current_time: None,
            remote_address: None,
            properties: Some(PropertiesRef::Cows(&properties)),
            external_results: None,
            toggle_name: flag,
            runtime_hostname: None,
        };
        worker.check_enabled(&context).unwrap_or_default()
    }
}
