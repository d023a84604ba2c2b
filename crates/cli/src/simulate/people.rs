//! Made-up users: the same ones for the same seed, with attributes for whatever the flag file declares.
//!
//! Attributes with a well-known name get likely values (countries, app versions, accounts), others get values of their
//! type. Some users are anonymous. Some are people whom the file names, and some values are those that the file tests
//! for: so that its lists and conditions are hit.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use waterspout::flag_set::{
    AttributeDefinition, Condition, FlagSet, NumberTest, Predicate, SegmentBody, Subject, TextSet, TextTest,
    TextsTest,
};
use waterspout::{Attribute, AttributeKind, AttributeValue, Context, Time, Version};

/// One user in so many has no targeting key.
pub(super) const ANONYMOUS_ONE_IN: u64 = 20;
/// At most one user in so many is somebody whom the file names, and one in so many each of them: more would bend the
/// shares of the rollouts.
const NAMED_ONE_IN: u64 = 100;
const EACH_ONE_IN: u64 = 1000;
/// The first users are those whom the file names and others in turn, up to so many of the former.
const NAMED_FIRST: usize = 8;
/// So many keys of one list, and so many values that one attribute is tested for, are enough to choose from.
const MOST_OPERANDS: usize = 500;
/// Shares are counted in these.
const WHOLE: u64 = 1024;

/// Everything that the users of one flag file are made of.
pub(super) struct Cast {
    seed: u64,
    named: Vec<String>,
    pools: Vec<Pool>,
}

/// The values that one attribute may get.
struct Pool {
    name: &'static str,
    /// Of the name: what a user has here does not depend on the other attributes of the file.
    hash: u64,
    /// How many of [`WHOLE`] users do not have the attribute.
    missing: u64,
    /// Whether one must be signed in to have it.
    personal: bool,
    /// What people have. A likely value stands here more than once.
    usual: Vec<Prepared>,
    /// What the file tests for, and how many of [`WHOLE`] get one of these.
    tested: Vec<Prepared>,
    tested_share: u64,
}

enum Prepared {
    Text(String),
    Number(f64),
    Bool(bool),
    Version(String),
    Time(Time),
    Ip(IpAddr),
    Texts(Vec<String>),
}

impl Cast {
    /// Users for a flag file.
    pub(super) fn of(set: &FlagSet, seed: u32) -> Cast {
        let operands = Operands::of(set);
        let attributes = set.attributes().iter().enumerate().filter(|(_, attribute)| !attribute.is_fact());
        let pools = attributes.map(|(index, attribute)| Pool::of(attribute, operands.of_attribute(index)));
        Cast { seed: u64::from(seed), pools: pools.collect(), named: operands.keys() }
    }
}

impl Pool {
    fn of(attribute: &AttributeDefinition, tested: Vec<Prepared>) -> Pool {
        let mut pool = Pool {
            // An attribute's handle wants a name that lives as long as the program. Names are few and short.
            name: Box::leak(attribute.name().into()),
            hash: hash(attribute.name()),
            missing: percent(10),
            personal: false,
            usual: Vec::new(),
            tested,
            tested_share: percent(5),
        };
        if let Some(one_of) = attribute.one_of() {
            pool.usual = one_of.iter().map(|value| Prepared::Text(value.to_string())).collect();
            pool.tested.clear();
            pool.missing = percent(3);
        } else if !pool.by_name(attribute.kind()) {
            pool.by_kind(attribute.kind());
            pool.tested_share = percent(50);
        }
        pool
    }

