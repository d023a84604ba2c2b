//! The flag set: what a flag file means. If one exists it is right.
//!
//! Made by [`FlagSet::read`] alone. Every name is bound to what it names, every weight adds up, every operand has its
//! attribute's type; nothing here "cannot be `None`". Read-only: tools look at it, [`Snapshot`](crate::Snapshot) is
//! compiled from it.

use std::sync::Arc;

use crate::address::Block;
use crate::context::AttributeKind;
use crate::json::Json;
use crate::key::NameId;
use crate::key_list::KeyList;
use crate::time::Time;
use crate::value::Kind;
use crate::version::Version;

/// The flags of one file, validated.
///
/// ```
/// use waterspout::flag_set::FlagSet;
///
/// let set = FlagSet::parse(r#"{"version": 1, "flags": {"dark-mode": {"rules": [{"rollout": 25}]}}}"#)?;
/// assert_eq!(set.flags()[0].key(), "dark-mode");
/// # Ok::<(), waterspout::Error>(())
/// ```
#[derive(Debug)]
pub struct FlagSet {
    pub(crate) attributes: Vec<AttributeDefinition>,
    pub(crate) segments: Vec<Segment>,
    pub(crate) flags: Vec<FlagDefinition>,
    /// The instants that conditions on `now` name, ascending.
    pub(crate) edges: Vec<Time>,
}

/// Which attribute of [`FlagSet::attributes`]. Only a flag set makes one, for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeIndex(pub(crate) usize);

/// Which segment of [`FlagSet::segments`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentIndex(pub(crate) usize);

/// Which flag of [`FlagSet::flags`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlagIndex(pub(crate) usize);

/// Which variant of [`FlagDefinition::variants`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariantIndex(pub(crate) usize);

macro_rules! index {
    ($($index:ident)+) => {$(
        impl $index {
            /// The place in file order, from 0.
            #[must_use]
            pub fn get(self) -> usize {
                self.0
            }
        }
    )+};
}

index! { AttributeIndex SegmentIndex FlagIndex VariantIndex }

impl FlagSet {
    /// The declared attributes, in file order.
    #[must_use]
    pub fn attributes(&self) -> &[AttributeDefinition] {
        &self.attributes
    }

    /// The segments, in file order.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The flags, in file order.
    #[must_use]
    pub fn flags(&self) -> &[FlagDefinition] {
        &self.flags
    }

    /// The instants at which answers change by themselves: those that conditions on `now` name, ascending, once each.
    #[must_use]
    pub fn edges(&self) -> &[Time] {
        &self.edges
    }

    /// The flag of this key.
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<&FlagDefinition> {
        self.flags.iter().find(|flag| *flag.key == *key)
    }

    /// The attribute of this name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&AttributeDefinition> {
        self.attributes.iter().find(|attribute| *attribute.name == *name)
    }
}

/// An attribute that the file declares.
#[derive(Debug)]
pub struct AttributeDefinition {
    pub(crate) name: Box<str>,
    pub(crate) id: NameId,
    pub(crate) kind: AttributeKind,
    pub(crate) one_of: Option<Vec<Box<str>>>,
    pub(crate) sensitive: bool,
    pub(crate) fact: bool,
    pub(crate) description: Option<Box<str>>,
}

impl AttributeDefinition {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its type.
    #[must_use]
    pub fn kind(&self) -> AttributeKind {
        self.kind
    }

    /// The texts it may have, if the file closes them. Any other counts as missing.
    #[must_use]
    pub fn one_of(&self) -> Option<&[Box<str>]> {
        self.one_of.as_deref()
    }

    /// Whether its values must never appear in output or logs.
    #[must_use]
    pub fn is_sensitive(&self) -> bool {
        self.sensitive
    }

    /// Whether it is given once, when a service loads.
    #[must_use]
    pub fn is_fact(&self) -> bool {
        self.fact
    }

    /// What it is, for people.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }
}

/// A named condition.
#[derive(Debug)]
pub struct Segment {
    pub(crate) name: Box<str>,
    pub(crate) description: Option<Box<str>>,
    pub(crate) body: SegmentBody,
}

impl Segment {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is, for people.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Who is in it.
    #[must_use]
    pub fn body(&self) -> &SegmentBody {
        &self.body
    }
}

