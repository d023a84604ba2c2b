//! Maps that live while a file is read: std's, with a quicker hash.
//!
//! Whoever writes a flag file could choose its names to meet in such a map; so the hash starts from a number that nobody
//! knows, as std's does. It stands for nothing outside the map: nobody's place depends on it.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use crate::word;

pub(crate) type Lookup<K, V> = HashMap<K, V, Seed>;

/// An empty map with room for so many.
pub(crate) fn for_about<K, V>(count: usize) -> Lookup<K, V> {
    HashMap::with_capacity_and_hasher(count, Seed::default())
}

/// Where every hash of one map starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seed(u64);

impl Default for Seed {
    fn default() -> Seed {
        Seed(RandomState::new().hash_one(0))
    }
}

impl BuildHasher for Seed {
    type Hasher = Folding;

    #[inline]
    fn build_hasher(&self) -> Folding {
        Folding(self.0)
    }
}

/// Takes in eight bytes at a time: multiplied to sixteen, and folded to eight again.
pub(crate) struct Folding(u64);

impl Folding {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

    #[inline]
    fn take(&mut self, word: u64) {
        self.0 = word::folded(self.0 ^ word, Folding::ODD);
    }
}

impl Hasher for Folding {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let words = bytes.chunks_exact(8);
        let rest = words.remainder();
        for word in words {
            self.take(u64::from_le_bytes(word.try_into().unwrap_or_default()));
        }
        // The 1 behind keeps rests apart that end in zeros.
        self.take(word::of_short(rest) | 1 << (8 * rest.len()));
    }

    #[inline]
    fn write_u8(&mut self, byte: u8) {
        self.take(u64::from(byte));
    }

    #[inline]
    fn write_u32(&mut self, word: u32) {
        self.take(u64::from(word));
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.take(word);
    }

    #[inline]
    fn write_usize(&mut self, word: usize) {
        self.take(word as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_differ_only_in_zeros_or_by_a_word_hash_apart() {
        let seed = Seed::default();
        let texts =
            ["", "\0", "\0\0", "a", "a\0", "\0a", "abcdefgh", "abcdefgh\0", "\0abcdefgh", "abcdefghabcdefgh"];
        let mut hashes: Vec<u64> = texts.iter().map(|text| seed.hash_one(text)).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), texts.len());
    }

    #[test]
    fn no_two_maps_hash_alike() {
        assert_ne!(Seed::default().hash_one("a"), Seed::default().hash_one("a"));
    }
}
