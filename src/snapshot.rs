//! The snapshot: a flag set compiled to flat tables, so that answering is walking arrays.
//!
//! Plain data: it can be printed, measured and explained, and freeing it is freeing a few blocks. Nothing in it changes
//! once it is published.

use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;

use crate::address::Block;
use crate::answer::Reason;
use crate::context::{AttributeKind, OwnedValue};
use crate::json::Json;
use crate::key::NameId;
use crate::key_list::KeyList;
use crate::mark::Sort;
use crate::time::Time;
use crate::value::{FlagType, Kind, Value};
use crate::version::Version;

/// The flags of one file, for the facts of one service and one stretch of time, ready to answer.
///
/// Made by [`Snapshot::compile`], published and shared by [`Flags`](crate::Flags).
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(crate) generation: u64,
    /// Apart, so that what a walk does not come to is not read.
    pub(crate) operands: Box<Operands>,
    pub(crate) attributes: Box<[AttributeRow]>,
    pub(crate) segments: Box<[Text]>,
    /// In file order.
    pub(crate) flags: Box<[FlagRow]>,
    /// Their keys: as long as `flags`.
    pub(crate) keys: Box<[Text]>,
    /// Open addressing by id: a flag's index, or [`NOBODY`]. A power of two long, at most a quarter full.
    pub(crate) places: Box<[u32]>,
    /// For forced answers: each flag's own variants.
    #[cfg(feature = "test-util")]
    pub(crate) flag_variants: Box<[Rows]>,
    /// What stands before the rules of the flags that have such.
    pub(crate) gates: Box<[GateRow]>,
    pub(crate) requirements: Box<[RequirementRow]>,
    pub(crate) denials: Box<[Jump]>,
    pub(crate) rules: Box<[RuleRow]>,
    /// Their names, for the few who ask: as long as `rules`.
    pub(crate) rule_names: Box<[Option<Text>]>,
    pub(crate) splits: Box<[SplitRow]>,
    pub(crate) parts: Box<[PartRow]>,
    pub(crate) variants: Box<[VariantRow]>,
    pub(crate) jsons: Box<[Json]>,
    pub(crate) steps: Box<[Step]>,
    /// How each step was written: for explanations and for longer looks. As long as `steps`.
    pub(crate) written: Box<[Written]>,
    /// For explanations: what was decided when the snapshot was compiled, by flag.
    pub(crate) notes: Box<[Note]>,
    /// The instants between which this snapshot holds: from (included), until (excluded).
    pub(crate) holds: (Option<Time>, Option<Time>),
}

/// The place of no flag.
const NOBODY: u32 = u32::MAX;

/// A stretch of [`Operands::text`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Text {
    /// One more than the place of its first byte: so a text that may be left out is no larger.
    after: NonZeroU32,
    length: u32,
}

impl Text {
    /// No flag file is large enough to need more than 32 bits.
    pub(crate) fn at(start: usize, length: usize) -> Text {
        let word = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Text { after: NonZeroU32::MIN.saturating_add(word(start)), length: word(length) }
    }
}

/// A stretch of some table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rows {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Rows {
    /// An empty stretch, beyond every table.
    pub(crate) const NOWHERE: Rows = Rows { start: u32::MAX, end: u32::MAX };

    #[inline]
    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// What tests compare with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Operands {
    pub(crate) text: String,
    pub(crate) texts: Vec<Text>,
    /// Places of marks: see [`How::OneOf`].
    pub(crate) places: Vec<u64>,
    pub(crate) times: Vec<Time>,
    pub(crate) numbers: Vec<f64>,
    pub(crate) versions: Vec<(u64, Text)>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) lists: Vec<Arc<KeyList>>,
}

impl Operands {
    #[inline]
    pub(crate) fn text(&self, text: Text) -> &str {
        let start = text.after.get() as usize - 1;
        self.text.get(start..start + text.length as usize).unwrap_or_default()
    }

    /// The bytes of a text, which cost less to find.
    #[inline]
    pub(crate) fn bytes(&self, text: Text) -> &[u8] {
        let start = text.after.get() as usize - 1;
        self.text.as_bytes().get(start..start + text.length as usize).unwrap_or_default()
    }

