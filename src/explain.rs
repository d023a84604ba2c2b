//! Why a flag answered so, told by the code that answered: an observer that writes down every test.

use std::fmt;

use serde::Serialize;

use crate::answer::{ErrorCode, Reason};
use crate::context::{Context, ContextValue};
use crate::evaluate::Decision;
use crate::flag::Flag;
use crate::key::FlagKey;
use crate::observe::Observer;
use crate::snapshot::{
    Choice, Decided, FlagRow, Place, Rows, RuleRow, Snapshot, Subject, Test, Text, Written,
};
use crate::time::Time;
use crate::value::FlagType;

/// Why a flag answered as it did: each stage in order, with every test that was made and the value it saw.
///
/// Prints as words; serializes to JSON with the same content. Values of attributes that the file calls `sensitive` are
/// never in it.
///
/// ```
/// use waterspout::{Context, Flag, Flags};
///
/// const BETA: Flag<bool> = Flag::new("beta", false);
///
/// let flags = Flags::from_text(
///     r#"{"version": 1, "flags": {"beta": {"rules": [{"name": "adopters", "when": {"key": {"in": ["ada"]}}}]}}}"#,
/// )?;
/// let explanation = flags.view().explain(&BETA, &Context::new("ada", &[]));
/// assert_eq!(
///     explanation.to_string(),
///     "`beta` for `ada`: on = true (TARGETING_MATCH)\n  \
///        rule 0 `adopters` applies\n    \
///          yes: key in [\"ada\"] - it is \"ada\"\n"
/// );
/// # Ok::<(), waterspout::Error>(())
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The flag's key.
    pub flag: String,
    /// The targeting key, as given.
    pub key: Option<String>,
    /// The value as written, in JSON.
    #[serde(serialize_with = "raw_json")]
    pub value: String,
    /// The variant.
    pub variant: Option<String>,
    /// Why, in one word.
    #[serde(serialize_with = "reason_word")]
    pub reason: Reason,
    /// The rule that decided, from 0.
    pub rule: Option<usize>,
    /// Its name.
    pub name: Option<String>,
    /// What was wrong with the question.
    #[serde(serialize_with = "error_word", skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorCode>,
    /// What was gone through, in order.
    pub stages: Vec<Stage>,
    /// Attributes of the context that the file does not declare, or declares as facts: nothing looked at them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<String>,
}

/// One thing that was gone through.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "stage", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stage {
    /// A required flag was asked.
    Requires {
        /// Its key.
        flag: String,
        /// What it answered.
        variant: String,
        /// Whether that satisfies.
        satisfied: bool,
        /// What was gone through there.
        stages: Vec<Stage>,
    },
    /// A denial was tested.
    Deny {
        /// Its place in `deny`, from 0.
        index: u32,
        /// Whether it denies.
        denied: bool,
        /// The tests made.
        tests: Vec<ExplainedTest>,
    },
    /// A rule was tried.
    Rule {
        /// Its place in `rules`, from 0.
        index: u32,
        /// Its name.
        name: Option<String>,
        /// Whether it applies.
        applies: bool,
        /// The tests made.
        tests: Vec<ExplainedTest>,
        /// The unit's draw, if the rule has a rollout or a split.
        #[serde(skip_serializing_if = "Option::is_none")]
        rollout: Option<Draw>,
        /// The variant that a split drew, and where.
        #[serde(skip_serializing_if = "Option::is_none")]
        split: Option<SplitDraw>,
    },
}

/// One test: what it looked at, what it asked, what came out.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ExplainedTest {
    /// The attribute, `key` or `now`.
    pub subject: String,
    /// The value seen, in JSON; `None` if it is missing or counts as missing.
    pub seen: Option<String>,
    /// What was asked, in the words of the file.
    pub test: String,
    /// Whether it holds; `None` is unknown.
    pub holds: Option<bool>,
    /// The segment it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// Whether it looked at a fact or at `now`, and so was decided when the flags were loaded.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fact: bool,
}

