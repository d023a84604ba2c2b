//! What a legal name is, and the 64-bit id that stands for it.
//!
//! Flags, variants, segments and attributes are named alike. A name in the service's code is a `const`, so its id
//! is computed by the compiler; a name that comes from outside is parsed once and compared in full.

use std::fmt;

/// Longest name, in characters (all of them ASCII).
pub(crate) const MAX_NAME: usize = 100;

/// Whether `name` is legal: 1 to 100 of `a-z A-Z 0-9 . _ - :`, led by a letter or a digit.
pub(crate) const fn is_legal(name: &str) -> bool {
    let bytes = name.as_bytes();
    let Some((first, mut rest)) = bytes.split_first() else { return false };
    if bytes.len() > MAX_NAME || !first.is_ascii_alphanumeric() {
        return false;
    }
    while let Some((byte, others)) = rest.split_first() {
        if !is_name_byte(*byte) {
            return false;
        }
        rest = others;
    }
    true
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b':')
}

/// The id of a name: FNV-1a over its bytes, then a finishing mix so that the low bits can index a table.
///
/// Not the bucketing hash (that one is SipHash, and no `const fn`): nobody's place depends on it. A file in which
/// two names share an id is refused when it is read, so within one snapshot an id is as good as the name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NameId(pub(crate) u64);

impl NameId {
    pub(crate) const fn of(name: &str) -> NameId {
        let mut hash = NameId::START;
        let mut rest = name.as_bytes();
        while let Some((byte, others)) = rest.split_first() {
            hash = NameId::step(hash, *byte);
            rest = others;
        }
        NameId::finished(hash)
    }

    /// The id of a legal name, read in one pass; `None` of any other.
    fn of_legal(name: &str) -> Option<NameId> {
        let led = name.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric);
        if !led || name.len() > MAX_NAME {
            return None;
        }
        let mut hash = NameId::START;
        for byte in name.bytes() {
            if !is_name_byte(byte) {
                return None;
            }
            hash = NameId::step(hash, byte);
        }
        Some(NameId::finished(hash))
    }

    const START: u64 = 0xcbf2_9ce4_8422_2325;

    const fn step(hash: u64, byte: u8) -> u64 {
        (hash ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3)
    }

    const fn finished(mut hash: u64) -> NameId {
        hash ^= hash >> 32;
        hash = hash.wrapping_mul(0xd6e8_feb8_6659_fd93);
        hash ^= hash >> 32;
        // 0 marks an empty place in the snapshot's table.
        NameId(if hash == 0 { 1 } else { hash })
    }
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
        match NameId::of_legal(text) {
            Some(id) => Ok(FlagKey { text, id }),
            None => Err(InvalidName { name: text.into() }),
        }
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
            assert_eq!(NameId::of_legal(legal), Some(NameId::of(legal)));
        }
        let longer = "x".repeat(101);
        for illegal in ["", "-a", ".a", "_a", ":a", "a b", "ä", "a\n", "a/b", &longer] {
            assert!(!is_legal(illegal), "{illegal:?}");
            assert_eq!(NameId::of_legal(illegal), None);
        }
    }

    #[test]
    fn ids_of_like_names_differ() {
        let names: Vec<String> = (0..10_000).map(|n| format!("flag-{n}")).collect();
        let mut ids: Vec<NameId> = names.iter().map(|name| NameId::of(name)).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), names.len());
    }
}
