//! Two flags of one key, from two files, as decision lists over the same regions.

use std::collections::{BTreeSet, HashMap, HashSet};

use waterspout::Time;
use waterspout::flag_set::{
    AttributeIndex, Condition, FlagDefinition, FlagIndex, FlagSet, Outcome as Served, Predicate, SegmentBody,
    SegmentIndex, Subject as Tested, Test, VariantIndex,
};

use super::dimension::{Ask, Dimension, Probe, Subject};
use super::form::{
    AnswerId, Dim, FALSE, FIRST_ANSWER, FormId, Forms, NO, NodeId, Outcome, Regions, TRUE, YES,
};
use super::listings::Listings;
use crate::reach::Truth;

/// All of a line, in thousandths of a per cent.
pub(crate) const WHOLE: u32 = 100_000;

/// What a line is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Purpose {
    Rollout,
    Split,
}

/// A bucket line: places are drawn per purpose and salt, for the units of one subject.
#[derive(Debug)]
pub(crate) struct Line<'s> {
    pub(crate) purpose: Purpose,
    pub(crate) salt: &'s str,
    pub(crate) unit: Subject<'s>,
    /// Where it is cut, in thousandths of a per cent: 0 first, [`WHOLE`] last. Region `i` is from cut `i` to the next.
    pub(crate) cuts: Vec<u32>,
}

/// A variant with its value, as either side has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Given {
    pub(crate) variant: Box<str>,
    pub(crate) value: Box<str>,
}

/// Two flags of one key, ready to be compared.
#[derive(Debug)]
pub(crate) struct Pair<'s> {
    pub(crate) forms: Forms,
    /// Dimensions: what a context or a service has, then the lines.
    pub(crate) dimensions: Vec<Dimension<'s>>,
    pub(crate) lines: Vec<Line<'s>>,
    pub(crate) sides: (FormId, FormId),
    /// The answer that is `off`, on each side.
    pub(crate) off: (AnswerId, AnswerId),
    /// Whether the regions are all there are.
    pub(crate) complete: bool,
}

/// Too many dimensions to look at.
#[derive(Debug)]
pub(crate) struct TooWide;