    pub(crate) fn texts(&self, rows: Rows) -> impl Iterator<Item = &str> {
        self.texts.get(rows.range()).unwrap_or_default().iter().map(|text| self.text(*text))
    }

    /// Whether a text is among some rows.
    pub(crate) fn has(&self, rows: Rows, text: &str) -> bool {
        self.texts(rows).any(|known| known == text)
    }

    pub(crate) fn number(&self, index: u32) -> Option<f64> {
        self.numbers.get(index as usize).copied()
    }

    pub(crate) fn version(&self, index: u32) -> Option<Version<'_>> {
        self.versions.get(index as usize).map(|(packed, text)| Version::known(*packed, self.text(*text)))
    }
}

#[derive(Clone, Debug)]
pub(crate) struct AttributeRow {
    pub(crate) id: NameId,
    pub(crate) name: Text,
    /// The texts it may have; empty if it is not closed.
    pub(crate) closed: Rows,
    pub(crate) kind: AttributeKind,
    pub(crate) sensitive: bool,
    pub(crate) fact: bool,
}

/// What of a context is looked at. One word, since each test and each flag has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subject(u32);

impl Subject {
    pub(crate) const KEY: Subject = Subject(u32::MAX);
    /// The instant is known when a snapshot is compiled: only notes have it.
    pub(crate) const NOW: Subject = Subject(u32::MAX - 1);
    /// A segment is asked.
    pub(crate) const NOTHING: Subject = Subject(u32::MAX - 2);

    /// An attribute, by its place in [`Snapshot::attributes`].
    pub(crate) fn of_attribute(place: u32) -> Subject {
        Subject(place)
    }

    pub(crate) fn attribute(self) -> Option<u32> {
        (self.0 < Subject::NOTHING.0).then_some(self.0)
    }
}

/// A variant, or the split that chooses one. One word: its top bit says which, and the two low bits of a variant what a
/// boolean one answers, so that nobody reads a row to know that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choice(u32);

impl Choice {
    const VALUE: u32 = 2;
    const SPLIT: u32 = 1 << 31;

    /// The variant of a row, which has this value.
    pub(crate) fn of(row: u32, value: Stored) -> Choice {
        let mark = if let Stored::Bool(value) = value { u32::from(value) } else { Choice::VALUE };
        Choice(row << 2 | mark)
    }

    pub(crate) fn of_split(row: u32) -> Choice {
        Choice(row | Choice::SPLIT)
    }

    /// Whether it is a boolean variant that answers true or false.
    #[inline]
    fn is_switch(self) -> bool {
        self.0 & 2 == 0
    }

    /// What a boolean variant answers.
    #[inline]
    fn is_on(self) -> bool {
        self.0 & 1 != 0
    }

    #[inline]
    pub(crate) fn is_split(self) -> bool {
        self.0 & Choice::SPLIT != 0
    }

    /// Its place in [`Snapshot::splits`], where it is a split.
    #[inline]
    pub(crate) fn split(self) -> Option<usize> {
        self.is_split().then_some((self.0 & !Choice::SPLIT) as usize)
    }

    /// Its place in [`Snapshot::variants`], where it is none.
    #[inline]
    pub(crate) fn row(self) -> usize {
        (self.0 >> 2) as usize
    }
}

/// What a check of a flag reads first: half a cache line.
#[derive(Clone, Debug)]
pub(crate) struct FlagRow {
    pub(crate) id: NameId,
    /// INVARIANT: [`Rows::NOWHERE`] where there is none.
    pub(crate) rules: Rows,
    pub(crate) default: Choice,
    pub(crate) bucket_by: Subject,
    /// What belongs to the shape: where [`Shape::Gated`] a place in [`Snapshot::gates`], where [`Shape::OneList`] one in
    /// [`Operands::lists`].
    pub(crate) beside: u32,
    pub(crate) kind: Kind,
    /// The kind again, where [`Shape::Settled`]: so that the commonest check asks for both at once.
    pub(crate) settled: Option<Kind>,
    pub(crate) shape: Shape,
    pub(crate) default_reason: Reason,
}

