//! Whether two flags of two files say the same, so that nothing has to be computed for most of them.

use std::collections::HashMap;

use waterspout::flag_set::{
    About, AttributeDefinition, AttributeIndex, Condition, FlagDefinition, FlagSet, Listed, NumberTest,
    Outcome, Predicate, Rule, Segment, SegmentBody, Subject, Test, TextTest, TextsTest, Variant,
    VariantIndex, Waiver,
};

/// Compares what two files say, by names and content; the order in which a file has its parts plays no role.
pub(crate) struct Same<'s> {
    sets: [&'s FlagSet; 2],
    segments: HashMap<(usize, usize), bool>,
    flags: HashMap<(usize, usize), bool>,
}

impl<'s> Same<'s> {
    pub(crate) fn of(sets: [&'s FlagSet; 2]) -> Same<'s> {
        Same { sets, segments: HashMap::new(), flags: HashMap::new() }
    }

    /// Whether the flag itself is written the same, descriptions and all.
    pub(crate) fn text(&self, one: &FlagDefinition, two: &FlagDefinition) -> bool {
        let named =
            |one: &Rule, two: &Rule| one.name() == two.name() && one.description() == two.description();
        let names = one.rules().len() == two.rules().len()
            && one.rules().iter().zip(two.rules()).all(|(one, two)| named(one, two));
        names && same_about(one.about(), two.about()) && self.shape(one, two)
    }

    /// Whether the flag and everything it rests on say the same, names of rules and descriptions aside.
    pub(crate) fn answers(&mut self, one: &'s FlagDefinition, two: &'s FlagDefinition) -> bool {
        if !self.shape(one, two) || one.salt() != two.salt() {
            return false;
        }
        let attributes = match (one.bucket_by(), two.bucket_by()) {
            (Some(one), Some(two)) => self.attribute(one, two),
            (one, two) => one.is_none() && two.is_none(),
        };
        let whens = |flag: &'s FlagDefinition| {
            flag.deny().iter().chain(flag.rules().iter().filter_map(Rule::when)).collect::<Vec<_>>()
        };
        attributes
            && whens(one).into_iter().zip(whens(two)).all(|(one, two)| self.deep(one, two))
            && one.requires().iter().zip(two.requires()).all(|(one, two)| {
                let key = (one.flag().get(), two.flag().get());
                if let Some(known) = self.flags.get(&key) {
                    return *known;
                }
                let same = match (self.sets[0].flags().get(key.0), self.sets[1].flags().get(key.1)) {
                    (Some(one), Some(two)) => self.answers(one, two),
                    _ => false,
                };
                self.flags.insert(key, same);
                same
            })
    }

    /// Whether a flag's own parts are the same, of what it refers to the names only.
    fn shape(&self, one: &FlagDefinition, two: &FlagDefinition) -> bool {
        one.salt() == two.salt() && self.body(one, two)
    }

    /// The same, whatever the salts.
    pub(crate) fn body(&self, one: &FlagDefinition, two: &FlagDefinition) -> bool {
        let variant = |flag: &FlagDefinition, index: VariantIndex| flag.variant(index).name().to_owned();
        let attribute =
            |side: usize, index: Option<AttributeIndex>| index.map(|index| self.name_of(side, index));
        let same_variant =
            |one: &Variant, two: &Variant| one.name() == two.name() && one.value() == two.value();
        let outcomes = |first: &Rule, second: &Rule| match (first.outcome(), second.outcome()) {
            (Outcome::Serve(first), Outcome::Serve(second)) => variant(one, *first) == variant(two, *second),
            (Outcome::Split(first), Outcome::Split(second)) => {
                first.len() == second.len()
                    && first.iter().zip(second).all(|(first, second)| {
                        variant(one, first.0) == variant(two, second.0) && first.1 == second.1
                    })
            }
            _ => false,
        };
        let whens = |first: &Rule, second: &Rule| match (first.when(), second.when()) {
            (Some(first), Some(second)) => self.condition(first, second),
            (first, second) => first.is_none() && second.is_none(),
        };
        one.is_enabled() == two.is_enabled()
            && one.kind() == two.kind()
            && attribute(0, one.bucket_by()) == attribute(1, two.bucket_by())
            && variant(one, one.off()) == variant(two, two.off())
            && variant(one, one.default()) == variant(two, two.default())
            && all(one.variants(), two.variants(), same_variant)
            && all(one.deny(), two.deny(), |one, two| self.condition(one, two))
            && all(one.rules(), two.rules(), |one, two| {
                one.rollout() == two.rollout() && outcomes(one, two) && whens(one, two)
            })
            && all(one.requires(), two.requires(), |first, second| {
                let required = (
                    self.sets[0].flags().get(first.flag().get()),
                    self.sets[1].flags().get(second.flag().get()),
                );
                let (Some(one), Some(two)) = required else { return false };
                one.key() == two.key()
                    && all(first.variants(), second.variants(), |first, second| {
                        variant(one, *first) == variant(two, *second)
                    })
            })
    }

    fn name_of(&self, side: usize, attribute: AttributeIndex) -> &'s str {
        self.sets[side].attributes().get(attribute.get()).map_or("", AttributeDefinition::name)
    }

