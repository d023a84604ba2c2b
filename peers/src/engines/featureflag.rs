//! featureflag: a facade without rules of its own. The rules here are the harness's, as plain as one would write them.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Once, RwLock};

use featureflag::context::{Context, ContextRef};
use featureflag::evaluator::{Evaluator, set_global_default};
use featureflag::fields::Fields;
use featureflag::{Feature, context};
use serde::{Deserialize, Serialize};

use crate::engine::{Engine, Standing};
use crate::workload::{AGE, COUNTRIES, Kind, Spec, User, VERSION};

type Rules = Arc<RwLock<HashMap<String, Rule>>>;

pub struct FeatureFlagFacade(Rules);

#[derive(Serialize, Deserialize)]
struct Rule {
    on: bool,
    keys: Option<HashSet<String>>,
    targeted: bool,
    percent: Option<u8>,
}

/// What the evaluator keeps of a context.
struct Who {
    key: String,
    country: String,
    version: [u32; 3],
    age: u64,
}

thread_local! {
    /// The facade knows one evaluator for a program; this tells it whose rules the thread is asking.
    static ASKED: RefCell<Option<Rules>> = const { RefCell::new(None) };
}

struct Delegate;

impl Evaluator for Delegate {
    fn is_enabled(&self, feature: &str, context: &Context) -> Option<bool> {
        let who = context.extensions().get::<Who>()?;
        ASKED.with_borrow(|rules| {
            let rules = rules.as_ref()?.read().ok()?;
            Some(rules.get(feature)?.applies(feature, who))
        })
    }

    fn on_new_context(&self, mut context: ContextRef<'_>, fields: Fields<'_>) {
        let text = |name: &str| fields.get(name).and_then(|value| value.as_str()).unwrap_or_default();
        let who = Who {
            key: text("key").to_owned(),
            country: text("country").to_owned(),
            version: version(text("app_version")),
            age: fields.get("age").and_then(|value| value.as_u64()).unwrap_or_default(),
        };
        context.extensions_mut().insert(who);
    }
}

fn version(text: &str) -> [u32; 3] {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

impl Rule {
    fn of(kind: &Kind) -> Rule {
        let mut rule = Rule { on: true, keys: None, targeted: false, percent: None };
        match kind {
            Kind::On => {}
            Kind::Off => rule.on = false,
            Kind::Rollout(percent) => rule.percent = Some(*percent),
            Kind::Listed(keys) => rule.keys = Some(keys.iter().cloned().collect()),
            Kind::Targeted(percent) => {
                rule.targeted = true;
                rule.percent = Some(*percent);
            }
        }
        rule
    }

    fn applies(&self, feature: &str, who: &Who) -> bool {
        self.on
            && self.keys.as_ref().is_none_or(|keys| keys.contains(&who.key))
            && (!self.targeted
                || (COUNTRIES.contains(&who.country.as_str())
                    && who.version >= version(VERSION)
                    && who.age >= u64::from(AGE)))
            && self.percent.is_none_or(|percent| {
                let mut hasher = DefaultHasher::new();
                (feature, &who.key).hash(&mut hasher);
                hasher.finish() % 100 < u64::from(percent)
            })
    }
}

fn read(text: &str) -> Result<HashMap<String, Rule>, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

impl Engine for FeatureFlagFacade {
    const NAME: &'static str = "featureflag (rules: the harness's)";
    const NOTE: &'static str = "`Feature::is_enabled_in`. The package is a facade and has no rules: these are a hundred lines of the harness, a hash map behind a lock, with no file format, no checks and no reasons. It shows what the facade and plain code cost, and is no peer that a team could deploy as it is.";
    const STANDING: Standing = Standing::Facade;
    type Flag = Feature<'static>;
    type Context = Context;
    type Worker<'e> = ();

    fn configuration(spec: &Spec) -> String {
        let rules: HashMap<&str, Rule> =
            spec.flags.iter().map(|flag| (flag.key.as_str(), Rule::of(&flag.kind))).collect();
        serde_json::to_string(&rules).unwrap()
    }

    fn load(text: &str) -> Result<Self, String> {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| set_global_default(Delegate));
        Ok(FeatureFlagFacade(Arc::new(RwLock::new(read(text)?))))
    }

    fn reload(&self, text: &str) -> Result<(), String> {
        let new = read(text)?;
        let old = std::mem::replace(&mut *self.0.write().unwrap(), new);
        drop(old);
        Ok(())
    }

    fn worker(&self) {
        ASKED.set(Some(self.0.clone()));
    }

    fn flag(&self, key: &'static str) -> Feature<'static> {
        Feature::new(key, false)
    }

    fn context(user: &'static User) -> Context {
        context! {
            key = user.key.as_str(),
            country = user.country.as_str(),
            app_version = user.version.as_str(),
            age = u64::from(user.age),
        }
    }

    #[inline]
    fn is_on((): &mut (), flag: &Feature<'static>, context: &Context) -> bool {
        flag.is_enabled_in(Some(context))
    }
}