/// Where a unit fell, and how much of the line the rollout holds.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Draw {
    /// There is nothing to draw for: what the flag buckets by is missing, empty, or a number that is not whole.
    NoUnit {
        /// The attribute that the flag buckets by, or `key`.
        by: String,
        /// The value seen, in JSON; `None` if it is missing or counts as missing.
        seen: Option<String>,
    },
    /// The unit fell on this place of the line.
    Place {
        /// The place, in per cent of the line, to a thousandth.
        at: f64,
        /// The rollout, in per cent.
        rollout: f64,
        /// Whether the place is inside the rollout.
        inside: bool,
        /// The smallest rollout that holds the place, in per cent.
        in_from: f64,
    },
    /// The flag buckets by a fact, so this was drawn when the flags were loaded.
    Fact {
        /// Whether this service is inside the rollout.
        inside: bool,
    },
}

/// What a split drew.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SplitDraw {
    /// The place, in per cent of the line, to a thousandth.
    pub at: f64,
    /// The variant there.
    pub variant: String,
}

fn raw_json<S: serde::Serializer>(json: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let raw: Result<&serde_json::value::RawValue, _> = serde_json::from_str(json);
    raw.map_err(serde::ser::Error::custom)?.serialize(serializer)
}

fn reason_word<S: serde::Serializer>(reason: &Reason, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(reason.as_str())
}

fn error_word<S: serde::Serializer>(error: &Option<ErrorCode>, serializer: S) -> Result<S::Ok, S::Error> {
    error.map(ErrorCode::as_str).serialize(serializer)
}

impl Snapshot {
    /// Why the flag answers as it does for a context: every test made, by the code that answers.
    ///
    /// Never fails; allocates, so it is for people, not for the request path. See [`Explanation`].
    #[must_use]
    pub fn explain<T: FlagType + ?Sized>(&self, flag: &Flag<T>, context: &Context<'_>) -> Explanation {
        let mut explanation = self.explain_key(flag.key(), context);
        let answer = self.answer(flag, context);
        if answer.error == Some(ErrorCode::TypeMismatch) {
            explanation = Explanation {
                stages: Vec::new(),
                ..explained_error(flag.key(), context, ErrorCode::TypeMismatch)
            };
        }
        explanation
    }

    /// [`Snapshot::explain`] for a flag whose key is only known at run time.
    #[must_use]
    pub fn explain_key(&self, key: FlagKey<'_>, context: &Context<'_>) -> Explanation {
        let Some(row) = self.flag_of(key) else {
            return explained_error(key, context, ErrorCode::FlagNotFound);
        };
        let levels = vec![Level::of(self, row, context)];
        let mut recorder = Recorder { snapshot: self, context, segments: Vec::new(), levels };
        let decision = self.decide(row, context, &mut recorder);
        let stages =
            recorder.levels.pop().map(|level| level.finish(self.rule_of(decision))).unwrap_or_default();
        let answer = self.told(key, row, decision, ());
        Explanation {
            flag: answer.key.to_owned(),
            key: context.targeting_key().map(str::to_owned),
            value: answer.json.to_owned(),
            variant: answer.variant.map(str::to_owned),
            reason: answer.reason,
            rule: answer.rule.map(|rule| rule.index),
            name: answer.rule.and_then(|rule| rule.name).map(str::to_owned),
            error: None,
            stages,
            ignored: self.ignored(context),
        }
    }

    fn ignored(&self, context: &Context<'_>) -> Vec<String> {
        let names = context.names().into_iter();
        let known =
            |name: &str| self.attributes.iter().any(|row| !row.fact && self.operands.text(row.name) == name);
        names.filter(|name| !known(name)).map(str::to_owned).collect()
    }

