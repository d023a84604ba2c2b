//! Conditions as tables over the values that stand for all values.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use waterspout::flag_set::{
    AttributeIndex, Condition, FlagSet, Listed, Predicate, SegmentBody, SegmentIndex, Subject, Test,
    TextsTest,
};

use super::samples::{self, Questions};
use super::value::{Truth, Value, texts_of};

/// The longest list whose entries are told apart. What is on a longer one is taken to be independent of everything else.
const MOST_LISTED: usize = 10_000;

/// How many terms may be looked at for one question.
const MOST_STEPS: usize = 100_000;

/// A condition of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TermId(usize);

/// A choice that a context makes: which value something has, or whether a list holds something.
type Dimension = usize;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Term {
    All(Vec<TermId>),
    Any(Vec<TermId>),
    Not(TermId),
    /// True where the other term has one of these values, else false: never unknown.
    Is(TermId, Outcomes),
    /// What comes of each value of a dimension; where the table is silent, what comes of the other term.
    Table {
        dimension: Dimension,
        table: Vec<Option<Truth>>,
        otherwise: Option<TermId>,
    },
}

/// What comes of a condition in some context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Outcomes {
    pub(crate) is_true: bool,
    pub(crate) is_false: bool,
    pub(crate) is_unknown: bool,
}

impl Outcomes {
    fn add(&mut self, truth: Truth) {
        match truth {
            Truth::True => self.is_true = true,
            Truth::False => self.is_false = true,
            Truth::Unknown => self.is_unknown = true,
        }
    }

    fn has(self, truth: Truth) -> bool {
        match truth {
            Truth::True => self.is_true,
            Truth::False => self.is_false,
            Truth::Unknown => self.is_unknown,
        }
    }

    fn are_all(self) -> bool {
        self.is_true && self.is_false && self.is_unknown
    }
}

/// What came of a search.
enum Found {
    Somewhere,
    Never,
    /// It was given up.
    Nothing,
}

/// Why a term has no value yet.
enum Open {
    /// It depends on this choice.
    On(Dimension),
    /// There is too much to go through.
    TooMuch,
}

/// Some conditions of a file, and every context as far as they can tell.
pub(crate) struct World<'s> {
    set: &'s FlagSet,
    /// The values of each dimension. Of those that are no subject: whether a list holds something, or not.
    dimensions: Vec<Vec<Value>>,
    subjects: HashMap<usize, Dimension>,
    /// Values that are no longer gone through.
    closed: HashSet<(Dimension, usize)>,
    /// Of each dimension, the values to go through: of those that no term tells apart, the first.
    open: Vec<Vec<usize>>,
    /// How many tables and closed values there were when that was found.
    open_of: (usize, usize),
    terms: Vec<Term>,
    known: HashMap<Term, TermId>,
    segments: HashMap<SegmentIndex, TermId>,
    held: HashMap<(Dimension, Box<str>), TermId>,
    /// The value of each dimension, while contexts are gone through.
    chosen: Vec<Option<usize>>,
    /// What was found of each term since the choice was last changed.
    memory: Vec<(usize, Option<Truth>)>,
    age: usize,
    steps: usize,
}