    fn segment_of(&self, side: usize, segment: usize) -> Option<&'s Segment> {
        self.sets[side].segments().get(segment)
    }

    /// Whether two conditions are written the same.
    pub(crate) fn condition(&self, one: &Condition, two: &Condition) -> bool {
        match (one, two) {
            (Condition::All(one), Condition::All(two)) | (Condition::Any(one), Condition::Any(two)) => {
                all(one, two, |one, two| self.condition(one, two))
            }
            (Condition::Not(one), Condition::Not(two)) => self.condition(one, two),
            (Condition::Segment(one), Condition::Segment(two)) => {
                let name = |side, index: usize| self.segment_of(side, index).map(Segment::name);
                name(0, one.get()) == name(1, two.get())
            }
            (Condition::Test(one), Condition::Test(two)) => self.test(one, two),
            _ => false,
        }
    }

    fn test(&self, one: &Test, two: &Test) -> bool {
        let subject = match (one.subject(), two.subject()) {
            (Subject::Attribute(one), Subject::Attribute(two)) => {
                self.name_of(0, one) == self.name_of(1, two)
            }
            (one, two) => one == two,
        };
        subject && same_predicate(one.predicate(), two.predicate())
    }

    /// Whether what two conditions of one shape refer to is the same too.
    fn deep(&mut self, one: &'s Condition, two: &'s Condition) -> bool {
        match (one, two) {
            (Condition::All(one), Condition::All(two)) | (Condition::Any(one), Condition::Any(two)) => {
                one.iter().zip(two).all(|(one, two)| self.deep(one, two))
            }
            (Condition::Not(one), Condition::Not(two)) => self.deep(one, two),
            (Condition::Segment(one), Condition::Segment(two)) => self.segment(one.get(), two.get()),
            (Condition::Test(one), Condition::Test(two)) => match (one.subject(), two.subject()) {
                (Subject::Attribute(one), Subject::Attribute(two)) => self.attribute(one, two),
                _ => true,
            },
            _ => false,
        }
    }

    /// Whether two attributes read the same values.
    fn attribute(&self, one: AttributeIndex, two: AttributeIndex) -> bool {
        let (Some(one), Some(two)) =
            (self.sets[0].attributes().get(one.get()), self.sets[1].attributes().get(two.get()))
        else {
            return false;
        };
        let closed = |attribute: &AttributeDefinition| {
            attribute.one_of().map(|one_of| {
                let mut one_of = one_of.to_vec();
                one_of.sort();
                one_of
            })
        };
        one.kind() == two.kind() && one.is_fact() == two.is_fact() && closed(one) == closed(two)
    }

    fn segment(&mut self, one: usize, two: usize) -> bool {
        if let Some(known) = self.segments.get(&(one, two)) {
            return *known;
        }
        let same = match (self.segment_of(0, one), self.segment_of(1, two)) {
            (Some(first), Some(second)) => match (first.body(), second.body()) {
                (SegmentBody::When(one), SegmentBody::When(two)) => {
                    self.condition(one, two) && self.deep(one, two)
                }
                (SegmentBody::Listed(one), SegmentBody::Listed(two)) => self.listed(one, two),
                _ => false,
            },
            _ => false,
        };
        self.segments.insert((one, two), same);
        same
    }

    fn listed(&self, one: &Listed, two: &Listed) -> bool {
        let of = match (one.of(), two.of()) {
            (Some(one), Some(two)) => {
                self.name_of(0, one) == self.name_of(1, two) && self.attribute(one, two)
            }
            (one, two) => one.is_none() && two.is_none(),
        };
        of && one.len() == two.len() && one.keys().eq(two.keys())
    }
}

