//! sentry-options: Sentry's flags in files.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sentry_options::{FeatureChecker, FeatureContext, Options};
use serde_json::{Map, Value, json};

use crate::engine::Engine;
use crate::workload::{COUNTRIES, Kind, Spec, User};

const NAMESPACE: &str = "peers";
const SCHEMA: &str = r##"{ "version": "1.0", "type": "object", "properties": {},
    "patternProperties": { "^feature\\.": { "$ref": "#/definitions/Feature" } } }"##;

pub struct SentryOptions {
    options: &'static Options,
    checker: FeatureChecker,
    directory: PathBuf,
}

fn segment(kind: &Kind) -> Value {
    let condition = |property: &str, operator: &str, value: Value| json!({ "property": property, "operator": operator, "value": value });
    let (conditions, rollout) = match kind {
        Kind::On | Kind::Off => (json!([]), 100),
        Kind::Rollout(percent) => (json!([]), *percent),
        Kind::Listed(keys) => (json!([condition("id", "in", json!(keys))]), 100),
        Kind::Targeted(percent) => {
            let minors = (4..12).map(|minor| format!("2.{minor}.*"));
            let versions: Vec<String> = minors.chain(["3.*".to_owned()]).collect();
            let ages: Vec<u32> = (18..100).collect();
            let conditions = json!([
                condition("country", "in", json!(COUNTRIES)),
                condition("app_version", "matches", json!(versions)),
                condition("age", "in", json!(ages)),
            ]);
            (conditions, *percent)
        }
    };
    json!({ "name": "segment", "conditions": conditions, "rollout": rollout })
}

fn write(directory: &Path, text: &str) -> Result<(), String> {
    let values = directory.join("values").join(NAMESPACE);
    std::fs::create_dir_all(&values).map_err(|error| error.to_string())?;
    std::fs::write(values.join("values.json"), text).map_err(|error| error.to_string())
}

impl Engine for SentryOptions {
    const NAME: &'static str = "sentry-options";
    const NOTE: &'static str = "`FeatureChecker::has` on files in a temporary directory, with its refresh on read switched off. It has no test for versions and none for order: patterns and a list of ages stand in. Its check of each file against a JSON schema is part of loading. Whole per cents only, and 25 admits 26 of 100.";
    type Flag = &'static str;
    type Context = FeatureContext;
    type Worker<'e> = &'e FeatureChecker;

    fn configuration(spec: &Spec) -> String {
        let options: Map<String, Value> = spec
            .flags
            .iter()
            .map(|flag| {
                let feature = json!({ "owner": { "team": "peers" }, "created_at": "2026-11-01",
                    "enabled": !matches!(flag.kind, Kind::Off), "segments": [segment(&flag.kind)] });
                (format!("feature.{}", flag.key), feature)
            })
            .collect();
        json!({ "options": options }).to_string()
    }

    fn load(text: &str) -> Result<Self, String> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("peers-{}-{number}", std::process::id()));
        write(&directory, text)?;
        let options = Options::builder()
            .with_directory(&directory)
            .with_schemas(&[(NAMESPACE, SCHEMA)])
            .with_refresh_threshold(None)
            .build()
            .map_err(|error| error.to_string())?;
        // The checker wants options that live as long as the program.
        let options: &'static Options = Box::leak(Box::new(options));
        Ok(SentryOptions { options, checker: FeatureChecker::new(NAMESPACE.into(), options), directory })
    }

    fn reload(&self, text: &str) -> Result<(), String> {
        write(&self.directory, text)?;
        self.options.refresh().map(|_| ()).map_err(|error| error.to_string())
    }

    fn worker(&self) -> &FeatureChecker {
        &self.checker
    }

    fn flag(&self, key: &'static str) -> &'static str {
        key
    }

    fn context(user: &'static User) -> FeatureContext {
        let mut context = FeatureContext::new();
        context.identity_fields(vec!["id"]);
        context.insert("id", user.key.as_str());
        context.insert("country", user.country.as_str());
        context.insert("app_version", user.version.as_str());
        context.insert("age", user.age);
        context
    }

    #[inline]
    fn is_on(worker: &mut &FeatureChecker, flag: &&'static str, context: &FeatureContext) -> bool {
        worker.has(flag, context)
    }
}

impl Drop for SentryOptions {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
