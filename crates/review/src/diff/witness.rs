//! Witnesses: for a change, a context to which it happens, put together from the cell and confirmed by the library.

use std::collections::HashMap;

use serde_json::{Map, Value};
use waterspout::flag_set::{AttributeDefinition, FlagSet};
use waterspout::{Facts, FlagKey, Json, OwnedContext, Snapshot, Time};

use super::dimension::{Dimension, Region, Subject, Unit, What};
use super::listings::Listings;
use super::lower::{Given, Pair};
use super::ruler::Ruler;
use super::sample::{self, Sample};
use super::walk::{Found, Kind, Path, Piece};
use crate::answer::write_answer;

/// How many units are tried for a place on the lines. A piece of a millionth of the line is found in most searches.
const TRIES: usize = 3_000_000;

/// A context, and what it gets before and after.
#[derive(Clone, Debug)]
pub struct Witness {
    /// What happens to it; `None` for a flag that is new or gone and off.
    pub kind: Option<Kind>,
    /// The context, as JSON.
    pub context: Value,
    /// The facts of the service, as a JSON object.
    pub facts: Value,
    /// When, if not now.
    pub at: Option<Time>,
    /// The answer before, as `eval` prints it; `None` where the flag is not there.
    pub before: Option<String>,
    /// The answer after.
    pub after: Option<String>,
}

/// The texts that bucket, of a region that names them.
pub(crate) fn units(dimension: &Dimension<'_>, region: &Region<'_>) -> Vec<String> {
    match &region.what {
        What::Named(members) => members.iter().map(str::to_owned).collect(),
        _ => {
            let attribute = dimension.probes.first().and_then(|probe| probe.attribute);
            let read =
                attribute.map_or_else(|| region.sample.read_key(), |attribute| region.sample.read(attribute));
            sample::unit(&read).into_iter().collect()
        }
    }
}

/// Finds witnesses for the flags of two files.
pub(crate) struct Finder<'s> {
    sets: [&'s FlagSet; 2],
    /// Snapshots by side, facts and time: most witnesses share them.
    snapshots: HashMap<(usize, String, Time), Snapshot>,
}

