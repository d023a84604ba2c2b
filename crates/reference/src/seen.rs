//! Which ways an interpretation went. A search that never meets an unknown proves nothing of unknowns, so it counts.

use std::cell::RefCell;
use std::collections::BTreeMap;

/// What was met, which one of its sort, and what came of it: `("version", "at_least", "unknown")`.
pub type Sighting = (&'static str, &'static str, &'static str);

/// How often each way was gone.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    counts: RefCell<BTreeMap<Sighting, u64>>,
}

impl Seen {
    pub(crate) fn note(&self, what: &'static str, which: &'static str, outcome: &'static str) {
        *self.counts.borrow_mut().entry((what, which, outcome)).or_default() += 1;
    }

    /// Adds what another interpretation met.
    pub fn add(&self, other: &Seen) {
        for (sighting, count) in other.counts.borrow().iter() {
            *self.counts.borrow_mut().entry(*sighting).or_default() += count;
        }
    }

    /// How often this was met.
    #[must_use]
    pub fn count(&self, sighting: Sighting) -> u64 {
        self.counts.borrow().get(&sighting).copied().unwrap_or(0)
    }
}

/// Prints a line for each way, with its count.
impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for ((what, which, outcome), count) in self.counts.borrow().iter() {
            writeln!(f, "{count:>9}  {what} {which}: {outcome}")?;
        }
        Ok(())
    }
}