impl<'s> Pair<'s> {
    pub(crate) fn of(
        sets: [&'s FlagSet; 2],
        flags: [Option<&'s FlagDefinition>; 2],
        now: [Time; 2],
        listings: &Listings<'s>,
    ) -> Result<Pair<'s>, TooWide> {
        let mut collected = Collected::default();
        // The file after comes first: its names and its order are those that a reviewer has before the eyes.
        for side in [1, 0] {
            if let Some(flag) = flags[side] {
                Collector { side, set: sets[side], into: &mut collected, seen: Seen::default() }.flag(flag);
            }
        }
        let mut subjects: Vec<Subject<'s>> = collected.subjects.clone();
        // The key stands last: named people are told after the rules for all.
        subjects.sort_by_key(|subject| *subject == Subject::Key);
        if subjects.len() + collected.lines.len() > Forms::MOST {
            return Err(TooWide);
        }
        let mut dimensions: Vec<Dimension<'s>> = Vec::new();
        for subject in subjects {
            let probes = collected.probes.remove(&subject).unwrap_or_default();
            let declared = match subject {
                Subject::Key => [None, None],
                Subject::Attribute(name) => {
                    sets.map(|set| set.attribute(name).filter(|attribute| !attribute.is_fact()))
                }
                Subject::Fact(name) => {
                    sets.map(|set| set.attribute(name).filter(|attribute| attribute.is_fact()))
                }
            };
            dimensions.push(Dimension::cut(subject, probes, declared, listings));
        }
        let lines: Vec<Line<'s>> = collected
            .lines
            .into_iter()
            .map(|((purpose, salt, unit), mut cuts)| {
                cuts.extend([0, WHOLE]);
                Line { purpose, salt, unit, cuts: cuts.into_iter().collect() }
            })
            .collect();
        let sizes = dimensions.iter().map(|dimension| dimension.regions.len());
        let sizes = sizes.chain(lines.iter().map(|line| line.cuts.len() - 1)).collect();
        let complete = dimensions.iter().all(|dimension| dimension.complete);
        let mut lowering = Lowering {
            forms: Forms::new(sizes),
            dimensions: &dimensions,
            lines: &lines,
            places: collected.places,
            answers: HashMap::new(),
            now,
            segments: HashMap::new(),
        };
        let mut side = |side: usize| {
            flags[side].map(|flag| {
                let names = |lowering: &mut Lowering<'_, 's>, variant| lowering.answer(flag, variant);
                let form = lowering.flag(side, sets[side], flag, &names);
                (form, lowering.answer(flag, flag.off()))
            })
        };
        let (before, after) = (side(0), side(1));
        // Who has no flag has what is off.
        let absent = |lowering: &mut Lowering<'_, 's>, off: AnswerId| {
            (lowering.forms.list(Vec::new(), Outcome::One(off)), off)
        };
        let (before, after) = match (before, after) {
            (Some(before), Some(after)) => (before, after),
            (Some(before), None) => (before, absent(&mut lowering, before.1)),
            (None, Some(after)) => (absent(&mut lowering, after.1), after),
            (None, None) => (absent(&mut lowering, FIRST_ANSWER), absent(&mut lowering, FIRST_ANSWER)),
        };
        let forms = lowering.forms;
        Ok(Pair { forms, dimensions, lines, sides: (before.0, after.0), off: (before.1, after.1), complete })
    }

    /// How many dimensions are no lines.
    pub(crate) fn first_line(&self) -> Dim {
        self.dimensions.len() as Dim
    }
}

/// What the flags of both sides, and all that they rest on, ask.
#[derive(Default)]
struct Collected<'s> {
    subjects: Vec<Subject<'s>>,
    probes: HashMap<Subject<'s>, Vec<Probe<'s>>>,
    /// Which probe of its subject a test or a list is, by its address.
    places: HashMap<usize, (Subject<'s>, usize)>,
    lines: std::collections::BTreeMap<(Purpose, &'s str, Subject<'s>), BTreeSet<u32>>,
}

#[derive(Default)]
struct Seen {
    flags: HashSet<FlagIndex>,
    segments: HashSet<SegmentIndex>,
    units: HashSet<Option<AttributeIndex>>,
}

struct Collector<'c, 's> {
    side: usize,
    set: &'s FlagSet,
    into: &'c mut Collected<'s>,
    seen: Seen,
}

fn address<T>(of: &T) -> usize {
    std::ptr::from_ref(of).addr()
}

fn subject(set: &FlagSet, attribute: Option<AttributeIndex>) -> Subject<'_> {
    match attribute.and_then(|attribute| set.attributes().get(attribute.get())) {
        None => Subject::Key,
        Some(attribute) if attribute.is_fact() => Subject::Fact(attribute.name()),
        Some(attribute) => Subject::Attribute(attribute.name()),
    }
}

impl<'s> Collector<'_, 's> {
    fn probe(&mut self, attribute: Option<AttributeIndex>, ask: Ask<'s>, address: Option<usize>) {
        let subject = subject(self.set, attribute);
        if !self.into.subjects.contains(&subject) {
            self.into.subjects.push(subject);
        }
        let attribute = attribute.and_then(|attribute| self.set.attributes().get(attribute.get()));
        let probes = self.into.probes.entry(subject).or_default();
        if let Some(address) = address {
            self.into.places.insert(address, (subject, probes.len()));
        }
        probes.push(Probe { side: self.side, attribute, ask });
    }

    fn flag(&mut self, flag: &'s FlagDefinition) {
        if !flag.is_enabled() {
            return;
        }
        for requirement in flag.requires() {
            if self.seen.flags.insert(requirement.flag()) {
                if let Some(required) = self.set.flags().get(requirement.flag().get()) {
                    self.flag(required);
                }
            }
        }
        for condition in flag.deny() {
            self.condition(condition);
        }
        for rule in flag.rules() {
            if let Some(when) = rule.when() {
                self.condition(when);
            }
            let split = match rule.outcome() {
                Served::Split(weights) => Some(weights),
                _ => None,
            };
            if rule.rollout().is_none() && split.is_none() {
                continue;
            }
            let unit = subject(self.set, flag.bucket_by());
            if self.seen.units.insert(flag.bucket_by()) {
                self.probe(flag.bucket_by(), Ask::Unit, None);
            }
            if let Some(rollout) = rule.rollout() {
                let line = (Purpose::Rollout, flag.salt(), unit);
                self.into.lines.entry(line).or_default().insert(rollout.thousandths());
            }
            if let Some(weights) = split {
                let cuts = self.into.lines.entry((Purpose::Split, flag.salt(), unit)).or_default();
                let mut total = 0;
                for (_, weight) in weights {
                    total += weight.thousandths();
                    cuts.insert(total);
                }
            }
        }
    }

    fn condition(&mut self, condition: &'s Condition) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().for_each(|part| self.condition(part))
            }
            Condition::Not(part) => self.condition(part),
            Condition::Segment(index) => {
                if !self.seen.segments.insert(*index) {
                    return;
                }
                let Some(segment) = self.set.segments().get(index.get()) else { return };
                match segment.body() {
                    SegmentBody::When(when) => self.condition(when),
                    SegmentBody::Listed(listed) => {
                        let list = (self.side, index.get());
                        let ask = Ask::Listed(list, segment.name());
                        self.probe(listed.of(), ask, Some(address(listed)));
                    }
                    _ => {}
                }
            }
            Condition::Test(test) => match test.subject() {
                Tested::Key => self.probe(None, Ask::Test(test.predicate()), Some(address(test))),
                Tested::Attribute(attribute) => {
                    self.probe(Some(attribute), Ask::Test(test.predicate()), Some(address(test)));
                }
                _ => {}
            },
            _ => {}
        }
    }
}