    /// What a test asks, in the words of the file.
    fn words(&self, test: Test, negated: bool) -> String {
        let operands = &self.operands;
        let text = |text: Text| quoted(operands.text(text));
        let texts = |rows: Rows| list(operands.texts(rows).map(quoted));
        let version = |version: u32| {
            operands.version(version).map(|version| quoted(version.as_str())).unwrap_or_default()
        };
        let number = |index: u32| operands.number(index).map(|number| number.to_string()).unwrap_or_default();
        let time = |time: u32| operands.times.get(time as usize).map(Time::to_string).unwrap_or_default();
        // A test and its opposite, where the file has a word for that too.
        let (word, opposite, operand) = match test {
            Test::Present(_) => ("present", None, String::new()),
            Test::TextIs(word) => {
                let word = operands.texts.get(word as usize).map(|word| text(*word));
                ("is", Some("is_not"), word.unwrap_or_default())
            }
            Test::TextIn(rows) => ("in", Some("not_in"), texts(rows)),
            Test::Listed(index) => {
                let length = operands.lists.get(index as usize).map_or(0, |list| list.len());
                ("in", Some("not_in"), format!("a list of {length}"))
            }
            Test::StartsWith(rows) => ("starts_with", None, texts(rows)),
            Test::EndsWith(rows) => ("ends_with", None, texts(rows)),
            Test::Contains(rows) => ("contains", None, texts(rows)),
            Test::NumberIs(index) => ("is", Some("is_not"), number(index)),
            Test::AtLeast(index) => ("at_least", None, number(index)),
            Test::Above(index) => ("above", None, number(index)),
            Test::AtMost(index) => ("at_most", None, number(index)),
            Test::Below(index) => ("below", None, number(index)),
            Test::NumberIn(rows) => {
                let numbers = operands.numbers.get(rows.range()).unwrap_or_default();
                ("in", Some("not_in"), list(numbers.iter().map(f64::to_string)))
            }
            Test::VersionIs(index) => ("is", Some("is_not"), version(index)),
            Test::VersionAtLeast(index) => ("at_least", None, version(index)),
            Test::VersionAbove(index) => ("above", None, version(index)),
            Test::VersionAtMost(index) => ("at_most", None, version(index)),
            Test::VersionBelow(index) => ("below", None, version(index)),
            Test::Bool(wanted) => ("is", Some("is_not"), wanted.to_string()),
            Test::Since(index) => ("since", None, time(index)),
            Test::Before(index) => ("before", None, time(index)),
            Test::Within(rows) => {
                let blocks = operands.blocks.get(rows.range()).unwrap_or_default();
                ("within", None, list(blocks.iter().map(ToString::to_string)))
            }
            Test::HasAny(rows) => ("has_any", Some("has_none"), texts(rows)),
            Test::HasAll(rows) => ("has_all", None, texts(rows)),
            Test::Segment { segment, .. } => {
                ("segment", None, self.segment_name(segment).unwrap_or_default())
            }
        };
        let word = match (negated, opposite) {
            (false, _) => word.to_owned(),
            (true, Some(opposite)) => opposite.to_owned(),
            (true, None) => format!("not {word}"),
        };
        if operand.is_empty() { word } else { format!("{word} {operand}") }
    }

    fn subject(&self, seen: Subject) -> (String, bool) {
        match seen {
            Subject::KEY => ("key".to_owned(), false),
            Subject::NOW => ("now".to_owned(), false),
            _ => {
                let row = seen.attribute().and_then(|attribute| self.attributes.get(attribute as usize));
                row.map(|row| (self.operands.text(row.name).to_owned(), row.sensitive)).unwrap_or_default()
            }
        }
    }

    /// What a flag buckets by, and its value.
    fn bucketed(&self, row: &FlagRow, context: &Context<'_>) -> (String, Option<String>) {
        match row.bucket_by.attribute() {
            None => ("key".to_owned(), context.targeting_key().map(quoted)),
            Some(attribute) => self.seen(row.bucket_by, shown(&self.read(attribute, context))),
        }
    }

