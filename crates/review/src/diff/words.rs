//! Regions in the words of the file: `country is DE or FR`, `app_version 2.3 or later`, `no targeting key`.

use super::dimension::{Ask, Dimension, Members, Region, Subject, What};
use super::lower::Pair;
use super::walk::Path;
use crate::reach::Truth;

/// The most names that are told; more are counted.
const NAMES: usize = 4;

/// What a path asks for, each part for itself.
pub(crate) fn path(pair: &Pair<'_>, path: &Path) -> Vec<String> {
    path.iter()
        .filter_map(|(dim, regions)| {
            let dimension = pair.dimensions.get(*dim as usize)?;
            // All there are is no condition.
            (regions.len() < dimension.regions.len()).then(|| chosen(dimension, regions))
        })
        .collect()
}

/// Some regions of one dimension.
pub(crate) fn chosen(dimension: &Dimension<'_>, chosen: &[usize]) -> String {
    let name = name(dimension.subject);
    let is_missing = |place: &usize| matches!(dimension.regions[*place].what, What::Missing);
    let missing = chosen.iter().any(is_missing);
    let present: Vec<usize> = chosen.iter().copied().filter(|place| !is_missing(place)).collect();
    let others: Vec<usize> =
        (0..dimension.regions.len()).filter(|place| !is_missing(place) && !chosen.contains(place)).collect();
    let or_missing = if missing { " or missing" } else { "" };
    let segment = |places: &[usize]| segment(dimension, places);
    match (present.is_empty(), others.is_empty()) {
        (true, _) => format!("no {name}"),
        (false, true) => format!("any {name}"),
        _ if segment(&present).is_some() => {
            format!("{name} in {}{or_missing}", segment(&present).unwrap_or_default())
        }
        _ if segment(&others).is_some() => {
            format!("{name} not in {}{or_missing}", segment(&others).unwrap_or_default())
        }
        _ if is_shorter(dimension, &others, &present) => {
            format!("{name} not {}{or_missing}", list(dimension, &others))
        }
        _ => format!("{name} {}{or_missing}", list(dimension, &present)),
    }
}

/// The segment whose list is exactly these regions.
fn segment(dimension: &Dimension<'_>, places: &[usize]) -> Option<String> {
    dimension.probes.iter().enumerate().find_map(|(index, probe)| {
        let Ask::Listed(_, name) = probe.ask else { return None };
        let on = |region: &Region<'_>| region.truths.get(index) == Some(&Truth::True);
        let listed =
            dimension.regions.iter().enumerate().filter(|(_, region)| on(region)).map(|(place, _)| place);
        let mut places = places.to_vec();
        places.sort_unstable();
        listed.eq(places).then(|| format!("`{name}`"))
    })
}

/// How messages call a subject.
pub(crate) fn name(subject: Subject<'_>) -> String {
    match subject {
        Subject::Key => "targeting key".to_owned(),
        Subject::Attribute(name) => name.to_owned(),
        Subject::Fact(name) => format!("{name} (fact)"),
    }
}

/// Whether what is left out is told in fewer words than what is meant: where that ends in "any other".
fn is_shorter(dimension: &Dimension<'_>, others: &[usize], present: &[usize]) -> bool {
    let open = |place: &usize| is_rest(&dimension.regions[*place]);
    present.iter().any(open)
        && !others.iter().any(open)
        && others.iter().all(|place| can_be_denied(&dimension.regions[*place]))
}

fn is_rest(region: &Region<'_>) -> bool {
    match &region.what {
        What::Like { starts: None, ends: None, holds } => holds.is_empty(),
        What::Words(words) => words.starts_with("any other"),
        _ => false,
    }
}

fn can_be_denied(region: &Region<'_>) -> bool {
    matches!(region.what, What::Named(_) | What::Like { .. } | What::Words(_))
}

fn list(dimension: &Dimension<'_>, places: &[usize]) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut names = Members::default();
    let mut span: Option<(Span, Span)> = None;
    for place in places {
        let region = &dimension.regions[*place];
        if let What::Named(members) = &region.what {
            names.extend(members);
            continue;
        }
        match ordered(region) {
            Some((low, high)) => match &mut span {
                Some((_, end)) if touches(end, &low) => *end = high,
                _ => {
                    words.extend(span.take().map(|(low, high)| span_words(&low, &high)));
                    span = Some((low, high));
                }
            },
            None => words.push(single(region)),
        }
    }
    words.extend(span.map(|(low, high)| span_words(&low, &high)));
    if names.len() > 0 {
        words.insert(0, named(&names));
    }
    words.join(" or ")
}

fn named(members: &Members<'_>) -> String {
    let told: Vec<String> = members.iter().take(NAMES).map(|name| format!("`{name}`")).collect();
    match members.len() {
        count if count > NAMES => format!("one of {count} named ({}, ...)", told.join(", ")),
        _ => told.join(" or "),
    }
}

fn single(region: &Region<'_>) -> String {
    match &region.what {
        What::Like { starts, ends, holds } => {
            let mut parts: Vec<String> = Vec::new();
            parts.extend(starts.map(|start| format!("starting with `{start}`")));
            parts.extend(holds.iter().map(|part| format!("containing `{part}`")));
            parts.extend(ends.map(|end| format!("ending with `{end}`")));
            if parts.is_empty() { "any other".to_owned() } else { parts.join(" and ") }
        }
        What::Words(words) => words.clone(),
        What::NoUnit => "not whole".to_owned(),
        _ => String::new(),
    }
}

/// One end of a span: the place, and whether it belongs to it. None is without end.
type Span = Option<(String, bool)>;

fn ordered(region: &Region<'_>) -> Option<(Span, Span)> {
    match &region.what {
        What::Point(at) => Some((Some((at.clone(), true)), Some((at.clone(), true)))),
        What::Between(low, high) => {
            let open = |end: &Option<String>| end.clone().map(|end| (end, false));
            Some((open(low), open(high)))
        }
        _ => None,
    }
}

/// Whether one span ends where the other starts, and one of the two has that place.
fn touches(end: &Span, start: &Span) -> bool {
    match (end, start) {
        (Some((end, has)), Some((start, starts))) => end == start && has != starts,
        _ => false,
    }
}

fn span_words(low: &Span, high: &Span) -> String {
    match (low, high) {
        (Some((low, true)), Some((high, true))) if low == high => low.clone(),
        (Some((low, with)), None) => format!("{} {low}", if *with { "at least" } else { "above" }),
        (None, Some((high, with))) => format!("{} {high}", if *with { "at most" } else { "below" }),
        (Some((low, from)), Some((high, to))) => {
            let from = if *from { "from" } else { "above" };
            let to = if *to { "up to" } else { "below" };
            format!("{from} {low} {to} {high}")
        }
        (None, None) => "any".to_owned(),
    }
}