/// What stands before a flag's rules, and the variant of those who do not pass.
#[derive(Clone, Debug)]
pub(crate) struct GateRow {
    pub(crate) requirements: Rows,
    pub(crate) denials: Rows,
    pub(crate) off: Choice,
}

/// How much there is to a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Everyone gets the default.
    Settled,
    /// One rule, and a rollout is all there is to it.
    OneDraw,
    /// One rule and the targeting key.
    OneRule,
    /// One rule, and that the targeting key is on a long list is all there is to it.
    OneList,
    /// Several rules, or an attribute to bucket by.
    Rules,
    /// Requirements or denials before all else.
    Gated,
}

#[derive(Clone, Debug)]
pub(crate) struct RequirementRow {
    pub(crate) flag: u32,
    /// The variants that satisfy.
    pub(crate) variants: Box<[Choice]>,
}

/// A rule: half a cache line.
#[derive(Clone, Debug)]
pub(crate) struct RuleRow {
    /// The last position inside the rollout; `u64::MAX` where the rule has none or holds everyone with a unit.
    pub(crate) last: u64,
    pub(crate) rollout_salt: u64,
    pub(crate) when: Jump,
    pub(crate) choice: Choice,
    /// Its place in the file.
    pub(crate) index: u32,
    /// Whether it applies only where there is a unit: it has a rollout or a split.
    pub(crate) bucketed: bool,
    pub(crate) reason: Reason,
}

#[derive(Clone, Debug)]
pub(crate) struct SplitRow {
    pub(crate) salt: u64,
    pub(crate) parts: Rows,
}

/// A part of a split.
#[derive(Clone, Debug)]
pub(crate) struct PartRow {
    pub(crate) last: u64,
    pub(crate) variant: Choice,
}

#[derive(Clone, Debug)]
pub(crate) struct VariantRow {
    pub(crate) value: Stored,
    pub(crate) name: Text,
    /// The value as written.
    pub(crate) json: Text,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Stored {
    Null,
    Bool(bool),
    Integer(i64),
    Number(f64),
    Text(Text),
    Json(u32),
}

/// Where to go on: a step, or an end; and whether to look at the values themselves first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Jump(u32);

impl Jump {
    pub(crate) const HOLDS: Jump = Jump(u32::MAX >> 1);
    pub(crate) const FAILS: Jump = Jump((u32::MAX >> 1) - 1);
    /// Integers do not say it: the values themselves are to be compared.
    pub(crate) const LOOK: Jump = Jump::HOLDS.once_looked();

    /// To a step. No flag file is large enough to have as many as there are below [`Jump::FAILS`].
    pub(crate) const fn to(step: u32) -> Jump {
        Jump(step)
    }

    /// There, but by way of a look: no step is where this leads.
    pub(crate) const fn once_looked(self) -> Jump {
        Jump(self.0 | !(u32::MAX >> 1))
    }

    /// Where this leads once the values themselves were compared.
    #[inline]
    pub(crate) const fn looked(self) -> Jump {
        Jump(self.0 & (u32::MAX >> 1))
    }

    /// Where a step would stand; beyond all steps for an end, or a look.
    #[inline]
    pub(crate) const fn step(self) -> usize {
        self.0 as usize
    }

    pub(crate) const fn is_end(self) -> bool {
        self.looked().0 >= Jump::FAILS.0
    }
}

/// One test of one attribute, as a comparison of integers, and where to go on.
///
/// A condition is compiled for one question: does it hold (a rule), or could it (a denial)? `not` is pushed down to the
/// tests, so a test leads somewhere even where the attribute is missing, and no third value is left at run time.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The attribute.
    pub(crate) id: NameId,
    /// What [`How`] says of these two.
    pub(crate) low: u64,
    pub(crate) span: u64,
    /// INVARIANT: jumps lead forward within the same condition, so every walk ends.
    ///
    /// By way of a look where a hit is none yet.
    pub(crate) yes: Jump,
    pub(crate) no: Jump,
    /// Where the attribute is missing.
    pub(crate) unknown: Jump,
    pub(crate) how: How,
}

