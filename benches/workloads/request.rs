//! Requests that ask many flags of one user, whose context is built and whose key is hashed for it. Twenty flags are also
//! asked of the naive program.

use std::hint::black_box;

use waterspout::{Context, Flag};

use super::naive::Naive;
use super::{Person, Workload, file, people};

/// At most so many times the instructions of the naive program.
pub const RATIOS: &[(&str, &str, f64)] = &[(OURS, NAIVE, 1.0 / 15.0)];

pub const OURS: &str = "a request of 20 checks";
pub const NAIVE: &str = "naive, a request of 20 checks";

const KEYS: [&str; 20] = [
    "plain-0",
    "half-0",
    "listed-0",
    "conditions-0",
    "plain-1",
    "half-1",
    "listed-1",
    "conditions-1",
    "plain-2",
    "half-2",
    "listed-2",
    "conditions-2",
    "plain-3",
    "half-3",
    "listed-3",
    "conditions-3",
    "plain-4",
    "half-4",
    "listed-4",
    "conditions-4",
];

const FLAGS: [Flag<bool>; KEYS.len()] = {
    let mut flags = [Flag::new(KEYS[0], false); KEYS.len()];
    let mut number = 0;
    while number < KEYS.len() {
        flags[number] = Flag::new(KEYS[number], false);
        number += 1;
    }
    flags
};

/// On each list.
const LISTED: usize = 1_000;

pub fn all() -> Vec<Workload> {
    vec![ours(), naive(), by_handle()]
}

fn ours() -> Workload {
    workload(OURS, 2_300.0, || {
        let flags = file::of_each_kind(KEYS.len() / 4, LISTED);
        let mut reader = flags.reader();
        Box::new(move |person| {
            let attributes = person.attributes();
            let context = Context::new(&person.key, &attributes);
            let view = reader.view();
            FLAGS.iter().filter(|flag| view.value(flag, &context)).count()
        })
    })
}

fn naive() -> Workload {
    workload(NAIVE, f64::INFINITY, || {
        let program = Naive::of_each_kind(KEYS.len() / 4, LISTED);
        Box::new(move |person| {
            let attributes = person.texts();
            KEYS.iter().filter(|key| program.is_on(key, &person.key, &attributes)).count()
        })
    })
}

/// A request that goes through a thousand constants.
fn by_handle() -> Workload {
    let thousand = workload("1,000 mixed flags by handle, for each", 85.0, || {
        let flags = file::mixed(6 + 1_000);
        let mut reader = flags.reader();
        let handles: Vec<Flag<bool>> =
            (6..1_006).map(|n| Flag::new(format!("other-{n}").leak(), false)).collect();
        Box::new(move |person| {
            let attributes = person.attributes();
            let context = Context::new(&person.key, &attributes);
            let view = reader.view();
            handles.iter().filter(|flag| view.value(flag, &context)).count()
        })
    });
    Workload { checks: 1_000, passes: 10, ..thousand }
}

/// Asks for somebody, and says how many flags are on.
type Request = Box<dyn FnMut(&Person) -> usize>;

fn workload(name: &'static str, gate: f64, set_up: fn() -> Request) -> Workload {
    Workload {
        name,
        gate,
        checks: 1,
        passes: 1_000,
        set_up: Box::new(move || {
            let people = people((0..1000).map(|n| format!("user-{n:08}")));
            let mut request = set_up();
            Box::new(move |passes| {
                for (person, _) in people.iter().cycle().zip(0..passes) {
                    black_box(request(black_box(person)));
                }
            })
        }),
    }
}
