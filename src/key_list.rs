//! A list of texts that may hold millions: early adopters, pilot accounts.
//!
//! One arena of bytes and two flat tables; freeing it is freeing three blocks. Asking costs nothing for most who are not on
//! it: one word of a Bloom filter says so. Whoever is on it is found by two reads: a place of the table, and the text.

use crate::bucket::Unit;
use crate::lanes;

/// An immutable set of texts, in the order in which they were given, without repetitions.
#[derive(Debug)]
pub(crate) struct KeyList {
    /// The entries, each with [`END`] behind it, and one before the first, so that none starts at 0.
    text: Box<[u8]>,
    count: usize,
    /// Open addressing by the unit's hash: where an entry starts in `text`, in the low bits, and bits of its hash above
    /// them, so that most entries that are another's are passed by unread. 0 is empty. A walk ends at an empty place or at
    /// the end of the table, which is a little longer than there are homes.
    places: Box<[u32]>,
    /// How many places a walk can begin at: three for two entries.
    homes: usize,
    /// Which bits of a place are of a hash.
    marks: u32,
    /// A Bloom filter of one word per three entries or so.
    filter: Box<[u64]>,
}

/// More text than 32-bit places can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Ends an entry. No text holds this byte.
const END: u8 = 0xFF;

impl KeyList {
    /// Builds the list of about so many entries; more or fewer only take longer. Entries may repeat; each is kept once.
    pub(crate) fn of<'k>(about: usize, entries: impl Iterator<Item = &'k str>) -> Result<KeyList, TooLong> {
        let mut gathered = Gathered::with_room_for(about);
        gathered.add_all(entries)?;
        let mut list = gathered.list();
        let repeated = list.enter(&gathered.parts);
        // What is left out leaves a gap in the text, which is rare enough for beginning anew.
        if repeated.is_empty() {
            Ok(list)
        } else {
            KeyList::of(list.count - repeated.len(), list.without(repeated))
        }
    }

    /// Fills table and filter. Returns where the entries start that were there already, which are left out.
    fn enter(&mut self, parts: &[Vec<Start>]) -> Vec<u32> {
        let mut repeated = Vec::new();
        let mut places = vec![0; self.homes + PLACES_BEHIND];
        for entry in parts.iter().flatten() {
            let unit = entry.unit();
            if self.put(&mut places, unit, entry.start) {
                let word = scaled(unit, self.filter.len());
                if let Some(word) = self.filter.get_mut(word) {
                    *word |= FilterBits::of(unit).0;
                }
            } else {
                repeated.push(entry.start);
            }
        }
        self.places = places.into();
        repeated
    }

    /// Puts an entry into the first empty place from its home on; `false` if it is there already.
    fn put(&self, places: &mut Vec<u32>, unit: Unit, start: u32) -> bool {
        let marked = start | (unit.0 as u32 & self.marks);
        let mut at = scaled(unit, self.homes);
        while let Some(place) = places.get_mut(at) {
            if *place == 0 {
                *place = marked;
                return true;
            }
            if (*place ^ marked) & self.marks == 0 && self.is_at(*place, self.entry(start)) {
                return false;
            }
            at += 1;
        }
        places.push(marked);
        true
    }

    /// The entry that starts there.
    fn entry(&self, start: u32) -> &[u8] {
        let from = self.text.get(start as usize..).unwrap_or_default();
        from.split(|byte| *byte == END).next().unwrap_or_default()
    }

    /// The entries but for those that start at these places.
    fn without(&self, mut starts: Vec<u32>) -> impl Iterator<Item = &str> {
        starts.sort_unstable();
        let mut left_out = starts.into_iter().peekable();
        let mut at = 1;
        self.iter().filter(move |entry| {
            let start = at;
            at += entry.len() + 1;
            left_out.next_if(|out| *out as usize == start).is_none()
        })
    }

    /// Whether `key`, whose hash is `unit`, is on the list. Exact.
    pub(crate) fn contains(&self, unit: Unit, key: &str) -> bool {
        self.holds(unit, FilterBits::of(unit), key)
    }

    /// The same, of a text that was not hashed yet.
    pub(crate) fn has(&self, text: &str) -> bool {
        self.contains(Unit::of_text(text), text)
    }

    /// The same, where the hash's bits are at hand.
    #[inline]
    pub(crate) fn holds(&self, unit: Unit, bits: FilterBits, key: &str) -> bool {
        self.may_hold(unit, bits) && self.find(unit, key)
    }

    /// Whether a key with this hash may be on the list. Says no to most that are not.
    #[inline]
    pub(crate) fn may_hold(&self, unit: Unit, bits: FilterBits) -> bool {
        let word = self.filter.get(scaled(unit, self.filter.len()));
        word.is_some_and(|word| word & bits.0 == bits.0)
    }

    /// [`KeyList::contains`], where the filter was asked before.
    #[inline]
    pub(crate) fn find(&self, unit: Unit, key: &str) -> bool {
        let Some((at, place)) = self.marked(unit, scaled(unit, self.homes)) else { return false };
        self.is_at(place, key.as_bytes()) || self.find_behind(at, unit, key)
    }

    /// Goes on behind an entry whose mark was equal and whose text was not.
    #[cold]
    fn find_behind(&self, mut at: usize, unit: Unit, key: &str) -> bool {
        while let Some((next, place)) = self.marked(unit, at + 1) {
            if self.is_at(place, key.as_bytes()) {
                return true;
            }
            at = next;
        }
        false
    }

    /// The first place from here on that has the mark of a hash.
    #[inline]
    fn marked(&self, unit: Unit, mut at: usize) -> Option<(usize, u32)> {
        loop {
            let place = *self.places.get(at)?;
            if place == 0 {
                return None;
            }
            if (place ^ unit.0 as u32) & self.marks == 0 {
                return Some((at, place));
            }
            at += 1;
        }
    }

    /// Whether the entry of a place is this one.
    #[inline]
    fn is_at(&self, place: u32, key: &[u8]) -> bool {
        let start = (place & !self.marks) as usize;
        match self.text.get(start..start + key.len() + 1).and_then(<[u8]>::split_last) {
            Some((end, text)) => *end == END && is_same(text, key),
            None => false,
        }
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// The entries, in the order of the list.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        let entries = self.text.get(1..).unwrap_or_default().split(|byte| *byte == END);
        entries.take(self.count).filter_map(|entry| std::str::from_utf8(entry).ok())
    }

    /// Bytes on the heap.
    pub(crate) fn memory(&self) -> usize {
        self.text.len() + 4 * self.places.len() + 8 * self.filter.len()
    }
}

