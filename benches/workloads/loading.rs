//! What loading takes: from a text to a snapshot that answers, and serde_json's own parse of the same text beside it.

use std::hint::black_box;

use waterspout::flag_set::FlagSet;
use waterspout::{Facts, Snapshot, Time};

use super::{Workload, file, generated, model};

/// From text to snapshot at most so many times the instructions of serde_json's parse into a typed, owned model; of keys,
/// that is a list of texts.
pub const RATIOS: &[(&str, &str, f64)] = &[
    ("load of 1,000 flags", "serde_json, 1,000 flags", 1.3),
    ("load of 10,000 flags", "serde_json, 10,000 flags", 1.3),
    ("load of 10,000 keys", "serde_json, 10,000 keys", 1.2),
    ("load of 1,000,000 keys", "serde_json, 1,000,000 keys", 1.2),
];

/// Flag files, a flag; and lists, a key.
pub fn all() -> Vec<Workload> {
    vec![
        loading("load of 10 flags", 10),
        loading("load of 100 flags", 100),
        loading("load of 1,000 flags", 1_000),
        loading("load of 10,000 flags", 10_000),
        loading_small("load of 1,000 small flags", 1_000),
        parsing("serde_json, 1,000 flags", 1_000),
        parsing("serde_json, 10,000 flags", 10_000),
        list("load of 10,000 keys", 10_000),
        list("load of 1,000,000 keys", 1_000_000),
        texts("serde_json, 10,000 keys", 10_000),
        texts("serde_json, 1,000,000 keys", 1_000_000),
    ]
}

/// Everything but the reading of a file: parsed, checked, compiled, and the model dropped.
pub fn load(text: &str) -> Snapshot {
    let set = FlagSet::parse(text).unwrap_or_else(|error| panic!("{error}"));
    Snapshot::compile(&set, &Facts::new(), Time::parse("2026-11-01").expect("a date"))
}

fn loading(name: &'static str, count: usize) -> Workload {
    once(name, 36_000, count, move || generated::file(count), |text| drop(black_box(load(text))))
}

/// Flags with one rule or none, without a blank between them: what is left when there is little to read.
fn loading_small(name: &'static str, count: usize) -> Workload {
    once(name, 10_000, count, move || small_flags(count), |text| drop(black_box(load(text))))
}

fn small_flags(count: usize) -> String {
    let flag = |number: usize| match number % 4 {
        0 => r#"{"default":"on"}"#.to_owned(),
        1 => r#"{"rules":[{"rollout":50}]}"#.to_owned(),
        2 => {
            let users = [0, 1, 2].map(|user| format!("member-{:07}", 3 * number + user));
            format!(r#"{{"rules":[{{"when":{{"key":{{"in":{users:?}}}}}}}]}}"#)
        }
        _ => r#"{"rules":[{"when":{"country":{"in":["DE","FR","NL"]},"age":{"at_least":18}},"rollout":25}]}"#
            .to_owned(),
    };
    let flags: Vec<String> =
        (0..count).map(|number| format!(r#""flag-{number:05}":{}"#, flag(number))).collect();
    format!(
        r#"{{"version":1,"attributes":{{"country":{{"type":"string"}},"age":{{"type":"number"}}}},"flags":{{{}}}}}"#,
        flags.join(",")
    )
}

fn parsing(name: &'static str, count: usize) -> Workload {
    once(name, u32::MAX, count, move || generated::file(count), model::read)
}

fn list(name: &'static str, count: usize) -> Workload {
    once(name, 700, count, move || file::listing_text(count), |text| drop(black_box(load(text))))
}

/// The same keys, and nothing but them.
fn texts(name: &'static str, count: usize) -> Workload {
    once(
        name,
        u32::MAX,
        count,
        move || file::keys_text(count),
        |text| {
            black_box(serde_json::from_str::<Vec<String>>(text).expect("a list of texts"));
        },
    )
}

/// Something done with a whole text, that is measured by what is in it.
fn once(
    name: &'static str,
    gate: u32,
    count: usize,
    text: impl Fn() -> String + 'static,
    pass: fn(&str),
) -> Workload {
    Workload {
        name,
        gate: if gate == u32::MAX { f64::INFINITY } else { f64::from(gate) },
        checks: count as u64,
        passes: 0,
        set_up: Box::new(move || {
            let text = text();
            Box::new(move |passes| (0..passes).for_each(|_| pass(&text)))
        }),
    }
}