impl<'s> Finder<'s> {
    pub(crate) fn new(sets: [&'s FlagSet; 2]) -> Finder<'s> {
        Finder { sets, snapshots: HashMap::new() }
    }

    /// A context in a cell to which a change happens.
    #[expect(clippy::too_many_arguments, reason = "everything that one flag's comparison holds")]
    pub(crate) fn find(
        &mut self,
        flag: &str,
        there: [bool; 2],
        pair: &Pair<'s>,
        ruler: &Ruler,
        listings: &Listings<'s>,
        (found, kind): (&Found, Kind),
        times: [Time; 2],
    ) -> Option<Witness> {
        let piece = found.pieces[kind as usize].as_ref()?;
        let samples = samples(pair, ruler, listings, &found.path, piece)?;
        let witness = self.witness(flag, there, pair, listings, &samples, times)?;
        (witness.kind == Some(kind)).then_some(witness)
    }

    /// The answers of a context, if they are what they should be.
    pub(crate) fn witness(
        &mut self,
        flag: &str,
        there: [bool; 2],
        pair: &Pair<'s>,
        listings: &Listings<'s>,
        samples: &[(Subject<'s>, Sample)],
        times: [Time; 2],
    ) -> Option<Witness> {
        let mut context = Map::new();
        let mut facts = Map::new();
        for (subject, sample) in samples {
            let Some(json) = sample.to_json() else { continue };
            match subject {
                Subject::Key => context.insert("targetingKey".to_owned(), json),
                Subject::Attribute(name) => context.insert((*name).to_owned(), json),
                Subject::Fact(name) => facts.insert((*name).to_owned(), json),
            };
        }
        let told = |subject: Subject<'_>| samples.iter().any(|(known, _)| *known == subject);
        for (name, sample) in self.other_facts(pair, listings, told) {
            if let Some(json) = sample.to_json() {
                facts.insert(name.to_owned(), json);
            }
        }
        let before = self.answer(0, flag, &context, &facts, times[0]);
        let after = self.answer(1, flag, &context, &facts, times[1]);
        let kind =
            self.kind(flag, before.as_ref().map(|(given, _)| given), after.as_ref().map(|(given, _)| given));
        Some(Witness {
            kind,
            context: Value::Object(context),
            facts: Value::Object(facts),
            at: None,
            before: before.filter(|_| there[0]).map(|(_, json)| json),
            after: after.filter(|_| there[1]).map(|(_, json)| json),
        })
    }

    /// The facts that the files declare and that this flag does not ask for.
    fn other_facts(
        &self,
        pair: &Pair<'s>,
        listings: &Listings<'s>,
        told: impl Fn(Subject<'_>) -> bool,
    ) -> Vec<(&'s str, Sample)> {
        let mut facts: Vec<(&'s str, Sample)> = Vec::new();
        for set in self.sets {
            for attribute in set.attributes().iter().filter(|attribute| attribute.is_fact()) {
                let subject = Subject::Fact(attribute.name());
                if told(subject) || facts.iter().any(|(known, _)| *known == attribute.name()) {
                    continue;
                }
                let known = pair.dimensions.iter().find(|dimension| dimension.subject == subject);
                let sample = match known {
                    Some(dimension) => given(dimension),
                    None => {
                        let declared = self
                            .sets
                            .map(|set| set.attribute(attribute.name()).filter(|fact| fact.is_fact()));
                        given(&Dimension::cut(subject, Vec::new(), declared, listings))
                    }
                };
                facts.push((attribute.name(), sample));
            }
        }
        facts
    }

    fn answer(
        &mut self,
        side: usize,
        flag: &str,
        context: &Map<String, Value>,
        facts: &Map<String, Value>,
        at: Time,
    ) -> Option<(Given, String)> {
        let set = self.sets[side];
        set.flag(flag)?;
        let key = (side, Value::Object(facts.clone()).to_string(), at);
        let snapshot = self.snapshots.entry(key).or_insert_with(|| {
            let declared = |name: &str| set.attribute(name).is_some_and(AttributeDefinition::is_fact);
            let given =
                facts.iter().filter(|(name, _)| declared(name)).fold(Facts::new(), |given, (name, value)| {
                    match value.to_string().parse::<Json>() {
                        Ok(value) => given.with_json(name, &value),
                        Err(_) => given,
                    }
                });
            Snapshot::compile(set, &given, at)
        });
        let context = OwnedContext::from_json(&Value::Object(context.clone()).to_string()).ok()?;
        let context = context.borrow();
        let answer = snapshot.answer_key(FlagKey::parse(flag).ok()?, &context);
        let mut json = Vec::new();
        write_answer(&answer, &context, &mut json).ok()?;
        let given = Given { variant: answer.variant?.into(), value: answer.json.into() };
        Some((given, String::from_utf8(json).ok()?))
    }

    /// What happens between two answers; who has no flag has what is off.
    fn kind(&self, flag: &str, before: Option<&Given>, after: Option<&Given>) -> Option<Kind> {
        let is_off = |side: usize, given: Option<&Given>| {
            let off = self.sets[side].flag(flag).map(|flag| flag.variant(flag.off()).name());
            given.is_none_or(|given| Some(&*given.variant) == off)
        };
        match (is_off(0, before), is_off(1, after)) {
            _ if before == after => None,
            (true, true) if before.is_none() || after.is_none() => None,
            (true, false) => Some(Kind::Gained),
            (false, true) => Some(Kind::Lost),
            _ => Some(Kind::Switched),
        }
    }
}

/// A value that a service can be given for a fact.
fn given(dimension: &Dimension<'_>) -> Sample {
    let there = dimension.regions.iter().find(|region| !matches!(region.what, What::Missing));
    there.or(dimension.regions.first()).map_or(Sample::Missing, |region| region.sample.clone())
}

/// A value for each dimension that the cell or its lines ask for.
fn samples<'s>(
    pair: &Pair<'s>,
    ruler: &Ruler,
    listings: &Listings<'s>,
    path: &Path,
    piece: &Piece,
) -> Option<Vec<(Subject<'s>, Sample)>> {
    let mut samples = Vec::new();
    for (dim, dimension) in pair.dimensions.iter().enumerate() {
        let chosen = path.iter().find(|(chosen, _)| *chosen as usize == dim).map(|(_, regions)| regions);
        let lines: Vec<(usize, &Vec<usize>)> = piece
            .lines
            .iter()
            .map(|(line, regions)| ((line - pair.first_line()) as usize, regions))
            .filter(|(line, _)| pair.lines[*line].unit == dimension.subject)
            .collect();
        let named = piece.named.iter().find(|(named, _)| *named as usize == dim).map(|(_, name)| name);
        let any: Vec<usize> = (0..dimension.regions.len()).collect();
        if chosen.is_none() && lines.is_empty() && named.is_none() {
            continue;
        }
        let regions = chosen.unwrap_or(&any);
        let sample = match named {
            Some(name) => named_sample(dimension, regions, name),
            None if !lines.is_empty() => drawn(dimension, regions, ruler, &lines, listings)?,
            None => simplest(dimension, regions)?,
        };
        samples.push((dimension.subject, sample));
    }
    Some(samples)
}

fn named_sample(dimension: &Dimension<'_>, regions: &[usize], name: &str) -> Sample {
    let number = regions.iter().find_map(|region| match dimension.regions[*region].sample {
        Sample::Number(number) if sample::whole(number).is_some_and(|whole| whole.to_string() == name) => {
            Some(number)
        }
        _ => None,
    });
    number.map_or_else(|| Sample::Text(name.to_owned()), Sample::Number)
}

/// Nothing, where that does; a fact is given where it can be.
fn simplest(dimension: &Dimension<'_>, regions: &[usize]) -> Option<Sample> {
    let fact = matches!(dimension.subject, Subject::Fact(_));
    let is_missing = |place: &&usize| matches!(dimension.regions[**place].what, What::Missing);
    let preferred = regions.iter().find(|place| is_missing(place) != fact);
    let place = preferred.or(regions.first())?;
    let region = &dimension.regions[*place];
    Some(match (&region.what, &region.sample) {
        (What::Like { starts, ends, holds }, Sample::Text(_)) => {
            // In the place of characters that no file uses, a word reads better.
            let (start, end) = (starts.unwrap_or_default(), ends.unwrap_or_default());
            let pretty = Sample::Text(format!("{start}someone{}{end}", holds.concat()));
            if dimension.fits(region, &pretty) { pretty } else { region.sample.clone() }
        }
        (_, sample) => sample.clone(),
    })
}

/// A unit whose places lie in these regions of the lines.
fn drawn(
    dimension: &Dimension<'_>,
    regions: &[usize],
    ruler: &Ruler,
    lines: &[(usize, &Vec<usize>)],
    listings: &Listings<'_>,
) -> Option<Sample> {
    let inside = |unit: &str| lines.iter().all(|(line, regions)| regions.contains(&ruler.place(*line, unit)));
    for region in
        regions.iter().map(|place| &dimension.regions[*place]).filter(|region| region.unit == Unit::Many)
    {
        for style in 0..STYLES {
            let mut fitted = 0_usize;
            for number in 0..TRIES {
                let candidate = candidate(dimension, region, style, number);
                let Some((sample, unit)) = candidate else { break };
                // A style that a test of the file catches is soon given up.
                if fitted == 0 && number >= 200 {
                    break;
                }
                if fitted > 0 && !inside(&unit) {
                    continue;
                }
                if dimension.truths(&sample, listings) == region.truths {
                    fitted += 1;
                    if inside(&unit) {
                        return Some(sample);
                    }
                }
            }
        }
    }
    None
}

/// In how many manners candidates are spelt, the most readable first.
const STYLES: usize = 3;

fn candidate(
    dimension: &Dimension<'_>,
    region: &Region<'_>,
    style: usize,
    number: usize,
) -> Option<(Sample, String)> {
    match (&region.what, &region.sample) {
        (What::Like { starts, ends, holds }, Sample::Text(sample)) => {
            let (start, end) = (starts.unwrap_or_default(), ends.unwrap_or_default());
            let parts = holds.concat();
            let text = match style {
                0 if start.is_empty() && parts.is_empty() && end.is_empty() => match dimension.subject {
                    Subject::Attribute(name) | Subject::Fact(name) => format!("{name}-{number}"),
                    Subject::Key => format!("user-{number}"),
                },
                0 => format!("{start}{parts}{number}{end}"),
                1 => {
                    // The sample has a character between its parts that no file uses.
                    let fresh = sample.get(start.len()..)?.chars().next()?;
                    let middle = sample.get(start.len()..sample.len() - end.len())?;
                    format!("{start}{number}{fresh}{middle}{number}{end}")
                }
                _ => {
                    let digits = format!("{number:x}");
                    let odd =
                        digits.chars().filter_map(|digit| char::from_u32(0xF_0000 + digit.to_digit(16)?));
                    let odd: String = odd.collect();
                    let middle = sample.get(start.len()..sample.len() - end.len())?;
                    format!("{start}{odd}{middle}{end}")
                }
            };
            Some((Sample::Text(text.clone()), text))
        }
        (What::Between(low, high), Sample::Number(first)) if style == 0 => {
            let step = i64::try_from(number).ok()?;
            let first = sample::whole(*first)?;
            let next = if low.is_none() && high.is_some() { first - step } else { first + step };
            Some((Sample::Number(next as f64), next.to_string()))
        }
        _ => None,
    }
}
