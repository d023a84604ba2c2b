//! What times are compared with, since a time alone says more about the machine: fixed work in the same run.

use std::collections::{HashMap, HashSet};
use std::hint::black_box;
use std::sync::Arc;

use arc_swap::ArcSwap;
use siphasher::sip::SipHasher13;

use super::naive::Naive;
use super::{Check, Person, Workload, people};

/// One SipHash-1-3 of an id of 16 bytes.
pub const HASH: &str = "SipHash-1-3 of 16 bytes";

/// One load of an `ArcSwap`.
pub const LOAD: &str = "arc-swap load";

/// One id found in std's set of the ids of a list.
pub const SET: &str = "HashSet of 10,000, hit";

pub fn all() -> Vec<Workload> {
    vec![
        yardstick(HASH, || {
            let ids: Vec<String> = (0..1000).map(|n| format!("{n:016x}")).collect();
            Box::new(move |passes| {
                let hasher = black_box(SipHasher13::new_with_keys(1, 2));
                for _ in 0..passes {
                    for id in &ids {
                        black_box(hasher.hash(id.as_bytes()));
                    }
                }
            })
        }),
        yardstick(LOAD, || {
            let shared = ArcSwap::new(Arc::new(1_u64));
            Box::new(move |passes| {
                for _ in 0..1000 * passes {
                    black_box(**shared.load());
                }
            })
        }),
        yardstick(SET, || {
            let id = |n: usize| format!("early-{n:08}");
            let set: HashSet<String> = (0..10_000).map(id).collect();
            let listed: Vec<String> = (0..10_000).step_by(10).map(id).collect();
            Box::new(move |passes| {
                for _ in 0..passes {
                    for id in &listed {
                        black_box(set.contains(black_box(id)));
                    }
                }
            })
        }),
        naive("naive, plain", "plain"),
        naive("naive, rollout", "half"),
        naive("naive, list of 10,000, miss", "listed"),
        naive("naive, 3 conditions and 25 %", "conditions"),
    ]
}

fn naive(name: &'static str, flag: &'static str) -> Workload {
    yardstick(name, move || {
        let program = Naive::new(10_000);
        let people = people((0..1000).map(|n| format!("user-{n:08}")));
        let attributes: Vec<HashMap<String, String>> = people.iter().map(Person::texts).collect();
        Box::new(move |passes| {
            for _ in 0..passes {
                for (person, attributes) in people.iter().zip(&attributes) {
                    black_box(program.is_on(black_box(flag), &person.key, attributes));
                }
            }
        })
    })
}

fn yardstick(name: &'static str, set_up: impl Fn() -> Check + 'static) -> Workload {
    Workload { name, gate: f64::INFINITY, checks: 1000, passes: 20, set_up: Box::new(set_up) }
}
