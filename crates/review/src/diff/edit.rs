//! What was edited, in words: of the flag itself, and of the segments, flags and attributes that it rests on.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use waterspout::flag_set::{
    AttributeDefinition, Condition, FlagDefinition, FlagSet, Outcome, Percentage, Rule, Segment, SegmentBody,
    Subject, VariantIndex,
};

use super::same::Same;

/// What kind of thing an edit changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Touched {
    /// `enabled`
    Enabled,
    /// The type of the values.
    Type,
    /// The value of a variant.
    VariantValue,
    /// A variant more.
    VariantAdded,
    /// A variant less.
    VariantRemoved,
    /// `off`
    Off,
    /// `default`
    Default,
    /// `bucket_by`
    BucketBy,
    /// `salt`
    Salt,
    /// `requires`
    Requires,
    /// A denial more, less, or another.
    Deny,
    /// A rule more.
    RuleAdded,
    /// A rule less.
    RuleRemoved,
    /// The order of the rules.
    RuleOrder,
    /// A rule reaches more units.
    RolloutRaised,
    /// A rule reaches fewer units.
    RolloutLowered,
    /// The condition of a rule.
    When,
    /// What a rule serves.
    Serve,
    /// The weights of a split, or their order.
    Weights,
    /// Entries of a list.
    Entries,
    /// The condition of a segment.
    SegmentWhen,
    /// A flag that is required.
    Required,
    /// How an attribute is declared.
    Attribute,
}

