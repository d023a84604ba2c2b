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
    /// Open addressing by the unit's hash: an entry's number, from 1, in the low bits, and bits of its hash above them, so
    /// that most entries that are another's are passed by unread. 0 is empty: one place in five stays so.
    places: Box<[u32]>,
    /// How many low bits of a place hold a number.
    number_bits: u32,
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
            // With 2^31 entries that differ, the text would be too long.
            number_bits: (usize::BITS - count.leading_zeros()).min(31),
            filter: vec![0; count / 3 + 1].into(),
        };
        let mut text = String::new();
        let mut ends = Vec::with_capacity(count);
        for entry in entries {
            let unit = Unit::of_text(entry);
            let Some(place) = list.free_place(unit, entry, &text, &ends) else { continue };
            text.push_str(entry);
            ends.push(u32::try_from(text.len()).map_err(|_| TooLong)?);
            let number = u32::try_from(ends.len()).map_err(|_| TooLong)?;
            let mark = list.mark(unit);
            if let Some(place) = list.places.get_mut(place) {
                *place = number | mark;
            }
            let word = filter_word(unit, list.filter.len());
            if let Some(word) = list.filter.get_mut(word) {
                *word |= FilterBits::of(unit).0;
            }
        }
        list.text = text.into();
        list.ends = ends.into();
        Ok(list)
    }

    /// The empty place where a new entry belongs; `None` if it is there already.
    fn free_place(&self, unit: Unit, entry: &str, text: &str, ends: &[u32]) -> Option<usize> {
        let mut place = scaled(unit, self.places.len());
        let mark = self.mark(unit);
        loop {
            match self.places.get(place).copied()? {
                0 => return Some(place),
                taken
                    if (taken ^ mark) >> self.number_bits == 0
                        && slice(text, ends, self.number(taken)) == Some(entry.as_bytes()) =>
                {
                    return None;
                }
                _ => place = if place + 1 < self.places.len() { place + 1 } else { 0 },
            }
        }
    }

    /// Whether `key`, whose hash is `unit`, is on the list. Exact.
    pub(crate) fn contains(&self, unit: Unit, key: &str) -> bool {
        self.holds(unit, FilterBits::of(unit), key)
    }

    /// [`KeyList::contains`], with the bits that were made of the hash.
    #[inline]
    pub(crate) fn holds(&self, unit: Unit, bits: FilterBits, key: &str) -> bool {
        self.may_hold(unit, bits) && self.find(unit, key)
    }

    /// Whether a key with this hash may be on the list. Says no to most that are not.
    #[inline]
    pub(crate) fn may_hold(&self, unit: Unit, bits: FilterBits) -> bool {
        let word = self.filter.get(filter_word(unit, self.filter.len()));
        word.is_some_and(|word| word & bits.0 == bits.0)
    }

    fn find(&self, unit: Unit, key: &str) -> bool {
        let mark = self.mark(unit);
        // INVARIANT: at least one place is empty, so the walk ends.
        let (before, from) =
            self.places.split_at_checked(scaled(unit, self.places.len())).unwrap_or_default();
        for place in from.iter().chain(before) {
            if *place == 0 {
                return false;
            }
            // Equal marks, and then the text itself.
            if (*place ^ mark) >> self.number_bits == 0
                && slice(&self.text, &self.ends, self.number(*place)) == Some(key.as_bytes())
            {
                return true;
            }
        }
        false
    }

    /// The bits of a hash that stand above an entry's number.
    #[inline]
    fn mark(&self, unit: Unit) -> u32 {
        (unit.0 as u32) << self.number_bits
    }

    /// The number of the entry in a place.
    #[inline]
    fn number(&self, place: u32) -> usize {
        (place & !(u32::MAX << self.number_bits)) as usize
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The entries, in the order of the list.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        (1..=self.len()).filter_map(|number| {
            self.text.get(start(&self.ends, number)..*self.ends.get(number - 1)? as usize)
        })
    }

    /// Bytes on the heap.
    pub(crate) fn memory(&self) -> usize {
        self.text.len() + 4 * self.ends.len() + 4 * self.places.len() + 8 * self.filter.len()
    }
}

/// The bytes of an entry, by its number, from 1.
fn slice<'t>(text: &'t str, ends: &[u32], number: usize) -> Option<&'t [u8]> {
    text.as_bytes().get(start(ends, number)..*ends.get(number.wrapping_sub(1))? as usize)
}

/// Where an entry starts: where the one before it ends.
fn start(ends: &[u32], number: usize) -> usize {
    ends.get(number.wrapping_sub(2)).map_or(0, |end| *end as usize)
}

/// A hash scaled to `0..length`.
#[inline]
fn scaled(unit: Unit, length: usize) -> usize {
    ((u128::from(unit.0) * length as u128) >> 64) as usize
}

/// The filter's word for a hash.
///
/// The table takes the top bits of the hash, the word those from bit 31 down, and [`FilterBits`] what is left between, so
/// that each says something new.
#[inline]
fn filter_word(unit: Unit, words: usize) -> usize {
    scaled(Unit(unit.0.rotate_left(32)), words)
}

/// The four bits of a word of the filter that a hash sets: made once for a key, whatever lists are asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FilterBits(u64);

impl FilterBits {
    #[inline]
    pub(crate) const fn of(unit: Unit) -> FilterBits {
        let hash = unit.0;
        FilterBits(
            1 << (hash & 63) | 1 << ((hash >> 6) & 63) | 1 << ((hash >> 32) & 63) | 1 << ((hash >> 38) & 63),
        )
    }
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
            .filter(|unit| list.may_hold(*unit, FilterBits::of(*unit)))
            .count();
        assert!(passed < 50_000 * 3 / 100, "{passed} of 50,000 went on to the table");
    }
}