impl<'s> World<'s> {
    /// The world of some conditions, and of an attribute to bucket by. `None` if it is too large to be gone through.
    pub(crate) fn of(
        set: &'s FlagSet,
        conditions: impl IntoIterator<Item = &'s Condition>,
        bucket_by: Option<Subject>,
    ) -> Option<World<'s>> {
        let mut asked = Asked { set, subjects: BTreeMap::new(), segments: BTreeSet::new() };
        conditions.into_iter().for_each(|condition| asked.condition(condition));
        if let Some(subject) = bucket_by {
            asked.subject(subject);
        }
        let mut world = World {
            set,
            dimensions: Vec::new(),
            subjects: HashMap::new(),
            closed: HashSet::new(),
            open: Vec::new(),
            open_of: (0, 0),
            terms: Vec::new(),
            known: HashMap::new(),
            segments: HashMap::new(),
            held: HashMap::new(),
            chosen: Vec::new(),
            memory: Vec::new(),
            age: 1,
            steps: 0,
        };
        for (subject, questions) in asked.subjects {
            let values = match subject_of(subject) {
                Subject::Key => samples::of_key(&questions)?,
                Subject::Now => samples::of_now(&questions),
                Subject::Attribute(index) => {
                    samples::samples(set.attributes().get(index.get())?, &questions)?
                }
                _ => return None,
            };
            let dimension = world.add_dimension(values);
            world.subjects.insert(subject.0, dimension);
        }
        Some(world)
    }

    fn add_dimension(&mut self, values: Vec<Value>) -> Dimension {
        self.dimensions.push(values);
        self.chosen.push(None);
        self.dimensions.len() - 1
    }

    /// Leaves out the instants that are over: those whose next one has come by `now`.
    pub(crate) fn leave_out_before(&mut self, now: waterspout::Time) {
        let Some(dimension) = self.subjects.get(&key_of(Subject::Now)).copied() else { return };
        let values = self.dimensions.get(dimension).map(Vec::as_slice).unwrap_or_default();
        let over = values.windows(2).take_while(|two| matches!(two, [_, Value::Time(next)] if *next <= now));
        self.closed = over.enumerate().map(|(at, _)| (dimension, at)).collect();
    }

    /// Leaves out that an attribute is missing, for those of which `is_there` says so.
    pub(crate) fn with(&mut self, is_there: impl Fn(usize) -> bool) {
        for at in (0..self.set.attributes().len()).filter(|at| is_there(*at)) {
            if let Some(dimension) = self.subjects.get(&(at + 2)) {
                // The missing value is the first.
                self.closed.insert((*dimension, 0));
            }
        }
    }

    /// Leaves in only those values of a subject for which `stays` holds.
    pub(crate) fn only(&mut self, subject: Subject, stays: impl Fn(&Value) -> bool) {
        let Some(dimension) = self.dimension(subject) else { return };
        let values = self.dimensions.get(dimension).map(Vec::as_slice).unwrap_or_default();
        let gone = values.iter().enumerate().filter(|(_, value)| !stays(value));
        self.closed.extend(gone.map(|(at, _)| (dimension, at)).collect::<Vec<_>>());
    }

    /// What the conditions of this world look at.
    pub(crate) fn looks_at(&self, subject: Subject) -> bool {
        self.dimension(subject).is_some()
    }

    /// A condition of this world as a term. `None` for what this version of the crate does not know.
    pub(crate) fn term(&mut self, condition: &'s Condition) -> Option<TermId> {
        match condition {
            Condition::All(parts) => self.terms(parts).map(|parts| self.all(parts)),
            Condition::Any(parts) => self.terms(parts).map(|parts| self.any(parts)),
            Condition::Not(inner) => {
                let inner = self.term(inner)?;
                Some(self.push(Term::Not(inner)))
            }
            Condition::Segment(index) => self.segment(*index),
            Condition::Test(test) => self.test(test),
            _ => None,
        }
    }

    fn terms(&mut self, conditions: &'s [Condition]) -> Option<Vec<TermId>> {
        conditions.iter().map(|condition| self.term(condition)).collect()
    }

    fn all(&mut self, mut parts: Vec<TermId>) -> TermId {
        parts.sort_unstable();
        parts.dedup();
        if let [only] = parts.as_slice() { *only } else { self.push(Term::All(parts)) }
    }

    fn any(&mut self, mut parts: Vec<TermId>) -> TermId {
        parts.sort_unstable();
        parts.dedup();
        if let [only] = parts.as_slice() { *only } else { self.push(Term::Any(parts)) }
    }

    fn push(&mut self, term: Term) -> TermId {
        if let Some(known) = self.known.get(&term) {
            return *known;
        }
        let id = TermId(self.terms.len());
        self.terms.push(term.clone());
        self.memory.push((0, None));
        self.known.insert(term, id);
        id
    }

    fn segment(&mut self, index: SegmentIndex) -> Option<TermId> {
        if let Some(term) = self.segments.get(&index) {
            return Some(*term);
        }
        let term = match self.set.segments().get(index.get())?.body() {
            SegmentBody::When(condition) => self.term(condition)?,
            SegmentBody::Listed(listed) => self.listed(listed)?,
            _ => return None,
        };
        self.segments.insert(index, term);
        Some(term)
    }

    fn listed(&mut self, listed: &Listed) -> Option<TermId> {
        let dimension = self.dimension(subject_of_list(listed))?;
        let keys: HashSet<&str> =
            if is_told_apart(listed) { listed.keys().collect() } else { HashSet::new() };
        let values = self.dimensions.get(dimension)?;
        let table = values.iter().map(|value| match value {
            Value::Missing => Some(Truth::Unknown),
            Value::NoKey => Some(Truth::False),
            Value::Text(text) if text.is_empty() => Some(Truth::False),
            Value::Text(text) if is_told_apart(listed) => Some(keys.contains(&**text).into()),
            _ => None,
        });
        let table: Vec<Option<Truth>> = table.collect();
        let otherwise = if table.contains(&None) { Some(self.free()) } else { None };
        Some(self.push(Term::Table { dimension, table, otherwise }))
    }

    fn test(&mut self, test: &'s Test) -> Option<TermId> {
        let dimension = self.dimension(test.subject())?;
        if let Predicate::Texts(texts) = test.predicate() {
            return self.texts_test(dimension, texts);
        }
        let values = self.dimensions.get(dimension)?;
        let table = values.iter().map(|value| Some(value.test(test.predicate()))).collect();
        Some(self.push(Term::Table { dimension, table, otherwise: None }))
    }

    /// A test of a list: unknown where there is none, else a question for each text that it names.
    fn texts_test(&mut self, dimension: Dimension, test: &TextsTest) -> Option<TermId> {
        let held: Vec<TermId> = texts_of(test).iter().map(|text| self.holds(dimension, text)).collect();
        let held = match test {
            TextsTest::Has(_) | TextsTest::HasAny(_) => self.any(held),
            TextsTest::HasAll(_) => self.all(held),
            TextsTest::HasNone(_) => {
                let any = self.any(held);
                self.push(Term::Not(any))
            }
            _ => return None,
        };
        let table = vec![Some(Truth::Unknown), None];
        Some(self.push(Term::Table { dimension, table, otherwise: Some(held) }))
    }

    fn holds(&mut self, dimension: Dimension, text: &str) -> TermId {
        let asked = (dimension, Box::from(text));
        if let Some(term) = self.held.get(&asked) {
            return *term;
        }
        let term = self.free();
        self.held.insert(asked, term);
        term
    }

    /// A question whose answer depends on nothing else.
    fn free(&mut self) -> TermId {
        let dimension = self.add_dimension(vec![Value::Bool(true), Value::Bool(false)]);
        let table = vec![Some(Truth::True), Some(Truth::False)];
        self.push(Term::Table { dimension, table, otherwise: None })
    }

    fn dimension(&self, subject: Subject) -> Option<Dimension> {
        self.subjects.get(&key_of(subject)).copied()
    }

    /// A term that is true where another has one of these values, else false.
    pub(crate) fn is(&mut self, term: TermId, wanted: Outcomes) -> TermId {
        self.push(Term::Is(term, wanted))
    }

    /// A term that is true where a subject has a value to be bucketed by.
    pub(crate) fn is_unit(&mut self, subject: Subject) -> Option<TermId> {
        let dimension = self.dimension(subject)?;
        let table =
            self.dimensions.get(dimension)?.iter().map(|value| Some(value.is_unit().into())).collect();
        Some(self.push(Term::Table { dimension, table, otherwise: None }))
    }

    /// A term that is never true.
    pub(crate) fn never(&mut self) -> TermId {
        self.push(Term::Any(Vec::new()))
    }

    /// Whether all of some terms can be true of one context; `None` if that is too much to go through. Those that say most
    /// stand first.
    pub(crate) fn can_be(&mut self, terms: Vec<TermId>) -> Option<bool> {
        let all = self.push(Term::All(terms));
        self.begin();
        match self.search(all) {
            Found::Never => Some(false),
            Found::Somewhere => Some(true),
            Found::Nothing => None,
        }
    }

    fn search(&mut self, term: TermId) -> Found {
        match self.truth(term) {
            Ok(Truth::True) => Found::Somewhere,
            Ok(_) => Found::Never,
            Err(Open::TooMuch) => Found::Nothing,
            Err(Open::On(dimension)) => {
                let mut found = Found::Never;
                self.for_each_value(dimension, &mut |world| {
                    found = world.search(term);
                    matches!(found, Found::Never)
                });
                found
            }
        }
    }

    /// All that can come of a condition; `None` if that is too much to go through.
    pub(crate) fn outcomes(&mut self, term: TermId) -> Option<Outcomes> {
        let mut outcomes = Outcomes::default();
        self.begin();
        self.collect(term, &mut outcomes).then_some(outcomes)
    }

    fn collect(&mut self, term: TermId, outcomes: &mut Outcomes) -> bool {
        match self.truth(term) {
            Ok(truth) => outcomes.add(truth),
            Err(Open::TooMuch) => return false,
            Err(Open::On(dimension)) => {
                return self.for_each_value(dimension, &mut |world| {
                    outcomes.are_all() || world.collect(term, outcomes)
                });
            }
        }
        true
    }

    /// Starts to go through contexts for a question.
    fn begin(&mut self) {
        self.steps = 0;
        let tables = self.terms.iter().filter(|term| matches!(term, Term::Table { .. })).count();
        let now = (tables, self.closed.len());
        if self.open_of != now || self.open.len() != self.dimensions.len() {
            self.open = self.values_told_apart();
            self.open_of = now;
        }
    }

    fn values_told_apart(&self) -> Vec<Vec<usize>> {
        let mut tables: Vec<Vec<&[Option<Truth>]>> = vec![Vec::new(); self.dimensions.len()];
        for term in &self.terms {
            if let Term::Table { dimension, table, .. } = term {
                if let Some(tables) = tables.get_mut(*dimension) {
                    tables.push(table);
                }
            }
        }
        let dimensions = self.dimensions.iter().zip(tables).enumerate();
        let open = dimensions.map(|(dimension, (values, tables))| {
            let mut seen: HashSet<Vec<Option<Truth>>> = HashSet::new();
            let mut is_first = |at: &usize| {
                seen.insert(tables.iter().map(|table| table.get(*at).copied().flatten()).collect())
            };
            let open = (0..values.len()).filter(|at| !self.closed.contains(&(dimension, *at)));
            open.filter(|at| is_first(at)).collect()
        });
        open.collect()
    }

    /// Goes through the values of a choice that is still open; stops where `each` says false.
    fn for_each_value(&mut self, dimension: Dimension, each: &mut dyn FnMut(&mut World<'s>) -> bool) -> bool {
        let values = self.open.get(dimension).cloned().unwrap_or_default();
        let goes_on = values.into_iter().all(|at| {
            self.choose(dimension, Some(at));
            each(self)
        });
        self.choose(dimension, None);
        goes_on
    }

    fn choose(&mut self, dimension: Dimension, value: Option<usize>) {
        if let Some(chosen) = self.chosen.get_mut(dimension) {
            *chosen = value;
        }
        self.age += 1;
    }

    /// What comes of a term in the context that is looked at, or on which choice it depends.
    fn truth(&mut self, id: TermId) -> Result<Truth, Open> {
        if let Some((age, Some(truth))) = self.memory.get(id.0) {
            if *age == self.age {
                return Ok(*truth);
            }
        }
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return Err(Open::TooMuch);
        }
        // Taken out while it is looked at, and put back: its parts are other terms.
        let Some(term) = self.terms.get_mut(id.0).map(|term| std::mem::replace(term, Term::All(Vec::new())))
        else {
            return Err(Open::TooMuch);
        };
        let truth = match &term {
            Term::All(parts) => self.joined(parts, Truth::False),
            Term::Any(parts) => self.joined(parts, Truth::True),
            Term::Not(inner) => self.truth(*inner).map(|truth| !truth),
            Term::Is(inner, wanted) => self.truth(*inner).map(|truth| wanted.has(truth).into()),
            Term::Table { dimension, table, otherwise } => {
                match self.chosen.get(*dimension).copied().flatten() {
                    None => Err(Open::On(*dimension)),
                    Some(at) => match (table.get(at).copied().flatten(), otherwise) {
                        (Some(truth), _) => Ok(truth),
                        (None, Some(otherwise)) => self.truth(*otherwise),
                        (None, None) => Err(Open::TooMuch),
                    },
                }
            }
        };
        if let Some(place) = self.terms.get_mut(id.0) {
            *place = term;
        }
        if let (Ok(truth), Some(memory)) = (&truth, self.memory.get_mut(id.0)) {
            *memory = (self.age, Some(*truth));
        }
        truth
    }

    /// Kleene's and and or: `decides` is the value that settles it alone.
    fn joined(&mut self, parts: &[TermId], decides: Truth) -> Result<Truth, Open> {
        let mut joined = Ok(!decides);
        for part in parts {
            match (self.truth(*part), &joined) {
                (Ok(truth), _) if truth == decides => return Ok(truth),
                (Err(Open::TooMuch), _) => return Err(Open::TooMuch),
                (Err(open), Ok(_)) => joined = Err(open),
                (Ok(Truth::Unknown), Ok(_)) => joined = Ok(Truth::Unknown),
                _ => {}
            }
        }
        joined
    }
}