    /// A subject by name, and the value seen of it, if that may be told.
    fn seen(&self, subject: Subject, value: Option<Box<str>>) -> (String, Option<String>) {
        let (subject, sensitive) = self.subject(subject);
        let value = if sensitive { value.map(|_| SENSITIVE.into()) } else { value };
        (subject, value.map(Into::into))
    }

    /// A test, the value that it saw, and what it said of it.
    fn explained(&self, written: Written, seen: Option<Box<str>>, holds: Option<bool>) -> ExplainedTest {
        let (subject, seen) = self.seen(written.subject, seen);
        let holds = holds.map(|held| held ^ written.spelling.is_opposite());
        let test = self.words(written.test, written.spelling.is_opposite());
        ExplainedTest { subject, seen, test, holds, segment: None, fact: false }
    }

    /// Whether a declaration does not know the value, which then counts as missing.
    fn is_unknown(&self, subject: Subject, value: &ContextValue<'_>) -> bool {
        let attribute = subject.attribute().and_then(|attribute| self.attributes.get(attribute as usize));
        let Some(row) = attribute else { return false };
        let known = |text| row.closed.is_empty() || self.operands.has(row.closed, text);
        value.text().is_some_and(|text| !known(text))
    }

    fn segment_name(&self, segment: u32) -> Option<String> {
        self.segments.get(segment as usize).map(|name| self.operands.text(*name).to_owned())
    }
}

fn explained_error(key: FlagKey<'_>, context: &Context<'_>, error: ErrorCode) -> Explanation {
    Explanation {
        flag: key.as_str().to_owned(),
        key: context.targeting_key().map(str::to_owned),
        value: "null".to_owned(),
        variant: None,
        reason: Reason::Error,
        rule: None,
        name: None,
        error: Some(error),
        stages: Vec::new(),
        ignored: Vec::new(),
    }
}

/// Stands for a value that is not told.
const SENSITIVE: &str = "(sensitive)";

/// A value as JSON; `None` if it is missing.
fn shown(value: &ContextValue<'_>) -> Option<Box<str>> {
    let text = match value {
        ContextValue::Missing => return None,
        ContextValue::Text(text) => quoted(text),
        ContextValue::Number(number) => number.to_string(),
        ContextValue::Bool(value) => value.to_string(),
        ContextValue::Version(version) => quoted(version.as_str()),
        ContextValue::Time(time) => quoted(&time.to_string()),
        ContextValue::Ip(address) => quoted(&address.to_string()),
        ContextValue::Texts(texts) => list(texts.to_vec().iter().map(|text| quoted(text))),
    };
    Some(text.into())
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// Enough of a list to know it by.
fn list(items: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 8;
    let items: Vec<String> = items.collect();
    let more = items.len().saturating_sub(SHOWN);
    let shown = items.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("[{shown}, and {more} more]") } else { format!("[{shown}]") }
}

/// A place on the line in per cent, rounded down to a thousandth, so that it reads on the right side of a rollout.
fn percent(position: u64) -> f64 {
    ((u128::from(position) * 100_000) >> 64) as f64 / 1000.0
}

/// The share of the line up to and with a position, in per cent.
fn share(last: u64) -> f64 {
    (((u128::from(last) + 1) * 100_000).div_ceil(1 << 64)) as f64 / 1000.0
}

/// Writes down what the evaluator tells.
struct Recorder<'s> {
    snapshot: &'s Snapshot,
    context: &'s Context<'s>,
    /// The segments whose conditions are being walked.
    segments: Vec<u32>,
    /// The flag that is explained, and the required flags on the way down.
    levels: Vec<Level>,
}

/// What was gone through of one flag.
struct Level {
    stages: Vec<Stage>,
    tests: Vec<ExplainedTest>,
    rollout: Option<Draw>,
    split: Option<SplitDraw>,
    last: Option<u64>,
    bucketed: (String, Option<String>),
    /// What was decided when the flags were loaded, by place.
    notes: Vec<(Place, Noted)>,
}

enum Noted {
    Test(ExplainedTest),
    Never(Option<String>),
    Drawn(bool),
}

