//! Which texts, and which sets of texts, the tests of two files can tell apart.
//!
//! Of texts that no file names, only their start, their end and what they contain matter. Whatever can be true of such
//! a text is true of one that is put together from the longest start, some parts, and the longest end, with a character
//! between that no file uses: it contains nothing that a text with these parts would not. So the regions found are all
//! there are, and each is found by a text that is in it.

use std::collections::{BTreeMap, BTreeSet};

use waterspout::flag_set::{Predicate, TextTest, TextsTest};

use super::dimension::{Ask, Probe, What};
use super::listings::Listings;

/// The most texts or sets that are tried.
const MOST: usize = 20_000;

/// Texts that no file names, one for each way in which starts, ends and parts can come together; and whether all ways
/// were tried.
pub(crate) fn patterns<'s>(probes: &[Probe<'s>], listings: &Listings<'s>) -> (Vec<(What<'s>, String)>, bool) {
    let (mut starts, mut ends) = (BTreeSet::new(), BTreeSet::new());
    let mut parts: BTreeMap<&'s str, Vec<usize>> = BTreeMap::new();
    for (index, probe) in probes.iter().enumerate() {
        match probe.ask {
            Ask::Test(Predicate::Text(TextTest::StartsWith(all))) => {
                starts.extend(all.iter().map(|one| &**one))
            }
            Ask::Test(Predicate::Text(TextTest::EndsWith(all))) => ends.extend(all.iter().map(|one| &**one)),
            Ask::Test(Predicate::Text(TextTest::Contains(all))) => {
                for one in all {
                    parts.entry(one).or_default().push(index);
                }
            }
            _ => {}
        }
    }
    let parts = one_of_each(parts, &starts, &ends);
    let fresh = fresh(probes, &starts, &ends, &parts, listings);
    let ways = (starts.len() + 1) * (ends.len() + 1);
    let complete = u32::try_from(parts.len())
        .ok()
        .and_then(|bits| 1_usize.checked_shl(bits))
        .is_some_and(|sets| sets.checked_mul(ways).is_some_and(|all| all <= MOST) && parts.len() < 32);
    let kept = if complete { parts.len() } else { parts.len().min(4) };
    let mut texts = Vec::new();
    // The emptiest first: it names the region in the fewest words.
    for set in 0..1_u32 << kept {
        let holds: Vec<&str> =
            (0..kept).filter(|bit| set >> bit & 1 == 1).filter_map(|bit| parts.get(bit).copied()).collect();
        for start in std::iter::once(None).chain(starts.iter().copied().map(Some)) {
            for end in std::iter::once(None).chain(ends.iter().copied().map(Some)) {
                if texts.len() >= MOST {
                    return (texts, false);
                }
                let what = What::Like { starts: start, ends: end, holds: holds.clone() };
                texts.push((what, text_of(start, &holds, end, fresh)));
            }
        }
    }
    (texts, complete)
}

/// A text with these parts and nothing else of meaning.
pub(crate) fn text_of(start: Option<&str>, holds: &[&str], end: Option<&str>, fresh: char) -> String {
    let mut text = start.unwrap_or_default().to_owned();
    text.push(fresh);
    for part in holds {
        text.push_str(part);
        text.push(fresh);
    }
    text.push_str(end.unwrap_or_default());
    text
}

/// Of parts that exactly the same tests look for, and that have nothing to do with any other part, one is enough.
fn one_of_each<'s>(
    parts: BTreeMap<&'s str, Vec<usize>>,
    starts: &BTreeSet<&str>,
    ends: &BTreeSet<&str>,
) -> Vec<&'s str> {
    let alone = |part: &str| {
        let others = parts.keys().filter(|other| **other != part).chain(starts).chain(ends);
        others.into_iter().all(|other| !other.contains(part) && !part.contains(other))
    };
    let mut seen = BTreeSet::new();
    let mut kept = Vec::new();
    for (part, tests) in &parts {
        if !alone(part) || seen.insert(tests.clone()) {
            kept.push(*part);
        }
    }
    kept
}

/// A character that stands in no operand and in no entry that is compared.
fn fresh(
    probes: &[Probe<'_>],
    starts: &BTreeSet<&str>,
    ends: &BTreeSet<&str>,
    parts: &[&str],
    listings: &Listings<'_>,
) -> char {
    let mut used: BTreeSet<char> = BTreeSet::new();
    for text in starts.iter().chain(ends).chain(parts) {
        used.extend(text.chars());
    }
    for probe in probes {
        if let Ask::Test(Predicate::Text(test)) = probe.ask {
            match test {
                TextTest::Is(text) | TextTest::IsNot(text) => used.extend(text.chars()),
                TextTest::In(texts) | TextTest::NotIn(texts) => {
                    texts.iter().for_each(|text| used.extend(text.chars()));
                }
                TextTest::Contains(texts) => {
                    texts.iter().for_each(|text| used.extend(text.chars()));
                }
                _ => {}
            }
        }
        for text in probe.attribute.and_then(|attribute| attribute.one_of()).unwrap_or_default() {
            used.extend(text.chars());
        }
    }
    if probes.iter().any(|probe| matches!(probe.ask, Ask::Listed(..))) {
        used.extend(listings.characters());
    }
    let readable = "-_.~+x0z=*".chars().chain('a'..='z').chain('A'..='Z');
    let beyond = '\u{e000}'..='\u{f8ff}';
    readable.chain(beyond).find(|one| !used.contains(one)).unwrap_or('\u{10fffd}')
}

/// Sets of texts, one for each way in which the tests can come out; and whether all ways were tried.
pub(crate) fn sets<'s>(probes: &[Probe<'s>]) -> (Vec<Vec<&'s str>>, bool) {
    let mut texts: BTreeMap<&'s str, Vec<usize>> = BTreeMap::new();
    for (index, probe) in probes.iter().enumerate() {
        let Ask::Test(Predicate::Texts(test)) = probe.ask else { continue };
        match test {
            TextsTest::Has(one) => texts.entry(one).or_default().push(index),
            TextsTest::HasAny(all) | TextsTest::HasAll(all) | TextsTest::HasNone(all) => {
                for one in all {
                    texts.entry(one).or_default().push(index);
                }
            }
            _ => {}
        }
    }
    // Texts that the same tests name: none of them, one of them, or all of them is all that a test can see.
    let mut groups: BTreeMap<Vec<usize>, Vec<&'s str>> = BTreeMap::new();
    for (text, mut tests) in texts {
        tests.dedup();
        groups.entry(tests).or_default().push(text);
    }
    let mut sets: Vec<Vec<&'s str>> = vec![Vec::new()];
    for group in groups.values() {
        let mut choices = vec![group.get(..1).unwrap_or_default()];
        if group.len() > 1 {
            choices.push(group);
        }
        let grown: Vec<Vec<&'s str>> = choices
            .iter()
            .flat_map(|choice| sets.iter().map(|set| set.iter().chain(*choice).copied().collect()))
            .collect();
        if sets.len() + grown.len() > MOST {
            return (sets, false);
        }
        sets.extend(grown);
    }
    (sets, true)
}
