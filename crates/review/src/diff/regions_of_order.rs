//! Which numbers, versions and instants the tests of two files can tell apart: the constants, and what lies between.

use std::time::{Duration, SystemTime};

use waterspout::flag_set::{NumberTest, Predicate};
use waterspout::{Time, Version};

use super::dimension::{Ask, Probe, What};
use super::sample::{Sample, whole};

/// Whole numbers between two constants are told one by one up to so many: they are units of their own.
const FEW: i64 = 64;

pub(crate) fn numbers<'s>(probes: &[Probe<'s>], buckets: bool) -> Vec<(What<'s>, Sample)> {
    let mut points: Vec<f64> = Vec::new();
    for probe in probes {
        let Ask::Test(Predicate::Number(test)) = probe.ask else { continue };
        match test {
            NumberTest::Compare(_, number) => points.push(*number),
            NumberTest::In(numbers) | NumberTest::NotIn(numbers) => points.extend(numbers),
            _ => {}
        }
    }
    // -0 is 0.
    points.iter_mut().for_each(|point| *point += 0.0);
    points.sort_by(f64::total_cmp);
    points.dedup();
    let mut regions = Vec::new();
    let ends = points.iter().copied().map(Some).chain([None]);
    let mut low = None;
    for high in ends {
        between_numbers(low, high, buckets, &mut regions);
        if let Some(point) = high {
            regions.push((What::Point(point.to_string()), Sample::Number(point)));
        }
        low = high;
    }
    regions
}

fn between_numbers<'s>(
    low: Option<f64>,
    high: Option<f64>,
    buckets: bool,
    regions: &mut Vec<(What<'s>, Sample)>,
) {
    let first = low.map_or(f64::MIN, above);
    let last = high.map_or(f64::MAX, |high| -above(-high));
    if first > last || !first.is_finite() || !last.is_finite() {
        return;
    }
    let what = What::Between(low.map(|low| low.to_string()), high.map(|high| high.to_string()));
    let (from, to) = (first.ceil().max(-9_007_199_254_740_991.0), last.floor().min(9_007_199_254_740_991.0));
    let units = (from <= to).then_some((from as i64, to as i64));
    // A whole number reads best; near zero or near the constant.
    let nice = units.map(|(from, to)| 0.clamp(from, to)).map(|nice| match (low, high) {
        (Some(_), _) => units.map_or(nice, |(from, _)| from),
        (None, Some(_)) => units.map_or(nice, |(_, to)| to),
        (None, None) => nice,
    });
    if !buckets {
        let middle = first / 2.0 + last / 2.0;
        let middle = if (first..=last).contains(&middle) { middle } else { first };
        regions.push((what, Sample::Number(nice.map_or(middle, |nice| nice as f64))));
        return;
    }
    let odd = [first, last, first + 0.5, last - 0.5, first / 2.0 + last / 2.0];
    if let Some(odd) = odd.into_iter().find(|odd| (first..=last).contains(odd) && whole(*odd).is_none()) {
        regions.push((What::NoUnit, Sample::Number(odd)));
    }
    match units {
        Some((from, to)) if to - from < FEW => {
            for one in from..=to {
                regions.push((What::Point(one.to_string()), Sample::Number(one as f64)));
            }
        }
        Some(_) => regions.push((what, Sample::Number(nice.unwrap_or(0) as f64))),
        None => {}
    }
}

/// The next double.
fn above(number: f64) -> f64 {
    let bits = number.to_bits();
    f64::from_bits(match number {
        0.0 => 1,
        number if number > 0.0 => bits + 1,
        _ => bits - 1,
    })
}

