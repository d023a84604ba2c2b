//! Flag set → snapshot: everything slow happens here, so that nothing slow happens in `evaluate`.
//!
//! Conditions become walks of flat tests: `not` is pushed down to the tests, and each walk is made for one question
//! (does it hold? could it?), so that no third value is left. Facts and `now` are folded away. Never refuses: whatever
//! can be refused was refused in `resolve`.

use std::collections::hash_map::Entry;
use std::hash::BuildHasher;
use std::sync::Arc;

use crate::answer::Reason;
use crate::bucket::{self, Purpose, Salt};
use crate::context::{AttributeKind, ContextValue};
use crate::evaluate;
use crate::facts::Facts;
use crate::flag_set::{
    Comparison, Condition, FlagDefinition, FlagSet, Kept, NumberTest, Outcome, Predicate, Rule, SegmentBody,
    SegmentIndex, Subject as Tested, Test as TestDefinition, TextSet, TextTest, TextsTest, Variant,
};
use crate::json::Json;
use crate::key::NameId;
use crate::key_list::KeyList;
use crate::lookup::{self, Lookup};
use crate::probe::Probe;
use crate::snapshot::{
    AttributeRow, Choice, Decided, FlagRow, GateRow, How, Jump, Note, Operands, PartRow, Place,
    RequirementRow, Rows, RuleRow, Shape, Snapshot, Spelling, SplitRow, Step, Stored, Subject, Test, Text,
    VariantRow, Written,
};
use crate::time::Time;
use crate::value::Kind;

/// A segment of up to this many tests is written into the conditions that use it; a larger one stands once.
const SMALL_SEGMENT: usize = 4;

impl Snapshot {
    /// Compiles a flag set for the facts of one service, as of one instant.
    ///
    /// Facts that are absent or wrong count as missing ([`Facts::check`] tells them). Never fails.
    #[must_use]
    pub fn compile(set: &FlagSet, facts: &Facts, now: Time) -> Snapshot {
        let mut compiler = Compiler::new(set, facts, now);
        for flag in &set.flags {
            compiler.flag(flag);
        }
        compiler.finish()
    }
}

/// Which of the two questions a condition is compiled for, and on which side of how many `not`s.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Question {
    /// What a missing attribute comes to: false for a rule (does it hold?), true for a denial (could it?).
    unknown: bool,
    negated: bool,
}

/// A condition for one question, before it is laid out in steps.
#[derive(Clone)]
enum Lowered {
    Decided(bool),
    Step(LoweredStep),
    All(Vec<Lowered>),
    Any(Vec<Lowered>),
}

impl Lowered {
    fn steps(&self) -> usize {
        match self {
            Lowered::Decided(_) => 0,
            Lowered::Step(_) => 1,
            Lowered::All(parts) | Lowered::Any(parts) => parts.iter().map(Lowered::steps).sum(),
        }
    }
}

/// A step that does not know yet where it leads.
#[derive(Clone, Copy)]
struct LoweredStep {
    /// The attribute; of no account where there is none.
    id: NameId,
    probe: Probe,
    written: Written,
    /// What a missing attribute comes to, after all `not`s.
    unknown: bool,
}

struct Compiler<'s> {
    set: &'s FlagSet,
    now: Time,
    facts: Vec<Option<ContextValue<'s>>>,
    operands: Operands,
    interned: Lookup<&'s str, Text>,
    /// Where a list of texts stands, by a hash of their places.
    interned_lists: Lookup<u64, Rows>,
    interned_versions: Lookup<Text, u32>,
    /// How lists of texts are compared with, by their hashes for the targeting key, and by their marks for attributes.
    interned_probes: Lookup<(Rows, bool), Probe>,
    attributes: Vec<AttributeRow>,
    segment_names: Vec<Text>,
    /// What a segment comes to for a question: known after its first use.
    segments: Lookup<(SegmentIndex, Question), KnownSegment>,
    /// The variants of flags that leave `variants` out: one pair for all of them.
    implicit_variants: Option<u32>,
    flags: Vec<FlagRow>,
    keys: Vec<Text>,
    gates: Vec<GateRow>,
    requirements: Vec<RequirementRow>,
    denials: Vec<Jump>,
    rules: Vec<RuleRow>,
    rule_names: Vec<Option<Text>>,
    splits: Vec<SplitRow>,
    parts: Vec<PartRow>,
    variants: Vec<VariantRow>,
    /// Where each flag's variants start.
    first_variants: Vec<u32>,
    jsons: Vec<Json>,
    steps: Vec<Step>,
    written: Vec<Written>,
    notes: Vec<Note>,
    /// Empty between one condition and the next.
    walk: Walk,
}