/// Who is in a segment.
#[derive(Debug)]
#[non_exhaustive]
pub enum SegmentBody {
    /// Those on a list.
    Listed(Listed),
    /// Those for whom a condition holds.
    When(Condition),
}

/// Membership in a list, written in the flag file or in a file beside it.
#[derive(Debug)]
pub struct Listed {
    pub(crate) of: Option<AttributeIndex>,
    pub(crate) list: Arc<KeyList>,
    pub(crate) file: Option<Box<str>>,
}

impl Listed {
    /// The attribute that the list is of; `None` for the targeting key.
    #[must_use]
    pub fn of(&self) -> Option<AttributeIndex> {
        self.of
    }

    /// How many entries the list has, repetitions aside.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether the list is empty. A file with an empty list is refused, so it never is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entries in the order of the list, each once.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.list.iter()
    }

    /// The list file, as the flag file names it.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }
}

/// A flag.
#[derive(Debug)]
pub struct FlagDefinition {
    pub(crate) key: Box<str>,
    pub(crate) id: NameId,
    /// Left out where nothing is said.
    pub(crate) about: Option<Box<About>>,
    pub(crate) enabled: bool,
    pub(crate) kind: Kind,
    /// Flags that leave `variants` out share theirs.
    pub(crate) variants: Arc<[Variant]>,
    pub(crate) off: VariantIndex,
    pub(crate) requires: Vec<Requirement>,
    pub(crate) deny: Vec<Condition>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) default: VariantIndex,
    pub(crate) bucket_by: Option<AttributeIndex>,
    pub(crate) salt: Option<Box<str>>,
}

impl FlagDefinition {
    /// Its key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What is said of it for people and tools; it changes no answer.
    #[must_use]
    pub fn about(&self) -> &About {
        self.about.as_deref().unwrap_or(&NOTHING)
    }

    /// Whether it is enabled. If not, everyone gets [`FlagDefinition::off`].
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// The type of its values.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its variants, in file order; `on` and `off` where the file leaves them out.
    #[must_use]
    pub fn variants(&self) -> &[Variant] {
        &self.variants
    }

    /// A variant of its own.
    ///
    /// # Panics
    /// If the index is another flag's and this one has fewer variants.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "an index is made for its flag alone")]
    pub fn variant(&self, index: VariantIndex) -> &Variant {
        &self.variants[index.0]
    }

    /// The variant when disabled, denied, or a requirement is unmet.
    #[must_use]
    pub fn off(&self) -> VariantIndex {
        self.off
    }

    /// The flags it rests on, in file order.
    #[must_use]
    pub fn requires(&self) -> &[Requirement] {
        &self.requires
    }

    /// Who is denied, whatever the rules say: those for whom one of these is true or unknown.
    #[must_use]
    pub fn deny(&self) -> &[Condition] {
        &self.deny
    }

    /// Its rules, in file order; the first that applies decides.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The variant when no rule applies.
    #[must_use]
    pub fn default(&self) -> VariantIndex {
        self.default
    }

    /// The attribute that rollouts and splits bucket by; `None` for the targeting key.
    #[must_use]
    pub fn bucket_by(&self) -> Option<AttributeIndex> {
        self.bucket_by
    }

    /// The salt: its own, or the flag's key.
    #[must_use]
    pub fn salt(&self) -> &str {
        self.salt.as_deref().unwrap_or(&self.key)
    }
}

static NOTHING: About = About {
    description: None,
    owner: None,
    remove_by: None,
    kind: None,
    tags: Vec::new(),
    links: Vec::new(),
    waivers: Vec::new(),
};

/// What a flag says for people and tools.
#[derive(Debug, Default)]
pub struct About {
    pub(crate) description: Option<Box<str>>,
    pub(crate) owner: Option<Box<str>>,
    pub(crate) remove_by: Option<Time>,
    pub(crate) kind: Option<Purpose>,
    pub(crate) tags: Vec<Box<str>>,
    pub(crate) links: Vec<Box<str>>,
    pub(crate) waivers: Vec<Waiver>,
}

impl About {
    /// What the flag is.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Whose it is.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// The date by which it should be gone.
    #[must_use]
    pub fn remove_by(&self) -> Option<Time> {
        self.remove_by
    }

    /// What it is for.
    #[must_use]
    pub fn kind(&self) -> Option<Purpose> {
        self.kind
    }

    /// Its tags.
    #[must_use]
    pub fn tags(&self) -> &[Box<str>] {
        &self.tags
    }

