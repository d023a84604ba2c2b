//! What was counted, in the order of the file: a block of rows for each flag.
//!
//! The counts come from answers alone. The file only tells what else could have been answered, and what the rules say.

use std::collections::{HashMap, HashSet};

use waterspout::Reason;
use waterspout::flag_set::{FlagDefinition, FlagSet, Outcome, Purpose, Rule};

use super::tally::{Edition, FlagTally, Samples, Slot, Tally};
use crate::render::safe;

/// What a file says of its flags, as far as it is shown.
pub(super) struct Layout {
    flags: Vec<FlagLayout>,
}

struct FlagLayout {
    key: String,
    about: String,
    description: String,
    variants: Vec<(String, bool)>,
    rules: Vec<(Option<String>, String)>,
    off: String,
    default: String,
}

/// What was counted of all flags.
#[derive(Clone, Default)]
pub(super) struct Report {
    pub(super) edition: Edition,
    pub(super) users: u64,
    pub(super) anonymous: u64,
    pub(super) flags: Vec<FlagReport>,
}

/// What was counted of one flag.
#[derive(Clone)]
pub(super) struct FlagReport {
    pub(super) key: String,
    /// Type, purpose, owner.
    pub(super) about: String,
    pub(super) description: String,
    /// Variants, then rules, then the other reasons that occurred.
    pub(super) rows: Vec<Row>,
}

/// Something that some share of the users got or met.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) subject: Subject,
    pub(super) count: u64,
    /// For rules and reasons: what the file says.
    pub(super) says: String,
    /// For variants: the first users who got it.
    pub(super) samples: Samples,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Variant { name: String, off: bool },
    Rule { index: usize, name: Option<String> },
    Reason(Reason),
}

impl Layout {
    pub(super) fn of(set: &FlagSet) -> Layout {
        Layout { flags: set.flags().iter().map(FlagLayout::of).collect() }
    }
}

impl FlagLayout {
    fn of(flag: &FlagDefinition) -> FlagLayout {
        let name = |variant| flag.variant(variant).name().to_owned();
        let off = name(flag.off());
        let kind = flag.kind().to_string();
        let about = [Some(&*kind), flag.about().kind().map(purpose_word), flag.about().owner()];
        let about: Vec<String> = about.into_iter().flatten().map(shown).collect();
        FlagLayout {
            key: flag.key().to_owned(),
            about: about.join(", "),
            description: shown(flag.about().description().unwrap_or_default()),
            variants: flag.variants().iter().map(|own| (own.name().to_owned(), own.name() == off)).collect(),
            rules: flag.rules().iter().map(|rule| (rule.name().map(shown), says(flag, rule))).collect(),
            default: name(flag.default()),
            off,
        }
    }
}

/// A text of the file, safe to print.
fn shown(text: &str) -> String {
    safe(text).into_owned()
}

fn says(flag: &FlagDefinition, rule: &Rule) -> String {
    let gives = match rule.outcome() {
        Outcome::Serve(variant) => flag.variant(*variant).name().to_owned(),
        Outcome::Split(parts) => {
            let parts = parts.iter().map(|(variant, weight)| {
                format!("{} {}", flag.variant(*variant).name(), f64::from(weight.thousandths()) / 1000.0)
            });
            parts.collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    };
    match rule.rollout() {
        Some(rollout) => format!("rollout {rollout} → {gives}"),
        None => format!("→ {gives}"),
    }
}

fn purpose_word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Release => "release",
        Purpose::Experiment => "experiment",
        Purpose::Operational => "operational",
        Purpose::Permission => "permission",
        _ => "",
    }
}

impl Report {
    pub(super) fn of(layout: &Layout, tally: &Tally) -> Report {
        let Tally { edition, users, anonymous, .. } = *tally;
        let counted: HashMap<&str, &FlagTally> = tally.flags.iter().map(|flag| (&*flag.key, flag)).collect();
        let slots = |key: &str| counted.get(key).map_or(&[][..], |flag| &flag.slots);
        // What the file has said since, or does not say any more, is on its way.
        let known = layout.flags.iter().filter(|flag| users == 0 || counted.contains_key(&*flag.key));
        let mut flags: Vec<FlagReport> = known.map(|flag| FlagReport::of(flag, slots(&flag.key))).collect();
        let known: HashSet<&str> = layout.flags.iter().map(|flag| &*flag.key).collect();
        let unknown = tally.flags.iter().filter(|flag| !known.contains(&*flag.key));
        flags.extend(unknown.map(|flag| FlagReport::of(&FlagLayout::unknown(&flag.key), &flag.slots)));
        Report { edition, users, anonymous, flags }
    }
}

