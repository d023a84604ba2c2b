//! This library, three times: by a constant of the code, with a worker's reader and without one, and by a key that is only
//! known at run time.

use std::fmt::Write;

use waterspout::{
    Attribute, AttributeValue, Content, Context, Flag, FlagKey, Flags, Loader, Reader, Snapshot, Value,
    Version,
};

use crate::engine::{Engine, Standing};
use crate::workload::{AGE, COUNTRIES, Kind, Spec, User, VERSION};

const COUNTRY: Attribute<str> = Attribute::new("country");
const APP_VERSION: Attribute<Version> = Attribute::new("app_version");
const AGE_OF_USER: Attribute<f64> = Attribute::new("age");

/// By handle: a `Flag` constant, and a worker's own `Reader`.
pub struct ByHandle(Flags);

/// By handle, by a service that keeps nothing for its workers.
pub struct WithoutReader(Flags);

/// By string: the key is checked and looked up in every call, as a string from outside must be.
pub struct ByKey(Flags);

fn configuration(spec: &Spec) -> String {
    let mut text = String::from(
        r#"{"version":1,"attributes":{"country":{"type":"string"},"app_version":{"type":"version"},"age":{"type":"number"}},"flags":{"#,
    );
    for (number, flag) in spec.flags.iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        write!(text, "{comma}\n{:?}:{}", flag.key, definition(&flag.kind)).unwrap();
    }
    text + "}}"
}