/// How a step compares the mark of an attribute, or the hash of the targeting key. What is of another sort takes a
/// longer look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// A hit is a place from `low` to `low + span`.
    Range(Sort),
    /// A hit is one of a stretch of [`Operands::places`]: from `low` until `span`.
    OneOf(Sort),
    /// A hit is the hash `low`.
    Key,
    /// A hit is one of a stretch of [`Operands::places`]: from `low` until `span`.
    KeyOneOf,
    /// A hit is what is on a list: the place `low` in [`Operands::lists`].
    KeyListed,
    /// No comparison of integers says it.
    Slowly,
}

/// How a step was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    pub(crate) test: Test,
    pub(crate) subject: Subject,
    pub(crate) spelling: Spelling,
}

/// Under which segment a test was written, and whether as its opposite. One word, since each step has one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spelling(u32);

impl Spelling {
    /// In no segment, and as it is.
    pub(crate) const PLAIN: Spelling = Spelling(0);

    /// In this segment.
    pub(crate) fn within(segment: u32) -> Spelling {
        Spelling((segment + 1) << 1)
    }

    /// The same place, for the opposite where `negated`.
    pub(crate) fn or_opposite(self, negated: bool) -> Spelling {
        Spelling(self.0 & !1 | u32::from(negated))
    }

    /// Whether [`Step::yes`] is where what was written does not hold.
    pub(crate) fn is_opposite(self) -> bool {
        self.0 & 1 == 1
    }

    /// The segment that it was written in.
    pub(crate) fn segment(self) -> Option<u32> {
        (self.0 >> 1).checked_sub(1)
    }
}

/// A test, with its operands by their places: a note of twelve bytes, since each step has one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Test {
    Present(AttributeKind),
    /// One of [`Operands::texts`].
    TextIs(u32),
    TextIn(Rows),
    /// Membership in a long list, by the hash of the text.
    Listed(u32),
    StartsWith(Rows),
    EndsWith(Rows),
    Contains(Rows),
    /// One of [`Operands::numbers`].
    NumberIs(u32),
    AtLeast(u32),
    Above(u32),
    AtMost(u32),
    Below(u32),
    NumberIn(Rows),
    /// One of [`Operands::versions`].
    VersionIs(u32),
    VersionAtLeast(u32),
    VersionAbove(u32),
    VersionAtMost(u32),
    VersionBelow(u32),
    Bool(bool),
    /// One of [`Operands::times`].
    Since(u32),
    Before(u32),
    Within(Rows),
    HasAny(Rows),
    HasAll(Rows),
    /// A segment's own condition, compiled for the same question.
    Segment {
        condition: Jump,
        segment: u32,
    },
}

/// Something that was decided when the snapshot was compiled, kept to be explained.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) flag: u32,
    pub(crate) place: Place,
    pub(crate) decided: Decided,
}

/// A part of a flag, by its place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Deny(u32),
    Rule(u32),
}

#[derive(Clone, Debug)]
pub(crate) enum Decided {
    /// A test of a fact, or of `now`, with the value that it saw and what came out (none: unknown).
    Tested { written: Written, seen: OwnedValue, outcome: Option<bool> },
    /// The rule is left out: it can apply to nobody.
    Never { name: Option<Text> },
    /// The whole flag buckets by a fact, so this rule's rollout was drawn once.
    Drawn { inside: bool },
}