/// What a segment comes to for a question, and what was decided on the way.
struct KnownSegment {
    lowered: Lowered,
    decided: Vec<Decided>,
}

/// Where a condition stands, for notes and for the segment it was written in.
#[derive(Clone, Copy)]
struct Site {
    flag: u32,
    place: Place,
    spelling: Spelling,
}

/// A count of rows of one table. No flag file is large enough to need more than 32 bits.
fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl Operands {
    fn add(&mut self, text: &str) -> Text {
        let start = self.text.len();
        self.text.push_str(text);
        Text::at(start, text.len())
    }
}

impl<'s> Compiler<'s> {
    fn new(set: &'s FlagSet, facts: &'s Facts, now: Time) -> Compiler<'s> {
        let mut compiler = Compiler {
            set,
            now,
            facts: Vec::new(),
            operands: Operands::default(),
            interned: lookup::for_about(set.flags.len()),
            interned_lists: Lookup::default(),
            interned_versions: Lookup::default(),
            interned_probes: Lookup::default(),
            attributes: Vec::new(),
            segment_names: Vec::new(),
            segments: Lookup::default(),
            implicit_variants: None,
            flags: Vec::with_capacity(set.flags.len()),
            keys: Vec::with_capacity(set.flags.len()),
            gates: Vec::new(),
            requirements: Vec::new(),
            denials: Vec::new(),
            rules: Vec::new(),
            rule_names: Vec::new(),
            splits: Vec::new(),
            parts: Vec::new(),
            variants: Vec::new(),
            first_variants: Vec::with_capacity(set.flags.len()),
            jsons: Vec::new(),
            steps: Vec::new(),
            written: Vec::new(),
            notes: Vec::new(),
            walk: Walk::default(),
        };
        for attribute in &set.attributes {
            let name = compiler.text(&attribute.name);
            let closed = compiler.texts(attribute.one_of.iter().flatten().map(|text| &**text));
            let (id, kind, sensitive, fact) =
                (attribute.id, attribute.kind, attribute.sensitive, attribute.fact);
            compiler.attributes.push(AttributeRow { id, name, closed, kind, sensitive, fact });
            compiler.facts.push(if attribute.fact { facts.value(attribute) } else { None });
        }
        for segment in &set.segments {
            let name = compiler.text(&segment.name);
            compiler.segment_names.push(name);
        }
        for flag in &set.flags {
            let first = compiler.variants(flag);
            compiler.first_variants.push(first);
        }
        compiler
    }

    fn finish(self) -> Snapshot {
        let mut operands = self.operands;
        operands.text.shrink_to_fit();
        operands.texts.shrink_to_fit();
        operands.places.shrink_to_fit();
        operands.times.shrink_to_fit();
        operands.numbers.shrink_to_fit();
        operands.versions.shrink_to_fit();
        operands.blocks.shrink_to_fit();
        let after = self.set.edges.partition_point(|edge| *edge <= self.now);
        let from = after.checked_sub(1).and_then(|before| self.set.edges.get(before)).copied();
        let until = self.set.edges.get(after).copied();
        #[cfg(feature = "test-util")]
        let variants_of = |(flag, first): (&FlagDefinition, &u32)| Rows {
            start: *first,
            end: first + index(flag.variants.len()),
        };
        let mut snapshot = Snapshot {
            generation: 0,
            places: Box::default(),
            #[cfg(feature = "test-util")]
            flag_variants: self.set.flags.iter().zip(&self.first_variants).map(variants_of).collect(),
            operands: Box::new(operands),
            attributes: self.attributes.into(),
            segments: self.segment_names.into(),
            flags: self.flags.into(),
            keys: self.keys.into(),
            gates: self.gates.into(),
            requirements: self.requirements.into(),
            denials: self.denials.into(),
            rules: self.rules.into(),
            rule_names: self.rule_names.into(),
            splits: self.splits.into(),
            parts: self.parts.into(),
            variants: self.variants.into(),
            jsons: self.jsons.into(),
            steps: self.steps.into(),
            written: self.written.into(),
            notes: self.notes.into(),
            holds: (from, until),
        };
        snapshot.index_flags();
        snapshot
    }

    // Operands: texts, lists of them, and versions are kept once, however often they stand in the file.

    fn text(&mut self, text: &'s str) -> Text {
        match self.interned.entry(text) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(place) => *place.insert(self.operands.add(text)),
        }
    }

    fn texts(&mut self, texts: impl Iterator<Item = &'s str>) -> Rows {
        let start = self.operands.texts.len();
        for text in texts {
            self.operand(text);
        }
        let rows = Rows { start: index(start), end: index(self.operands.texts.len()) };
        // Equal texts are one text, so equal lists are of equal places.
        let list = self.operands.texts.get(start..).unwrap_or_default();
        let hash = self.interned_lists.hasher().hash_one(list);
        let known = *self.interned_lists.entry(hash).or_insert(rows);
        if known != rows && self.operands.texts.get(known.range()) == Some(list) {
            self.operands.texts.truncate(start);
            return known;
        }
        rows
    }

    fn operand(&mut self, text: &'s str) -> u32 {
        let text = self.text(text);
        self.operands.texts.push(text);
        index(self.operands.texts.len() - 1)
    }

    fn time(&mut self, time: Time) -> u32 {
        self.operands.times.push(time);
        index(self.operands.times.len() - 1)
    }

    fn list(&mut self, list: Arc<KeyList>) -> u32 {
        let known = self.operands.lists.iter().position(|known| Arc::ptr_eq(known, &list));
        let place = known.unwrap_or_else(|| {
            self.operands.lists.push(list);
            self.operands.lists.len() - 1
        });
        index(place)
    }

    fn number(&mut self, number: f64) -> u32 {
        self.operands.numbers.push(number);
        index(self.operands.numbers.len() - 1)
    }

    // Flags.

    /// The variant of a row.
    fn choice(&self, row: u32) -> Choice {
        Choice::of(row, self.variants.get(row as usize).map_or(Stored::Null, |variant| variant.value))
    }

    /// The rows of a flag's variants; where `variants` is left out, those of all such flags.
    fn variants(&mut self, flag: &'s FlagDefinition) -> u32 {
        let is = |variant: &Variant, name: &str, value| {
            *variant.name == *name && variant.value == Json::Bool(value)
        };
        let implicit = matches!(&*flag.variants, [on, off] if is(on, "on", true) && is(off, "off", false));
        if let Some(start) = self.implicit_variants.filter(|_| implicit) {
            return start;
        }
        let start = index(self.variants.len());
        if implicit {
            self.implicit_variants = Some(start);
        }
        for variant in &*flag.variants {
            let row = self.variant(flag.kind, variant);
            self.variants.push(row);
        }
        start
    }

    fn variant(&mut self, kind: Kind, variant: &'s Variant) -> VariantRow {
        let name = self.text(&variant.name);
        let json = match &variant.value {
            Json::Null => self.text("null"),
            Json::Bool(true) => self.text("true"),
            Json::Bool(false) => self.text("false"),
            Json::Number(number) => self.text(&number.0),
            value => self.operands.add(&value.to_string()),
        };
        let value = match (&variant.value, kind) {
            (Json::Null, _) => Stored::Null,
            (Json::Bool(value), _) => Stored::Bool(*value),
            (Json::Number(_), Kind::Integer) => variant.value.as_i64().map_or(Stored::Null, Stored::Integer),
            (Json::Number(_), _) => variant.value.as_f64().map_or(Stored::Null, Stored::Number),
            (Json::Text(text), _) => Stored::Text(self.text(text)),
            (Json::Array(_) | Json::Object(_), _) => {
                self.jsons.push(variant.value.clone());
                Stored::Json(index(self.jsons.len() - 1))
            }
        };
        VariantRow { value, name, json }
    }

    fn flag(&mut self, flag: &'s FlagDefinition) {
        let number = index(self.flags.len());
        let first = self.first_variants.get(number as usize).copied().unwrap_or(0);
        let off = self.choice(first + index(flag.off.0));
        let mut default = self.choice(first + index(flag.default.0));
        let mut default_reason = Reason::Disabled;
        let (gates, rules) = (self.gates.len(), self.rules.len());
        if flag.enabled {
            let plain = flag.rules.is_empty() && flag.deny.is_empty() && flag.requires.is_empty();
            default_reason = if plain { Reason::Static } else { Reason::Default };
            self.gate(number, off, flag);
            self.rules(number, first, flag);
        } else {
            default = off;
        }
        let gated = self.gates.len() > gates;
        let rules = match self.rules.len() - rules {
            0 => Rows::NOWHERE,
            _ => Rows { start: index(rules), end: index(self.rules.len()) },
        };
        // Without a rule that draws, hashing an attribute would be for nothing.
        let draws = self.rules.get(rules.range()).unwrap_or_default().iter().any(|rule| rule.bucketed);
        let attribute = flag.bucket_by.filter(|_| draws);
        let bucket_by = attribute.map_or(Subject::KEY, |attribute| Subject::of_attribute(index(attribute.0)));
        let (shape, beside) = match (gated, rules.end - rules.start) {
            (true, _) => (Shape::Gated, index(gates)),
            (false, 0) => (Shape::Settled, 0),
            (false, 1) if bucket_by == Subject::KEY => self.one_rule(rules),
            (false, _) => (Shape::Rules, 0),
        };
        let (id, kind) = (flag.id, flag.kind);
        let settled = (shape == Shape::Settled).then_some(kind);
        self.flags.push(FlagRow {
            id,
            rules,
            default,
            bucket_by,
            beside,
            kind,
            settled,
            shape,
            default_reason,
        });
        // No two flags have one key.
        let key = self.operands.add(&flag.key);
        self.keys.push(key);
    }

    /// The shape of a flag whose one rule was the last to be made, and what is beside it.
    fn one_rule(&self, rules: Rows) -> (Shape, u32) {
        let Some(rule) = self.rules.get(rules.start as usize) else { return (Shape::OneRule, 0) };
        match self.steps.get(rule.when.step()) {
            None if rule.bucketed && !rule.choice.is_split() => (Shape::OneDraw, 0),
            Some(step)
                if step.how == How::KeyListed
                    && (step.yes, step.no) == (Jump::HOLDS, Jump::FAILS)
                    && !rule.bucketed =>
            {
                (Shape::OneList, step.low as u32)
            }
            _ => (Shape::OneRule, 0),
        }
    }

    /// What stands before a flag's rules, if anything does.
    fn gate(&mut self, number: u32, off: Choice, flag: &'s FlagDefinition) {
        if flag.requires.is_empty() && flag.deny.is_empty() {
            return;
        }
        let (requirements, denials) = (self.requirements.len(), self.denials.len());
        self.requirements(flag);
        self.denials(number, flag);
        let requirements = Rows { start: index(requirements), end: index(self.requirements.len()) };
        let denials = Rows { start: index(denials), end: index(self.denials.len()) };
        self.gates.push(GateRow { requirements, denials, off });
    }

    fn requirements(&mut self, flag: &FlagDefinition) {
        for requirement in &flag.requires {
            let first = self.first_variants.get(requirement.flag.0).copied().unwrap_or(0);
            let variants =
                requirement.variants.iter().map(|variant| self.choice(first + index(variant.0))).collect();
            self.requirements.push(RequirementRow { flag: index(requirement.flag.0), variants });
        }
    }

    fn denials(&mut self, flag: u32, definition: &'s FlagDefinition) {
        for (place, condition) in definition.deny.iter().enumerate() {
            let site = Site { flag, place: Place::Deny(index(place)), spelling: Spelling::PLAIN };
            let lowered = self.lower(condition, Question { unknown: true, negated: false }, site);
            let denial = self.lay_out(&lowered);
            self.denials.push(denial);
        }
    }

    fn rules(&mut self, flag: u32, first_variant: u32, definition: &'s FlagDefinition) {
        let draws = definition.rules.iter().any(rule_draws);
        let salt = if draws { Salt::of(Purpose::Rollout, definition.salt()) } else { Salt(0) };
        let fact = definition.bucket_by.filter(|attribute| self.is_fact(attribute.0));
        for (place, rule) in definition.rules.iter().enumerate() {
            let site = Site { flag, place: Place::Rule(index(place)), spelling: Spelling::PLAIN };
            let row = self.rule(rule, site, definition, first_variant, salt);
            let row = match (row, fact) {
                (Some(row), Some(fact)) => self.drawn(row, fact.0, site),
                (row, _) => row,
            };
            let name = rule.name.as_deref().map(|name| self.text(name));
            match row {
                Some(row) => {
                    self.rules.push(RuleRow { index: index(place), ..row });
                    self.rule_names.push(name);
                }
                None => self.notes.push(Note { flag, place: site.place, decided: Decided::Never { name } }),
            }
        }
    }

    /// A rule's row; `None` if it can apply to nobody.
    fn rule(
        &mut self,
        rule: &'s Rule,
        site: Site,
        flag: &FlagDefinition,
        first_variant: u32,
        salt: Salt,
    ) -> Option<RuleRow> {
        let lowered = match &rule.when {
            Some(condition) => self.lower(condition, Question { unknown: false, negated: false }, site),
            None => Lowered::Decided(true),
        };
        if let Lowered::Decided(false) = lowered {
            return None;
        }
        let last = match rule.rollout {
            Some(share) => bucket::last_within(share.0)?,
            None => u64::MAX,
        };
        let when = self.lay_out(&lowered);
        let choice = match &rule.outcome {
            Outcome::Serve(variant) => self.choice(first_variant + index(variant.0)),
            Outcome::Split(weights) => {
                self.split(first_variant, weights, Salt::of(Purpose::Split, flag.salt()))
            }
        };
        let bucketed = rule_draws(rule);
        let reason = if bucketed { Reason::Split } else { Reason::TargetingMatch };
        Some(RuleRow { last, rollout_salt: salt.0, when, choice, index: 0, bucketed, reason })
    }

    fn split(
        &mut self,
        first_variant: u32,
        weights: &[(crate::flag_set::VariantIndex, crate::flag_set::Percentage)],
        salt: Salt,
    ) -> Choice {
        let start = index(self.parts.len());
        let mut total = 0;
        for (variant, weight) in weights.iter().filter(|(_, weight)| weight.0 > 0) {
            total += weight.0;
            let last = bucket::last_within(total).unwrap_or(u64::MAX);
            let variant = self.choice(first_variant + index(variant.0));
            self.parts.push(PartRow { last, variant });
        }
        let parts = Rows { start, end: index(self.parts.len()) };
        self.splits.push(SplitRow { salt: salt.0, parts });
        Choice::of_split(index(self.splits.len() - 1))
    }

    /// A rule of a flag that buckets by a fact: everyone has the same unit, so the draw is made now.
    fn drawn(&mut self, rule: RuleRow, fact: usize, site: Site) -> Option<RuleRow> {
        if !rule.bucketed {
            return Some(rule);
        }
        let kind = self.attributes.get(fact).map_or(AttributeKind::Text, |attribute| attribute.kind);
        let unit = self.facts.get(fact).copied().flatten().and_then(|value| evaluate::unit_of(value, kind));
        let inside = unit.is_some_and(|unit| bucket::position(unit, Salt(rule.rollout_salt)) <= rule.last);
        self.notes.push(Note { flag: site.flag, place: site.place, decided: Decided::Drawn { inside } });
        let unit = unit.filter(|_| inside)?;
        let split = rule.choice.split().and_then(|split| self.splits.get(split));
        let choice = split.map_or(rule.choice, |split| split.choose(&self.parts, unit).1);
        Some(RuleRow { choice, bucketed: false, ..rule })
    }

    fn is_fact(&self, attribute: usize) -> bool {
        self.set.attributes.get(attribute).is_some_and(|attribute| attribute.fact)
    }

    // Conditions.

    /// A condition for one question: `not` pushed down, facts and `now` decided.
    fn lower(&mut self, condition: &'s Condition, question: Question, site: Site) -> Lowered {
        match condition {
            Condition::Not(inner) => {
                self.lower(inner, Question { negated: !question.negated, ..question }, site)
            }
            // De Morgan's laws hold of three values too.
            Condition::All(parts) => self.combine(parts, question, site, question.negated),
            Condition::Any(parts) => self.combine(parts, question, site, !question.negated),
            Condition::Segment(segment) => self.segment(*segment, question, site),
            Condition::Test(test) => self.test(test, question, site),
        }
    }

    fn combine(
        &mut self,
        parts: &'s [Condition],
        question: Question,
        site: Site,
        one_is_enough: bool,
    ) -> Lowered {
        let mut kept = Vec::with_capacity(parts.len());
        for part in parts {
            match self.lower(part, question, site) {
                Lowered::Decided(decided) if decided == one_is_enough => return Lowered::Decided(decided),
                Lowered::Decided(_) => {}
                Lowered::All(parts) if !one_is_enough => kept.extend(parts),
                Lowered::Any(parts) if one_is_enough => kept.extend(parts),
                lowered => kept.push(lowered),
            }
        }
        match (kept.len(), one_is_enough) {
            (0, _) => Lowered::Decided(!one_is_enough),
            (1, _) => kept.pop().unwrap_or(Lowered::Decided(!one_is_enough)),
            (_, true) => Lowered::Any(kept),
            (_, false) => Lowered::All(kept),
        }
    }

    fn segment(&mut self, segment: SegmentIndex, question: Question, site: Site) -> Lowered {
        if let Some(known) = self.segments.get(&(segment, question)) {
            let note =
                |decided: &Decided| Note { flag: site.flag, place: site.place, decided: decided.clone() };
            self.notes.extend(known.decided.iter().map(note));
            return known.lowered.clone();
        }
        let first_note = self.notes.len();
        let Some(definition) = self.set.segments.get(segment.0) else { return Lowered::Decided(false) };
        let site = Site { spelling: Spelling::within(index(segment.0)), ..site };
        let lowered = match &definition.body {
            SegmentBody::When(condition) => self.lower(condition, question, site),
            SegmentBody::Listed(listed) => {
                let subject = listed.of.map_or(Tested::Key, Tested::Attribute);
                let test = Test::Listed(self.list(listed.list.clone()));
                self.step(subject, test, question, site)
            }
        };
        let lowered = if lowered.steps() > SMALL_SEGMENT {
            let condition = self.lay_out(&lowered);
            Lowered::Step(LoweredStep {
                id: NameId::of(""),
                probe: Probe::NONE,
                written: Written {
                    test: Test::Segment { condition, segment: index(segment.0) },
                    subject: Subject::NOTHING,
                    spelling: Spelling::PLAIN,
                },
                unknown: question.unknown,
            })
        } else {
            lowered
        };
        let decided =
            self.notes.get(first_note..).into_iter().flatten().map(|note| note.decided.clone()).collect();
        self.segments.insert((segment, question), KnownSegment { lowered: lowered.clone(), decided });
        lowered
    }

    fn test(&mut self, definition: &'s TestDefinition, mut question: Question, site: Site) -> Lowered {
        let kind = match definition.subject {
            Tested::Key => AttributeKind::Text,
            Tested::Now => AttributeKind::Time,
            Tested::Attribute(attribute) => {
                self.attributes.get(attribute.0).map_or(AttributeKind::Text, |attribute| attribute.kind)
            }
        };
        let (test, opposite) = self.predicate(&definition.predicate, kind);
        question.negated ^= opposite;
        self.step(definition.subject, test, question, site)
    }

    /// One test, decided now if it looks at a fact or at `now`.
    fn step(&mut self, tested: Tested, test: Test, question: Question, site: Site) -> Lowered {
        let subject = match tested {
            Tested::Key => Subject::KEY,
            Tested::Now => Subject::NOW,
            Tested::Attribute(attribute) => Subject::of_attribute(index(attribute.0)),
        };
        let Question { negated, unknown } = question;
        let written = Written { test, subject, spelling: site.spelling.or_opposite(negated) };
        let value = match tested {
            Tested::Now => ContextValue::Time(self.now),
            Tested::Attribute(attribute) if self.is_fact(attribute.0) => {
                self.facts.get(attribute.0).copied().flatten().unwrap_or(ContextValue::Missing)
            }
            Tested::Attribute(attribute) => {
                let (id, probe) = self.probe(attribute.0, test, question);
                return Lowered::Step(LoweredStep { id, probe, written, unknown });
            }
            Tested::Key => {
                let probe = self.probe_of(subject, test);
                return Lowered::Step(LoweredStep { id: NameId::of(""), probe, written, unknown });
            }
        };
        let outcome = self.operands.holds(test, &value);
        let decided = Decided::Tested { written, seen: value.to_owned(), outcome };
        self.notes.push(Note { flag: site.flag, place: site.place, decided });
        Lowered::Decided(outcome.map_or(unknown, |held| held ^ negated))
    }

    /// The id of an attribute, and how a test compares it.
    ///
    /// A text that the declaration does not know counts as missing: where that makes a difference, the declaration is
    /// looked at, and integers do not do.
    fn probe(&mut self, attribute: usize, test: Test, question: Question) -> (NameId, Probe) {
        let Some(row) = self.attributes.get(attribute) else { return (NameId::of(""), Probe::NONE) };
        let (id, closed) = (row.id, row.closed);
        let fails = match test {
            Test::TextIs(text) => self.declares(closed, Rows { start: text, end: text + 1 }),
            Test::TextIn(rows) => self.declares(closed, rows),
            _ => false,
        };
        let same = fails && question.negated == question.unknown;
        if closed.is_empty() || same {
            return (id, self.probe_of(Subject::of_attribute(index(attribute)), test));
        }
        (id, Probe::NONE)
    }

    /// How a test compares; of a list of texts kept once, however often the list stands in the file.
    fn probe_of(&mut self, subject: Subject, test: Test) -> Probe {
        let by_hash = subject == Subject::KEY;
        let probe = if by_hash { Probe::of_key } else { Probe::of };
        let Test::TextIn(rows) = test else { return probe(test, &mut self.operands) };
        *self.interned_probes.entry((rows, by_hash)).or_insert_with(|| probe(test, &mut self.operands))
    }

    /// Whether all of some texts are among those that a declaration knows.
    fn declares(&self, closed: Rows, rows: Rows) -> bool {
        self.operands.texts(rows).all(|text| self.operands.has(closed, text))
    }

    /// The test that a predicate comes to, and whether it is that test's opposite.
    fn predicate(&mut self, predicate: &'s Predicate, kind: AttributeKind) -> (Test, bool) {
        match predicate {
            Predicate::Present(wanted) => (Test::Present(kind), !wanted),
            Predicate::Text(test) => self.text_test(test),
            Predicate::Number(test) => self.number_test(test),
            Predicate::Version(comparison, version) => {
                let text = self.text(&version.text);
                let version = *self.interned_versions.entry(text).or_insert_with(|| {
                    self.operands.versions.push((version.packed, text));
                    index(self.operands.versions.len() - 1)
                });
                match comparison {
                    Comparison::Is => (Test::VersionIs(version), false),
                    Comparison::IsNot => (Test::VersionIs(version), true),
                    Comparison::AtLeast => (Test::VersionAtLeast(version), false),
                    Comparison::Above => (Test::VersionAbove(version), false),
                    Comparison::AtMost => (Test::VersionAtMost(version), false),
                    Comparison::Below => (Test::VersionBelow(version), false),
                }
            }
            Predicate::Bool(wanted) => (Test::Bool(*wanted), false),
            Predicate::Since(time) => (Test::Since(self.time(*time)), false),
            Predicate::Before(time) => (Test::Before(self.time(*time)), false),
            Predicate::Within(blocks) => {
                let start = index(self.operands.blocks.len());
                self.operands.blocks.extend(blocks);
                (Test::Within(Rows { start, end: index(self.operands.blocks.len()) }), false)
            }
            Predicate::Texts(test) => self.texts_test(test),
        }
    }

    fn text_test(&mut self, test: &'s TextTest) -> (Test, bool) {
        let mut rows = |texts: &'s [Box<str>]| self.texts(texts.iter().map(|text| &**text));
        match test {
            TextTest::Is(text) => (Test::TextIs(self.operand(text)), false),
            TextTest::IsNot(text) => (Test::TextIs(self.operand(text)), true),
            TextTest::In(texts) => (self.text_in(texts), false),
            TextTest::NotIn(texts) => (self.text_in(texts), true),
            TextTest::StartsWith(texts) => (Test::StartsWith(rows(texts)), false),
            TextTest::EndsWith(texts) => (Test::EndsWith(rows(texts)), false),
            TextTest::Contains(texts) => (Test::Contains(rows(texts)), false),
        }
    }

    fn text_in(&mut self, texts: &'s TextSet) -> Test {
        match &texts.0 {
            Kept::Few(texts) => Test::TextIn(self.texts(texts.iter().map(|text| &**text))),
            Kept::Many(list) => Test::Listed(self.list(list.clone())),
        }
    }

    fn number_test(&mut self, test: &NumberTest) -> (Test, bool) {
        match test {
            NumberTest::Compare(comparison, number) => {
                let number = self.number(*number);
                match comparison {
                    Comparison::Is => (Test::NumberIs(number), false),
                    Comparison::IsNot => (Test::NumberIs(number), true),
                    Comparison::AtLeast => (Test::AtLeast(number), false),
                    Comparison::Above => (Test::Above(number), false),
                    Comparison::AtMost => (Test::AtMost(number), false),
                    Comparison::Below => (Test::Below(number), false),
                }
            }
            NumberTest::In(numbers) => (self.number_in(numbers), false),
            NumberTest::NotIn(numbers) => (self.number_in(numbers), true),
        }
    }

    fn number_in(&mut self, numbers: &[f64]) -> Test {
        let start = index(self.operands.numbers.len());
        self.operands.numbers.extend(numbers);
        Test::NumberIn(Rows { start, end: index(self.operands.numbers.len()) })
    }

    fn texts_test(&mut self, test: &'s TextsTest) -> (Test, bool) {
        let mut rows = |texts: &'s [Box<str>]| self.texts(texts.iter().map(|text| &**text));
        match test {
            TextsTest::Has(text) => (Test::HasAny(self.texts(std::iter::once(&**text))), false),
            TextsTest::HasAny(texts) => (Test::HasAny(rows(texts)), false),
            TextsTest::HasAll(texts) => (Test::HasAll(rows(texts)), false),
            TextsTest::HasNone(texts) => (Test::HasAny(rows(texts)), true),
        }
    }

    /// Lays a condition out in steps, and says where it starts.
    fn lay_out(&mut self, lowered: &Lowered) -> Jump {
        let mut walk = std::mem::take(&mut self.walk);
        let start = walk.add(lowered, Jump::HOLDS, Jump::FAILS);
        // The walk was laid out from its end, since a step must know where it leads; turned about, it reads forward.
        let last = index(self.steps.len() + walk.steps.len()).wrapping_sub(1);
        let turn = |jump: Jump| if jump.is_end() { jump } else { Jump::to(last - index(jump.step())) };
        for (step, exact) in walk.steps.drain(..).rev() {
            let (yes, no, unknown) = (turn(step.yes), turn(step.no), turn(step.unknown));
            let yes = if exact { yes } else { yes.once_looked() };
            self.steps.push(Step { yes, no, unknown, ..step });
        }
        self.written.extend(walk.written.drain(..).rev());
        self.walk = walk;
        turn(start)
    }
}