fn definition(kind: &Kind) -> String {
    match kind {
        Kind::On => r#"{"default":"on"}"#.into(),
        Kind::Off => "{}".into(),
        Kind::Rollout(percent) => format!(r#"{{"rules":[{{"rollout":{percent}}}]}}"#),
        Kind::Listed(keys) => format!(r#"{{"rules":[{{"when":{{"key":{{"in":{keys:?}}}}}}}]}}"#),
        Kind::Targeted(percent) => format!(
            r#"{{"rules":[{{"when":{{"country":{{"in":{COUNTRIES:?}}},"app_version":{{"at_least":"{VERSION}"}},"age":{{"at_least":{AGE}}}}},"rollout":{percent}}}]}}"#
        ),
    }
}

fn load(text: &str) -> Result<Flags, String> {
    Loader::text(text).read_once().map_err(|error| error.to_string())
}

fn reload(flags: &Flags, text: &str) -> Result<(), String> {
    flags.install(Content::of(text)).map(|_| ()).map_err(|error| error.to_string())
}

#[inline]
fn attributes(user: &User) -> [AttributeValue<'_>; 3] {
    [COUNTRY.of(&user.country), APP_VERSION.of(&user.version), AGE_OF_USER.of(user.age)]
}

fn prepared(user: &'static User) -> Context<'static> {
    Context::new(&user.key, Box::leak(Box::new(attributes(user))))
}

impl Engine for ByHandle {
    const NAME: &'static str = "waterspout, by handle";
    const STANDING: Standing = Standing::Ours;
    const NOTE: &'static str = "`Flag` constants, a worker's `Reader`, contexts borrowed on the stack; `all` of the view where 1,000 flags are asked, which is all that the file has. The version is parsed and the key hashed when the context is built. What it keeps includes the text of the file, for a rollback.";
    type Flag = Flag<bool>;
    type Context = Context<'static>;
    type Worker<'e> = Reader;

    fn configuration(spec: &Spec) -> String {
        configuration(spec)
    }

    fn load(text: &str) -> Result<Self, String> {
        load(text).map(ByHandle)
    }

    fn reload(&self, text: &str) -> Result<(), String> {
        reload(&self.0, text)
    }

    fn worker(&self) -> Reader {
        self.0.reader()
    }

    fn flag(&self, key: &'static str) -> Flag<bool> {
        Flag::new(key, false)
    }

    fn context(user: &'static User) -> Context<'static> {
        prepared(user)
    }

    #[inline]
    fn is_on(worker: &mut Reader, flag: &Flag<bool>, context: &Context<'static>) -> bool {
        worker.view().value(flag, context)
    }

    #[inline]
    fn is_on_for(worker: &mut Reader, flag: &Flag<bool>, user: &'static User) -> bool {
        let attributes = attributes(user);
        worker.view().value(flag, &Context::new(&user.key, &attributes))
    }

    #[inline]
    fn count_on(worker: &mut Reader, flags: &[Flag<bool>], context: &Context<'static>) -> usize {
        count_on(worker.view(), flags.len(), context)
    }
}

impl Engine for WithoutReader {
    const NAME: &'static str = "waterspout, by handle, no reader";
    const STANDING: Standing = Standing::Ours;
    const NOTE: &'static str = "`Flags::is_on` for a single question, and `all` of one `Flags::view` where 1,000 flags are asked: what an async service does, whose requests have no worker's state at hand. What it loads and keeps is the same.";
    type Flag = Flag<bool>;
    type Context = Context<'static>;
    type Worker<'e> = &'e Flags;

    fn configuration(spec: &Spec) -> String {
        configuration(spec)
    }

    fn load(text: &str) -> Result<Self, String> {
        load(text).map(WithoutReader)
    }

    fn reload(&self, text: &str) -> Result<(), String> {
        reload(&self.0, text)
    }

    fn worker(&self) -> &Flags {
        &self.0
    }

    fn flag(&self, key: &'static str) -> Flag<bool> {
        Flag::new(key, false)
    }

    fn context(user: &'static User) -> Context<'static> {
        prepared(user)
    }

    #[inline]
    fn is_on(worker: &mut &Flags, flag: &Flag<bool>, context: &Context<'static>) -> bool {
        worker.is_on(flag, context)
    }

    #[inline]
    fn is_on_for(worker: &mut &Flags, flag: &Flag<bool>, user: &'static User) -> bool {
        let attributes = attributes(user);
        worker.is_on(flag, &Context::new(&user.key, &attributes))
    }

    #[inline]
    fn count_on(worker: &mut &Flags, flags: &[Flag<bool>], context: &Context<'static>) -> usize {
        count_on(&worker.view(), flags.len(), context)
    }
}

/// All that the file has, which is as many as are asked.
#[inline]
fn count_on(view: &Snapshot, asked: usize, context: &Context<'_>) -> usize {
    view.all(context).take(asked).filter(|answer| answer.value == Value::Bool(true)).count()
}

#[inline]
fn is_on_by_key(view: &Snapshot, key: &str, context: &Context<'_>) -> bool {
    FlagKey::parse(key).is_ok_and(|key| view.value_key(key, context) == Value::Bool(true))
}

impl Engine for ByKey {
    const NAME: &'static str = "waterspout, by string key";
    const STANDING: Standing = Standing::Ours;
    const NOTE: &'static str =
        "`FlagKey::parse` and `value_key` in every check: the key is validated, hashed and compared.";
    type Flag = &'static str;
    type Context = Context<'static>;
    type Worker<'e> = Reader;

    fn configuration(spec: &Spec) -> String {
        configuration(spec)
    }

    fn load(text: &str) -> Result<Self, String> {
        load(text).map(ByKey)
    }

    fn reload(&self, text: &str) -> Result<(), String> {
        reload(&self.0, text)
    }

    fn worker(&self) -> Reader {
        self.0.reader()
    }

    fn flag(&self, key: &'static str) -> &'static str {
        key
    }

    fn context(user: &'static User) -> Context<'static> {
        prepared(user)
    }

    #[inline]
    fn is_on(worker: &mut Reader, flag: &&'static str, context: &Context<'static>) -> bool {
        is_on_by_key(worker.view(), flag, context)
    }

    #[inline]
    fn is_on_for(worker: &mut Reader, flag: &&'static str, user: &'static User) -> bool {
        let attributes = attributes(user);
        is_on_by_key(worker.view(), flag, &Context::new(&user.key, &attributes))
    }

    #[inline]
    fn count_on(worker: &mut Reader, flags: &[&'static str], context: &Context<'static>) -> usize {
        let view = worker.view();
        flags.iter().filter(|flag| is_on_by_key(view, flag, context)).count()
    }
}
