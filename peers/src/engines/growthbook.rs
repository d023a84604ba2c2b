//! growthbook-rust, twice: its client as documented, and the struct inside it, borrowed.

use std::collections::HashMap;
use std::sync::RwLock;

use growthbook_rust::client::{GrowthBookClient, GrowthBookClientBuilder, GrowthBookClientTrait};
use growthbook_rust::dto::GrowthBookFeature;
use growthbook_rust::growthbook::GrowthBook;
use growthbook_rust::model_public::{GrowthBookAttribute, GrowthBookAttributeValue};
use serde_json::{Map, Value, json};

use crate::engine::Engine;
use crate::engines::ready;
use crate::workload::{AGE, COUNTRIES, Kind, Spec, User, VERSION};

pub struct Client(GrowthBookClient);

pub struct Borrowed(RwLock<GrowthBook>);

fn definition(kind: &Kind) -> Value {
    let country_version_age = json!({
        "country": { "$in": COUNTRIES }, "app_version": { "$vgte": VERSION }, "age": { "$gte": AGE }
    });
    let share = |percent: &u8| f64::from(*percent) / 100.0;
    let rules = match kind {
        Kind::On => return json!({ "defaultValue": true }),
        Kind::Off => json!([]),
        Kind::Rollout(percent) => {
            json!([{ "force": true, "coverage": share(percent), "hashAttribute": "id" }])
        }
        Kind::Listed(keys) => json!([{ "force": true, "condition": { "id": { "$in": keys } } }]),
        Kind::Targeted(percent) => {
            json!([{ "force": true, "coverage": share(percent), "hashAttribute": "id", "condition": country_version_age }])
        }
    };
    json!({ "defaultValue": false, "rules": rules })
}

fn configuration(spec: &Spec) -> String {
    let flags: Map<String, Value> =
        spec.flags.iter().map(|flag| (flag.key.clone(), definition(&flag.kind))).collect();
    Value::Object(flags).to_string()
}

type Features = HashMap<String, GrowthBookFeature>;

fn read(text: &str) -> Result<Features, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn attributes(user: &User) -> Vec<GrowthBookAttribute> {
    let text = |text: &str| GrowthBookAttributeValue::String(text.to_owned());
    vec![
        GrowthBookAttribute::new("id".into(), text(&user.key)),
        GrowthBookAttribute::new("country".into(), text(&user.country)),
        GrowthBookAttribute::new("app_version".into(), text(&user.version)),
        GrowthBookAttribute::new("age".into(), GrowthBookAttributeValue::Int(user.age.into())),
    ]
}

impl Engine for Client {
    const NAME: &'static str = "growthbook-rust";
    const NOTE: &'static str = "`GrowthBookClient::is_on`, which clones the whole configuration in every check and takes the attributes by value.";
    type Flag = &'static str;
    type Context = Vec<GrowthBookAttribute>;
    type Worker<'e> = &'e GrowthBookClient;

    fn configuration(spec: &Spec) -> String {
        configuration(spec)
    }

    fn load(text: &str) -> Result<Self, String> {
        let client = ready(GrowthBookClientBuilder::new().features(read(text)?).build());
        client.map(Client).map_err(|error| error.to_string())
    }

    /// As its own refresh does after it has fetched.
    fn reload(&self, text: &str) -> Result<(), String> {
        let features = read(text)?;
        self.0.gb.write().unwrap().features = features;
        Ok(())
    }

    fn worker(&self) -> &GrowthBookClient {
        &self.0
    }

    fn flag(&self, key: &'static str) -> &'static str {
        key
    }

    fn context(user: &'static User) -> Self::Context {
        attributes(user)
    }

    #[inline]
    fn is_on(worker: &mut &GrowthBookClient, flag: &&'static str, context: &Self::Context) -> bool {
        worker.is_on(flag, Some(context.clone()))
    }

    #[inline]
    fn is_on_for(worker: &mut &GrowthBookClient, flag: &&'static str, user: &'static User) -> bool {
        worker.is_on(flag, Some(attributes(user)))
    }
}

impl Engine for Borrowed {
    const NAME: &'static str = "growthbook-rust, struct borrowed";
    const NOTE: &'static str = "`GrowthBook::check` on the public struct inside the client, behind a lock that the harness adds: what its client would cost if it did not clone.";
    type Flag = &'static str;
    type Context = Option<Vec<GrowthBookAttribute>>;
    type Worker<'e> = &'e RwLock<GrowthBook>;

    fn configuration(spec: &Spec) -> String {
        configuration(spec)
    }

    fn load(text: &str) -> Result<Self, String> {
        Ok(Borrowed(RwLock::new(GrowthBook {
            forced_variations: None,
            features: read(text)?,
            attributes: None,
            sticky_bucket_service: None,
            saved_groups: HashMap::new(),
        })))
    }

    fn reload(&self, text: &str) -> Result<(), String> {
        let features = read(text)?;
        self.0.write().unwrap().features = features;
        Ok(())
    }

    fn worker(&self) -> &RwLock<GrowthBook> {
        &self.0
    }

    fn flag(&self, key: &'static str) -> &'static str {
        key
    }

    fn context(user: &'static User) -> Self::Context {
        Some(attributes(user))
    }

    #[inline]
    fn is_on(worker: &mut &RwLock<GrowthBook>, flag: &&'static str, context: &Self::Context) -> bool {
        worker.read().unwrap().check(flag, context).on
    }
}
