//! What a legal name is, and the 64-bit id that stands for it.
//!
//! Flags, variants, segments and attributes are named alike. A name in the service's code is a `const`, so its id
//! is computed by the compiler; a name that comes from outside is parsed once and compared in full.

use std::fmt;

use crate::word;

/// Longest name, in characters (all of them ASCII).
pub(crate) const MAX_NAME: usize = 100;

/// Whether `name` is legal: 1 to 100 of `a-z A-Z 0-9 . _ - :`, led by a letter or a digit.
pub(crate) const fn is_legal(name: &str) -> bool {
    let bytes = name.as_bytes();
    let Some(first) = bytes.first() else { return false };
    if bytes.len() > MAX_NAME || !first.is_ascii_alphanumeric() {
        return false;
    }
    let mut rest = bytes;
    while let Some((word, others)) = rest.split_first_chunk::<8>() {
        if !are_legal(u64::from_le_bytes(*word)) {
            return false;
        }
        rest = others;
    }
    // Filled up with what is legal.
    are_legal(word::of_short(rest) | word::each(b'0') << (8 * rest.len()))
}

/// Whether the eight bytes of a word are such that a name may have.
const fn are_legal(word: u64) -> bool {
    let top = word::each(0x80);
    let letters = within(word | word::each(0x20), b'a', b'z');
    let others = within(word, b'0', b':') | within(word, b'-', b'.') | within(word, b'_', b'_');
    // Beyond ASCII, sums would run over into the next byte; but there nothing is legal.
    word & top == 0 && (letters | others) & top == top
}

/// The top bit of each byte that is from `low` to `high`, in a word of ASCII.
const fn within(word: u64, low: u8, high: u8) -> u64 {
    let from_low = word.wrapping_add(word::each(0x80 - low));
    let above_high = word.wrapping_add(word::each(0x7f - high));
    from_low & !above_high
}

/// The id of a name: eight bytes at a time, each time folded with both halves of a product, as wyhash does
/// (<https://github.com/wangyi-fudan/wyhash>).
///
/// Not the bucketing hash (that one is SipHash, and no `const fn`): nobody's place depends on it. A file in which
/// two names share an id is refused when it is read, so within one snapshot an id is as good as the name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NameId(pub(crate) u64);

impl NameId {
    pub(crate) const fn of(name: &str) -> NameId {
        let bytes = name.as_bytes();
        let mut hash = word::folded(bytes.len() as u64, 0x9e37_79b9_7f4a_7c15);
        let mut rest = bytes;
        while let Some((word, others)) = rest.split_first_chunk::<8>() {
            hash = word::folded(hash ^ u64::from_le_bytes(*word), NameId::FACTOR);
            rest = others;
        }
        let last = match bytes.last_chunk::<8>() {
            // Some of these bytes were seen already, which does no harm.
            Some(last) => u64::from_le_bytes(*last),
            None => word::of_short(bytes),
        };
        // Twice, since the low bits of one product of like words are too much alike to index a table with.
        NameId(word::folded(word::folded(hash ^ last, NameId::FACTOR), 0xe703_7ed1_a0b4_28db))
    }

    const FACTOR: u64 = 0xa076_1d64_78bd_642f;
}

impl fmt::Debug for NameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#018x}", self.0)
    }
}

/// A flag key that came from outside (a URL, another process), checked and ready to be looked up.
///
/// Keys in code are [`Flag`](crate::Flag) constants; this is for the dynamic edge. A looked-up key is compared in
/// full, so a crafted text cannot pass for another flag.
///
/// ```
/// use waterspout::FlagKey;
///
/// let key = FlagKey::parse("new-checkout")?;
/// assert_eq!(key.as_str(), "new-checkout");
/// assert!(FlagKey::parse("no spaces").is_err());
/// # Ok::<(), waterspout::InvalidName>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlagKey<'k> {
    text: &'k str,
    pub(crate) id: NameId,
}

impl<'k> FlagKey<'k> {
    /// Reads a key.
    ///
    /// # Errors
    /// [`InvalidName`] if `text` is not 1 to 100 characters of `a-z A-Z 0-9 . _ - :` led by a letter or digit: no
    /// flag can be called so.
    pub fn parse(text: &'k str) -> Result<FlagKey<'k>, InvalidName> {
        if is_legal(text) { Ok(FlagKey::of(text)) } else { Err(InvalidName { name: text.into() }) }
    }

    /// A key whose id is known.
    pub(crate) fn known(text: &'k str, id: NameId) -> FlagKey<'k> {
        FlagKey { text, id }
    }

    pub(crate) const fn of(text: &'k str) -> FlagKey<'k> {
        FlagKey { text, id: NameId::of(text) }
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &'k str {
        self.text
    }
}

/// A text that cannot name anything in a flag file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no name: 1 to 100 characters of a-z A-Z 0-9 . _ - : led by a letter or digit")]
pub struct InvalidName {
    name: Box<str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_letters_digits_and_four_marks_led_by_a_letter_or_digit() {
        let hundred = "x".repeat(100);
        for legal in ["a", "7", "new-checkout", "a.b_c-d:e", "A9", &hundred] {
            assert!(is_legal(legal), "{legal}");
        }
        let longer = "x".repeat(101);
        for illegal in ["", "-a", ".a", "_a", ":a", "a b", "ä", "a\n", "a/b", &longer] {
            assert!(!is_legal(illegal), "{illegal:?}");
        }
        for character in '\0'..='\u{ff}' {
            let legal = character.is_ascii_alphanumeric() || "._-:".contains(character);
            for place in 1..20 {
                let name: String = (0..20).map(|n| if n == place { character } else { 'a' }).collect();
                assert_eq!(is_legal(&name), legal, "{name:?}");
                assert!(is_legal(&name[..place]), "{name:?}");
            }
        }
    }

    #[test]
    fn ids_of_like_names_differ() {
        let numbered =
            (0..10_000).flat_map(|n| [format!("flag-{n}"), format!("team-{n:05}.checkout-{n:05}")]);
        let lengths = (1..=MAX_NAME).map(|length| "x".repeat(length));
        // Two letters that differ, in places of all distances: what one fold did must not be undone by another.
        let pairs = (0..24).flat_map(|a| (0..a).map(move |b| (a, b))).flat_map(|(a, b)| {
            ('a'..='z').flat_map(move |first| {
                ('b'..='z').map(move |second| {
                    let mut name = [b'a'; 24];
                    (name[a], name[b]) = (first as u8, second as u8);
                    String::from_utf8(name.to_vec()).unwrap()
                })
            })
        });
        let mut names: Vec<String> = numbered.chain(lengths).chain(pairs).collect();
        names.sort();
        names.dedup();
        let mut ids: Vec<NameId> = names.iter().map(|name| NameId::of(name)).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), names.len());
    }

    #[test]
    fn the_low_bits_of_ids_fill_a_table_evenly() {
        const NAMES: usize = 1 << 14;
        let mut filled = vec![0_u32; NAMES];
        for name in (0..NAMES).map(|n| format!("checkout.feature-{n:06}")) {
            filled[NameId::of(&name).0 as usize % NAMES] += 1;
        }
        // Thrown at random, e^-1 of the places stay empty: 6,027, give or take a hundred.
        let empty = filled.iter().filter(|names| **names == 0).count();
        assert!((5_700..6_350).contains(&empty), "{empty}");
    }
}
