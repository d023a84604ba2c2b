//! What serde_json alone takes for the keys of a list: the yardstick of loading one.

use std::hint::black_box;

use super::Workload;

/// From text to snapshot at most so many times the instructions of serde_json's parse into a `Vec<String>`.
pub const RATIOS: &[(&str, &str, f64)] = &[
    ("load of 10,000 keys", "serde_json, 10,000 keys", 2.5),
    ("load of 1,000,000 keys", "serde_json, 1,000,000 keys", 2.5),
];

pub fn all() -> Vec<Workload> {
    vec![parsing("serde_json, 10,000 keys", 10_000), parsing("serde_json, 1,000,000 keys", 1_000_000)]
}

fn parsing(name: &'static str, count: usize) -> Workload {
    Workload {
        name,
        gate: f64::INFINITY,
        checks: count as u64,
        passes: 0,
        set_up: Box::new(move || {
            let keys: Vec<String> = (0..count).map(|n| format!("\"early-{n:08}\"")).collect();
            let text = format!("[{}]", keys.join(", "));
            Box::new(move |passes| {
                for _ in 0..passes {
                    drop(black_box(serde_json::from_str::<Vec<String>>(&text).expect("texts")));
                }
            })
        }),
    }
}