pub(crate) fn versions<'s>(probes: &[Probe<'s>]) -> Vec<(What<'s>, Sample)> {
    let mut points: Vec<Version<'s>> = Vec::new();
    for probe in probes {
        if let Ask::Test(Predicate::Version(_, version)) = probe.ask {
            points.push(version.version());
        }
    }
    points.sort();
    points.dedup();
    let mut regions = Vec::new();
    let mut low: Option<Version<'s>> = None;
    for high in points.iter().copied().map(Some).chain([None]) {
        if let Some(text) = version_between(low, high) {
            let words = |version: Version<'s>| version.as_str().to_owned();
            regions.push((What::Between(low.map(words), high.map(words)), Sample::Text(text)));
        }
        if let Some(point) = high {
            regions.push((What::Point(point.as_str().to_owned()), Sample::Text(point.as_str().to_owned())));
        }
        low = high;
    }
    regions
}

/// A version strictly between two, a nice one if there is: every version has a next one, so either that is below the
/// upper bound or nothing is.
fn version_between(low: Option<Version<'_>>, high: Option<Version<'_>>) -> Option<String> {
    let mut candidates = Vec::new();
    match low {
        None => {
            if let Some(high) = high {
                let [major, minor, patch] = parts(high.as_str());
                candidates.extend(major.checked_sub(1).map(|major| format!("{major}.0.0")));
                candidates.extend(minor.checked_sub(1).map(|minor| format!("{major}.{minor}.0")));
                candidates.extend(patch.checked_sub(1).map(|patch| format!("{major}.{minor}.{patch}")));
                candidates.push(format!("{major}.{minor}.{patch}-0"));
            }
            candidates.extend(["1.0.0".to_owned(), "0.0.0".to_owned(), "0.0.0-0".to_owned()]);
        }
        Some(low) => {
            let [major, minor, patch] = parts(low.as_str());
            let pre_release = low.as_str().contains('-');
            if pre_release {
                candidates.push(format!("{major}.{minor}.{patch}"));
            }
            candidates.extend(minor.checked_add(1).map(|minor| format!("{major}.{minor}.0")));
            candidates.extend(major.checked_add(1).map(|major| format!("{major}.0.0")));
            candidates.extend(patch.checked_add(1).map(|patch| format!("{major}.{minor}.{patch}")));
            // The very next one.
            if pre_release {
                candidates.push(format!("{}.0", low.as_str()));
            } else {
                candidates.extend(patch.checked_add(1).map(|patch| format!("{major}.{minor}.{patch}-0")));
                candidates.extend(minor.checked_add(1).map(|minor| format!("{major}.{minor}.0-0")));
                candidates.extend(major.checked_add(1).map(|major| format!("{major}.0.0-0")));
            }
        }
    }
    candidates.into_iter().find(|text| {
        Version::parse(text).is_some_and(|version| {
            low.is_none_or(|low| version > low) && high.is_none_or(|high| version < high)
        })
    })
}

/// Major, minor and patch; what is left out is 0.
fn parts(version: &str) -> [u64; 3] {
    let core = version.split('-').next().unwrap_or_default();
    let mut parts = core.split('.').map(|part| part.parse().unwrap_or(0));
    [parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0)]
}

pub(crate) fn times<'s>(probes: &[Probe<'s>]) -> Vec<(What<'s>, Sample)> {
    let mut points: Vec<Time> = Vec::new();
    for probe in probes {
        if let Ask::Test(Predicate::Since(time) | Predicate::Before(time)) = probe.ask {
            points.push(*time);
        }
    }
    points.sort();
    points.dedup();
    let mut regions = Vec::new();
    let mut low: Option<Time> = None;
    for high in points.iter().copied().map(Some).chain([None]) {
        if let Some(text) = time_between(low, high) {
            regions.push((What::Between(low.map(shown), high.map(shown)), Sample::Text(text)));
        }
        if let Some(text) = high.and_then(spelt) {
            regions.push((What::Point(high.map(shown).unwrap_or_default()), Sample::Text(text)));
        }
        low = high;
    }
    regions
}

/// An instant as messages show it: the day alone where it is midnight.
pub(crate) fn shown(time: Time) -> String {
    let text = time.to_string();
    text.strip_suffix("T00:00:00Z").map(str::to_owned).unwrap_or(text)
}

const NANOS: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * NANOS;