/// Whether a rule applies only where there is a unit.
fn rule_draws(rule: &Rule) -> bool {
    rule.rollout.is_some() || matches!(rule.outcome, Outcome::Split(_))
}

/// A condition's steps, the last one first.
#[derive(Default)]
struct Walk {
    /// With each, whether a hit is one.
    steps: Vec<(Step, bool)>,
    written: Vec<Written>,
}

impl Walk {
    /// Adds a condition that leads to `yes` or `no`, and says where it starts.
    fn add(&mut self, lowered: &Lowered, yes: Jump, no: Jump) -> Jump {
        match lowered {
            Lowered::Decided(true) => yes,
            Lowered::Decided(false) => no,
            Lowered::Step(step) => self.step(step, yes, no),
            Lowered::All(parts) => parts.iter().rev().fold(yes, |next, part| self.add(part, next, no)),
            Lowered::Any(parts) => parts.iter().rev().fold(no, |next, part| self.add(part, yes, next)),
        }
    }

    fn step(&mut self, lowered: &LoweredStep, yes: Jump, no: Jump) -> Jump {
        let LoweredStep { id, probe, written, unknown } = *lowered;
        let missing = if unknown { yes } else { no };
        let (yes, no) = if written.spelling.is_opposite() { (no, yes) } else { (yes, no) };
        // Nobody has to know a value to know that there is none.
        let unknown = if let Test::Present(_) = written.test { no } else { missing };
        let Probe { low, span, how, exact } = probe;
        self.steps.push((Step { id, low, span, yes, no, unknown, how }, exact));
        self.written.push(written);
        Jump::to(index(self.steps.len() - 1))
    }
}