/// Which of the two questions a condition is asked, and on which side of how many `not`s.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Question {
    /// What unknown comes to: false for a rule (does it hold?), true for a denial (could it?).
    unknown: bool,
    negated: bool,
}

struct Lowering<'p, 's> {
    forms: Forms,
    dimensions: &'p [Dimension<'s>],
    lines: &'p [Line<'s>],
    places: HashMap<usize, (Subject<'s>, usize)>,
    answers: HashMap<Given, AnswerId>,
    now: [Time; 2],
    segments: HashMap<(usize, SegmentIndex, Question), NodeId>,
}

/// How the variants of a list become answers.
type Names<'n, 'p, 's> = &'n dyn Fn(&mut Lowering<'p, 's>, VariantIndex) -> AnswerId;

impl<'p, 's> Lowering<'p, 's> {
    fn answer(&mut self, flag: &FlagDefinition, variant: VariantIndex) -> AnswerId {
        let variant = flag.variant(variant);
        let given = Given { variant: variant.name().into(), value: variant.value().to_string().into() };
        let next = FIRST_ANSWER + self.answers.len() as AnswerId;
        *self.answers.entry(given).or_insert(next)
    }

    fn dim(&self, subject: Subject<'s>) -> Dim {
        let place = self.dimensions.iter().position(|dimension| dimension.subject == subject);
        place.unwrap_or_default() as Dim
    }

    fn line(&self, purpose: Purpose, salt: &str, unit: Subject<'s>) -> (Dim, &'p Line<'s>) {
        let lines = self.lines;
        let is = |line: &&Line<'s>| line.purpose == purpose && line.salt == salt && line.unit == unit;
        let place = lines.iter().position(|line| is(&line)).unwrap_or_default();
        ((self.dimensions.len() + place) as Dim, &lines[place])
    }

    fn flag(
        &mut self,
        side: usize,
        set: &'s FlagSet,
        flag: &'s FlagDefinition,
        names: Names<'_, 'p, 's>,
    ) -> FormId {
        let off = Outcome::One(names(self, flag.off()));
        if !flag.is_enabled() {
            return self.forms.list(Vec::new(), off);
        }
        let mut steps: Vec<(NodeId, Outcome)> = Vec::new();
        for requirement in flag.requires() {
            let Some(required) = set.flags().get(requirement.flag().get()) else { continue };
            let unmet = |_: &mut Lowering<'p, 's>, variant: VariantIndex| {
                if requirement.variants().contains(&variant) { NO } else { YES }
            };
            let form = self.flag(side, set, required, &unmet);
            steps.push((self.forms.decides(form), off.clone()));
        }
        for condition in flag.deny() {
            let could = self.condition(side, set, condition, Question { unknown: true, negated: false });
            steps.push((could, off.clone()));
        }
        let unit = subject(set, flag.bucket_by());
        for rule in flag.rules() {
            let mut when = match rule.when() {
                Some(when) => self.condition(side, set, when, Question { unknown: false, negated: false }),
                None => TRUE,
            };
            let split = matches!(rule.outcome(), Served::Split(_));
            if rule.rollout().is_some() || split {
                let bucketed = self.bucketed(side, unit);
                when = self.forms.all([when, bucketed]);
            }
            if let Some(rollout) = rule.rollout() {
                let (dim, line) = self.line(Purpose::Rollout, flag.salt(), unit);
                let within = |region: &usize| line.cuts[region + 1] <= rollout.thousandths();
                let size = line.cuts.len() - 1;
                let reach = self.forms.test(dim, Regions::of(size, (0..size).filter(within)));
                when = self.forms.all([when, reach]);
            }
            let outcome = match rule.outcome() {
                Served::Split(weights) => {
                    let (dim, line) = self.line(Purpose::Split, flag.salt(), unit);
                    let starts = line.cuts[..line.cuts.len() - 1].to_vec();
                    let answers = starts.iter().map(|start| names(self, drawn(weights, *start))).collect();
                    Outcome::Split(dim, answers)
                }
                Served::Serve(variant) => Outcome::One(names(self, *variant)),
                _ => off.clone(),
            };
            steps.push((when, outcome));
        }
        let default = Outcome::One(names(self, flag.default()));
        self.forms.list(steps, default)
    }

