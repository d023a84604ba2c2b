//! What is measured: each workload with the flags it asks, the contexts it asks for, and how many instructions it may
//! take.

#![allow(dead_code, reason = "each of the programs uses its part")]

mod file;
pub mod generated;
pub mod loading;
mod model;
mod naive;
pub mod request;
pub mod swapping;
pub mod together;
pub mod yardsticks;

use std::collections::HashMap;
use std::hint::black_box;

use waterspout::{Attribute, Context, Flag, FlagKey, Flags, Version};

pub const PLAIN: Flag<bool> = Flag::new("plain", false);
pub const HALF: Flag<bool> = Flag::new("half", false);
pub const LISTED: Flag<bool> = Flag::new("listed", false);
pub const CONDITIONS: Flag<bool> = Flag::new("conditions", false);
pub const REQUIRING: Flag<bool> = Flag::new("requiring", false);
pub const DENYING: Flag<bool> = Flag::new("denying", false);
pub const SPLIT: Flag<str> = Flag::new("split", "off");

pub const COUNTRY: Attribute<str> = Attribute::new("country");
pub const APP_VERSION: Attribute<Version> = Attribute::new("app_version");
pub const AGE: Attribute<f64> = Attribute::new("age");
pub const BETA: Attribute<bool> = Attribute::new("beta");

/// What a workload does so many times, when everything it needs is there.
pub type Check = Box<dyn FnMut(u64)>;

/// One thing that is measured.
pub struct Workload {
    pub name: &'static str,
    /// At most so many instructions for a check.
    pub gate: f64,
    /// How many checks a pass makes.
    pub checks: u64,
    /// How many passes are enough to be exact; 0 where one, counted whole, is.
    pub passes: u64,
    pub set_up: Box<dyn Fn() -> Check>,
}

/// A check of one flag for many users, each with a context that is there already.
macro_rules! each_user {
    ($name:expr, $gate:expr, $flags:expr, $keys:expr, |$view:ident, $context:ident| $check:expr) => {
        Workload {
            name: $name,
            gate: f64::from($gate),
            checks: 1000,
            passes: 20,
            set_up: Box::new(move || {
                let flags = $flags;
                let people = people($keys);
                Box::new(move |passes| {
                    let mut reader = flags.reader();
                    let contexts: Vec<Context<'_>> = people.iter().map(Person::context).collect();
                    for _ in 0..passes {
                        for $context in &contexts {
                            let $view = reader.view();
                            black_box($check);
                        }
                    }
                })
            }),
        }
    };
}

/// Everything that is measured.
pub fn all() -> impl Iterator<Item = Workload> {
    // A thousand people of each sort.
    let strangers = || (0..1000).map(|n| format!("user-{n:08}"));
    let listed = |n: usize| (0..n).step_by(n / 1000).map(|n| format!("early-{n:08}"));
    checks(strangers, listed)
        .into_iter()
        .chain(growth(strangers))
        .chain(requests(strangers))
        .chain(request::all())
        .chain(loading::all())
}

/// How many times the instructions of another workload one may take: its name, the other's, and the gate.
pub fn ratios() -> impl Iterator<Item = &'static (&'static str, &'static str, f64)> {
    request::RATIOS.iter().chain(loading::RATIOS)
}

/// What every change is held to: all but the million keys, which take long to set up.
pub fn gates() -> impl Iterator<Item = Workload> {
    all().filter(|workload| !workload.name.contains("1,000,000"))
}

/// What is timed: all that, what only time shows, and what times are compared with.
pub fn timed() -> impl Iterator<Item = Workload> {
    yardsticks::all().into_iter().chain(all()).chain(swapping::all())
}

/// The flags that most workloads ask.
pub fn flags() -> Flags {
    file::flags(10)
}

