//! The program that a team writes in an afternoon: a `HashMap` of flags, a hash of formatted text modulo 100, sets of
//! texts. It is fair work, and the measure of what a library is for.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

#[derive(Default)]
pub struct Naive {
    flags: HashMap<String, NaiveFlag>,
}

#[derive(Default)]
struct NaiveFlag {
    on: bool,
    listed: HashSet<String>,
    conditions: Vec<(String, Test)>,
    percent: Option<u64>,
}

enum Test {
    In(Vec<String>),
    AtLeastVersion(String),
    Above(f64),
}

impl Naive {
    /// The flags of the other workloads, as far as this program can say them.
    pub fn new(listed: usize) -> Naive {
        let mut flags: HashMap<String, NaiveFlag> =
            kinds(listed).map(|(kind, flag)| (kind.to_owned(), flag)).into();
        flags.extend((0..10).map(|n| (format!("other-{n}"), NaiveFlag::default())));
        Naive { flags }
    }

    /// The flags of [`file::of_each_kind`](super::file::of_each_kind).
    pub fn of_each_kind(count: usize, listed: usize) -> Naive {
        let numbered = |n| kinds(listed).map(|(kind, flag)| (format!("{kind}-{n}"), flag));
        Naive { flags: (0..count).flat_map(numbered).collect() }
    }

    pub fn is_on(&self, flag: &str, user: &str, attributes: &HashMap<String, String>) -> bool {
        let Some(found) = self.flags.get(flag) else { return false };
        if found.on || found.listed.contains(user) {
            return true;
        }
        let holds =
            |(name, test): &(String, Test)| attributes.get(name).is_some_and(|value| test.holds(value));
        found.conditions.iter().all(holds)
            && found.percent.is_some_and(|percent| bucket(flag, user) < percent)
    }
}

fn kinds(listed: usize) -> [(&'static str, NaiveFlag); 4] {
    let conditions = vec![
        ("country".to_owned(), Test::In(["AT", "BE", "CH", "DE"].map(str::to_owned).to_vec())),
        ("app_version".to_owned(), Test::AtLeastVersion("2.3.0".to_owned())),
        ("age".to_owned(), Test::Above(21.0)),
    ];
    let listed = (0..listed).map(|n| format!("early-{n:08}")).collect();
    [
        ("plain", NaiveFlag { on: true, ..NaiveFlag::default() }),
        ("half", NaiveFlag { percent: Some(50), ..NaiveFlag::default() }),
        ("listed", NaiveFlag { listed, ..NaiveFlag::default() }),
        ("conditions", NaiveFlag { conditions, percent: Some(25), ..NaiveFlag::default() }),
    ]
}

impl Test {
    fn holds(&self, value: &str) -> bool {
        match self {
            Test::In(texts) => texts.iter().any(|text| text == value),
            Test::AtLeastVersion(wanted) => version(value) >= version(wanted),
            Test::Above(number) => value.parse::<f64>().is_ok_and(|value| value > *number),
        }
    }
}

fn version(text: &str) -> Vec<u64> {
    text.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

fn bucket(flag: &str, user: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{flag}.{user}").hash(&mut hasher);
    hasher.finish() % 100
}