    /// Likely values for a name that many services use. False if it is none of these.
    fn by_name(&mut self, kind: AttributeKind) -> bool {
        let plain: String = self.name.chars().filter(char::is_ascii_alphanumeric).collect();
        let (missing, personal, usual) = match (kind, plain.to_ascii_lowercase().as_str()) {
            (AttributeKind::Text, "country" | "countrycode") => (3, false, weighted(COUNTRIES)),
            (AttributeKind::Text, "email" | "mail" | "emailaddress") => (20, true, emails()),
            (AttributeKind::Text, "account" | "accountid" | "tenant" | "tenantid" | "org" | "orgid") => {
                (10, true, (1..10_000).map(|number| Prepared::Text(format!("acct-{number:04}"))).collect())
            }
            (AttributeKind::Text, "plan" | "tier") => (5, true, weighted(PLANS)),
            (AttributeKind::Text, "language" | "lang" | "locale") => (5, false, weighted(LANGUAGES)),
            (AttributeKind::Text, "device" | "devicetype") => (5, false, weighted(DEVICES)),
            (AttributeKind::Text, "platform" | "os") => (5, false, weighted(PLATFORMS)),
            (AttributeKind::Text, "browser") => (20, false, weighted(BROWSERS)),
            (AttributeKind::Version, "appversion" | "version" | "clientversion") => (40, false, versions()),
            (AttributeKind::Number, "age") => (30, true, ages()),
            (AttributeKind::Bool, "beta" | "betatester" | "optin") => (10, true, bools(1, 9)),
            (AttributeKind::Time, "signedup" | "signedupat" | "createdat" | "registered") => {
                (10, true, times())
            }
            (AttributeKind::Ip, _) => (5, false, addresses()),
            (AttributeKind::Texts, "groups" | "group" | "roles" | "teams") => (10, true, groups()),
            _ => return false,
        };
        self.missing = percent(missing);
        self.personal = personal;
        self.usual = usual;
        true
    }

    fn by_kind(&mut self, kind: AttributeKind) {
        self.usual = match kind {
            AttributeKind::Text => (1..10).map(|n| Prepared::Text(format!("{}-{n}", self.name))).collect(),
            AttributeKind::Number => (0..=100).map(|n| Prepared::Number(f64::from(n))).collect(),
            AttributeKind::Bool => bools(1, 1),
            AttributeKind::Version => versions(),
            AttributeKind::Time => times(),
            AttributeKind::Ip => addresses(),
            AttributeKind::Texts => vec![Prepared::Texts(Vec::new())],
            // A type that is newer than this code: nobody has it.
            _ => Vec::new(),
        };
    }
}

/// The share in [`WHOLE`]ths.
const fn percent(percent: u64) -> u64 {
    percent * WHOLE / 100
}

const COUNTRIES: &[(usize, &str)] = &[
    (16, "US"),
    (14, "DE"),
    (10, "FR"),
    (10, "GB"),
    (7, "ES"),
    (7, "IT"),
    (6, "IN"),
    (5, "BR"),
    (5, "NL"),
    (5, "PL"),
    (4, "JP"),
    (3, "CA"),
    (3, "SE"),
    (2, "AT"),
    (2, "CH"),
    (1, "MX"),
];
const PLANS: &[(usize, &str)] = &[(12, "free"), (5, "pro"), (2, "team"), (1, "enterprise")];
const LANGUAGES: &[(usize, &str)] =
    &[(9, "en"), (4, "de"), (3, "fr"), (2, "es"), (2, "it"), (1, "pt"), (1, "ja")];
const DEVICES: &[(usize, &str)] = &[(6, "phone"), (5, "desktop"), (1, "tablet")];
const PLATFORMS: &[(usize, &str)] = &[(4, "android"), (3, "ios"), (3, "windows"), (2, "macos"), (1, "linux")];
const BROWSERS: &[(usize, &str)] = &[(6, "chrome"), (2, "safari"), (1, "firefox"), (1, "edge")];
const VERSIONS: &[(usize, &str)] = &[
    (1, "1.9.8"),
    (2, "2.0.0"),
    (2, "2.1.4"),
    (3, "2.2.0"),
    (4, "2.3.0"),
    (6, "2.3.1"),
    (1, "2.4.0-rc.1"),
    (3, "2.4.0"),
    (3, "2.4.1"),
    (2, "2.4.2"),
    (6, "2.4.3"),
    (4, "2.4.10"),
    (2, "2.5.0"),
    (1, "3.0.0-beta.1"),
];
const GROUPS: &[(usize, &[&str])] = &[
    (56, &[]),
    (22, &["pro"]),
    (8, &["enterprise"]),
    (2, &["support"]),
    (6, &["beta-testers"]),
    (4, &["pro", "beta-testers"]),
    (2, &["enterprise", "beta-testers"]),
];
const NAMES: [&str; 20] = [
    "amara", "bela", "chen", "dana", "emre", "fatima", "goran", "hana", "ines", "jonas", "kofi", "lena",
    "mateo", "nadia", "oleg", "priya", "quinn", "rosa", "sven", "tomas",
];
/// One in twenty works here.
const STAFF: &str = "example.com";
const MAIL: [&str; 19] = {
    let mut mail = ["example.org"; 19];
    (mail[3], mail[7], mail[11], mail[15]) = ("example.net", "post.test", "mail.test", "notexample.com");
    mail
};