/// One edit.
#[derive(Clone, Debug)]
pub struct Edit {
    /// What it changes.
    pub touched: Touched,
    /// In one line: "rule 3 `everyone`: rollout 10 % → 25 %".
    pub words: String,
    /// The rule before, by its place.
    pub rule_before: Option<usize>,
    /// The rule after, by its place.
    pub rule_after: Option<usize>,
    /// Thousandths of a per cent before and after, where a rollout changes.
    pub rollout: Option<(u32, u32)>,
    /// Entries that came and that went, where a list changes.
    pub entries: Option<(Vec<String>, Vec<String>)>,
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl Edit {
    fn new(touched: Touched, words: impl Into<String>) -> Edit {
        Edit {
            touched,
            words: words.into(),
            rule_before: None,
            rule_after: None,
            rollout: None,
            entries: None,
        }
    }

    fn of_rules(self, before: Option<usize>, after: Option<usize>) -> Edit {
        Edit { rule_before: before, rule_after: after, ..self }
    }
}

/// What was edited in a segment, by its place in either file: a long list is compared once, not for each flag.
pub(crate) type OfSegments = HashMap<(usize, usize), Option<Edit>>;

/// Everything that differs between two flags of one key and what they rest on.
pub(crate) fn edits(
    sets: [&FlagSet; 2],
    same: &Same<'_>,
    one: &FlagDefinition,
    two: &FlagDefinition,
    known: &mut OfSegments,
) -> Vec<Edit> {
    let mut edits = Vec::new();
    own(sets, same, one, two, &mut edits);
    rests(sets, same, one, two, known, &mut edits);
    edits
}

fn own(
    sets: [&FlagSet; 2],
    same: &Same<'_>,
    one: &FlagDefinition,
    two: &FlagDefinition,
    edits: &mut Vec<Edit>,
) {
    let name = |flag: &FlagDefinition, variant: VariantIndex| flag.variant(variant).name().to_owned();
    if one.is_enabled() != two.is_enabled() {
        let words = if two.is_enabled() { "enabled again" } else { "disabled: the kill switch" };
        edits.push(Edit::new(Touched::Enabled, words));
    }
    if one.kind() != two.kind() {
        edits.push(Edit::new(Touched::Type, format!("type: {} → {}", one.kind(), two.kind())));
    }
    for variant in one.variants() {
        match two.variants().iter().find(|other| other.name() == variant.name()) {
            None => edits
                .push(Edit::new(Touched::VariantRemoved, format!("variant `{}` removed", variant.name()))),
            Some(other) if other.value() != variant.value() => {
                let (before, after) =
                    (short(&variant.value().to_string()), short(&other.value().to_string()));
                let words = format!("variant `{}`: {before} → {after}", variant.name());
                edits.push(Edit::new(Touched::VariantValue, words));
            }
            Some(_) => {}
        }
    }
    for variant in two.variants() {
        if one.variants().iter().all(|other| other.name() != variant.name()) {
            edits.push(Edit::new(Touched::VariantAdded, format!("variant `{}` added", variant.name())));
        }
    }
    for (touched, word, before, after) in [
        (Touched::Off, "off", name(one, one.off()), name(two, two.off())),
        (Touched::Default, "default", name(one, one.default()), name(two, two.default())),
        (Touched::Salt, "salt", one.salt().to_owned(), two.salt().to_owned()),
        (Touched::BucketBy, "bucket_by", unit(sets[0], one), unit(sets[1], two)),
    ] {
        if before != after {
            edits.push(Edit::new(touched, format!("{word}: `{before}` → `{after}`")));
        }
    }
    let requires = |set: &FlagSet, flag: &FlagDefinition| -> BTreeSet<String> {
        let of = |requirement: &waterspout::flag_set::Requirement| {
            let required = set.flags().get(requirement.flag().get())?;
            let variants: BTreeSet<&str> =
                requirement.variants().iter().map(|variant| required.variant(*variant).name()).collect();
            let variants: Vec<&str> = variants.into_iter().collect();
            Some(format!("`{}` to be {}", required.key(), variants.join(" or ")))
        };
        flag.requires().iter().filter_map(of).collect()
    };
    let (before, after) = (requires(sets[0], one), requires(sets[1], two));
    for gone in before.difference(&after) {
        edits.push(Edit::new(Touched::Requires, format!("no longer requires {gone}")));
    }
    for new in after.difference(&before) {
        edits.push(Edit::new(Touched::Requires, format!("requires {new}")));
    }
    denials(same, one, two, edits);
    rules(same, one, two, edits);
}

fn unit(set: &FlagSet, flag: &FlagDefinition) -> String {
    let attribute = flag.bucket_by().and_then(|attribute| set.attributes().get(attribute.get()));
    attribute.map_or_else(|| "targeting key".to_owned(), |attribute| attribute.name().to_owned())
}

fn denials(same: &Same<'_>, one: &FlagDefinition, two: &FlagDefinition, edits: &mut Vec<Edit>) {
    let gone = one
        .deny()
        .iter()
        .enumerate()
        .filter(|(_, old)| !two.deny().iter().any(|new| same.condition(old, new)));
    let new = two
        .deny()
        .iter()
        .enumerate()
        .filter(|(_, new)| !one.deny().iter().any(|old| same.condition(old, new)));
    let (gone, new): (Vec<_>, Vec<_>) = (gone.collect(), new.collect());
    for (place, _) in &gone {
        let word = if new.len() == gone.len() { "changed" } else { "removed" };
        edits.push(Edit::new(Touched::Deny, format!("deny {place} {word}")));
    }
    if new.len() != gone.len() {
        for (place, _) in &new {
            edits.push(Edit::new(Touched::Deny, format!("deny {place} added")));
        }
    }
}

/// How messages call a rule.
pub(crate) fn rule_name(place: usize, rule: &Rule) -> String {
    rule.name().map_or_else(|| format!("rule {place}"), |name| format!("rule {place} `{name}`"))
}

fn rules(same: &Same<'_>, one: &FlagDefinition, two: &FlagDefinition, edits: &mut Vec<Edit>) {
    let pairs = paired(same, one, two);
    for (before, rule) in one.rules().iter().enumerate() {
        if !pairs.iter().any(|(known, _)| *known == before) {
            let edit = Edit::new(Touched::RuleRemoved, format!("{} removed", rule_name(before, rule)));
            edits.push(edit.of_rules(Some(before), None));
        }
    }
    for (after, rule) in two.rules().iter().enumerate() {
        if !pairs.iter().any(|(_, known)| *known == after) {
            let edit = Edit::new(Touched::RuleAdded, format!("{} added", rule_name(after, rule)));
            edits.push(edit.of_rules(None, Some(after)));
        }
    }
    let mut in_order = pairs.clone();
    in_order.sort_by_key(|(_, after)| *after);
    if let Some(moved) = in_order.windows(2).find(|two| two[0].0 > two[1].0) {
        let rule = &two.rules()[moved[0].1];
        let edit = Edit::new(
            Touched::RuleOrder,
            format!("the order of the rules: {} moved up", rule_name(moved[0].1, rule)),
        );
        edits.push(edit.of_rules(Some(moved[0].0), Some(moved[0].1)));
    }
    for (before, after) in pairs {
        let (old, new) = (&one.rules()[before], &two.rules()[after]);
        let at = |edit: Edit| edit.of_rules(Some(before), Some(after));
        let name = rule_name(after, new);
        let share = |rollout: Option<Percentage>| rollout.map_or(100_000, Percentage::thousandths);
        if old.rollout() != new.rollout() {
            let (from, to) = (share(old.rollout()), share(new.rollout()));
            let touched = if to > from || new.rollout().is_none() {
                Touched::RolloutRaised
            } else {
                Touched::RolloutLowered
            };
            let words = |rollout: Option<Percentage>| {
                rollout.map_or("none".to_owned(), |rollout| rollout.to_string())
            };
            let words = format!("{name}: rollout {} → {}", words(old.rollout()), words(new.rollout()));
            edits.push(Edit { rollout: Some((from, to)), ..at(Edit::new(touched, words)) });
        }
        let whens = match (old.when(), new.when()) {
            (Some(old), Some(new)) => same.condition(old, new),
            (old, new) => old.is_none() && new.is_none(),
        };
        if !whens {
            edits.push(at(Edit::new(Touched::When, format!("{name}: its condition"))));
        }
        let (before, after) = (served(one, old), served(two, new));
        if before != after {
            let split = matches!((old.outcome(), new.outcome()), (Outcome::Split(_), Outcome::Split(_)));
            let touched = if split { Touched::Weights } else { Touched::Serve };
            edits.push(at(Edit::new(touched, format!("{name}: serves {before} → {after}"))));
        }
    }
}

/// A rule of a flag, before and after.
#[derive(Clone, Debug)]
pub struct RuleRow {
    /// Its place and its name.
    pub name: String,
    /// Its rollout, before and after where they differ.
    pub rollout: String,
    /// What it serves.
    pub serves: String,
}

/// All rules, in the order of the file after; then those that went.
pub(crate) fn rule_rows(
    same: &Same<'_>,
    one: Option<&FlagDefinition>,
    two: Option<&FlagDefinition>,
) -> Vec<RuleRow> {
    let rollout =
        |rule: &Rule| rule.rollout().map_or_else(|| "all".to_owned(), |rollout| rollout.to_string());
    let both = |before: Option<String>, after: Option<String>| match (before, after) {
        (Some(before), Some(after)) if before != after => format!("{before} → {after}"),
        (before, after) => after.or(before).unwrap_or_default(),
    };
    let pairs = one.zip(two).map(|(one, two)| paired(same, one, two)).unwrap_or_default();
    let mut rows = Vec::new();
    for (after, rule) in two.map(FlagDefinition::rules).unwrap_or_default().iter().enumerate() {
        let before = pairs.iter().find(|(_, known)| *known == after).map(|(before, _)| *before);
        let old = before.zip(one).and_then(|(before, one)| one.rules().get(before));
        let mark = match (one, before) {
            (Some(_), None) => " (new)".to_owned(),
            (_, Some(before)) if before != after => format!(" (was {before})"),
            _ => String::new(),
        };
        let of = |flag: Option<&FlagDefinition>, rule: Option<&Rule>| Some(served(flag?, rule?));
        rows.push(RuleRow {
            name: format!("{}{mark}", rule_name(after, rule)),
            rollout: both(old.map(rollout), Some(rollout(rule))),
            serves: both(of(one, old), of(two, Some(rule))),
        });
    }
    for (before, rule) in one.map(FlagDefinition::rules).unwrap_or_default().iter().enumerate() {
        if let (Some(one), false) = (one, pairs.iter().any(|(known, _)| *known == before)) {
            let name = format!("{} (gone)", rule_name(before, rule));
            rows.push(RuleRow { name, rollout: rollout(rule), serves: served(one, rule) });
        }
    }
    rows
}

fn served(flag: &FlagDefinition, rule: &Rule) -> String {
    match rule.outcome() {
        Outcome::Serve(variant) => format!("`{}`", flag.variant(*variant).name()),
        Outcome::Split(parts) => {
            let part = |(variant, weight): &(VariantIndex, Percentage)| {
                format!("{} {weight}", flag.variant(*variant).name())
            };
            parts.iter().map(part).collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    }
}

/// Which rule before is which rule after: by name, then by what it says, then by its condition, then by its place.
pub(crate) fn paired(same: &Same<'_>, one: &FlagDefinition, two: &FlagDefinition) -> Vec<(usize, usize)> {
    let whens = |old: &Rule, new: &Rule| match (old.when(), new.when()) {
        (Some(old), Some(new)) => same.condition(old, new),
        (old, new) => old.is_none() && new.is_none(),
    };
    type Alike<'a> = &'a dyn Fn(usize, &Rule, usize, &Rule) -> bool;
    let alike: [Alike<'_>; 4] = [
        &|_, old, _, new| old.name().is_some() && old.name() == new.name(),
        &|_, old, _, new| {
            whens(old, new) && old.rollout() == new.rollout() && served(one, old) == served(two, new)
        },
        &|_, old, _, new| whens(old, new) && (old.name().is_none() || new.name().is_none()),
        &|before, old, after, new| before == after && (old.name().is_none() || new.name().is_none()),
    ];
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for alike in alike {
        for (before, old) in one.rules().iter().enumerate() {
            if pairs.iter().any(|(known, _)| *known == before) {
                continue;
            }
            let free = |after: usize| pairs.iter().all(|(_, known)| *known != after);
            let found = two
                .rules()
                .iter()
                .enumerate()
                .find(|(after, new)| free(*after) && alike(before, old, *after, new));
            pairs.extend(found.map(|(after, _)| (before, after)));
        }
    }
    pairs
}

/// What the flag rests on: segments, required flags, attributes.
fn rests(
    sets: [&FlagSet; 2],
    same: &Same<'_>,
    one: &FlagDefinition,
    two: &FlagDefinition,
    known: &mut OfSegments,
    edits: &mut Vec<Edit>,
) {
    let (before, after) = (Rests::of(sets[0], one), Rests::of(sets[1], two));
    for name in before.segments.union(&after.segments) {
        let segment = |set: &'_ FlagSet| set.segments().iter().position(|segment| segment.name() == *name);
        let (Some(old), Some(new)) = (segment(sets[0]), segment(sets[1])) else { continue };
        let edit = known
            .entry((old, new))
            .or_insert_with(|| of_segment(same, &sets[0].segments()[old], &sets[1].segments()[new]));
        edits.extend(edit.clone());
    }
    for key in before.flags.union(&after.flags) {
        if let (Some(old), Some(new)) = (sets[0].flag(key), sets[1].flag(key)) {
            let mut of_required = Vec::new();
            own(sets, same, old, new, &mut of_required);
            edits.extend(of_required.into_iter().map(|edit| Edit {
                words: format!("required flag `{key}`: {}", edit.words),
                rule_before: None,
                rule_after: None,
                ..Edit { touched: Touched::Required, ..edit }
            }));
        }
    }
    for name in before.attributes.union(&after.attributes) {
        let (Some(old), Some(new)) = (sets[0].attribute(name), sets[1].attribute(name)) else { continue };
        let told = |attribute: &AttributeDefinition| {
            let fact = if attribute.is_fact() { ", a fact" } else { "" };
            let one_of = attribute.one_of().map(|one_of| {
                let mut sorted: Vec<&str> = one_of.iter().map(|one| &**one).collect();
                sorted.sort_unstable();
                format!(", one of {}", sorted.join(", "))
            });
            format!("{}{}{fact}", attribute.kind(), one_of.unwrap_or_default())
        };
        if told(old) != told(new) {
            let words = format!("attribute `{name}`: {} → {}", told(old), told(new));
            edits.push(Edit::new(Touched::Attribute, words));
        }
    }
}

fn of_segment(same: &Same<'_>, old: &Segment, new: &Segment) -> Option<Edit> {
    const NAMES: usize = 3;
    let name = new.name();
    match (old.body(), new.body()) {
        (SegmentBody::Listed(old), SegmentBody::Listed(new)) => {
            let (before, after): (HashSet<&str>, HashSet<&str>) =
                (old.keys().collect(), new.keys().collect());
            let came: Vec<String> =
                new.keys().filter(|key| !before.contains(key)).map(str::to_owned).collect();
            let went: Vec<String> =
                old.keys().filter(|key| !after.contains(key)).map(str::to_owned).collect();
            if came.is_empty() && went.is_empty() {
                return None;
            }
            let told = |sign: &str, keys: &[String]| {
                let shown =
                    keys.iter().take(NAMES).map(|key| format!("{sign}`{key}`")).collect::<Vec<_>>().join(" ");
                let more = keys.len().saturating_sub(NAMES);
                if more > 0 {
                    format!(" {shown} and {more} more")
                } else if keys.is_empty() {
                    shown
                } else {
                    format!(" {shown}")
                }
            };
            let words = format!("segment `{name}`:{}{}", told("+", &came), told("-", &went));
            Some(Edit { entries: Some((came, went)), ..Edit::new(Touched::Entries, words) })
        }
        (SegmentBody::When(old), SegmentBody::When(new)) if same.condition(old, new) => None,
        (SegmentBody::When(_), SegmentBody::When(_)) => {
            Some(Edit::new(Touched::SegmentWhen, format!("segment `{name}`: its condition")))
        }
        _ => Some(Edit::new(Touched::SegmentWhen, format!("segment `{name}`: list or condition"))),
    }
}

/// The names of what a flag rests on.
#[derive(Default)]
struct Rests<'s> {
    segments: BTreeSet<&'s str>,
    flags: BTreeSet<&'s str>,
    attributes: BTreeSet<&'s str>,
}

impl<'s> Rests<'s> {
    fn of(set: &'s FlagSet, flag: &'s FlagDefinition) -> Rests<'s> {
        let mut rests = Rests::default();
        let mut left = vec![flag];
        while let Some(flag) = left.pop() {
            for condition in flag.deny().iter().chain(flag.rules().iter().filter_map(Rule::when)) {
                rests.condition(set, condition);
            }
            if let Some(unit) = flag.bucket_by().and_then(|attribute| set.attributes().get(attribute.get())) {
                rests.attributes.insert(unit.name());
            }
            for required in flag.requires().iter().filter_map(|it| set.flags().get(it.flag().get())) {
                if rests.flags.insert(required.key()) {
                    left.push(required);
                }
            }
        }
        rests
    }

    fn condition(&mut self, set: &'s FlagSet, condition: &'s Condition) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().for_each(|part| self.condition(set, part))
            }
            Condition::Not(part) => self.condition(set, part),
            Condition::Segment(index) => {
                let Some(segment) = set.segments().get(index.get()) else { return };
                if self.segments.insert(segment.name()) {
                    match segment.body() {
                        SegmentBody::When(when) => self.condition(set, when),
                        SegmentBody::Listed(listed) => {
                            let of = listed.of().and_then(|of| set.attributes().get(of.get()));
                            self.attributes.extend(of.map(AttributeDefinition::name));
                        }
                        _ => {}
                    }
                }
            }
            Condition::Test(test) => {
                if let Subject::Attribute(attribute) = test.subject() {
                    self.attributes
                        .extend(set.attributes().get(attribute.get()).map(AttributeDefinition::name));
                }
            }
            _ => {}
        }
    }
}

fn short(text: &str) -> String {
    const MOST: usize = 40;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let start: String = text.chars().take(MOST).collect();
    format!("{start}...")
}