/// How many places the table has behind the last home, before it has to grow.
const PLACES_BEHIND: usize = 16;

/// How many entries are hashed side by side.
const BATCH: usize = 64;

/// How many entries are entered in no order. Their part of the table and of the filter are read and written over and over,
/// and should stay near the processor; beyond, waiting for memory is most of the work.
const PART: usize = 4096;

/// Where an entry starts, and its hash: in halves, since a fourth of this would be padding otherwise.
#[derive(Clone, Copy)]
struct Start {
    start: u32,
    high: u32,
    low: u32,
}

impl Start {
    #[inline]
    fn of(unit: Unit, start: u32) -> Start {
        Start { start, high: (unit.0 >> 32) as u32, low: unit.0 as u32 }
    }

    #[inline]
    fn unit(self) -> Unit {
        Unit(u64::from(self.high) << 32 | u64::from(self.low))
    }
}

/// Entries on their way into a list.
struct Gathered {
    text: Vec<u8>,
    count: usize,
    /// How many are expected.
    about: usize,
    /// Roughly in the order of their hashes, in which the table and the filter stand too. In a part, in the order of the
    /// list, so that of equal entries, which share a part, the first comes first.
    parts: Vec<Vec<Start>>,
}

impl Gathered {
    fn with_room_for(about: usize) -> Gathered {
        let parts = about.div_ceil(PART).clamp(1, 1024);
        let each = about / parts;
        let part = || Vec::with_capacity(each + each / 8);
        let parts = std::iter::repeat_with(part).take(parts).collect();
        Gathered { text: vec![END], count: 0, about, parts }
    }

