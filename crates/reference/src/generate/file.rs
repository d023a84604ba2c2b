//! A flag file that a test can edit, and how one is drawn.

use std::fmt;

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use waterspout::AttributeKind;

use super::condition::{self, Draft, Names, array, choose, object};
use super::flag;
use super::pool::{self, quoted};

/// A flag file. Prints as JSON, its parts in the order in which they stand here.
#[derive(Clone)]
pub struct File {
    pub attributes: Vec<Attribute>,
    pub segments: Vec<Segment>,
    pub flags: Vec<Flag>,
}

#[derive(Clone)]
pub struct Attribute {
    pub name: &'static str,
    pub kind: AttributeKind,
    pub fact: bool,
    pub sensitive: bool,
    /// How many of the texts it is closed to.
    pub one_of: Option<usize>,
}

#[derive(Clone)]
pub enum Segment {
    Keys { name: String, keys: Vec<String>, of: Option<&'static str> },
    When { name: String, when: String },
}

#[derive(Clone)]
pub struct Flag {
    pub key: &'static str,
    pub enabled: Option<bool>,
    /// Names and values, the values as JSON.
    pub variants: Option<Vec<(&'static str, &'static str)>>,
    pub off: Option<String>,
    pub requires: Vec<(&'static str, Vec<String>)>,
    /// Conditions as JSON.
    pub deny: Vec<String>,
    pub rules: Vec<Rule>,
    pub default: Option<String>,
    pub bucket_by: Option<&'static str>,
    pub salt: Option<&'static str>,
}

#[derive(Clone)]
pub struct Rule {
    pub name: Option<&'static str>,
    /// A condition as JSON.
    pub when: Option<String>,
    /// In thousandths of a per cent, as the weights of a split.
    pub rollout: Option<u32>,
    pub outcome: Outcome,
}

#[derive(Clone)]
pub enum Outcome {
    LeftOut,
    Serve(String),
    Split(Vec<(String, u32)>),
}

/// Draws a file: one to eight flags, one to five segments, all attributes.
pub fn file() -> impl Strategy<Value = File> {
    let attributes =
        vec((weighted(0.2, Just(())), any::<bool>(), weighted(0.3, 1_usize..=6)), pool::ATTRIBUTES.len());
    (attributes, vec(segment(), 1..=5), vec(flag::draft(), 1..=8), any::<bool>()).prop_map(
        |(attributes, segments, flags, reversed)| {
            let attributes = pool::ATTRIBUTES.iter().zip(attributes);
            let attributes: Vec<Attribute> = attributes
                .map(|(&(name, kind), (fact, sensitive, one_of))| Attribute {
                    name,
                    kind,
                    fact: fact.is_some(),
                    sensitive,
                    one_of: one_of.filter(|_| kind == AttributeKind::Text),
                })
                .collect();
            let mut file = File { attributes, segments: Vec::new(), flags: Vec::new() };
            for segment in &segments {
                file.add_segment(segment);
            }
            for flag in &flags {
                let flag = flag::flag(flag, &file);
                file.flags.push(flag);
            }
            // What is used then stands before what uses it, or after.
            if reversed {
                file.flags.reverse();
                file.segments.reverse();
            }
            file
        },
    )
}

#[derive(Clone, Debug)]
enum SegmentDraft {
    Keys { of: Option<usize>, keys: Vec<usize> },
    When(Draft),
}

fn segment() -> impl Strategy<Value = SegmentDraft> {
    let count = prop_oneof![3 => 1_usize..=4, 1 => 9_usize..=20];
    let keys = count.prop_flat_map(|count| vec(0..1000_usize, count));
    prop_oneof![
        (weighted(0.4, 0..1000_usize), keys).prop_map(|(of, keys)| SegmentDraft::Keys { of, keys }),
        condition::draft().prop_map(SegmentDraft::When),
    ]
}

impl File {
    /// A segment can use those before it, so there is no circle.
    fn add_segment(&mut self, draft: &SegmentDraft) {
        let name = format!("s{}", self.segments.len());
        let segment = match draft {
            SegmentDraft::When(draft) => {
                let segments = self.segment_names();
                let names = Names { attributes: &self.attributes, segments: &segments };
                Segment::When { name, when: condition::text(draft, &names) }
            }
            SegmentDraft::Keys { of, keys } => {
                let texts: Vec<&str> = self
                    .attributes
                    .iter()
                    .filter(|it| it.kind == AttributeKind::Text)
                    .map(|it| it.name)
                    .collect();
                let of = of.map(|of| texts[of % texts.len()]);
                let of = of.and_then(|name| pool::ATTRIBUTES.iter().find(|it| it.0 == name)).map(|it| it.0);
                let entry = |choice: &usize| match of {
                    Some(_) => *choose(&pool::TEXTS, *choice),
                    None => *choose(&pool::KEYS, *choice),
                };
                let keys: Vec<String> = keys.iter().map(entry).map(str::to_owned).collect();
                // The empty text is no entry; a list of nothing is no list.
                let mut keys: Vec<String> = keys.into_iter().filter(|key| !key.is_empty()).collect();
                if keys.is_empty() {
                    keys.push("DE".to_owned());
                }
                Segment::Keys { name, keys, of }
            }
        };
        self.segments.push(segment);
    }

