//! The lists of both files at once: entries that are on the same lists are one class, so that a list of a million
//! entries of which one changed is three classes and not a million.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use waterspout::flag_set::{FlagSet, SegmentBody};

/// A list of one side: which side, and the segment it is of.
pub(crate) type ListId = (usize, usize);

/// Entries that are on exactly the same lists of the two files.
#[derive(Debug)]
pub(crate) struct Class<'s> {
    /// The lists, ascending.
    lists: Vec<ListId>,
    /// The entries, in the order in which they were met.
    pub(crate) entries: Rc<[&'s str]>,
}

impl Class<'_> {
    pub(crate) fn is_on(&self, list: ListId) -> bool {
        self.lists.binary_search(&list).is_ok()
    }
}

/// Every entry of every list, by class.
#[derive(Debug, Default)]
pub(crate) struct Listings<'s> {
    class_of: HashMap<&'s str, u32>,
    classes: Vec<Class<'s>>,
    characters: OnceCell<BTreeSet<char>>,
}

impl<'s> Listings<'s> {
    pub(crate) fn of(sides: [&'s FlagSet; 2]) -> Listings<'s> {
        // Each list in turn refines the classes. Class 0 is on no list.
        let mut lists: Vec<Vec<ListId>> = vec![Vec::new()];
        let mut class_of: HashMap<&'s str, u32> = HashMap::new();
        let mut order: Vec<&'s str> = Vec::new();
        for (side, set) in sides.into_iter().enumerate() {
            for (index, segment) in set.segments().iter().enumerate() {
                let SegmentBody::Listed(listed) = segment.body() else { continue };
                let mut refined: HashMap<u32, u32> = HashMap::new();
                for key in listed.keys() {
                    let class = class_of.entry(key).or_insert_with(|| {
                        order.push(key);
                        0
                    });
                    *class = *refined.entry(*class).or_insert_with(|| {
                        let mut on = lists.get(*class as usize).cloned().unwrap_or_default();
                        on.push((side, index));
                        lists.push(on);
                        u32::try_from(lists.len() - 1).unwrap_or(u32::MAX)
                    });
                }
            }
        }
        let mut entries: Vec<Vec<&'s str>> = vec![Vec::new(); lists.len()];
        for key in order {
            if let Some(class) = class_of.get(key).and_then(|class| entries.get_mut(*class as usize)) {
                class.push(key);
            }
        }
        let classes = lists.into_iter().zip(entries);
        let classes = classes.map(|(lists, entries)| Class { lists, entries: entries.into() }).collect();
        Listings { class_of, classes, characters: OnceCell::new() }
    }

    /// The classes that have entries.
    pub(crate) fn classes(&self) -> impl Iterator<Item = &Class<'s>> {
        self.classes.iter().filter(|class| !class.entries.is_empty())
    }

    /// Every character that stands in an entry.
    pub(crate) fn characters(&self) -> &BTreeSet<char> {
        let entries = || self.classes.iter().flat_map(|class| class.entries.iter());
        self.characters.get_or_init(|| entries().flat_map(|entry| entry.chars()).collect())
    }

    /// Whether a list holds a text.
    pub(crate) fn holds(&self, list: ListId, text: &str) -> bool {
        let class = self.class_of.get(text).and_then(|class| self.classes.get(*class as usize));
        class.is_some_and(|class| class.is_on(list))
    }
}