impl Level {
    fn of(snapshot: &Snapshot, row: &FlagRow, context: &Context<'_>) -> Level {
        let bucketed = snapshot.bucketed(row, context);
        let this = snapshot.flags.iter().position(|other| other.id == row.id).unwrap_or_default();
        let start = snapshot.notes.partition_point(|note| (note.flag as usize) < this);
        let notes = snapshot.notes.iter().skip(start).take_while(|note| note.flag as usize == this);
        let noted = |decided: &Decided| match decided {
            Decided::Tested { written, seen, outcome } => {
                let seen = shown(&seen.borrow());
                Noted::Test(ExplainedTest { fact: true, ..snapshot.explained(*written, seen, *outcome) })
            }
            Decided::Never { name } => Noted::Never(name.map(|name| snapshot.operands.text(name).to_owned())),
            Decided::Drawn { inside } => Noted::Drawn(*inside),
        };
        let notes = notes.map(|note| (note.place, noted(&note.decided))).collect();
        Level {
            stages: Vec::new(),
            tests: Vec::new(),
            rollout: None,
            split: None,
            last: None,
            bucketed,
            notes,
        }
    }

    /// The tests that were decided at load for a place, and whether it was drawn.
    fn noted(&mut self, place: Place) -> (Vec<ExplainedTest>, Option<bool>, Option<Option<String>>) {
        let (mut tests, mut drawn, mut never) = (Vec::new(), None, None);
        let notes = std::mem::take(&mut self.notes);
        for (at, note) in notes {
            match note {
                _ if at != place => self.notes.push((at, note)),
                Noted::Test(test) => tests.push(test),
                Noted::Never(name) => never = Some(name),
                Noted::Drawn(inside) => drawn = Some(inside),
            }
        }
        (tests, drawn, never)
    }

    fn end_rule(&mut self, index: u32, name: Option<String>, applies: bool) {
        let (mut tests, drawn, _) = self.noted(Place::Rule(index));
        tests.append(&mut self.tests);
        let rollout = self.rollout.take().or(drawn.map(|inside| Draw::Fact { inside }));
        let split = self.split.take();
        self.stages.push(Stage::Rule { index, name, applies, tests, rollout, split });
    }

    /// Adds the rules that were left out at load, up to the one that decided, each in its place.
    fn finish(mut self, decided: Option<&RuleRow>) -> Vec<Stage> {
        let end = decided.map_or(u32::MAX, |rule| rule.index);
        let left_out: Vec<u32> = self
            .notes
            .iter()
            .filter_map(|(place, note)| match (place, note) {
                (Place::Rule(index), Noted::Never(_)) if *index < end => Some(*index),
                _ => None,
            })
            .collect();
        let reached_rules = !matches!(
            self.stages.last(),
            Some(Stage::Requires { satisfied: false, .. } | Stage::Deny { denied: true, .. })
        );
        for index in left_out.into_iter().filter(|_| reached_rules) {
            let (tests, drawn, never) = self.noted(Place::Rule(index));
            let rollout = drawn.map(|inside| Draw::Fact { inside });
            let stage =
                Stage::Rule { index, name: never.flatten(), applies: false, tests, rollout, split: None };
            let later = |stage: &Stage| matches!(stage, Stage::Rule { index: other, .. } if *other > index);
            let at = self.stages.iter().position(later).unwrap_or(self.stages.len());
            self.stages.insert(at, stage);
        }
        self.stages
    }
}

impl Recorder<'_> {
    fn level(&mut self) -> Option<&mut Level> {
        self.levels.last_mut()
    }
}