    /// Its links.
    #[must_use]
    pub fn links(&self) -> &[Box<str>] {
        &self.links
    }

    /// The findings of a reviewing tool that its authors accept, for a while.
    #[must_use]
    pub fn waivers(&self) -> &[Waiver] {
        &self.waivers
    }
}

/// What a flag is for: a flag's `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// `release`
    Release,
    /// `experiment`
    Experiment,
    /// `operational`
    Operational,
    /// `permission`
    Permission,
}

impl Purpose {
    /// The word that a flag file uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Release => "release",
            Purpose::Experiment => "experiment",
            Purpose::Operational => "operational",
            Purpose::Permission => "permission",
        }
    }
}

/// A finding that the authors of a flag accept until a date.
#[derive(Debug)]
pub struct Waiver {
    pub(crate) rule: Box<str>,
    pub(crate) reason: Box<str>,
    pub(crate) until: Time,
}

impl Waiver {
    /// The rule's name.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// Why it is accepted.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Until when.
    #[must_use]
    pub fn until(&self) -> Time {
        self.until
    }
}

/// A named value that a flag can answer.
#[derive(Debug)]
pub struct Variant {
    pub(crate) name: Box<str>,
    pub(crate) value: Json,
}

impl Variant {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its value, as written.
    #[must_use]
    pub fn value(&self) -> &Json {
        &self.value
    }
}

/// Another flag, and the answers of it that satisfy.
#[derive(Debug)]
pub struct Requirement {
    pub(crate) flag: FlagIndex,
    pub(crate) variants: Vec<VariantIndex>,
}

impl Requirement {
    /// The flag that is asked.
    #[must_use]
    pub fn flag(&self) -> FlagIndex {
        self.flag
    }

    /// Its variants that satisfy.
    #[must_use]
    pub fn variants(&self) -> &[VariantIndex] {
        &self.variants
    }
}

/// A rule of a flag.
#[derive(Debug)]
pub struct Rule {
    pub(crate) name: Option<Box<str>>,
    pub(crate) description: Option<Box<str>>,
    pub(crate) when: Option<Condition>,
    pub(crate) rollout: Option<Percentage>,
    pub(crate) outcome: Outcome,
}

impl Rule {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What it is, for people.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Its condition; always true if left out.
    #[must_use]
    pub fn when(&self) -> Option<&Condition> {
        self.when.as_ref()
    }

    /// The share of units for which it applies.
    #[must_use]
    pub fn rollout(&self) -> Option<Percentage> {
        self.rollout
    }

    /// What those get.
    #[must_use]
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}

/// What a rule that applies answers.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// One variant.
    Serve(VariantIndex),
    /// Variants by weight, in file order; the weights total 100 %.
    Split(Vec<(VariantIndex, Percentage)>),
}

/// A share from 0 to 100 %, exact to a thousandth of a per cent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percentage(pub(crate) u32);

impl Percentage {
    /// Thousandths of a per cent: 0 to 100,000.
    #[must_use]
    pub fn thousandths(self) -> u32 {
        self.0
    }

    /// The double nearest to a whole number of thousandths, as that number. `None` for any other.
    pub(crate) fn of(percent: f64) -> Option<Percentage> {
        if !(0.0..=100.0).contains(&percent) {
            return None;
        }
        let thousandths = (percent * 1000.0).round() as u32;
        // A whole number below 2^53 over 1000 is rounded once: that is the double nearest to it.
        (f64::from(thousandths) / 1000.0 == percent).then_some(Percentage(thousandths))
    }
}

/// Prints `12.5 %`.
impl std::fmt::Display for Percentage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} %", f64::from(self.0) / 1000.0)
    }
}

/// A condition on a context: true, false or unknown (FORMAT.md, "Three values").
#[derive(Debug)]
#[non_exhaustive]
pub enum Condition {
    /// All must hold (Kleene's and). Also an object with several entries.
    All(Vec<Condition>),
    /// One must hold (Kleene's or).
    Any(Vec<Condition>),
    /// The opposite; of unknown, unknown.
    Not(Box<Condition>),
    /// The context is in a segment.
    Segment(SegmentIndex),
    /// One test of one attribute.
    Test(Test),
}

/// One test of one attribute, of the targeting key, or of `now`.
#[derive(Debug)]
pub struct Test {
    pub(crate) subject: Subject,
    pub(crate) predicate: Predicate,
}