/// A subject as a number: what has none of its own is 0 and 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct SubjectKey(usize, Option<AttributeIndex>);

fn key_of(subject: Subject) -> usize {
    match subject {
        Subject::Key => 0,
        Subject::Now => 1,
        Subject::Attribute(index) => index.get() + 2,
        _ => usize::MAX,
    }
}

fn subject_of(SubjectKey(key, index): SubjectKey) -> Subject {
    match (key, index) {
        (_, Some(index)) => Subject::Attribute(index),
        (1, None) => Subject::Now,
        (_, None) => Subject::Key,
    }
}

/// What a list is of.
pub(crate) fn subject_of_list(listed: &Listed) -> Subject {
    listed.of().map_or(Subject::Key, Subject::Attribute)
}

fn is_told_apart(listed: &Listed) -> bool {
    listed.len() <= MOST_LISTED
}

/// What conditions ask, by subject.
struct Asked<'s> {
    set: &'s FlagSet,
    subjects: BTreeMap<SubjectKey, Questions<'s>>,
    segments: BTreeSet<SegmentIndex>,
}

impl<'s> Asked<'s> {
    fn subject(&mut self, subject: Subject) -> &mut Questions<'s> {
        let index = if let Subject::Attribute(index) = subject { Some(index) } else { None };
        let key = SubjectKey(key_of(subject), index);
        self.subjects.entry(key).or_insert_with(|| Questions { tests: Vec::new(), listed: Vec::new() })
    }

    fn condition(&mut self, condition: &'s Condition) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().for_each(|part| self.condition(part));
            }
            Condition::Not(inner) => self.condition(inner),
            Condition::Test(test) => self.subject(test.subject()).tests.push(test.predicate()),
            Condition::Segment(index) if self.segments.insert(*index) => {
                match self.set.segments().get(index.get()).map(waterspout::flag_set::Segment::body) {
                    Some(SegmentBody::When(condition)) => self.condition(condition),
                    Some(SegmentBody::Listed(listed)) => {
                        let questions = self.subject(subject_of_list(listed));
                        if is_told_apart(listed) {
                            questions.listed.extend(listed.keys());
                        }
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
}