    pub(super) fn segment_names(&self) -> Vec<String> {
        self.segments.iter().map(|segment| segment.name().to_owned()).collect()
    }

    /// The flag of a key, to be edited.
    pub fn flag_mut(&mut self, key: &str) -> Option<&mut Flag> {
        self.flags.iter_mut().find(|flag| flag.key == key)
    }

    /// The keys of a flag, of those it requires, of those that they require, and so on.
    #[must_use]
    pub fn rests_on(&self, key: &str) -> Vec<&'static str> {
        let mut keys = Vec::new();
        let mut asked = vec![key.to_owned()];
        while let Some(key) = asked.pop() {
            let Some(flag) = self.flags.iter().find(|flag| flag.key == key) else { continue };
            keys.push(flag.key);
            asked.extend(flag.requires.iter().map(|(required, _)| (*required).to_owned()));
        }
        keys
    }
}

impl Attribute {
    /// The texts that the file can compare it with.
    pub(super) fn texts(&self) -> &'static [&'static str] {
        match self.one_of {
            Some(count) => &pool::TEXTS[..count],
            None => &pool::TEXTS,
        }
    }

    fn text(&self) -> String {
        let mut members = vec![("type", quoted(self.kind.as_str()))];
        if self.one_of.is_some() {
            members.push(("one_of", array(self.texts().iter().map(|text| quoted(text)))));
        }
        if self.fact {
            members.push(("fact", "true".to_owned()));
        }
        if self.sensitive {
            members.push(("sensitive", "true".to_owned()));
        }
        named(members)
    }
}

impl Segment {
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Segment::Keys { name, .. } | Segment::When { name, .. } => name,
        }
    }

    fn text(&self) -> String {
        match self {
            Segment::When { when, .. } => named(vec![("when", when.clone())]),
            Segment::Keys { keys, of, .. } => {
                let mut members = vec![("keys", array(keys.iter().map(|key| quoted(key))))];
                if let Some(of) = of {
                    members.push(("of", quoted(of)));
                }
                named(members)
            }
        }
    }
}

impl Flag {
    /// The names of its variants.
    #[must_use]
    pub fn variant_names(&self) -> Vec<&'static str> {
        match &self.variants {
            Some(variants) => variants.iter().map(|(name, _)| *name).collect(),
            None => vec!["on", "off"],
        }
    }

    fn text(&self) -> String {
        let mut members = Vec::new();
        if let Some(enabled) = self.enabled {
            members.push(("enabled", enabled.to_string()));
        }
        if let Some(variants) = &self.variants {
            let variants: Vec<(String, String)> =
                variants.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            members.push(("variants", object(&variants)));
        }
        if let Some(off) = &self.off {
            members.push(("off", quoted(off)));
        }
        if !self.requires.is_empty() {
            let requires: Vec<(String, String)> = self
                .requires
                .iter()
                .map(|(key, variants)| ((*key).to_owned(), array(variants.iter().map(|name| quoted(name)))))
                .collect();
            members.push(("requires", object(&requires)));
        }
        if !self.deny.is_empty() {
            members.push(("deny", array(self.deny.iter().cloned())));
        }
        if !self.rules.is_empty() {
            members.push(("rules", array(self.rules.iter().map(Rule::text))));
        }
        if let Some(default) = &self.default {
            members.push(("default", quoted(default)));
        }
        if let Some(bucket_by) = self.bucket_by {
            members.push(("bucket_by", quoted(bucket_by)));
        }
        if let Some(salt) = self.salt {
            members.push(("salt", quoted(salt)));
        }
        named(members)
    }
}

impl Rule {
    fn text(&self) -> String {
        let mut members = Vec::new();
        if let Some(name) = self.name {
            members.push(("name", quoted(name)));
        }
        if let Some(when) = &self.when {
            members.push(("when", when.clone()));
        }
        if let Some(rollout) = self.rollout {
            members.push(("rollout", percent(rollout)));
        }
        match &self.outcome {
            Outcome::LeftOut => {}
            Outcome::Serve(variant) => members.push(("serve", quoted(variant))),
            Outcome::Split(parts) => {
                let part = |(variant, weight): &(String, u32)| object(&[(variant.clone(), percent(*weight))]);
                members.push(("split", array(parts.iter().map(part))));
            }
        }
        named(members)
    }
}

/// Thousandths of a per cent, as a file writes them.
fn percent(thousandths: u32) -> String {
    match thousandths % 1000 {
        0 => (thousandths / 1000).to_string(),
        rest => format!("{}.{rest:03}", thousandths / 1000),
    }
}

fn named(members: Vec<(&str, String)>) -> String {
    object(&members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Vec<_>>())
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A part a line, so that a file that failed can be read.
        let lines = |parts: Vec<String>| format!("{{\n    {}\n  }}", parts.join(",\n    "));
        let part = |name: &str, text: String| format!("{}: {text}", quoted(name));
        let attributes = lines(self.attributes.iter().map(|it| part(it.name, it.text())).collect());
        let segments = lines(self.segments.iter().map(|it| part(it.name(), it.text())).collect());
        let flags = lines(self.flags.iter().map(|it| part(it.key, it.text())).collect());
        write!(
            f,
            "{{\n  \"version\": 1,\n  \"attributes\": {attributes},\n  \"segments\": {segments},\n  \"flags\": {flags}\n}}\n"
        )
    }
}

/// A failed test prints the file itself.
impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
