//! What would flip an answer: the single changes of a context, or of a rollout, with which a flag answers otherwise.
//!
//! Candidates come from what the file compares with. Each is put to the library, which says what the answer would be: none
//! is told that was not answered so.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};
use waterspout::flag_set::{FlagDefinition, FlagSet, Rule as FlagRule, Subject};
use waterspout::{AttributeKind, Draw, FlagKey, OwnedContext, Snapshot, Stage, Version};

use crate::condition::{Leaf, leaves};
use crate::reach::{Questions, Value, samples};
use crate::tree::Node;

/// How many values of one attribute are tried.
const TRIED: usize = 2_000;

/// A change, and the answer with it.
#[derive(Clone, Debug, Serialize)]
pub struct Flip {
    /// What would have to be otherwise.
    #[serde(rename = "if")]
    pub change: Change,
    /// The variant that would be answered.
    pub variant: String,
}

/// Something that could be otherwise.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Change {
    /// The context had another value.
    Value {
        /// The attribute, or `key` for the targeting key.
        attribute: String,
        /// The value, as JSON; `None` if it were missing.
        is: Option<Box<RawValue>>,
    },
    /// A rule was rolled out to more units, or just enough of them.
    Rollout {
        /// The rule, from 0.
        rule: u32,
        /// Its name.
        name: Option<String>,
        /// From how many per cent on.
        rollout: f64,
    },
}

/// In words that go on behind "it would be `on` if".
impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Change::Value { attribute, is: Some(value) } => write!(f, "{attribute} were {value}"),
            Change::Value { attribute, is: None } => write!(f, "{attribute} were missing"),
            Change::Rollout { rule, name, rollout } => {
                let name = name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
                write!(f, "rule {rule}{name} had a rollout of {rollout} % at least")
            }
        }
    }
}

/// A flag file that is asked, and the snapshot that answers from it.
pub struct Asked<'a> {
    /// The text of the file.
    pub text: &'a str,
    /// What it means.
    pub set: &'a FlagSet,
    /// The same, ready to answer.
    pub snapshot: &'a Snapshot,
    /// Compiles an edited file as this one was: with the same lists, the same facts, and at the same time.
    pub compile: &'a dyn Fn(&str) -> Option<Snapshot>,
}

impl std::fmt::Debug for Asked<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asked").field("set", self.set).finish_non_exhaustive()
    }
}