fn weighted(values: &[(usize, &str)]) -> Vec<Prepared> {
    let copies = values.iter().flat_map(|(weight, value)| std::iter::repeat_n(value, *weight));
    copies.map(|value| Prepared::Text((*value).to_owned())).collect()
}

fn emails() -> Vec<Prepared> {
    let domains = || MAIL.iter().chain([&STAFF]);
    let all = NAMES.iter().flat_map(|name| domains().map(move |domain| format!("{name}@{domain}")));
    all.map(Prepared::Text).collect()
}

fn versions() -> Vec<Prepared> {
    let copies = VERSIONS.iter().flat_map(|(weight, version)| std::iter::repeat_n(version, *weight));
    copies.map(|version| Prepared::Version((*version).to_owned())).collect()
}

fn groups() -> Vec<Prepared> {
    let copies = GROUPS.iter().flat_map(|(weight, groups)| std::iter::repeat_n(groups, *weight));
    copies.map(|groups| Prepared::Texts(groups.iter().map(|group| (*group).to_owned()).collect())).collect()
}

/// From 14 to 85; those around thirty are the most.
fn ages() -> Vec<Prepared> {
    let people = |age: i32| 1 + (30 - (age - 32).abs()).max(0) / 5;
    let all = (14..=85).flat_map(|age| std::iter::repeat_n(age, people(age) as usize));
    all.map(|age| Prepared::Number(f64::from(age))).collect()
}

fn bools(yes: usize, no: usize) -> Vec<Prepared> {
    let all = std::iter::repeat_n(true, yes).chain(std::iter::repeat_n(false, no));
    all.map(Prepared::Bool).collect()
}

/// The first and the fifteenth of each month, 2019 to 2026.
fn times() -> Vec<Prepared> {
    let months = (2019..=2026).flat_map(|year| (1..=12).map(move |month| (year, month)));
    let texts = months.flat_map(|(year, month)| [1, 15].map(|day| format!("{year}-{month:02}-{day:02}")));
    texts.filter_map(|text| Time::parse(&text)).map(Prepared::Time).collect()
}

/// Addresses that documentation and test networks may use. One in twenty is from the office, 203.0.113.0/24.
fn addresses() -> Vec<Prepared> {
    let office = (1..=20).map(|host| IpAddr::from(Ipv4Addr::new(203, 0, 113, host)));
    let elsewhere = (0..=255).map(|host| IpAddr::from(Ipv4Addr::new(198, 18 + host % 2, host, 7)));
    let more = (1..=90).map(|host| IpAddr::from(Ipv4Addr::new(198, 51, 100, host)));
    let six = (1..=34).map(|host| IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, host, 0, 0, 0, 0, 1)));
    office.chain(elsewhere).chain(more).chain(six).map(Prepared::Ip).collect()
}

/// What the conditions and lists of a file compare with.
struct Operands {
    /// By list and by test, so that everybody's turn comes.
    keys: Vec<Vec<String>>,
    attributes: Vec<Vec<Prepared>>,
}

impl Operands {
    fn of(set: &FlagSet) -> Operands {
        let mut operands =
            Operands { keys: Vec::new(), attributes: set.attributes().iter().map(|_| Vec::new()).collect() };
        for segment in set.segments() {
            match segment.body() {
                SegmentBody::Listed(listed) => {
                    let keys = listed.keys().take(MOST_OPERANDS).map(str::to_owned);
                    match listed.of() {
                        None => operands.keys.push(keys.collect()),
                        Some(attribute) => operands.add(attribute.get(), keys.map(Prepared::Text).collect()),
                    }
                }
                SegmentBody::When(condition) => operands.collect(condition),
                _ => {}
            }
        }
        for flag in set.flags() {
            flag.deny().iter().for_each(|condition| operands.collect(condition));
            flag.rules().iter().filter_map(|rule| rule.when()).for_each(|when| operands.collect(when));
        }
        operands
    }