impl Snapshot {
    /// Which publication of the flags this is; 0 if it was never published.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The keys of the flags, in file order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| self.operands.text(*key))
    }

    /// The stretch of time for which the answers hold: from an instant (included) until another (excluded). A file that
    /// names instants under `now` answers otherwise beyond.
    #[must_use]
    pub fn holds(&self) -> (Option<Time>, Option<Time>) {
        self.holds
    }

    /// Bytes on the heap, list files included.
    #[must_use]
    pub fn memory(&self) -> usize {
        let operands = &self.operands;
        operands.text.len()
            + size_of_val(&*operands.texts)
            + size_of_val(&*operands.places)
            + size_of_val(&*operands.times)
            + size_of_val(&*operands.numbers)
            + size_of_val(&*operands.versions)
            + size_of_val(&*operands.blocks)
            + operands.lists.iter().map(|list| list.memory()).sum::<usize>()
            + size_of_val(&*self.attributes)
            + size_of_val(&*self.segments)
            + size_of_val(&*self.flags)
            + size_of_val(&*self.keys)
            + size_of_val(&*self.gates)
            + size_of_val(&*self.places)
            + size_of_val(&*self.requirements)
            + self.requirements.iter().map(|requirement| 4 * requirement.variants.len()).sum::<usize>()
            + size_of_val(&*self.denials)
            + size_of_val(&*self.rules)
            + size_of_val(&*self.rule_names)
            + size_of_val(&*self.splits)
            + size_of_val(&*self.parts)
            + size_of_val(&*self.variants)
            + size_of_val(&*self.steps)
            + size_of_val(&*self.written)
            + size_of_val(&*self.notes)
    }

    #[inline]
    pub(crate) fn value_of(&self, variant: Choice) -> Value<'_> {
        if variant.is_switch() { Value::Bool(variant.is_on()) } else { self.written_value(variant) }
    }

    /// The value of a variant as a type, or the default: for null, and for other types.
    #[inline]
    pub(crate) fn value_or<'v, T: FlagType + ?Sized>(
        &'v self,
        variant: Choice,
        default: T::Value<'v>,
    ) -> T::Value<'v> {
        if T::KIND != Kind::Bool {
            return T::read(self.written_value(variant)).unwrap_or(default);
        }
        // What a boolean flag has besides true and false is null.
        if variant.is_switch() { T::switched(variant.is_on(), default) } else { default }
    }

    /// The value in a variant's row.
    #[inline]
    fn written_value(&self, variant: Choice) -> Value<'_> {
        let Some(row) = self.variants.get(variant.row()) else { return Value::Null };
        match row.value {
            Stored::Null => Value::Null,
            Stored::Bool(value) => Value::Bool(value),
            Stored::Integer(value) => Value::Integer(value),
            Stored::Number(value) => Value::Number(value),
            Stored::Text(text) => Value::Text(self.operands.text(text)),
            Stored::Json(index) => self.jsons.get(index as usize).map_or(Value::Null, Value::Json),
        }
    }

    /// Makes the table that finds a flag by its id.
    pub(crate) fn index_flags(&mut self) {
        let mut places = vec![NOBODY; (4 * self.flags.len()).next_power_of_two().max(2)];
        let mask = places.len() - 1;
        for (number, flag) in self.flags.iter().enumerate() {
            let mut place = flag.id.0 as usize & mask;
            while places.get(place).is_some_and(|taken| *taken != NOBODY) {
                place = (place + 1) & mask;
            }
            if let Some(place) = places.get_mut(place) {
                *place = u32::try_from(number).unwrap_or(NOBODY);
            }
        }
        self.places = places.into();
    }

    /// The flag of an id that a handle's compiler, or a full probe, vouches for.
    #[inline]
    pub(crate) fn flag(&self, id: NameId) -> Option<&FlagRow> {
        self.find(id).map(|(_, row)| row)
    }

    /// A flag by its id, and its place in the file.
    #[inline]
    pub(crate) fn find(&self, id: NameId) -> Option<(usize, &FlagRow)> {
        let mask = self.places.len().wrapping_sub(1);
        let mut place = id.0 as usize & mask;
        loop {
            let index = *self.places.get(place)? as usize;
            let row = self.flags.get(index)?;
            if row.id == id {
                return Some((index, row));
            }
            place = (place + 1) & mask;
        }
    }

    /// The key of a flag.
    pub(crate) fn key_of(&self, flag: &FlagRow) -> &str {
        let key = self.find(flag.id).and_then(|(index, _)| self.keys.get(index));
        key.map_or("", |key| self.operands.text(*key))
    }

    /// A variant's name.
    pub(crate) fn name_of(&self, variant: Choice) -> Option<&str> {
        self.variants.get(variant.row()).map(|variant| self.operands.text(variant.name))
    }
}