impl Observer for Recorder<'_> {
    const CURIOUS: bool = true;

    fn tested(&mut self, step: usize, seen: &ContextValue<'_>, holds: Option<bool>) {
        let Some(written) = self.snapshot.written.get(step) else { return };
        let segment = written.spelling.segment().or(self.segments.last().copied());
        // The evaluator does not look at the declaration where the answer is the same.
        let holds = holds.filter(|_| !self.snapshot.is_unknown(written.subject, seen));
        // A key that is missing reads as the empty text; told so, it would look like one that was given.
        let no_key = seen.text() == Some("") && written.subject == Subject::KEY;
        let seen = if holds.is_none() || no_key { None } else { shown(seen) };
        let mut test = self.snapshot.explained(*written, seen, holds);
        test.segment = segment.and_then(|segment| self.snapshot.segment_name(segment));
        if let Some(level) = self.level() {
            level.tests.push(test);
        }
    }

    fn segment(&mut self, segment: u32) {
        self.segments.push(segment);
    }

    fn segment_end(&mut self, _held: bool) {
        self.segments.pop();
    }

    fn required(&mut self, flag: &FlagRow) {
        self.levels.push(Level::of(self.snapshot, flag, self.context));
    }

    fn required_end(&mut self, flag: &FlagRow, decision: Decision, satisfied: bool) {
        let Some(level) = self.levels.pop() else { return };
        let variant = self.snapshot.name_of(decision.variant).unwrap_or_default().to_owned();
        let flag = self.snapshot.key_of(flag).to_owned();
        let stages = level.finish(self.snapshot.rule_of(decision));
        if let Some(level) = self.level() {
            level.stages.push(Stage::Requires { flag, variant, satisfied, stages });
        }
    }

    fn denied(&mut self, index: u32, denied: bool) {
        if let Some(level) = self.level() {
            let (mut tests, ..) = level.noted(Place::Deny(index));
            tests.append(&mut level.tests);
            level.stages.push(Stage::Deny { index, denied, tests });
        }
    }

    fn rule(&mut self, rule: u32) {
        let last = self.snapshot.rules.get(rule as usize).map(|rule| rule.last);
        if let Some(level) = self.level() {
            level.last = last;
        }
    }

    fn no_unit(&mut self) {
        if let Some(level) = self.level() {
            let (by, seen) = level.bucketed.clone();
            level.rollout = Some(Draw::NoUnit { by, seen });
        }
    }

    fn rolled(&mut self, position: u64, inside: bool) {
        if let Some(level) = self.level() {
            let rollout = level.last.map_or(100.0, share);
            level.rollout =
                Some(Draw::Place { at: percent(position), rollout, inside, in_from: share(position) });
        }
    }

    fn split(&mut self, position: u64, variant: Choice) {
        let variant = self.snapshot.name_of(variant).unwrap_or_default().to_owned();
        if let Some(level) = self.level() {
            level.split = Some(SplitDraw { at: percent(position), variant });
        }
    }

    fn rule_end(&mut self, rule: u32, applies: bool) {
        let name = self.snapshot.rule_name(rule).map(str::to_owned);
        let Some(rule) = self.snapshot.rules.get(rule as usize) else { return };
        if let Some(level) = self.level() {
            level.end_rule(rule.index, name, applies);
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.flag)?;
        match (self.error, self.key.as_deref()) {
            (Some(ErrorCode::FlagNotFound), _) => return writeln!(f, ": the file has no such flag"),
            (Some(ErrorCode::TypeMismatch), _) => {
                return writeln!(f, ": the flag has another type than the code's handle");
            }
            (None, None | Some("")) => write!(f, " for nobody in particular")?,
            (None, Some(key)) => write!(f, " for `{key}`")?,
        }
        let variant = self.variant.as_deref().unwrap_or_default();
        writeln!(f, ": {variant} = {} ({})", self.value, self.reason)?;
        for stage in &self.stages {
            stage.write(f, 1)?;
        }
        if self.stages.is_empty() {
            let why = match self.reason {
                Reason::Disabled => "the flag is disabled: everyone gets its `off` variant",
                Reason::Static => "the flag has no rules: everyone gets its default",
                _ => "no rule can apply: everyone gets the default",
            };
            writeln!(f, "  {why}")?;
        } else if self.reason == Reason::Default {
            writeln!(f, "  no rule applies, so the default decides")?;
        }
        if !self.ignored.is_empty() {
            let names = self.ignored.join(", ");
            writeln!(f, "  not looked at, since the file declares no such attribute of a request: {names}")?;
        }
        Ok(())
    }
}

