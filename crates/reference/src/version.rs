//! Versions: SemVer 2.0 as semver.org has it, with `7` and `7.5` standing for `7.0.0` and `7.5.0`.

use std::cmp::Ordering;

/// A version. Build metadata was checked and dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    core: [u64; 3],
    pre_release: Vec<String>,
}

/// Reads a version; none if it is not one.
#[must_use]
pub fn read(text: &str) -> Option<Version> {
    let (rest, build) = match text.split_once('+') {
        Some((rest, build)) => (rest, Some(build)),
        None => (text, None),
    };
    let (numbers, pre_release) = match rest.split_once('-') {
        Some((numbers, pre_release)) => (numbers, Some(pre_release)),
        None => (rest, None),
    };

    let numbers: Vec<&str> = numbers.split('.').collect();
    if numbers.len() > 3 {
        return None;
    }
    // A bare version means that nothing follows.
    if numbers.len() < 3 && (pre_release.is_some() || build.is_some()) {
        return None;
    }
    let mut core = [0, 0, 0];
    for (place, number) in core.iter_mut().zip(&numbers) {
        if !is_number(number) {
            return None;
        }
        *place = number.parse().ok()?;
    }

    let mut identifiers = Vec::new();
    for identifier in pre_release.into_iter().flat_map(|text| text.split('.')) {
        let only_digits = identifier.chars().all(|c| c.is_ascii_digit());
        if !is_identifier(identifier) || (only_digits && !is_number(identifier)) {
            return None;
        }
        identifiers.push(identifier.to_owned());
    }
    if build.is_some_and(|text| !text.split('.').all(is_identifier)) {
        return None;
    }
    Some(Version { core, pre_release: identifiers })
}

/// Digits, without leading zeros.
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()) && (text == "0" || !text.starts_with('0'))
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// Precedence: semver.org, item 11.
#[must_use]
pub fn compare(left: &Version, right: &Version) -> Ordering {
    // 11.2: major, minor and patch, numerically.
    for (left, right) in left.core.iter().zip(&right.core) {
        if left != right {
            return left.cmp(right);
        }
    }
    // 11.3: a pre-release comes before its version.
    match (left.pre_release.is_empty(), right.pre_release.is_empty()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // 11.4: identifier by identifier, until one differs.
    for (left, right) in left.pre_release.iter().zip(&right.pre_release) {
        let order = compare_identifiers(left, right);
        if order != Ordering::Equal {
            return order;
        }
    }
    // 11.4.4: if all those before are equal, more identifiers come later.
    left.pre_release.len().cmp(&right.pre_release.len())
}

fn compare_identifiers(left: &str, right: &str) -> Ordering {
    let is_numeric = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    match (is_numeric(left), is_numeric(right)) {
        // 11.4.1: digits alone, numerically. They may be of any length, and the longer of two without leading zeros is
        // the larger.
        (true, true) if left.len() != right.len() => left.len().cmp(&right.len()),
        (true, true) => left.cmp(right),
        // 11.4.3: digits alone come before all others.
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        // 11.4.2: in the order of ASCII.
        (false, false) => left.cmp(right),
    }
}