    /// Nests as deep as a flag file may: 64 conditions.
    fn collect(&mut self, condition: &Condition) {
        match condition {
            Condition::All(all) | Condition::Any(all) => all.iter().for_each(|one| self.collect(one)),
            Condition::Not(inner) => self.collect(inner),
            Condition::Test(test) => match test.subject() {
                Subject::Key => {
                    let texts = prepared(test.predicate()).into_iter().filter_map(|value| match value {
                        Prepared::Text(text) => Some(text),
                        _ => None,
                    });
                    self.keys.push(texts.take(MOST_OPERANDS).collect());
                }
                Subject::Attribute(attribute) => self.add(attribute.get(), prepared(test.predicate())),
                _ => {}
            },
            // Its own condition is collected once, where it stands.
            _ => {}
        }
    }

    fn add(&mut self, attribute: usize, values: Vec<Prepared>) {
        if let Some(known) = self.attributes.get_mut(attribute) {
            let room = MOST_OPERANDS.saturating_sub(known.len());
            known.extend(values.into_iter().take(room));
        }
    }

    fn of_attribute(&self, attribute: usize) -> Vec<Prepared> {
        self.attributes.get(attribute).into_iter().flatten().map(Prepared::copy).collect()
    }

    /// The first of each list, then the second of each, and so on; everybody once.
    fn keys(self) -> Vec<String> {
        let mut lists: Vec<_> = self.keys.into_iter().map(Vec::into_iter).collect();
        let (mut all, mut seen) = (Vec::new(), HashSet::new());
        while all.len() < MOST_OPERANDS && !lists.is_empty() {
            lists.retain_mut(|list| match list.next() {
                Some(key) if seen.insert(key.clone()) => {
                    all.push(key);
                    true
                }
                next => next.is_some(),
            });
        }
        all.retain(|key| !key.is_empty());
        all
    }
}

impl Prepared {
    fn copy(&self) -> Prepared {
        match self {
            Prepared::Text(text) => Prepared::Text(text.clone()),
            Prepared::Number(number) => Prepared::Number(*number),
            Prepared::Bool(value) => Prepared::Bool(*value),
            Prepared::Version(version) => Prepared::Version(version.clone()),
            Prepared::Time(time) => Prepared::Time(*time),
            Prepared::Ip(address) => Prepared::Ip(*address),
            Prepared::Texts(texts) => Prepared::Texts(texts.clone()),
        }
    }

