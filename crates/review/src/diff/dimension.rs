//! One thing that an answer depends on, cut into the regions that no test of either file tells apart.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use waterspout::AttributeKind;
use waterspout::flag_set::{AttributeDefinition, Predicate, TextTest};

use super::listings::{ListId, Listings};
use super::sample::{self, Read, Sample};
use super::{regions_of_addresses, regions_of_order, regions_of_texts};
use crate::reach::Truth;

/// What a dimension is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Subject<'s> {
    /// An attribute that a context has.
    Attribute(&'s str),
    /// An attribute that is given once, when a service starts.
    Fact(&'s str),
    /// The targeting key.
    Key,
}

/// One question that one of the files asks of the subject.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe<'s> {
    /// 0 for the file before, 1 for the file after.
    pub(crate) side: usize,
    /// How that side reads the subject; `None` for the targeting key.
    pub(crate) attribute: Option<&'s AttributeDefinition>,
    pub(crate) ask: Ask<'s>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Ask<'s> {
    Test(&'s Predicate),
    /// The list of a segment, and the segment's name.
    Listed(ListId, &'s str),
    /// Whether there is something to bucket by.
    Unit,
    /// Whether there is a value: a fact as that side declares it, a key at all.
    Given,
}

/// What the values of a region have in common, for words.
#[derive(Clone, Debug)]
pub(crate) enum What<'s> {
    Missing,
    /// Texts that a file names.
    Named(Members<'s>),
    /// All texts that no file names and that fit these parts; without parts, any other text.
    Like {
        starts: Option<&'s str>,
        ends: Option<&'s str>,
        holds: Vec<&'s str>,
    },
    /// One place of an order.
    Point(String),
    /// Between two places of an order, without them.
    Between(Option<String>, Option<String>),
    /// In the words of a file: `true`, `in 10.0.0.0/8`.
    Words(String),
    /// A number that is not whole, or too large to be a unit.
    NoUnit,
}

/// Texts that a file names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members<'s> {
    listed: Vec<Rc<[&'s str]>>,
    single: Vec<&'s str>,
}

impl<'s> Members<'s> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'s str> {
        self.single.iter().copied().chain(self.listed.iter().flat_map(|part| part.iter().copied()))
    }

    pub(crate) fn len(&self) -> usize {
        self.single.len() + self.listed.iter().map(|part| part.len()).sum::<usize>()
    }

    pub(crate) fn extend(&mut self, other: &Members<'s>) {
        self.single.extend(&other.single);
        self.listed.extend(other.listed.iter().cloned());
    }
}

/// Whom the values of a region are to a bucket line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Unit {
    /// Nobody: there is nothing to bucket by.
    None,
    /// Those that are named, each with a place of its own.
    Named,
    /// So many that they fill the line.
    Many,
}

/// Values that no test of either file tells apart.
#[derive(Clone, Debug)]
pub(crate) struct Region<'s> {
    pub(crate) what: What<'s>,
    pub(crate) sample: Sample,
    pub(crate) unit: Unit,
    /// What each probe comes to.
    pub(crate) truths: Vec<Truth>,
}

/// A subject with its regions.
#[derive(Debug)]
pub(crate) struct Dimension<'s> {
    pub(crate) subject: Subject<'s>,
    pub(crate) probes: Vec<Probe<'s>>,
    pub(crate) regions: Vec<Region<'s>>,
    /// Whether every value there is lies in one of the regions, for sure.
    pub(crate) complete: bool,
}

