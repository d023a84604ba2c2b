//! Versions by SemVer 2.0 precedence (semver.org, item 11), with `7` and `7.5` standing for `7.0.0` and `7.5.0`.
//!
//! A version is read once, when a context or a snapshot is built. The usual one (three parts below 2^21, no
//! pre-release) is packed into one word, so that comparing two is comparing two integers.

use std::cmp::Ordering;

/// A version that was read and found right. Build metadata plays no part.
///
/// ```
/// use waterspout::Version;
///
/// assert!(Version::parse("2.3") < Version::parse("2.10.0"));
/// assert!(Version::parse("7.5.0-rc.1") < Version::parse("7.5"));
/// assert_eq!(Version::parse("v1.2"), None);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Version<'t> {
    packed: u64,
    text: &'t str,
}

const PACKED: u64 = 1 << 63;
const PART_BITS: u32 = 21;

impl<'t> Version<'t> {
    /// Reads a version; `None` if it is not one: no `v`, no fourth part, no leading zeros, parts below 2^64, and a
    /// pre-release or build only after all three parts.
    #[must_use]
    #[inline]
    pub fn parse(text: &'t str) -> Option<Version<'t>> {
        match packed(text) {
            Some(packed) => Some(Version { packed, text }),
            None => Version::parse_in_full(text),
        }
    }

    fn parse_in_full(text: &'t str) -> Option<Version<'t>> {
        let (without_build, build) = cut(text, '+');
        let (core, pre_release) = cut(without_build, '-');
        let (_, count) = parts(core)?;
        let bare = count < 3;
        if bare && (build.is_some() || pre_release.is_some()) {
            return None;
        }
        if build.is_some_and(|build| !build.split('.').all(is_identifier)) {
            return None;
        }
        if pre_release.is_some_and(|pre| !pre.split('.').all(|part| is_identifier(part) && !is_padded(part)))
        {
            return None;
        }
        // With build metadata, a usual version comes here too.
        Some(Version { packed: packed(without_build).unwrap_or(0), text: without_build })
    }

    /// A version that was read before.
    pub(crate) fn known(packed: u64, text: &'t str) -> Version<'t> {
        Version { packed, text }
    }

    /// All of a usual version in one word, with the top bit set; 0 for the others.
    pub(crate) fn packed(&self) -> u64 {
        self.packed
    }

    /// The version as it was written, without build metadata.
    #[must_use]
    pub fn as_str(&self) -> &'t str {
        self.text
    }

    /// Compares by precedence.
    #[inline]
    #[must_use]
    fn compare(&self, other: &Version<'_>) -> Ordering {
        if self.packed & other.packed & PACKED != 0 {
            return self.packed.cmp(&other.packed);
        }
        self.compare_texts(other)
    }

    #[cold]
    fn compare_texts(&self, other: &Version<'_>) -> Ordering {
        let (core, pre) = cut(self.text, '-');
        let (other_core, other_pre) = cut(other.text, '-');
        let cores = |core| parts(core).map(|(parts, _)| parts);
        cores(core).cmp(&cores(other_core)).then_with(|| match (pre, other_pre) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(pre), Some(other)) => compare_pre_releases(pre, other),
        })
    }
}

/// A usual version in one word: up to three parts below 2^21 and nothing else.
fn packed(text: &str) -> Option<u64> {
    let (mut packed, mut part, mut digits, mut dots) = (1, 0, 0, 0);
    for byte in text.bytes() {
        match byte {
            // A zero before other digits is for the full reader to refuse.
            b'0'..=b'9' if digits == 0 || part != 0 => {
                part = part * 10 + u64::from(byte - b'0');
                digits += 1;
                if part >= 1 << PART_BITS {
                    return None;
                }
            }
            b'.' if digits > 0 && dots < 2 => {
                packed = packed << PART_BITS | part;
                (part, digits) = (0, 0);
                dots += 1;
            }
            _ => return None,
        }
    }
    let missing = 2 - dots;
    (digits > 0).then(|| (packed << PART_BITS | part) << (PART_BITS * missing))
}

impl PartialEq for Version<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.compare(other).is_eq()
    }
}

impl Eq for Version<'_> {}

impl PartialOrd for Version<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compare(other)
    }
}

/// The text before the first `mark`, and the text after it, if there is one.
fn cut(text: &str, mark: char) -> (&str, Option<&str>) {
    match text.split_once(mark) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

/// One to three dotted numbers, the missing ones 0, and how many there were.
fn parts(core: &str) -> Option<([u64; 3], usize)> {
    let mut parts = [0; 3];
    let mut count = 0;
    for text in core.split('.') {
        if text.is_empty() || is_padded(text) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *parts.get_mut(count)? = text.parse().ok()?;
        count += 1;
    }
    Some((parts, count))
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Whether this is a number with leading zeros.
fn is_padded(text: &str) -> bool {
    is_number(text) && text.len() > 1 && text.starts_with('0')
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Identifier by identifier: numbers by size and below words, words by ASCII, fewer below more.
fn compare_pre_releases(left: &str, right: &str) -> Ordering {
    let mut others = right.split('.');
    for part in left.split('.') {
        let Some(other) = others.next() else { return Ordering::Greater };
        let order = match (is_number(part), is_number(other)) {
            // Without leading zeros the longer number is the larger, whatever its size.
            (true, true) => part.len().cmp(&other.len()).then_with(|| part.cmp(other)),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => part.cmp(other),
        };
        if order.is_ne() {
            return order;
        }
    }
    if others.next().is_some() { Ordering::Less } else { Ordering::Equal }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version<'_> {
        Version::parse(text).unwrap()
    }

    #[test]
    fn precedence_is_that_of_semver() {
        let ascending = [
            "0.0.0-0",
            "0.0.1-alpha",
            "0.0.1",
            "1.0.0-1",
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0-99999999999999999999",
            "1.0.0-100000000000000000000",
            "1.0.0--",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.1.0",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.9.0",
            "1.10.0",
            "2.0.0",
            "2.1.0",
            "2.1.1",
            "2097151.0.0",
            "2097152.0.0",
            "18446744073709551615.0.0",
        ];
        for (index, low) in ascending.iter().enumerate() {
            for (other, high) in ascending.iter().enumerate() {
                assert_eq!(version(low).cmp(&version(high)), index.cmp(&other), "{low} and {high}");
            }
        }
    }

    #[test]
    fn bare_versions_stand_for_zeros_and_builds_are_ignored() {
        assert_eq!(version("7"), version("7.0.0"));
        assert_eq!(version("7.5"), version("7.5.0"));
        assert_eq!(version("1.2.3+linux.x64"), version("1.2.3+007"));
        assert_eq!(version("1.2.3-rc.1+a"), version("1.2.3-rc.1"));
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in [
            "",
            "v1.2.3",
            "1.2.3.4",
            "01.2.3",
            "1.02",
            "1.2.03",
            "7.5-rc.1",
            "7-1",
            "7.5+b",
            "1.2.3-",
            "1.2.3+",
            "1..2",
            ".1",
            "1.",
            "1.2.3-a..b",
            "1.2.3-01",
            "1.2.3-ä",
            "1.2.3+a_b",
            "18446744073709551616.0.0",
            "-1",
            "+1",
            " 1",
            "1.2.3-a+b+c",
            "１.0.0",
        ] {
            assert!(Version::parse(text).is_none(), "{text}");
        }
        assert!(Version::parse("1.2.3-0a.00a").is_some(), "leading zeros are only wrong in a number");
        assert!(Version::parse("1.2.3+01").is_some());
    }
}
