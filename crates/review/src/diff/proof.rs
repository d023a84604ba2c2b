//! The proof: random pairs of files, random contexts. Every context falls where the difference says.

use std::cell::Cell as Count;
use std::collections::HashMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use waterspout::flag_set::FlagSet;
use waterspout::{FlagKey, Json, Time};
use waterspout_reference::generate::{self, FLAG_KEYS, File, Load, Outcome, config};

use super::dimension::Subject;
use super::form::Dim;
use super::listings::Listings;
use super::lower::Pair;
use super::ruler::Ruler;
use super::sample::{Sample, unit};
use super::walk::{Found, Kind, Walk};
use super::witness::Finder;
use super::{Change, Difference, Options};

/// One edit, as somebody would make it.
#[derive(Clone, Debug)]
struct Edit {
    what: usize,
    flag: usize,
    place: usize,
    amount: u32,
}

fn edit() -> impl Strategy<Value = Edit> {
    (0..14_usize, 0..100_usize, 0..100_usize, 0..=100_000_u32).prop_map(|(what, flag, place, amount)| Edit {
        what,
        flag,
        place,
        amount,
    })
}

fn apply(file: &mut File, other: &File, edit: &Edit) {
    let count = file.flags.len();
    let key = file.flags[edit.flag % count].key;
    if edit.what == 0 {
        // A flag that others rest on cannot go.
        let needed = file.flags.iter().any(|flag| flag.requires.iter().any(|(required, _)| *required == key));
        if !needed && count > 1 {
            file.flags.retain(|flag| flag.key != key);
        }
        return;
    }
    if edit.what == 1 {
        let place = edit.place % file.segments.len();
        if let (Some(generate::Segment::Keys { keys, .. }), true) =
            (file.segments.get_mut(place), edit.amount % 2 == 0)
        {
            keys.push("user-1".to_owned());
        } else if let Some(generate::Segment::Keys { keys, .. }) = file.segments.get_mut(place) {
            if keys.len() > 1 {
                keys.remove(edit.amount as usize % keys.len());
            }
        }
        return;
    }
    if edit.what == 2 {
        let place = edit.place % file.attributes.len();
        file.attributes[place].one_of = file.attributes[place].one_of.map(|count| count % 6 + 1);
        return;
    }
    let flag = file.flag_mut(key).unwrap();
    let names = flag.variant_names().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let name = names[edit.place % names.len()].clone();
    let rules = flag.rules.len();
    match edit.what {
        3 => flag.enabled = Some(edit.amount % 2 == 0),
        4 => flag.default = Some(name),
        5 => flag.off = Some(name),
        6 => flag.salt = Some("another"),
        7 => flag.bucket_by = ["country", "age"].get(edit.place % 3).copied(),
        8 if rules > 1 => flag.rules.swap(edit.place % rules, edit.amount as usize % rules),
        9 if rules > 0 => {
            flag.rules.remove(edit.place % rules);
        }
        10 if rules > 0 => flag.rules[edit.place % rules].rollout = Some(edit.amount),
        11 if rules > 0 => flag.rules[edit.place % rules].when = None,
        12 if rules > 0 => {
            let cut = edit.amount;
            let split = vec![(name, cut), (names[0].clone(), 100_000 - cut)];
            flag.rules[edit.place % rules].outcome = Outcome::Split(split);
        }
        _ => {
            // A condition that the other file has.
            let deny = other.flags.iter().flat_map(|flag| &flag.deny).next();
            let when = other.flags.iter().flat_map(|flag| &flag.rules).find_map(|rule| rule.when.as_ref());
            match (deny, when) {
                (Some(deny), _) if edit.place % 2 == 0 => flag.deny.push(deny.clone()),
                (_, Some(when)) if rules > 0 => flag.rules[edit.place % rules].when = Some(when.clone()),
                _ => {}
            }
        }
    }
}