fn all<A, B>(one: &[A], two: &[B], same: impl Fn(&A, &B) -> bool) -> bool {
    one.len() == two.len() && one.iter().zip(two).all(|(one, two)| same(one, two))
}

fn same_about(one: &About, two: &About) -> bool {
    let waiver = |one: &Waiver, two: &Waiver| {
        one.rule() == two.rule() && one.reason() == two.reason() && one.until() == two.until()
    };
    one.description() == two.description()
        && one.owner() == two.owner()
        && one.remove_by() == two.remove_by()
        && one.kind() == two.kind()
        && one.tags() == two.tags()
        && one.links() == two.links()
        && all(one.waivers(), two.waivers(), waiver)
}

fn same_predicate(one: &Predicate, two: &Predicate) -> bool {
    match (one, two) {
        (Predicate::Present(one), Predicate::Present(two)) | (Predicate::Bool(one), Predicate::Bool(two)) => {
            one == two
        }
        (Predicate::Text(one), Predicate::Text(two)) => same_text(one, two),
        (Predicate::Number(one), Predicate::Number(two)) => match (one, two) {
            (NumberTest::Compare(how, one), NumberTest::Compare(too, two)) => how == too && one == two,
            (NumberTest::In(one), NumberTest::In(two)) | (NumberTest::NotIn(one), NumberTest::NotIn(two)) => {
                one == two
            }
            _ => false,
        },
        (Predicate::Version(how, one), Predicate::Version(too, two)) => {
            how == too && one.version() == two.version()
        }
        (Predicate::Since(one), Predicate::Since(two)) | (Predicate::Before(one), Predicate::Before(two)) => {
            one == two
        }
        (Predicate::Within(one), Predicate::Within(two)) => one == two,
        (Predicate::Texts(one), Predicate::Texts(two)) => match (one, two) {
            (TextsTest::Has(one), TextsTest::Has(two)) => one == two,
            (TextsTest::HasAny(one), TextsTest::HasAny(two))
            | (TextsTest::HasAll(one), TextsTest::HasAll(two))
            | (TextsTest::HasNone(one), TextsTest::HasNone(two)) => one == two,
            _ => false,
        },
        _ => false,
    }
}

fn same_text(one: &TextTest, two: &TextTest) -> bool {
    match (one, two) {
        (TextTest::Is(one), TextTest::Is(two)) | (TextTest::IsNot(one), TextTest::IsNot(two)) => one == two,
        (TextTest::In(one), TextTest::In(two)) | (TextTest::NotIn(one), TextTest::NotIn(two)) => one == two,
        (TextTest::StartsWith(one), TextTest::StartsWith(two))
        | (TextTest::EndsWith(one), TextTest::EndsWith(two))
        | (TextTest::Contains(one), TextTest::Contains(two)) => one == two,
        _ => false,
    }
}