fn checks<S, L, K, M>(strangers: S, listed: L) -> Vec<Workload>
where
    S: Fn() -> K + Copy + 'static,
    L: Fn(usize) -> M + Copy + 'static,
    K: Iterator<Item = String>,
    M: Iterator<Item = String>,
{
    vec![
        each_user!("nothing", 20, file::flags(10), strangers(), |view, context| (view, context)),
        each_user!("plain", 60, file::flags(10), strangers(), |view, context| view.value(&PLAIN, context)),
        each_user!("rollout", 80, file::flags(10), strangers(), |view, context| view.value(&HALF, context)),
        each_user!("list of 10, miss", 90, file::listing(10), strangers(), |view, context| {
            view.value(&LISTED, context)
        }),
        each_user!("list of 10,000, miss", 90, file::listing(10_000), strangers(), |view, context| {
            view.value(&LISTED, context)
        }),
        each_user!("list of 10,000, hit", 200, file::listing(10_000), listed(10_000), |view, context| {
            view.value(&LISTED, context)
        }),
        each_user!("list of 1,000, miss", 90, file::listing(1_000), strangers(), |view, context| {
            view.value(&LISTED, context)
        }),
        each_user!("list of 1,000, hit", 200, file::listing(1_000), listed(1_000), |view, context| {
            view.value(&LISTED, context)
        }),
        each_user!("list of 100,000, miss", 90, file::listing(100_000), strangers(), |view, context| {
            view.value(&LISTED, context)
        }),
        each_user!("list of 100,000, hit", 200, file::listing(100_000), listed(100_000), |view, context| {
            view.value(&LISTED, context)
        }),
        each_user!("list of 1,000,000, miss", 90, file::listing(1_000_000), strangers(), |view, context| {
            view.value(&LISTED, context)
        }),
        each_user!(
            "list of 1,000,000, hit",
            200,
            file::listing(1_000_000),
            listed(1_000_000),
            |view, context| view.value(&LISTED, context)
        ),
        each_user!("3 conditions and 25 %", 140, file::flags(10), strangers(), |view, context| {
            view.value(&CONDITIONS, context)
        }),
        each_user!("requires", 280, file::flags(10), strangers(), |view, context| {
            view.value(&REQUIRING, context)
        }),
        each_user!("deny", 310, file::flags(10), strangers(), |view, context| {
            view.value(&DENYING, context)
        }),
        each_user!("split", 180, file::flags(10), strangers(), |view, context| {
            view.value(&SPLIT, context).len()
        }),
        each_user!("rollout, answer with its reason", 230, file::flags(10), strangers(), |view, context| {
            view.answer(&HALF, context)
        }),
        each_user!("rollout, answer by a string key", 400, file::flags(10), strangers(), |view, context| {
            let key = FlagKey::parse(black_box("half")).expect("a legal key");
            view.answer_key(key, context).variant.map(str::len)
        }),
        one_off(strangers),
        rows("a row loop over keys, for each", 400, |view, keys| {
            keys.iter().filter(|key| view.value(&HALF, &Context::new(key, &[]))).count()
        }),
        rows("a column of keys, for each", 170, |view, keys| {
            view.column(&HALF, keys.iter().map(String::as_str)).filter(|on| *on).count()
        }),
    ]
}

/// A thousand keys of 16 bytes at a time.
fn rows(name: &'static str, gate: u32, count: fn(&waterspout::Snapshot, &[String]) -> usize) -> Workload {
    Workload {
        name,
        gate: f64::from(gate),
        checks: 1000,
        passes: 20,
        set_up: Box::new(move || {
            let flags = file::flags(10);
            let keys: Vec<String> =
                (0..1000_u64).map(|n| format!("{:016x}", n.wrapping_mul(0x9e37_79b9))).collect();
            Box::new(move |passes| {
                let view = flags.view();
                for _ in 0..passes {
                    black_box(count(&view, black_box(&keys)));
                }
            })
        }),
    }
}

/// A check without a view or a reader at hand.
fn one_off<S, K>(strangers: S) -> Workload
where
    S: Fn() -> K + Copy + 'static,
    K: Iterator<Item = String>,
{
    Workload {
        name: "rollout, Flags::is_on",
        gate: 300.0,
        checks: 1000,
        passes: 20,
        set_up: Box::new(move || {
            let (flags, people) = (file::flags(10), people(strangers()));
            Box::new(move |passes| {
                let contexts: Vec<Context<'_>> = people.iter().map(Person::context).collect();
                for _ in 0..passes {
                    for context in &contexts {
                        black_box(flags.is_on(&HALF, context));
                    }
                }
            })
        }),
    }
}

