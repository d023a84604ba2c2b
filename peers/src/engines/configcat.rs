//! configcat: ConfigCat's SDK, fed through its own cache interface.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use configcat::{Client, ConfigCache, PollingMode, User as ConfigCatUser};
use serde_json::{Map, Value, json};

use crate::engine::Engine;
use crate::engines::ready;
use crate::workload::{AGE, COUNTRIES, Kind, Spec, User, VERSION};

const SDK_KEY: &str = "configcat-sdk-1/TEST_KEY-0123456789012/1234567890123456789012";
const ONE_OF: u8 = 0;
const AT_LEAST_VERSION: u8 = 9;
const AT_LEAST_NUMBER: u8 = 15;

pub struct ConfigCat {
    client: Client,
    feed: Arc<Feed>,
}

/// Hands a new configuration over once; a read that finds nothing new costs one load.
#[derive(Default)]
struct Feed {
    fresh: AtomicBool,
    text: Mutex<String>,
}

struct Cache(Arc<Feed>);

impl ConfigCache for Cache {
    fn read(&self, _key: &str) -> Option<String> {
        if !self.0.fresh.load(Ordering::Acquire) || !self.0.fresh.swap(false, Ordering::AcqRel) {
            return None;
        }
        Some(std::mem::take(&mut *self.0.text.lock().unwrap()))
    }

    fn write(&self, _key: &str, _value: &str) {}
}

impl Feed {
    fn give(&self, text: &str) {
        static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let etag = NUMBER.fetch_add(1, Ordering::Relaxed);
        *self.text.lock().unwrap() = format!("1700000000000\n\"{etag}\"\n{text}");
        self.fresh.store(true, Ordering::Release);
    }
}

fn options(percent: u8) -> Value {
    json!([{ "p": percent, "v": { "b": true } }, { "p": 100 - percent, "v": { "b": false } }])
}

fn definition(kind: &Kind) -> Value {
    let listed =
        |attribute: &str, values: Value| json!({ "u": { "a": attribute, "c": ONE_OF, "l": values } });
    let value = json!({ "b": matches!(kind, Kind::On) });
    match kind {
        Kind::On | Kind::Off => json!({ "t": 0, "v": value }),
        Kind::Rollout(percent) => json!({ "t": 0, "v": value, "p": options(*percent) }),
        Kind::Listed(keys) => {
            json!({ "t": 0, "v": value, "r": [{ "c": [listed("Identifier", json!(keys))], "s": { "v": { "b": true } } }] })
        }
        Kind::Targeted(percent) => json!({ "t": 0, "v": value, "r": [{ "p": options(*percent), "c": [
            listed("Country", json!(COUNTRIES)),
            { "u": { "a": "app_version", "c": AT_LEAST_VERSION, "s": VERSION } },
            { "u": { "a": "age", "c": AT_LEAST_NUMBER, "d": AGE } },
        ] }] }),
    }
}

impl Engine for ConfigCat {
    const NAME: &'static str = "configcat";
    const NOTE: &'static str = "`Client::get_value`, offline, its async call answered at the first poll; the configuration comes through its cache interface. It takes the user by value, so every check clones one. Whole per cents only.";
    type Flag = &'static str;
    type Context = ConfigCatUser;
    type Worker<'e> = &'e Client;

    fn configuration(spec: &Spec) -> String {
        let flags: Map<String, Value> =
            spec.flags.iter().map(|flag| (flag.key.clone(), definition(&flag.kind))).collect();
        json!({ "p": { "u": "https://localhost", "r": 0, "s": "salt" }, "f": flags }).to_string()
    }

    fn load(text: &str) -> Result<Self, String> {
        let feed = Arc::new(Feed::default());
        let client = Client::builder(SDK_KEY)
            .offline(true)
            .polling_mode(PollingMode::Manual)
            .cache(Box::new(Cache(feed.clone())))
            .build()
            .map_err(|error| error.to_string())?;
        let engine = ConfigCat { client, feed };
        engine.reload(text).map(|()| engine)
    }

    /// The client reads its cache when it is next asked.
    fn reload(&self, text: &str) -> Result<(), String> {
        self.feed.give(text);
        match ready(self.client.get_all_keys()).is_empty() {
            true => Err("no flags were read".into()),
            false => Ok(()),
        }
    }

    fn worker(&self) -> &Client {
        &self.client
    }

    fn flag(&self, key: &'static str) -> &'static str {
        key
    }

    fn context(user: &'static User) -> ConfigCatUser {
        ConfigCatUser::new(&user.key)
            .country(&user.country)
            .custom("app_version", user.version.as_str())
            .custom("age", f64::from(user.age))
    }

    #[inline]
    fn is_on(worker: &mut &Client, flag: &&'static str, context: &ConfigCatUser) -> bool {
        ready(worker.get_value(flag, false, Some(context.clone())))
    }

    #[inline]
    fn is_on_for(worker: &mut &Client, flag: &&'static str, user: &'static User) -> bool {
        ready(worker.get_value(flag, false, Some(Self::context(user))))
    }
}