impl Stage {
    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let indent = "  ".repeat(depth);
        match self {
            Stage::Requires { flag, variant, satisfied, stages } => {
                let says = if *satisfied { "which is enough" } else { "which is not enough" };
                writeln!(f, "{indent}requires `{flag}`: it answers `{variant}`, {says}")?;
                stages.iter().try_for_each(|stage| stage.write(f, depth + 1))
            }
            Stage::Deny { index, denied, tests } => {
                writeln!(f, "{indent}deny {index} {}", if *denied { "denies" } else { "does not deny" })?;
                tests.iter().try_for_each(|test| {
                    writeln!(f, "{indent}  {}", test.told("unknown, which a deny takes for yes"))
                })
            }
            Stage::Rule { index, name, applies, tests, rollout, split } => {
                let name = name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
                let says = if *applies { "applies" } else { "does not apply" };
                writeln!(f, "{indent}rule {index}{name} {says}")?;
                for test in tests {
                    writeln!(f, "{indent}  {}", test.told("unknown, which a rule takes for no"))?;
                }
                if let Some(draw) = rollout {
                    writeln!(f, "{indent}  {draw}")?;
                }
                if let Some(split) = split {
                    writeln!(
                        f,
                        "{indent}  split: the unit falls on {} %, which is `{}`",
                        split.at, split.variant
                    )?;
                }
                Ok(())
            }
        }
    }
}

impl ExplainedTest {
    /// The test in one line; `unknown` says what comes of it where it is neither true nor false.
    fn told(&self, unknown: &str) -> String {
        let outcome = match self.holds {
            Some(true) => "yes",
            Some(false) => "no",
            None => unknown,
        };
        let is = if matches!(&*self.test, "present" | "not present") { "is " } else { "" };
        let seen = match self.seen.as_deref() {
            Some(SENSITIVE) => "it is sensitive, so not shown".to_owned(),
            Some(seen) => format!("it is {seen}"),
            None => "it is missing".to_owned(),
        };
        let segment =
            self.segment.as_ref().map(|segment| format!(" (segment `{segment}`)")).unwrap_or_default();
        let fact = if self.fact { " (decided at load)" } else { "" };
        format!("{outcome}: {} {is}{} - {seen}{segment}{fact}", self.subject, self.test)
    }
}

impl fmt::Display for ExplainedTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told("unknown"))
    }
}

impl fmt::Display for Draw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Draw::NoUnit { by, seen } => {
                let by = if by == "key" { "the targeting key".to_owned() } else { format!("`{by}`") };
                match seen.as_deref() {
                    None => write!(f, "no: {by} is missing, so there is nothing to bucket by"),
                    Some("\"\"") => write!(f, "no: {by} is empty, so there is nothing to bucket by"),
                    Some(SENSITIVE) => {
                        write!(f, "no: {by} is empty or no whole number, so there is nothing to bucket by")
                    }
                    Some(seen) => write!(
                        f,
                        "no: {by} is {seen}, no whole number below 2^53, so there is nothing to bucket by"
                    ),
                }
            }
            Draw::Place { at, rollout, inside: true, .. } => {
                write!(f, "yes: the unit falls on {at} %, inside the rollout of {rollout} %")
            }
            Draw::Place { at, rollout, inside: false, in_from } => {
                write!(
                    f,
                    "no: the unit falls on {at} %, outside the rollout of {rollout} %; in from {in_from} %"
                )
            }
            Draw::Fact { inside: true } => {
                f.write_str("yes: the fact that the flag buckets by is inside the rollout (decided at load)")
            }
            Draw::Fact { inside: false } => f.write_str(
                "no: the fact that the flag buckets by is missing, or outside the rollout (decided at load)",
            ),
        }
    }
}