fn growth<S, K>(strangers: S) -> Vec<Workload>
where
    S: Fn() -> K + Copy + 'static,
    K: Iterator<Item = String>,
{
    vec![
        each_user!("1 numeric condition", 145, file::numeric(1), strangers(), |view, context| {
            view.value(&CONDITIONS, context)
        }),
        each_user!("2 numeric conditions", 170, file::numeric(2), strangers(), |view, context| {
            view.value(&CONDITIONS, context)
        }),
        each_user!("4 numeric conditions", 220, file::numeric(4), strangers(), |view, context| {
            view.value(&CONDITIONS, context)
        }),
        each_user!("8 numeric conditions", 315, file::numeric(8), strangers(), |view, context| {
            view.value(&CONDITIONS, context)
        }),
        each_user!("16 numeric conditions", 510, file::numeric(16), strangers(), |view, context| {
            view.value(&CONDITIONS, context)
        }),
        each_user!("32 numeric conditions", 900, file::numeric(32), strangers(), |view, context| {
            view.value(&CONDITIONS, context)
        }),
        each_user!("rollout among 1,000 flags", 80, file::flags(1000), strangers(), |view, context| {
            view.value(&HALF, context)
        }),
        each_user!("rollout among 100,000 flags", 80, file::flags(100_000), strangers(), |view, context| {
            view.value(&HALF, context)
        }),
    ]
}

fn requests<S, K>(strangers: S) -> Vec<Workload>
where
    S: Fn() -> K + Copy + 'static,
    K: Iterator<Item = String>,
{
    let people_then =
        move |checks: u64, gate: u32, name, pass: fn(&mut waterspout::Reader, &Person)| Workload {
            name,
            gate: f64::from(gate),
            checks,
            passes: 5_000,
            set_up: Box::new(move || {
                let flags: Flags = file::mixed(1000);
                let people = people(strangers());
                Box::new(move |passes| {
                    let mut reader = flags.reader();
                    for (person, _) in people.iter().cycle().zip(0..passes) {
                        pass(&mut reader, person);
                    }
                })
            }),
        };
    vec![
        people_then(1, 800, "a context of 4 attributes, and a rollout", |reader, person| {
            let attributes = person.attributes();
            let context = Context::new(&person.key, &attributes);
            black_box(reader.view().value(&HALF, &context));
        }),
        Workload {
            passes: 1,
            ..people_then(1000, 60, "all of 1,000 mixed flags, for each", |reader, person| {
                let attributes = person.attributes();
                let context = Context::new(&person.key, &attributes);
                for answer in reader.view().all(&context) {
                    black_box(answer.value);
                }
            })
        },
    ]
}

/// Somebody who is asked about.
pub struct Person {
    pub key: String,
    country: &'static str,
    version: &'static str,
    age: f64,
}

impl Person {
    fn attributes(&self) -> [waterspout::AttributeValue<'_>; 4] {
        [AGE.of(self.age), COUNTRY.of(self.country), APP_VERSION.of(self.version), BETA.of(true)]
    }

    /// The attributes as a program without types has them.
    fn texts(&self) -> HashMap<String, String> {
        let age = self.age.to_string();
        [("country", self.country), ("app_version", self.version), ("age", &age), ("beta", "true")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    /// The context of this person, for as long as the program runs.
    fn context(&self) -> Context<'_> {
        let attributes = Box::leak(Box::new(self.attributes()));
        Context::new(&self.key, attributes)
    }
}

/// People who pass the conditions of the flag that has three.
pub fn people(keys: impl Iterator<Item = String>) -> Vec<Person> {
    keys.map(|key| Person { key, country: "DE", version: "2.3.1", age: 30.0 }).collect()
}
