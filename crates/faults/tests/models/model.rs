//! What `src/live.rs` stands on, for loom.

pub use loom::sync::{Arc, Mutex, MutexGuard};
pub use std::sync::PoisonError;

use std::fmt;
use std::ops::Deref;

use loom::sync::RwLock;
use loom::sync::atomic::{AtomicUsize, Ordering};

/// arc-swap, as it promises to be: whoever looks gets what is stored and a share in it, at once; whoever swaps gets what
/// was stored, and no one comes to share in that anew.
pub struct ArcSwap<T> {
    stored: RwLock<Arc<T>>,
    /// What a cache looks at, as the real one does: without any order, so that it may lag.
    address: AtomicUsize,
}

impl<T> ArcSwap<T> {
    pub fn new(value: Arc<T>) -> ArcSwap<T> {
        ArcSwap { address: AtomicUsize::new(address(&value)), stored: RwLock::new(value) }
    }

    pub fn load_full(&self) -> Arc<T> {
        Arc::clone(&self.stored.read().unwrap())
    }

    /// The real one counts later, and at the latest when it swaps.
    pub fn load(&self) -> Guard<T> {
        Guard(self.load_full())
    }

    pub fn swap(&self, value: Arc<T>) -> Arc<T> {
        let mut stored = self.stored.write().unwrap();
        self.address.store(address(&value), Ordering::Release);
        std::mem::replace(&mut stored, value)
    }
}

fn address<T>(value: &Arc<T>) -> usize {
    Arc::as_ptr(value).addr()
}

impl<T> fmt::Debug for ArcSwap<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ArcSwap")
    }
}

pub struct Guard<T>(Arc<T>);

impl<T> Deref for Guard<T> {
    type Target = Arc<T>;

    fn deref(&self) -> &Arc<T> {
        &self.0
    }
}

/// Keeps what it saw until another address is stored.
pub struct Cache<S, V> {
    swap: S,
    cached: V,
}

impl<T> Cache<Arc<ArcSwap<T>>, Arc<T>> {
    pub fn new(swap: Arc<ArcSwap<T>>) -> Cache<Arc<ArcSwap<T>>, Arc<T>> {
        Cache { cached: swap.load_full(), swap }
    }

    pub fn load(&mut self) -> &Arc<T> {
        if self.swap.address.load(Ordering::Relaxed) != address(&self.cached) {
            self.cached = self.swap.load_full();
        }
        &self.cached
    }
}
