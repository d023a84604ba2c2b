//! A list of texts that may hold millions: early adopters, pilot accounts.
//!
//! One arena of bytes and three flat tables; freeing it is freeing four blocks. Asking costs nothing for most who are
//! not on it: one word of a Bloom filter says so.

use crate::bucket::Unit;

/// An immutable set of texts, in the order in which they were given, without repetitions.
#[derive(Debug)]
pub(crate) struct KeyList {
    text: Box<str>,
    /// Where each entry ends in `text`.
    ends: Box<[u32]>,
    /// Open addressing by the unit's hash: an entry's index plus 1, or 0. One place in five stays empty.
    places: Box<[u32]>,
    /// A Bloom filter of one word per three entries or so.
    filter: Box<[u64]>,
}

/// More text than 32-bit places can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

impl KeyList {
    /// Builds the list. Entries may repeat; each is kept once.
    pub(crate) fn of<'k>(entries: impl Iterator<Item = &'k str> + Clone) -> Result<KeyList, TooLong> {
        let count = entries.clone().count();
        let mut list = KeyList {
            text: Box::default(),
            ends: Box::default(),
            places: vec![0; count + count / 4 + 1].into(),
            filter: vec![0; count / 3 + 1].into(),
        };
        let mut text = String::new();
        let mut ends = Vec::with_capacity(count);
        for entry in entries {
            let unit = Unit::of_text(entry);
            let Some(place) = list.free_place(unit, entry, &text, &ends) else { continue };
            text.push_str(entry);
            ends.push(u32::try_from(text.len()).map_err(|_| TooLong)?);
            let index = u32::try_from(ends.len()).map_err(|_| TooLong)?;
            if let Some(place) = list.places.get_mut(place) {
                *place = index;
            }
            let (word, bits) = filter_bits(unit, list.filter.len());
            if let Some(word) = list.filter.get_mut(word) {
                *word |= bits;
            }
        }
        list.text = text.into();
        list.ends = ends.into();
        Ok(list)
    }

    /// The empty place where a new entry belongs; `None` if it is there already.
    fn free_place(&self, unit: Unit, entry: &str, text: &str, ends: &[u32]) -> Option<usize> {
        let mut place = scaled(unit, self.places.len());
        loop {
            match self.places.get(place).copied()? {
                0 => return Some(place),
                index if slice(text, ends, index as usize - 1) == Some(entry) => return None,
                _ => place = if place + 1 < self.places.len() { place + 1 } else { 0 },
            }
        }
    }

    /// Whether `key`, whose hash is `unit`, is on the list. Exact.
    #[inline]
    pub(crate) fn contains(&self, unit: Unit, key: &str) -> bool {
        let (word, bits) = filter_bits(unit, self.filter.len());
        match self.filter.get(word) {
            Some(word) if word & bits == bits => self.find(unit, key),
            _ => false,
        }
    }

    fn find(&self, unit: Unit, key: &str) -> bool {
        // INVARIANT: at least one place is empty, so the walk ends.
        let (before, from) =
            self.places.split_at_checked(scaled(unit, self.places.len())).unwrap_or_default();
        for index in from.iter().chain(before) {
            if *index == 0 {
                return false;
            }
            if self.entry(*index as usize - 1) == Some(key) {
                return true;
            }
        }
        false
    }

    fn entry(&self, index: usize) -> Option<&str> {
        slice(&self.text, &self.ends, index)
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The entries, in the order of the list.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|index| self.entry(index))
    }

    /// Bytes on the heap.
    pub(crate) fn memory(&self) -> usize {
        self.text.len() + 4 * self.ends.len() + 4 * self.places.len() + 8 * self.filter.len()
    }
}

fn slice<'t>(text: &'t str, ends: &[u32], index: usize) -> Option<&'t str> {
    let end = *ends.get(index)? as usize;
    let start = match index.checked_sub(1) {
        Some(before) => *ends.get(before)? as usize,
        None => 0,
    };
    text.get(start..end)
}

/// A hash scaled to `0..length`.
#[inline]
fn scaled(unit: Unit, length: usize) -> usize {
    ((u128::from(unit.0) * length as u128) >> 64) as usize
}

/// The filter's word for a hash, and the four bits to look at there.
///
/// The table takes the top bits of the hash, the word those from bit 31 down, and these four what is left between, so that
/// each says something new.
#[inline]
fn filter_bits(unit: Unit, words: usize) -> (usize, u64) {
    let turned = Unit(unit.0.rotate_left(32));
    let bit = |shift: u32| 1_u64 << ((unit.0 >> shift) & 63);
    (scaled(turned, words), bit(0) | bit(6) | bit(32) | bit(38))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[String]) -> KeyList {
        KeyList::of(entries.iter().map(String::as_str)).unwrap()
    }

    fn has(list: &KeyList, key: &str) -> bool {
        list.contains(Unit::of_text(key), key)
    }

    #[test]
    fn a_list_holds_exactly_its_entries() {
        for count in [0_usize, 1, 2, 3, 4, 5, 10, 1_000, 20_000] {
            let entries: Vec<String> = (0..count).map(|n| format!("user-{n}")).collect();
            let list = list(&entries);
            assert_eq!(list.len(), count);
            assert!(entries.iter().all(|entry| has(&list, entry)), "{count}");
            let passed = (0..20_000).filter(|n| has(&list, &format!("visitor-{n}"))).count();
            assert_eq!(passed, 0, "{count}");
        }
    }

    #[test]
    fn entries_keep_their_order_and_stand_once() {
        let entries = ["b", "a", "b", "", "a", "c"].map(str::to_owned);
        let list = list(&entries);
        assert_eq!(list.iter().collect::<Vec<_>>(), ["b", "a", "", "c"]);
        assert!(has(&list, "") && !has(&list, "ab"));
    }

    #[test]
    fn an_equal_hash_is_not_enough() {
        let list = list(&["ada".to_owned()]);
        assert!(!list.contains(Unit::of_text("ada"), "eve"), "the text itself is compared");
    }

    #[test]
    fn a_million_keys_cost_at_most_16_bytes_beyond_their_own() {
        let entries: Vec<String> = (0..100_000).map(|n| format!("{n:016x}")).collect();
        let list = list(&entries);
        assert!(list.memory() <= entries.len() * (16 + 16), "{}", list.memory());
    }

    #[test]
    fn most_who_are_not_on_it_are_turned_away_by_the_filter() {
        let entries: Vec<String> = (0..50_000).map(|n| format!("user-{n}")).collect();
        let list = list(&entries);
        let passed = (0..50_000)
            .map(|n| Unit::of_text(&format!("visitor-{n}")))
            .filter(|unit| {
                let (word, bits) = filter_bits(*unit, list.filter.len());
                list.filter[word] & bits == bits
            })
            .count();
        assert!(passed < 50_000 * 3 / 100, "{passed} of 50,000 went on to the table");
    }
}