impl Asked<'_> {
    /// What would flip the answer of a flag for a context, given as JSON; the nearest change of each attribute comes
    /// first. Empty for a flag that the file does not have.
    #[must_use]
    pub fn flips(&self, flag: &str, context: &str) -> Vec<Flip> {
        let (Some(definition), Ok(Json::Object(given))) =
            (self.set.flag(flag), serde_json::from_str(context))
        else {
            return Vec::new();
        };
        let mut flips = self.value_flips(definition, &given);
        flips.extend(self.rollout_flips(definition, context));
        flips
    }

    fn value_flips(&self, flag: &FlagDefinition, given: &Map<String, Json>) -> Vec<Flip> {
        let Some(now) = answer(self.snapshot, flag.key(), given) else { return Vec::new() };
        let mut flips = Vec::new();
        for subject in subjects(self.set, flag) {
            let (name, shown) = match subject {
                Subject::Attribute(index) => match self.set.attributes().get(index.get()) {
                    Some(attribute) => (attribute.name(), attribute.name()),
                    None => continue,
                },
                _ => ("targetingKey", "key"),
            };
            let mut seen = BTreeSet::from([now.clone()]);
            for candidate in self.candidates(flag, subject, given.get(name)) {
                let mut changed = given.clone();
                match &candidate {
                    Some(value) => drop(changed.insert(name.to_owned(), value.clone())),
                    None => drop(changed.remove(name)),
                }
                let Some(variant) = answer(self.snapshot, flag.key(), &changed) else { continue };
                if seen.insert(variant.clone()) {
                    let is = candidate.and_then(|value| serde_json::value::to_raw_value(&value).ok());
                    let change = Change::Value { attribute: shown.to_owned(), is };
                    flips.push(Flip { change, variant });
                }
            }
        }
        flips
    }

    /// Values to try, the nearest first; `None` is none at all.
    fn candidates(&self, flag: &FlagDefinition, subject: Subject, given: Option<&Json>) -> Vec<Option<Json>> {
        let mut questions = Questions { tests: Vec::new(), listed: Vec::new() };
        let mut texts = BTreeSet::new();
        let attribute = match subject {
            Subject::Attribute(index) => self.set.attributes().get(index.get()),
            _ => None,
        };
        // What stands in the lists of a sensitive attribute is nobody's business.
        let is_sensitive = attribute.is_some_and(|attribute| attribute.is_sensitive());
        for_each_leaf(self.set, flag, &mut |leaf| match leaf {
            Leaf::Test(test) if test.subject() == subject => {
                if let waterspout::flag_set::Predicate::Texts(test) = test.predicate() {
                    texts.extend(crate::reach::texts_of(test).iter().map(|text| text.to_string()));
                }
                questions.tests.push(test.predicate());
            }
            Leaf::List(listed) if leaf.subject() == subject && !is_sensitive => {
                questions.listed.extend(listed.keys().take(TRIED));
            }
            _ => {}
        });
        let values = match attribute {
            Some(attribute) if attribute.kind() == AttributeKind::Texts => return lists(&texts, given),
            Some(attribute) => samples(attribute, &questions),
            None => crate::reach::samples_of_key(&questions),
        };
        let mut values = values.unwrap_or_default();
        // What it buckets by decides where it falls: only those that the file names say something.
        let is_unit = flag.bucket_by().map_or(Subject::Key, Subject::Attribute) == subject;
        values.retain(|value| !is_unit || !value.is_unit() || names(&questions, value));
        // An empty text is as good as none, and harder to read.
        values.retain(|value| *value != Value::Text("".into()) || names(&questions, value));
        by_nearness(&mut values, given);
        let json = |value: &Value| value.json().map(|json| serde_json::from_str(&json).unwrap_or_default());
        values.iter().take(TRIED).map(json).collect()
    }

    fn rollout_flips(&self, flag: &FlagDefinition, context: &str) -> Vec<Flip> {
        let (Ok(key), Ok(asked)) = (FlagKey::parse(flag.key()), OwnedContext::from_json(context)) else {
            return Vec::new();
        };
        let explanation = self.snapshot.explain_key(key, &asked.borrow());
        let outside = explanation.stages.iter().filter_map(|stage| match stage {
            Stage::Rule {
                index, name, rollout: Some(Draw::Place { inside: false, in_from, .. }), ..
            } => Some((*index, name.clone(), *in_from)),
            _ => None,
        });
        let mut flips = Vec::new();
        for (rule, name, rollout) in outside {
            let Some(edited) = self.with_rollout(flag.key(), rule, rollout) else { continue };
            let Some(snapshot) = (self.compile)(&edited) else { continue };
            let Some(variant) = snapshot.answer_key(key, &asked.borrow()).variant.map(str::to_owned) else {
                continue;
            };
            if Some(&variant) != explanation.variant.as_ref() {
                flips.push(Flip { change: Change::Rollout { rule, name, rollout }, variant });
            }
        }
        flips
    }

    /// The file with the flags that a flag rests on and no others, and one rollout changed.
    fn with_rollout(&self, flag: &str, rule: u32, rollout: f64) -> Option<String> {
        let tree = Node::read(self.text)?;
        let place = &tree.get("flags")?.get(flag)?.get("rules")?.item(rule as usize)?.get("rollout")?.span;
        let mut members = vec!["\"version\": 1".to_owned()];
        for key in ["attributes", "segments"] {
            let part = tree.get(key).and_then(|node| self.text.get(node.span.clone()));
            members.extend(part.map(|part| format!("\"{key}\": {part}")));
        }
        let needed = rests_on(self.set, flag);
        let flags = tree.get("flags")?.members().iter().filter(|member| needed.contains(&*member.key));
        let flags = flags.map(|member| {
            let whole = member.key_span.start..member.value.span.end;
            if member.key != flag {
                return self.text.get(whole).map(str::to_owned);
            }
            let before = self.text.get(whole.start..place.start)?;
            let after = self.text.get(place.end..whole.end)?;
            Some(format!("{before}{rollout}{after}"))
        });
        let flags = flags.collect::<Option<Vec<String>>>()?.join(",\n");
        members.push(format!("\"flags\": {{{flags}}}"));
        Some(format!("{{{}}}", members.join(",\n")))
    }
}