    fn add_all<'k>(&mut self, mut entries: impl Iterator<Item = &'k str>) -> Result<(), TooLong> {
        let mut batch = [""; BATCH];
        loop {
            let mut length = 0;
            for (place, entry) in batch.iter_mut().zip(&mut entries) {
                *place = entry;
                length += 1;
            }
            if self.count == 0 {
                self.reserve(&batch);
            }
            self.add(batch.get(..length).unwrap_or_default())?;
            if length < BATCH {
                return Ok(());
            }
        }
    }

    /// Makes room for all that are expected, if they are about as long as these, so that nothing is moved later.
    fn reserve(&mut self, entries: &[&str; BATCH]) {
        let bytes: usize = entries.iter().map(|entry| entry.len() + 1).sum();
        self.text.reserve_exact(bytes.saturating_mul(self.about / BATCH + 1).min(1 << 28));
    }

    fn add(&mut self, entries: &[&str]) -> Result<(), TooLong> {
        let mut units = [Unit::OF_NOTHING; BATCH];
        lanes::units(entries, &mut units);
        for (entry, unit) in entries.iter().zip(units) {
            let start = u32::try_from(self.text.len()).map_err(|_| TooLong)?;
            self.text.extend_from_slice(entry.as_bytes());
            self.text.push(END);
            let part = scaled(unit, self.parts.len());
            if let Some(part) = self.parts.get_mut(part) {
                part.push(Start::of(unit, start));
            }
        }
        self.count += entries.len();
        Ok(())
    }

    /// The list, with nothing entered yet.
    fn list(&mut self) -> KeyList {
        let start_bits = usize::BITS - self.text.len().leading_zeros();
        KeyList {
            text: std::mem::take(&mut self.text).into(),
            count: self.count,
            places: Box::default(),
            homes: self.count + self.count / 2 + 1,
            marks: u32::MAX.checked_shl(start_bits).unwrap_or_default(),
            filter: vec![0; self.count / 3 + 1].into(),
        }
    }
}

/// Whether two texts of one length are the same. They are short: calling a comparison of any two would take longer than
/// comparing these by their ends, which meet or overlap in most.
#[inline]
fn is_same(text: &[u8], key: &[u8]) -> bool {
    if let Some(same) = ends_are_same::<16>(text, key) {
        return same && (key.len() <= 32 || is_same_within(text, key));
    }
    ends_are_same::<8>(text, key)
        .or_else(|| ends_are_same::<4>(text, key))
        .unwrap_or_else(|| text.iter().eq(key))
}

/// Whether both begin and end with the same `N` bytes; `None` of fewer.
#[inline]
fn ends_are_same<const N: usize>(text: &[u8], key: &[u8]) -> Option<bool> {
    let first = text.first_chunk::<N>()? == key.first_chunk()?;
    Some(first && text.last_chunk::<N>()? == key.last_chunk()?)
}

/// The same of all whole blocks.
#[inline]
fn is_same_within(text: &[u8], key: &[u8]) -> bool {
    text.chunks_exact(16).zip(key.chunks_exact(16)).all(|(text, key)| text == key)
}

/// A hash scaled to `0..length`.
#[inline]
fn scaled(unit: Unit, length: usize) -> usize {
    ((u128::from(unit.0) * length as u128) >> 64) as usize
}