impl<'s> Dimension<'s> {
    /// Cuts a subject into regions. `declared` are the sides that declare it.
    pub(crate) fn cut(
        subject: Subject<'s>,
        mut probes: Vec<Probe<'s>>,
        declared: [Option<&'s AttributeDefinition>; 2],
        listings: &Listings<'s>,
    ) -> Dimension<'s> {
        if let Subject::Fact(_) = subject {
            for (side, attribute) in declared.into_iter().enumerate() {
                if attribute.is_some() {
                    probes.push(Probe { side, attribute, ask: Ask::Given });
                }
            }
        }
        if subject == Subject::Key {
            // No test may tell a missing key from some other, but people do.
            probes.push(Probe { side: 1, attribute: None, ask: Ask::Given });
        }
        let mut cutter = Cutter {
            subject,
            probes: &probes,
            listings,
            regions: Vec::new(),
            known: HashMap::new(),
            named: HashSet::new(),
        };
        cutter.add(What::Missing, Sample::Missing);
        let mut kinds: Vec<AttributeKind> = Vec::new();
        for attribute in declared.into_iter().flatten() {
            if !kinds.contains(&attribute.kind()) {
                kinds.push(attribute.kind());
            }
        }
        if subject == Subject::Key {
            kinds = vec![AttributeKind::Text];
        }
        let mut complete = true;
        for kind in &kinds {
            complete &= match kind {
                AttributeKind::Text => cutter.texts(declared),
                AttributeKind::Number => cutter.numbers(),
                AttributeKind::Bool => cutter.bools(),
                AttributeKind::Version => cutter.ordered(regions_of_order::versions(&probes)),
                AttributeKind::Time => cutter.ordered(regions_of_order::times(&probes)),
                AttributeKind::Ip => cutter.ordered(regions_of_addresses::addresses(&probes)),
                AttributeKind::Texts => cutter.sets(),
                _ => false,
            };
        }
        // Two types that both read texts: a value may be one of either, and not all pairs were looked for.
        let read_texts = |kind: &&AttributeKind| {
            matches!(
                kind,
                AttributeKind::Text | AttributeKind::Version | AttributeKind::Time | AttributeKind::Ip
            )
        };
        complete &= kinds.iter().filter(read_texts).count() < 2;
        let mut regions = cutter.regions;
        if let Subject::Fact(_) = subject {
            keep_given(&mut regions, &probes, declared);
        }
        Dimension { subject, probes, regions, complete }
    }

    /// Whether a value is one of a region, as far as that can be told without the lists.
    pub(crate) fn fits(&self, region: &Region<'s>, sample: &Sample) -> bool {
        let listed = |probe: &Probe<'s>| matches!(probe.ask, Ask::Listed(..));
        let nobody = Listings::default();
        !self.probes.iter().any(listed) && self.truths(sample, &nobody) == region.truths
    }

    /// What every probe comes to for a value.
    pub(crate) fn truths(&self, sample: &Sample, listings: &Listings<'s>) -> Vec<Truth> {
        truths(self.subject, &self.probes, sample, listings)
    }
}

/// A service gives the facts that its file declares, so the regions are those that each side can be given. Only a fact
/// that one side does not know may be missing: services that run already do not give it.
fn keep_given(
    regions: &mut Vec<Region<'_>>,
    probes: &[Probe<'_>],
    declared: [Option<&AttributeDefinition>; 2],
) {
    let given = |region: &Region<'_>| {
        let asked = probes.iter().zip(&region.truths).filter(|(probe, _)| matches!(probe.ask, Ask::Given));
        asked
            .map(|(_, truth)| *truth == Truth::True)
            .fold((true, false), |(all, any), one| (all && one, any || one))
    };
    let both = declared.iter().all(Option::is_some);
    if regions.iter().any(|region| given(region).0) {
        regions.retain(|region| given(region).0 || (!both && matches!(region.what, What::Missing)));
    } else {
        regions.retain(|region| given(region).1);
    }
}

fn truths(
    subject: Subject<'_>,
    probes: &[Probe<'_>],
    sample: &Sample,
    listings: &Listings<'_>,
) -> Vec<Truth> {
    probes.iter().map(|probe| truth(subject, probe, sample, listings)).collect()
}

fn truth(subject: Subject<'_>, probe: &Probe<'_>, sample: &Sample, listings: &Listings<'_>) -> Truth {
    let read = match probe.attribute {
        Some(attribute) => sample.read(attribute),
        None => sample.read_key(),
    };
    match probe.ask {
        Ask::Test(predicate) if subject == Subject::Key => sample::key_truth(predicate, sample),
        Ask::Test(predicate) => sample::truth(predicate, &read),
        Ask::Listed(list, _) => match read {
            Read::Text(text) => Truth::from(listings.holds(list, text)),
            _ => Truth::Unknown,
        },
        Ask::Unit => Truth::from(sample::unit(&read).is_some()),
        Ask::Given if subject == Subject::Key => Truth::from(!matches!(read, Read::Text(""))),
        Ask::Given => Truth::from(!matches!(read, Read::Missing)),
    }
}

/// Collects regions, each set of truths once where the order of values tells nothing.
struct Cutter<'p, 's> {
    subject: Subject<'s>,
    probes: &'p [Probe<'s>],
    listings: &'p Listings<'s>,
    regions: Vec<Region<'s>>,
    known: HashMap<Vec<Truth>, usize>,
    /// The texts that were looked at by name.
    named: HashSet<&'s str>,
}