impl Test {
    /// What is tested.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.subject
    }

    /// For what.
    #[must_use]
    pub fn predicate(&self) -> &Predicate {
        &self.predicate
    }
}

/// What a test looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// The targeting key: never unknown; missing, it reads as the empty text.
    Key,
    /// The instant for which the snapshot is compiled.
    Now,
    /// An attribute.
    Attribute(AttributeIndex),
}

/// What a test asks. The operands have the type of what is tested.
#[derive(Debug)]
#[non_exhaustive]
pub enum Predicate {
    /// `present`: never unknown.
    Present(bool),
    /// A test of a text.
    Text(TextTest),
    /// A test of a number.
    Number(NumberTest),
    /// A comparison with a version.
    Version(Comparison, VersionText),
    /// `is` true or false.
    Bool(bool),
    /// `since`: at or after.
    Since(Time),
    /// `before`: strictly.
    Before(Time),
    /// `within`: in one of these blocks.
    Within(Vec<Block>),
    /// A test of a list of texts.
    Texts(TextsTest),
}

/// A test of a text, by code points.
#[derive(Debug)]
#[non_exhaustive]
pub enum TextTest {
    /// `is`
    Is(Box<str>),
    /// `is_not`
    IsNot(Box<str>),
    /// `in`
    In(TextSet),
    /// `not_in`
    NotIn(TextSet),
    /// `starts_with`, any of
    StartsWith(Vec<Box<str>>),
    /// `ends_with`, any of
    EndsWith(Vec<Box<str>>),
    /// `contains`, any of
    Contains(Vec<Box<str>>),
}

/// The texts of an `in` or a `not_in`, in the order of the file. Where there are more than a few, each stands once.
#[derive(Debug)]
pub struct TextSet(pub(crate) Kept);

/// How a set of texts is kept.
#[derive(Debug)]
pub(crate) enum Kept {
    /// To be compared one by one.
    Few(Vec<Box<str>>),
    /// To be asked by hash. Shared with the snapshots.
    Many(Arc<KeyList>),
}

impl TextSet {
    /// How many texts are few.
    pub(crate) const FEW: usize = 8;

    /// How many texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Kept::Few(texts) => texts.len(),
            Kept::Many(list) => list.len(),
        }
    }

    /// Whether there are none. A file with an empty `in` is refused, so there always are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether this text is one of them.
    #[must_use]
    pub fn contains(&self, text: &str) -> bool {
        match &self.0 {
            Kept::Few(texts) => texts.iter().any(|one| **one == *text),
            Kept::Many(list) => list.has(text),
        }
    }

    /// The texts.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let (few, many) = match &self.0 {
            Kept::Few(texts) => (&**texts, None),
            Kept::Many(list) => (&[][..], Some(list)),
        };
        few.iter().map(|text| &**text).chain(many.into_iter().flat_map(|list| list.iter()))
    }
}

/// Sets are equal if they list the same texts in the same order.
impl PartialEq for TextSet {
    fn eq(&self, other: &TextSet) -> bool {
        self.iter().eq(other.iter())
    }
}

/// A test of a number, compared as doubles.
#[derive(Debug)]
#[non_exhaustive]
pub enum NumberTest {
    /// A comparison with one number.
    Compare(Comparison, f64),
    /// `in`
    In(Vec<f64>),
    /// `not_in`
    NotIn(Vec<f64>),
}

/// How two ordered values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `is`
    Is,
    /// `is_not`
    IsNot,
    /// `at_least`
    AtLeast,
    /// `above`
    Above,
    /// `at_most`
    AtMost,
    /// `below`
    Below,
}

/// A version that a file names.
#[derive(Debug)]
pub struct VersionText {
    pub(crate) packed: u64,
    pub(crate) text: Box<str>,
}

impl VersionText {
    /// The version, as written but for build metadata.
    #[must_use]
    pub fn version(&self) -> Version<'_> {
        Version::known(self.packed, &self.text)
    }
}

/// A test of a list of texts.
#[derive(Debug)]
#[non_exhaustive]
pub enum TextsTest {
    /// `has`
    Has(Box<str>),
    /// `has_any`
    HasAny(Vec<Box<str>>),
    /// `has_all`
    HasAll(Vec<Box<str>>),
    /// `has_none`
    HasNone(Vec<Box<str>>),
}