fn time_between(low: Option<Time>, high: Option<Time>) -> Option<String> {
    let (low, high) = (low.map(nanos), high.map(nanos));
    let candidates: Vec<i128> = match (low, high) {
        (Some(low), _) => vec![low + DAY, low + 3600 * NANOS, low + NANOS, low + 1],
        (None, Some(high)) => vec![high - DAY, high - NANOS, high - 1],
        (None, None) => vec![1_767_225_600 * NANOS],
    };
    let fits = |at: &i128| low.is_none_or(|low| *at > low) && high.is_none_or(|high| *at < high);
    candidates.into_iter().filter(fits).find_map(|at| spelt(instant(at)?))
}

/// Nanoseconds since 1970.
fn nanos(time: Time) -> i128 {
    let epoch = Time::from(SystemTime::UNIX_EPOCH);
    let after = time.since(epoch).map(|after| after.as_nanos());
    let before = epoch.since(time).map(|before| before.as_nanos());
    let signed = |nanos: u128| i128::try_from(nanos).unwrap_or(i128::MAX);
    after.map(signed).or(before.map(|before| -signed(before))).unwrap_or(0)
}

fn instant(nanos: i128) -> Option<Time> {
    let length = nanos.unsigned_abs();
    let seconds = u64::try_from(length / NANOS.unsigned_abs()).ok()?;
    let length = Duration::new(seconds, (length % NANOS.unsigned_abs()) as u32);
    let time = if nanos < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(length)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(length)
    };
    time.map(Time::from)
}

/// A text that is read as this instant. The first and the last day of all can only be written with an offset.
fn spelt(time: Time) -> Option<String> {
    const OFFSET: i128 = (23 * 3600 + 59 * 60) * NANOS;
    let reads = |text: &String| Time::parse(text) == Some(time);
    let with = |shift: i128, offset: &str| {
        instant(nanos(time) + shift)
            .map(|local| format!("{}{offset}", local.to_string().trim_end_matches('Z')))
    };
    Some(time.to_string())
        .filter(reads)
        .or_else(|| with(OFFSET, "+23:59").filter(reads))
        .or_else(|| with(-OFFSET, "-23:59").filter(reads))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(low: &str, high: &str) -> Option<String> {
        version_between(Version::parse(low), Version::parse(high))
    }

    #[test]
    fn the_next_double_is_the_next() {
        assert_eq!((above(0.0), above(-0.0), above(-5e-324)), (5e-324, 5e-324, 0.0));
        assert_eq!((above(18.0), -above(-18.0)), (18.000000000000004, 17.999999999999996));
        assert!(above(f64::MAX).is_infinite());
    }

    #[test]
    fn between_a_version_and_the_next_there_is_none() {
        assert_eq!(between("1.2.3", "1.2.4-0"), None);
        assert_eq!(between("1.2.0-rc.1", "1.2.0-rc.1.0"), None);
        assert_eq!(between("1.2.3", "1.2.4-1").as_deref(), Some("1.2.4-0"));
        assert_eq!(between("2.3", "2.4.3").as_deref(), Some("2.4.0"));
        assert_eq!(version_between(None, Version::parse("0.0.0-0")), None);
        assert_eq!(version_between(None, Version::parse("0.0.0-1")).as_deref(), Some("0.0.0-0"));
        let last = "18446744073709551615.18446744073709551615.18446744073709551615";
        assert_eq!(version_between(Version::parse(last), None), None);
    }

    #[test]
    fn the_first_and_the_last_instant_can_be_spelt() {
        for text in
            ["0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999999-23:59", "1969-12-31T23:59:59.5Z"]
        {
            let time = Time::parse(text).unwrap();
            assert_eq!(spelt(time).and_then(|text| Time::parse(&text)), Some(time), "{text}");
            assert_eq!(instant(nanos(time)), Some(time), "{text}");
        }
        let first = Time::parse("0000-01-01T00:00:00+23:59");
        assert_eq!(time_between(None, first), None);
        assert!(time_between(first, None).is_some());
    }
}