impl<'s> Cutter<'_, 's> {
    fn truths(&self, sample: &Sample) -> Vec<Truth> {
        truths(self.subject, self.probes, sample, self.listings)
    }

    fn buckets(&self) -> bool {
        self.probes.iter().any(|probe| matches!(probe.ask, Ask::Unit))
    }

    fn add(&mut self, what: What<'s>, sample: Sample) {
        let truths = self.truths(&sample);
        self.add_known(what, sample, truths);
    }

    fn add_known(&mut self, what: What<'s>, sample: Sample, truths: Vec<Truth>) {
        let has_unit = self
            .probes
            .iter()
            .zip(&truths)
            .any(|(probe, truth)| matches!(probe.ask, Ask::Unit) && *truth == Truth::True);
        let unit = match (&what, has_unit) {
            (_, false) => Unit::None,
            (What::Named(_) | What::Point(_), true) => Unit::Named,
            (_, true) => Unit::Many,
        };
        match self.known.get(&truths).and_then(|known| self.regions.get_mut(*known)) {
            Some(Region { what: What::Named(members), .. }) => {
                if let What::Named(more) = &what {
                    members.extend(more);
                }
            }
            // What is told apart by nothing is not worth a region; an order keeps its places.
            Some(_) if !matches!(what, What::Point(_) | What::Between(..)) => {}
            _ => {
                self.known.entry(truths.clone()).or_insert(self.regions.len());
                self.regions.push(Region { what, sample, unit, truths });
            }
        }
    }

    fn ordered(&mut self, regions: Vec<(What<'s>, Sample)>) -> bool {
        for (what, sample) in regions {
            self.add(what, sample);
        }
        true
    }

    fn numbers(&mut self) -> bool {
        let buckets = self.buckets();
        self.ordered(regions_of_order::numbers(self.probes, buckets))
    }

    fn bools(&mut self) -> bool {
        for value in [true, false] {
            self.add(What::Words(value.to_string()), Sample::Bool(value));
        }
        true
    }

    fn sets(&mut self) -> bool {
        let (sets, complete) = regions_of_texts::sets(self.probes);
        for set in sets {
            let words = match set.as_slice() {
                [] => "with none of those named".to_owned(),
                some => format!(
                    "with {}",
                    some.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(" and ")
                ),
            };
            self.add(What::Words(words), Sample::Texts(set.into_iter().map(str::to_owned).collect()));
        }
        complete
    }

    fn texts(&mut self, declared: [Option<&'s AttributeDefinition>; 2]) -> bool {
        let (patterns, complete) = regions_of_texts::patterns(self.probes, self.listings);
        for (what, text) in patterns {
            self.add(what, Sample::Text(text));
        }
        if self.subject != Subject::Key {
            self.name("");
        }
        for one_of in declared.into_iter().flatten().filter_map(AttributeDefinition::one_of) {
            for text in one_of {
                self.name(text);
            }
        }
        let mut plain = true;
        for probe in self.probes {
            if let Ask::Test(Predicate::Text(test)) = probe.ask {
                plain = false;
                match test {
                    TextTest::Is(text) | TextTest::IsNot(text) => self.name(text),
                    TextTest::In(texts) | TextTest::NotIn(texts) => {
                        texts.iter().for_each(|text| self.name(text))
                    }
                    _ => {}
                }
            }
        }
        plain &= declared.into_iter().flatten().all(|attribute| attribute.one_of().is_none());
        self.listed(plain);
        complete
    }

    fn name(&mut self, text: &'s str) {
        if self.named.insert(text) {
            let members = Members { listed: Vec::new(), single: vec![text] };
            self.add(What::Named(members), Sample::Text(text.to_owned()));
        }
    }

    /// The entries of lists: class by class where only lists look at them, else one by one.
    fn listed(&mut self, plain: bool) {
        let lists: Vec<ListId> = self
            .probes
            .iter()
            .filter_map(|probe| match probe.ask {
                Ask::Listed(list, _) => Some(list),
                _ => None,
            })
            .collect();
        let listings = self.listings;
        for class in listings.classes().filter(|class| lists.iter().any(|list| class.is_on(*list))) {
            if plain {
                if let Some(first) = class.entries.first() {
                    let members = Members { listed: vec![class.entries.clone()], single: Vec::new() };
                    self.add(What::Named(members), Sample::Text((*first).to_owned()));
                }
            } else {
                class.entries.iter().for_each(|entry| self.name(entry));
            }
        }
    }
}