    /// The value under the name of its attribute. A value of another type than the attribute's counts as missing.
    fn given(&self, name: &'static str) -> AttributeValue<'_> {
        match self {
            Prepared::Text(text) => Attribute::<str>::new(name).of(text),
            Prepared::Number(number) => Attribute::<f64>::new(name).of(*number),
            Prepared::Bool(value) => Attribute::<bool>::new(name).of(*value),
            Prepared::Version(version) => Attribute::<Version<'_>>::new(name).of(version),
            Prepared::Time(time) => Attribute::<Time>::new(name).of(*time),
            Prepared::Ip(address) => Attribute::<IpAddr>::new(name).of(*address),
            Prepared::Texts(texts) => Attribute::<[&str]>::new(name).of(texts),
        }
    }
}

/// Values around what a test compares with: some that it holds for, some that it does not.
fn prepared(predicate: &Predicate) -> Vec<Prepared> {
    let texts = |texts: &TextSet| texts.iter().map(|text| Prepared::Text(text.to_owned())).collect();
    let around = |texts: &[Box<str>], before: &str, after: &str| {
        texts.iter().map(|text| Prepared::Text(format!("{before}{text}{after}"))).collect()
    };
    let groups = |texts: &[Box<str>]| {
        let one = texts.iter().map(|text| Prepared::Texts(vec![text.to_string()]));
        one.chain([Prepared::Texts(texts.iter().map(|text| text.to_string()).collect())]).collect()
    };
    match predicate {
        Predicate::Text(TextTest::Is(text) | TextTest::IsNot(text)) => vec![Prepared::Text(text.to_string())],
        Predicate::Text(TextTest::In(all) | TextTest::NotIn(all)) => texts(all),
        Predicate::Text(TextTest::StartsWith(all)) => around(all, "", "-1"),
        Predicate::Text(TextTest::EndsWith(all)) => around(all, "amara", ""),
        Predicate::Text(TextTest::Contains(all)) => around(all, "a-", "-1"),
        Predicate::Number(NumberTest::Compare(_, number)) => {
            [-1.0, 0.0, 1.0].map(|more| Prepared::Number(number + more)).into()
        }
        Predicate::Number(NumberTest::In(all) | NumberTest::NotIn(all)) => {
            all.iter().map(|number| Prepared::Number(*number)).collect()
        }
        Predicate::Version(_, version) => vec![Prepared::Version(version.version().as_str().to_owned())],
        Predicate::Bool(value) => vec![Prepared::Bool(*value)],
        Predicate::Since(time) | Predicate::Before(time) => vec![Prepared::Time(*time)],
        Predicate::Within(blocks) => blocks.iter().map(|block| Prepared::Ip(block.base())).collect(),
        Predicate::Texts(TextsTest::Has(text)) => groups(std::slice::from_ref(text)),
        Predicate::Texts(TextsTest::HasAny(all) | TextsTest::HasAll(all) | TextsTest::HasNone(all)) => {
            groups(all)
        }
        _ => Vec::new(),
    }
}

/// A cast, ready to walk on: every value is made, so that making a user is choosing.
pub(super) struct Crowd<'c> {
    cast: &'c Cast,
    pools: Vec<ReadyPool<'c>>,
}

struct ReadyPool<'c> {
    pool: &'c Pool,
    usual: Vec<AttributeValue<'c>>,
    tested: Vec<AttributeValue<'c>>,
}

impl<'c> Crowd<'c> {
    pub(super) fn of(cast: &'c Cast) -> Crowd<'c> {
        let pools = cast.pools.iter().map(|pool| {
            let given = |values: &'c [Prepared]| values.iter().map(|value| value.given(pool.name)).collect();
            ReadyPool { pool, usual: given(&pool.usual), tested: given(&pool.tested) }
        });
        Crowd { cast, pools: pools.collect() }
    }

    /// Makes the users with these numbers.
    pub(super) fn make(&self, numbers: Range<u64>, batch: &mut Batch<'c>) {
        batch.keys.clear();
        batch.attributes.clear();
        batch.people.clear();
        for number in numbers {
            let (key, hash) = self.person(number, &mut batch.keys);
            let from = batch.attributes.len();
            let signed_in = key.is_some();
            batch.attributes.extend(self.pools.iter().filter_map(|pool| pool.choose(hash, signed_in)));
            batch.people.push(Person { number, key, attributes: from..batch.attributes.len() });
        }
    }

    /// Writes a user's targeting key behind the others and says where it stands; and what the user is drawn from.
    fn person(&self, number: u64, keys: &mut String) -> (Option<Range<usize>>, u64) {
        let named = &self.cast.named;
        let first = 2 * named.len().min(NAMED_FIRST) as u64;
        let draw = mixed(self.cast.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ mixed(number));
        let from = keys.len();
        let name = match named.len() as u64 {
            _ if number < first && number % 2 == 0 => named.get(number as usize / 2),
            count if number >= first && count > 0 && draw % NAMED_ONE_IN.max(EACH_ONE_IN / count) == 0 => {
                named.get(((draw >> 32) % count) as usize)
            }
            _ => None,
        };
        if let Some(name) = name {
            // The same person each time.
            keys.push_str(name);
            return (Some(from..keys.len()), mixed(hash(name) ^ self.cast.seed));
        }
        if (draw >> 16) % ANONYMOUS_ONE_IN == 0 && number >= first {
            return (None, draw);
        }
        keys.push_str("user-");
        push_number(self.cast.seed * 10_000_000 + number + 1, keys);
        (Some(from..keys.len()), draw)
    }
}

impl<'c> ReadyPool<'c> {
    #[inline]
    fn choose(&self, person: u64, signed_in: bool) -> Option<AttributeValue<'c>> {
        let draw = mixed(person ^ self.pool.hash);
        if draw % WHOLE < self.pool.missing || (self.pool.personal && !signed_in) {
            return None;
        }
        let tested = (draw >> 10) % WHOLE < self.pool.tested_share && !self.tested.is_empty();
        let values = if tested { &self.tested } else { &self.usual };
        values.get((((draw >> 32) * values.len() as u64) >> 32) as usize).copied()
    }
}