impl FlagLayout {
    fn unknown(key: &str) -> FlagLayout {
        FlagLayout {
            key: key.to_owned(),
            about: String::new(),
            description: String::new(),
            variants: Vec::new(),
            rules: Vec::new(),
            off: String::new(),
            default: String::new(),
        }
    }
}

impl FlagReport {
    fn of(layout: &FlagLayout, slots: &[Slot]) -> FlagReport {
        let mut rows: Vec<Row> = Vec::new();
        for (name, off) in &layout.variants {
            rows.push(Row::new(Subject::Variant { name: name.clone(), off: *off }, ""));
        }
        for (index, (name, says)) in layout.rules.iter().enumerate() {
            rows.push(Row::new(Subject::Rule { index, name: name.clone() }, says));
        }
        for slot in slots {
            row(
                &mut rows,
                |subject| matches!(subject, Subject::Variant { name, .. } if *name == *slot.variant),
                || Row::new(Subject::Variant { name: slot.variant.to_string(), off: false }, ""),
            )
            .count_slot(slot);
            match &slot.rule {
                Some(rule) => row(
                    &mut rows,
                    |subject| matches!(subject, Subject::Rule { index, .. } if *index == rule.index),
                    || {
                        let name = rule.name.as_deref().map(shown);
                        Row::new(Subject::Rule { index: rule.index, name }, "")
                    },
                ),
                None => row(
                    &mut rows,
                    |subject| *subject == Subject::Reason(slot.reason),
                    || {
                        let gives = if gives_default(slot.reason) { &layout.default } else { &layout.off };
                        Row::new(Subject::Reason(slot.reason), &format!("→ {gives}"))
                    },
                ),
            }
            .count += slot.count;
        }
        rows.sort_by_key(|row| row.subject.order());
        FlagReport {
            key: layout.key.clone(),
            about: layout.about.clone(),
            description: layout.description.clone(),
            rows,
        }
    }

    pub(super) fn variants(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| matches!(row.subject, Subject::Variant { .. }))
    }
}

fn gives_default(reason: Reason) -> bool {
    matches!(reason, Reason::Default | Reason::Static)
}

/// The row that is wanted, made if it is not there.
fn row(rows: &mut Vec<Row>, wanted: impl Fn(&Subject) -> bool, make: impl FnOnce() -> Row) -> &mut Row {
    let place = rows.iter().position(|row| wanted(&row.subject)).unwrap_or_else(|| {
        rows.push(make());
        rows.len() - 1
    });
    &mut rows[place]
}

impl Row {
    fn new(subject: Subject, says: &str) -> Row {
        Row { subject, count: 0, says: says.to_owned(), samples: Samples::default() }
    }

    /// Counts for a variant, with the users.
    fn count_slot(&mut self, slot: &Slot) {
        self.count += slot.count;
        self.samples.add(&slot.samples);
    }

    /// The users, as people read them.
    pub(super) fn people(&self) -> impl Iterator<Item = String> {
        self.samples.keys().map(|key| key.map_or_else(|| "(anonymous)".to_owned(), shown))
    }
}

impl Subject {
    /// Variants, rules, reasons; the first two in file order, since sorting is stable.
    fn order(&self) -> (u8, usize) {
        match self {
            Subject::Variant { .. } => (0, 0),
            Subject::Rule { index, .. } => (1, *index),
            Subject::Reason(Reason::PrerequisiteFailed) => (2, 0),
            Subject::Reason(Reason::Denied) => (2, 1),
            Subject::Reason(_) => (2, 2),
        }
    }

    pub(super) fn label(&self) -> String {
        match self {
            Subject::Variant { name, .. } => name.clone(),
            Subject::Rule { index, name: Some(name) } => format!("rule {index} {name}"),
            Subject::Rule { index, name: None } => format!("rule {index}"),
            Subject::Reason(reason) => reason_words(*reason).to_owned(),
        }
    }
}

fn reason_words(reason: Reason) -> &'static str {
    match reason {
        Reason::Static => "everyone",
        Reason::Default => "no rule applies",
        Reason::Disabled => "switched off",
        Reason::Denied => "denied",
        Reason::PrerequisiteFailed => "a required flag says no",
        other => other.as_str(),
    }
}