/// The four bits of a word of the filter that a hash sets: made once for a key, whatever lists are asked.
///
/// The table and the filter's word take the top bits of the hash, marks some of the 32 low ones.
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
        KeyList::of(entries.len(), entries.iter().map(String::as_str)).unwrap()
    }

    fn has(list: &KeyList, key: &str) -> bool {
        list.contains(Unit::of_text(key), key)
    }

    #[test]
    fn a_list_holds_exactly_its_entries() {
        for count in [0_usize, 1, 2, 3, 4, 5, 10, 63, 64, 65, 1_000, 20_000] {
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
    fn of_many_entries_too_the_first_of_equal_ones_is_kept() {
        let once: Vec<String> = (0..20_000).map(|n| format!("user-{n}")).collect();
        let entries = once.iter().step_by(3).chain(&once).chain(once.iter().step_by(7));
        let first = once
            .iter()
            .step_by(3)
            .chain(once.iter().enumerate().filter(|(n, _)| n % 3 != 0).map(|(_, entry)| entry));
        let entries: Vec<String> = entries.cloned().collect();
        let list = list(&entries);
        assert!(list.iter().eq(first));
        assert!(once.iter().all(|entry| has(&list, entry)));
    }

    #[test]
    fn an_equal_hash_is_not_enough() {
        let list = list(&["ada".to_owned()]);
        assert!(!list.contains(Unit::of_text("ada"), "eve"), "the text itself is compared");
    }

    /// A list in which every entry has this hash.
    fn crowded(entries: &[String], unit: Unit) -> KeyList {
        let mut gathered = Gathered::with_room_for(0);
        gathered.add_all(entries.iter().map(String::as_str)).unwrap();
        gathered.parts.iter_mut().flatten().for_each(|entry| *entry = Start::of(unit, entry.start));
        let mut list = gathered.list();
        assert!(list.enter(&gathered.parts).is_empty());
        list
    }

    #[test]
    fn entries_of_one_hash_are_told_apart_by_their_text() {
        let entries: Vec<String> = (0..100).map(|n| format!("user-{n}")).collect();
        for unit in [Unit(0), Unit(1 << 63), Unit(u64::MAX)] {
            let list = crowded(&entries, unit);
            assert!(entries.iter().all(|entry| list.contains(unit, entry)), "{unit:?}");
            assert!(!list.contains(unit, "user-100") && !list.contains(unit, ""), "{unit:?}");
        }
    }

    #[test]
    fn texts_of_every_length_are_compared_to_their_last_byte() {
        let text: String = ('a'..='z').chain('0'..='9').cycle().take(70).collect();
        let entries: Vec<String> = (0..=70).map(|length| text[..length].to_owned()).collect();
        let list = list(&entries);
        for entry in &entries {
            assert!(has(&list, entry), "{entry}");
            let unit = Unit::of_text(entry);
            for at in 0..entry.len() {
                let mut other = entry.clone();
                other.replace_range(at..=at, "-");
                assert!(!list.contains(unit, &other), "{other}");
            }
            assert!(!list.contains(unit, &format!("{entry}-")), "a part is another text");
        }
    }

    #[test]
    fn a_key_that_stands_a_million_times_is_one() {
        let entries = ["late".to_owned()].into_iter().chain(vec!["ada".to_owned(); 1_000_000]);
        let entries: Vec<String> = entries.chain(["last".to_owned()]).collect();
        let list = list(&entries);
        assert_eq!(list.iter().collect::<Vec<_>>(), ["late", "ada", "last"]);
        assert!(has(&list, "ada") && has(&list, "last"));
        assert!(list.memory() < 200, "{}", list.memory());
    }

    #[test]
    fn a_million_keys_cost_at_most_10_bytes_beyond_their_own() {
        let entries: Vec<String> = (0..100_000).map(|n| format!("{n:016x}")).collect();
        let list = list(&entries);
        assert!(list.memory() <= entries.len() * (16 + 10), "{}", list.memory());
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