/// Some users, made together so that asking can be timed without making.
#[derive(Default)]
pub(super) struct Batch<'c> {
    keys: String,
    attributes: Vec<AttributeValue<'c>>,
    people: Vec<Person>,
}

struct Person {
    number: u64,
    key: Option<Range<usize>>,
    attributes: Range<usize>,
}

impl<'c> Batch<'c> {
    pub(super) fn new() -> Batch<'c> {
        Batch::default()
    }

    /// Each user's number and context.
    pub(super) fn users(&self) -> impl Iterator<Item = (u64, Context<'_>)> {
        self.people.iter().map(|person| {
            let attributes = &self.attributes[person.attributes.clone()];
            let context = match &person.key {
                Some(key) => Context::new(&self.keys[key.clone()], attributes),
                None => Context::anonymous(attributes),
            };
            (person.number, context)
        })
    }

    pub(super) fn anonymous(&self) -> u64 {
        self.people.iter().filter(|person| person.key.is_none()).count() as u64
    }
}

fn push_number(number: u64, text: &mut String) {
    if number >= 10 {
        push_number(number / 10, text);
    }
    text.push(char::from(b'0' + (number % 10) as u8));
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| mixed(hash ^ u64::from(byte)))
}

/// Spreads a number over all bits (the finish of splitmix64).
#[inline]
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cast(text: &str, seed: u32) -> Cast {
        Cast::of(&FlagSet::parse(text).unwrap(), seed)
    }

    const FILE: &str = r#"{ "version": 1,
        "attributes": { "country": { "type": "string" }, "age": { "type": "number" } },
        "segments": { "a": { "keys": ["ada", "bob"] }, "b": { "keys": ["cyd", "ada"] } },
        "flags": { "f": { "rules": [{ "when": { "key": { "starts_with": "test" } } }] } } }"#;

    fn described(cast: &Cast, numbers: Range<u64>) -> Vec<String> {
        let crowd = Crowd::of(cast);
        let mut batch = Batch::new();
        crowd.make(numbers, &mut batch);
        batch.users().map(|(number, context)| format!("{number} {context:?}")).collect()
    }

    #[test]
    fn a_user_depends_on_seed_and_number_alone() {
        let all = described(&cast(FILE, 7), 0..1000);
        let mut in_parts = described(&cast(FILE, 7), 0..300);
        in_parts.extend(described(&cast(FILE, 7), 300..1000));
        assert_eq!(all, in_parts);
        assert_ne!(all, described(&cast(FILE, 8), 0..1000));
    }

    #[test]
    fn the_people_whom_the_file_names_come_first_and_again() {
        assert_eq!(cast(FILE, 0).named, ["ada", "cyd", "test-1", "bob"]);
        let all = described(&cast(FILE, 0), 0..5000);
        assert!(all[0].contains("\"ada\"") && all[2].contains("\"cyd\"") && all[1].contains("\"user-2\""));
        assert!(all[100..].iter().any(|user| user.contains("\"bob\"")));
    }

    #[test]
    fn one_user_in_twenty_is_anonymous() {
        let cast = cast(FILE, 0);
        let mut batch = Batch::new();
        Crowd::of(&cast).make(0..100_000, &mut batch);
        assert!((4_700..5_300).contains(&batch.anonymous()), "{}", batch.anonymous());
    }
}
