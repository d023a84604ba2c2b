//! A snapshot that is a number, and says who freed it.

use std::sync::{Arc, Mutex};

use loom::thread::{self, ThreadId};

use crate::force::ForcedAnswer;

/// Who freed which number. Not part of what loom explores.
#[derive(Clone, Debug, Default)]
pub struct Freed(Arc<Mutex<Vec<(u64, ThreadId)>>>);

#[derive(Debug)]
pub struct Snapshot {
    pub(crate) generation: u64,
    number: u64,
    freed: Freed,
}

impl Freed {
    pub fn snapshot(&self, number: u64) -> Snapshot {
        Snapshot { generation: 0, number, freed: self.clone() }
    }

    /// Nobody else freed anything.
    pub fn assert_by(&self, publishers: &[ThreadId]) {
        let readers = self.so_far().into_iter().filter(|(_, by)| !publishers.contains(by));
        let by_readers: Vec<u64> = readers.map(|(number, _)| number).collect();
        assert!(by_readers.is_empty(), "{by_readers:?} were freed by a reader");
    }

    /// And these were freed, once each.
    pub fn assert_all_by(&self, publishers: &[ThreadId], numbers: &[u64]) {
        self.assert_by(publishers);
        let mut freed: Vec<u64> = self.so_far().into_iter().map(|(number, _)| number).collect();
        freed.sort_unstable();
        assert_eq!(freed, numbers);
    }

    fn so_far(&self) -> Vec<(u64, ThreadId)> {
        self.0.lock().unwrap().clone()
    }
}

impl Snapshot {
    pub fn generation(&self) -> u64 {
        self.generation
    }

    pub fn number(&self) -> u64 {
        self.number
    }

    pub fn with_forced(&self, forced: &[ForcedAnswer]) -> Snapshot {
        let number = forced.last().map_or(self.number, |answer| answer.0);
        Snapshot { generation: self.generation, number, freed: self.freed.clone() }
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        self.freed.0.lock().unwrap().push((self.number, thread::current().id()));
    }
}