#[test]
fn every_context_falls_where_the_difference_says() {
    let (compared, changed, fell) = (Count::new(0_u32), Count::new(0_u32), Count::new(0_u32));
    let worlds = (generate::file(), generate::file(), vec(edit(), 1..=3), vec(generate::load(6), 2));
    let config = config(1_500);
    let cases = config.cases;
    TestRunner::new(config)
        .run(&worlds, |(file, other, edits, loads)| {
            let mut after = file.clone();
            edits.iter().for_each(|edit| apply(&mut after, &other, edit));
            let (before, after) = (FlagSet::parse(&file.to_string()), FlagSet::parse(&after.to_string()));
            let (Ok(before), Ok(after)) = (before, after) else { return Ok(()) };
            for load in &loads {
                let now = Time::parse(load.now).unwrap();
                let listings = Listings::of([&before, &after]);
                for key in FLAG_KEYS {
                    let flags = [before.flag(key), after.flag(key)];
                    if flags.iter().all(Option::is_none) {
                        continue;
                    }
                    if let Ok(mut pair) = Pair::of([&before, &after], flags, [now; 2], &listings) {
                        compared.set(compared.get() + 1);
                        let ruler = Ruler::of(&pair.lines, now);
                        let (found, _, ended) = Walk::all(&mut pair, &ruler, 20_000);
                        if ended.is_err() || !pair.complete {
                            continue;
                        }
                        changed.set(changed.get() + u32::from(!found.is_empty()));
                        fell.set(
                            fell.get()
                                + holds(&before, &after, key, load, &mut pair, &ruler, &listings, &found)?,
                        );
                        shares_are_those_of_many(&mut pair, &ruler, &listings, &found)?;
                        let mut finder = Finder::new([&before, &after]);
                        for found in &found {
                            for kind in [Kind::Lost, Kind::Switched, Kind::Gained] {
                                let Some(piece) = &found.pieces[kind as usize] else { continue };
                                let there = flags.map(|flag| flag.is_some());
                                let witness = finder.find(
                                    key,
                                    there,
                                    &pair,
                                    &ruler,
                                    &listings,
                                    (found, kind),
                                    [now; 2],
                                );
                                // What is rarer than that may take too long to look for.
                                let likely = piece.share.to_f64() > 1e-5;
                                prop_assert!(
                                    witness.is_some() || !likely,
                                    "no witness of {} in {:?}",
                                    key,
                                    found
                                );
                            }
                        }
                    }
                }
            }
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    println!("{compared:?} flags compared, {changed:?} changed, {fell:?} contexts fell into a change");
    if cases >= 500 {
        assert!(changed.get() > 500 && fell.get() > 500, "{changed:?} {fell:?}");
    }
}

/// Every context of a load, held against the cells; how many of them change.
#[allow(clippy::too_many_arguments)]
fn holds(
    before: &FlagSet,
    after: &FlagSet,
    key: &str,
    load: &Load,
    pair: &mut Pair<'_>,
    ruler: &Ruler,
    listings: &Listings<'_>,
    found: &[Found],
) -> Result<u32, TestCaseError> {
    let snapshots = [load.snapshot(before), load.snapshot(after)];
    let facts: HashMap<&str, Sample> =
        load.facts.iter().filter_map(|(name, text)| Some((*name, sample(text)?))).collect();
    let mut fell = 0;
    for request in &load.requests {
        let owned = request.context();
        let context = owned.borrow();
        let values: HashMap<&str, Sample> =
            request.values.iter().filter_map(|(name, text)| Some((*name, sample(text)?))).collect();
        // Where each value lies. A fact that no service could give lies nowhere.
        let mut places: Vec<usize> = Vec::new();
        let mut chosen: Vec<Sample> = Vec::new();
        for dimension in &pair.dimensions {
            let sample = match dimension.subject {
                Subject::Key => {
                    context.targeting_key().map_or(Sample::Missing, |key| Sample::Text(key.to_owned()))
                }
                Subject::Attribute(name) => values.get(name).cloned().unwrap_or(Sample::Missing),
                Subject::Fact(name) => facts.get(name).cloned().unwrap_or(Sample::Missing),
            };
            let truths = dimension.truths(&sample, listings);
            let place = dimension.regions.iter().position(|region| region.truths == truths);
            let is_fact = matches!(dimension.subject, Subject::Fact(_));
            match place {
                Some(place) => places.push(place),
                None if is_fact => break,
                None => {
                    return Err(TestCaseError::fail(format!("{sample:?} is in no region of {dimension:#?}")));
                }
            }
            chosen.push(sample);
        }
        if places.len() < pair.dimensions.len() {
            continue;
        }
        let mut sides = pair.sides;
        for (dim, place) in places.iter().enumerate() {
            let forms = &mut pair.forms;
            sides =
                (forms.restrict(sides.0, dim as Dim, *place), forms.restrict(sides.1, dim as Dim, *place));
        }
        for (line, it) in pair.lines.iter().enumerate() {
            let dim = pair.dimensions.iter().position(|dimension| dimension.subject == it.unit).unwrap();
            let attribute = pair.dimensions[dim].probes.iter().find_map(|probe| probe.attribute);
            let read =
                attribute.map_or_else(|| chosen[dim].read_key(), |attribute| chosen[dim].read(attribute));
            let Some(name) = unit(&read) else { continue };
            let (place, dim) = (ruler.place(line, &name), (pair.dimensions.len() + line) as Dim);
            let forms = &mut pair.forms;
            sides = (forms.restrict(sides.0, dim, place), forms.restrict(sides.1, dim, place));
        }
        let answers: Vec<Option<(String, String, bool)>> = [before, after]
            .iter()
            .zip(&snapshots)
            .map(|(set, snapshot)| {
                let flag = set.flag(key)?;
                let answer = snapshot.answer_key(FlagKey::parse(key).unwrap(), &context);
                let variant = answer.variant.unwrap();
                let is_off = flag.variant(flag.off()).name() == variant;
                Some((variant.to_owned(), answer.json.to_owned(), is_off))
            })
            .collect();
        let kind = match (&answers[0], &answers[1]) {
            (Some(one), Some(two)) if (&one.0, &one.1) == (&two.0, &two.1) => None,
            (one, two) => {
                match (one.as_ref().is_none_or(|one| one.2), two.as_ref().is_none_or(|two| two.2)) {
                    (true, true) if one.is_none() || two.is_none() => None,
                    (true, false) => Some(Kind::Gained),
                    (false, true) => Some(Kind::Lost),
                    _ => Some(Kind::Switched),
                }
            }
        };
        let text = request.text();
        let cells: Vec<&Found> = found
            .iter()
            .filter(|found| found.path.iter().all(|(dim, regions)| regions.contains(&places[*dim as usize])))
            .collect();
        prop_assert!(cells.len() <= 1, "{} lies in {} cells of {}: {:#?}", text, cells.len(), key, cells);
        match (kind, cells.first()) {
            (Some(kind), Some(cell)) => {
                prop_assert!(
                    !cell.shares[kind as usize].is_zero(),
                    "{:?} of {} for {}: {:#?}",
                    kind,
                    key,
                    text,
                    cell
                );
                fell += 1;
            }
            (Some(kind), None) => {
                prop_assert!(false, "{:?} of {} for {} with {:?} is in no cell", kind, key, text, load);
            }
            (None, Some(cell)) => {
                let all = cell.shares.iter().fold(super::Share::ZERO, |sum, share| sum.plus(*share));
                prop_assert!(
                    all < super::Share::ONE,
                    "{} for {} is unchanged, and in {:#?}",
                    key,
                    text,
                    cell
                );
            }
            (None, None) => {}
        }
        // The lists themselves come to what the library answers.
        let (one, two) = (pair.forms.constant(sides.0), pair.forms.constant(sides.1));
        prop_assert!(one.is_some() && two.is_some(), "{} for {} is not settled", key, text);
        prop_assert_eq!(one == two, kind.is_none(), "{} for {} with {:?}: {:?}", key, text, load, answers);
    }
    Ok(fell)
}

fn sample(text: &str) -> Option<Sample> {
    Some(match text.parse::<Json>().ok()? {
        Json::Text(text) => Sample::Text(text.into()),
        Json::Bool(value) => Sample::Bool(value),
        Json::Number(number) => {
            Sample::Number(number.as_str().parse().ok().filter(|it: &f64| it.is_finite())?)
        }
        Json::Array(items) => {
            let texts: Option<Vec<String>> =
                items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            texts.map_or(Sample::Missing, Sample::Texts)
        }
        _ => Sample::Missing,
    })
}

/// Of many keys in a cell, about as many change as its shares say.
fn shares_are_those_of_many(
    pair: &mut Pair<'_>,
    ruler: &Ruler,
    listings: &Listings<'_>,
    found: &[Found],
) -> Result<(), TestCaseError> {
    const MANY: usize = 4_000;
    let Some(key) = pair.dimensions.iter().position(|dimension| dimension.subject == Subject::Key) else {
        return Ok(());
    };
    if pair.lines.iter().any(|line| line.unit != Subject::Key) {
        return Ok(());
    }
    let stranger = pair.dimensions[key].truths(&Sample::Text("s-0".to_owned()), listings);
    for cell in found.iter().take(3) {
        let mut sides = pair.sides;
        let mut strangers = true;
        for (dim, regions) in &cell.path {
            let dimension = &pair.dimensions[*dim as usize];
            if *dim as usize == key {
                strangers &= regions.iter().any(|region| dimension.regions[*region].truths == stranger);
            }
            let forms = &mut pair.forms;
            sides = (forms.restrict(sides.0, *dim, regions[0]), forms.restrict(sides.1, *dim, regions[0]));
        }
        if !strangers {
            continue;
        }
        let mut counts = [0_usize; 3];
        for number in 0..MANY {
            let name = format!("s-{number}");
            let mut left = sides;
            for line in 0..pair.lines.len() {
                let (place, dim) = (ruler.place(line, &name), (pair.dimensions.len() + line) as Dim);
                let forms = &mut pair.forms;
                left = (forms.restrict(left.0, dim, place), forms.restrict(left.1, dim, place));
            }
            let (Some(one), Some(two)) = (pair.forms.constant(left.0), pair.forms.constant(left.1)) else {
                continue;
            };
            if one != two {
                let kind = match (one == pair.off.0, two == pair.off.1) {
                    (true, false) => Kind::Gained,
                    (false, true) => Kind::Lost,
                    _ => Kind::Switched,
                };
                counts[kind as usize] += 1;
            }
        }
        for (share, count) in cell.shares.iter().zip(counts) {
            let (share, seen) = (share.to_f64(), count as f64 / MANY as f64);
            // Six standard deviations, and some for what is small.
            let spread = 6.0 * (share * (1.0 - share) / MANY as f64).sqrt() + 0.002;
            prop_assert!(
                (share - seen).abs() < spread,
                "{} of many, and {} is said: {:#?}",
                seen,
                share,
                cell
            );
        }
    }
    Ok(())
}

/// What is printed holds together: monotone where nobody drops out or switches, and a witness for every change.
#[test]
fn what_is_told_of_a_flag_holds_together() {
    let worlds = (generate::file(), generate::file(), vec(edit(), 1..=2));
    TestRunner::new(config(300))
        .run(&worlds, |(file, other, edits)| {
            let mut after = file.clone();
            edits.iter().for_each(|edit| apply(&mut after, &other, edit));
            let (before, after) = (FlagSet::parse(&file.to_string()), FlagSet::parse(&after.to_string()));
            let (Ok(before), Ok(after)) = (before, after) else { return Ok(()) };
            let options =
                Options { cells: 20_000, ..Options::at(Time::parse("2026-12-01T08:00:00Z").unwrap()) };
            let same = Difference::of(&before, &before, options);
            prop_assert!(same.flags.is_empty() && same.is_exact());
            let difference = Difference::of(&before, &after, options);
            for flag in &difference.flags {
                if !flag.exact {
                    continue;
                }
                let dropped = flag.cells.iter().any(|cell| !cell.lost.is_zero() || !cell.switched.is_zero());
                prop_assert_eq!(flag.monotone, !dropped, "{:#?}", flag);
                let shown = flag.witnesses.iter().all(|it| it.before != it.after);
                prop_assert!(shown, "{:#?}", flag);
                let likely = flag
                    .cells
                    .iter()
                    .any(|cell| cell.gained.to_f64() + cell.lost.to_f64() + cell.switched.to_f64() > 1e-4);
                prop_assert!(!likely || !flag.witnesses.is_empty(), "{:#?}", flag);
                if flag.change == Change::SameAnswers {
                    prop_assert!(flag.cells.is_empty() && flag.witnesses.is_empty());
                }
                let mut json = Vec::new();
                difference.write_json(&mut json).unwrap();
                prop_assert!(serde_json::from_slice::<Value>(&json).is_ok());
            }
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}