    /// Whether there is something to bucket by.
    fn bucketed(&mut self, side: usize, unit: Subject<'s>) -> NodeId {
        let dim = self.dim(unit);
        let dimension = &self.dimensions[dim as usize];
        let probe = dimension
            .probes
            .iter()
            .position(|probe| matches!(probe.ask, Ask::Unit) && probe.side == side)
            .unwrap_or_default();
        self.where_(dim, probe, |truth| truth == Truth::True)
    }

    fn where_(&mut self, dim: Dim, probe: usize, holds: impl Fn(Truth) -> bool) -> NodeId {
        let regions = &self.dimensions[dim as usize].regions;
        let held = regions.iter().enumerate().filter(|(_, region)| holds(region.truths[probe]));
        self.forms.test(dim, Regions::of(regions.len(), held.map(|(place, _)| place)))
    }

    fn condition(
        &mut self,
        side: usize,
        set: &'s FlagSet,
        condition: &'s Condition,
        question: Question,
    ) -> NodeId {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                let parts: Vec<NodeId> =
                    parts.iter().map(|part| self.condition(side, set, part, question)).collect();
                // Negated, all become any: De Morgan's laws hold of three values too.
                if matches!(condition, Condition::All(_)) != question.negated {
                    self.forms.all(parts)
                } else {
                    self.forms.any(parts)
                }
            }
            Condition::Not(part) => {
                self.condition(side, set, part, Question { negated: !question.negated, ..question })
            }
            Condition::Segment(index) => {
                let key = (side, *index, question);
                if let Some(known) = self.segments.get(&key) {
                    return *known;
                }
                let node = match set.segments().get(index.get()).map(|segment| segment.body()) {
                    Some(SegmentBody::When(when)) => self.condition(side, set, when, question),
                    Some(SegmentBody::Listed(listed)) => self.asked(address(listed), question),
                    _ => FALSE,
                };
                self.segments.insert(key, node);
                node
            }
            Condition::Test(test) => match test.subject() {
                Tested::Now => self.at_the_time(side, test, question),
                _ => self.asked(address(test), question),
            },
            _ => FALSE,
        }
    }

    fn asked(&mut self, address: usize, question: Question) -> NodeId {
        let Some((subject, probe)) = self.places.get(&address).copied() else { return FALSE };
        let dim = self.dim(subject);
        self.where_(dim, probe, |truth| match truth {
            Truth::True => !question.negated,
            Truth::False => question.negated,
            Truth::Unknown => question.unknown,
        })
    }

    fn at_the_time(&self, side: usize, test: &Test, question: Question) -> NodeId {
        let now = self.now[side];
        let holds = match test.predicate() {
            Predicate::Since(time) => now >= *time,
            Predicate::Before(time) => now < *time,
            Predicate::Present(present) => *present,
            _ => false,
        };
        if holds != question.negated { TRUE } else { FALSE }
    }
}

/// Whom a split gives the unit at a place.
fn drawn(weights: &[(VariantIndex, waterspout::flag_set::Percentage)], place: u32) -> VariantIndex {
    let mut total = 0;
    let mut last = weights[0].0;
    for (variant, weight) in weights {
        total += weight.thousandths();
        last = *variant;
        if place < total {
            break;
        }
    }
    last
}