fn answer(snapshot: &Snapshot, flag: &str, context: &Map<String, Json>) -> Option<String> {
    let context = OwnedContext::from_json(&serde_json::to_string(context).ok()?).ok()?;
    let answer = snapshot.answer_key(FlagKey::parse(flag).ok()?, &context.borrow());
    answer.variant.map(str::to_owned)
}

/// The keys of a flag and of all that it rests on.
fn rests_on<'s>(set: &'s FlagSet, flag: &'s str) -> BTreeSet<&'s str> {
    let mut keys = BTreeSet::new();
    let mut asked = vec![flag];
    while let Some(key) = asked.pop() {
        if keys.insert(key) {
            let requires = set.flag(key).map(FlagDefinition::requires).unwrap_or_default();
            let flags = requires.iter().filter_map(|required| set.flags().get(required.flag().get()));
            asked.extend(flags.map(FlagDefinition::key));
        }
    }
    keys
}

fn for_each_leaf<'s>(set: &'s FlagSet, flag: &'s FlagDefinition, visit: &mut dyn FnMut(Leaf<'s>)) {
    for key in rests_on(set, flag.key()) {
        let Some(flag) = set.flag(key) else { continue };
        let conditions = flag.deny().iter().chain(flag.rules().iter().filter_map(FlagRule::when));
        conditions.for_each(|condition| leaves(set, condition, visit));
    }
}

/// What a context says and the flag looks at: the attributes in file order, and the targeting key.
fn subjects(set: &FlagSet, flag: &FlagDefinition) -> Vec<Subject> {
    let mut attributes = BTreeSet::new();
    let mut key = false;
    let mut add = |subject: Subject| match subject {
        Subject::Attribute(index) => drop(attributes.insert(index)),
        Subject::Key => key = true,
        _ => {}
    };
    for_each_leaf(set, flag, &mut |leaf| add(leaf.subject()));
    add(flag.bucket_by().map_or(Subject::Key, Subject::Attribute));
    let is_fact = |index: &waterspout::flag_set::AttributeIndex| {
        set.attributes().get(index.get()).is_none_or(|attribute| attribute.is_fact())
    };
    let attributes = attributes.into_iter().filter(|index| !is_fact(index)).map(Subject::Attribute);
    attributes.chain(key.then_some(Subject::Key)).collect()
}

/// Whether the file names this very value.
fn names(questions: &Questions<'_>, value: &Value) -> bool {
    let Value::Text(text) = value else { return false };
    let is_named = |test: &&waterspout::flag_set::Predicate| crate::reach::names_text(test, text);
    questions.listed.iter().any(|listed| **listed == **text) || questions.tests.iter().any(is_named)
}

/// Lists of texts to try: the given one with a text more or less, or with one alone, or none at all.
fn lists(texts: &BTreeSet<String>, given: Option<&Json>) -> Vec<Option<Json>> {
    let given: Option<Vec<String>> = given.and_then(|given| serde_json::from_value(given.clone()).ok());
    let mut lists = Vec::new();
    for text in texts {
        let mut list = given.clone().unwrap_or_default();
        if list.contains(text) {
            list.retain(|other| other != text);
        } else {
            list.push(text.clone());
        }
        lists.push(Some(list));
    }
    lists.push(Some(texts.iter().cloned().collect()));
    lists.push(Some(Vec::new()));
    lists.push(None);
    lists.into_iter().map(|list| list.map(Json::from)).collect()
}

/// Sorts values so that those near the given one come first, where they have an order.
fn by_nearness(values: &mut [Value], given: Option<&Json>) {
    // Of no value, or of one of no use, the plainest is near enough: no value at all comes last.
    values.sort_by_key(|value| matches!(value, Value::Missing | Value::NoKey));
    let Some(given) = given else { return };
    if let Some(number) = given.as_f64() {
        let distance =
            |value: &Value| if let Value::Number(other) = value { (other - number).abs() } else { f64::MAX };
        values.sort_by(|one, other| distance(one).total_cmp(&distance(other)));
    }
    if let Some(version) = given.as_str().and_then(Version::parse) {
        let is_below =
            |value: &&Value| matches!(value, Value::Version(text) if Version::parse(text) < Some(version));
        let below = values.iter().filter(is_below).count();
        // They come in order: those below are gone through downwards, those above upwards, by turns.
        let mut at = 0;
        values.sort_by_cached_key(|value| {
            at += 1;
            if matches!(value, Value::Version(_)) { (at - 1_usize).abs_diff(below) } else { usize::MAX }
        });
    }
}
