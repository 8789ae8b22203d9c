//! A map of fixed size that forgets what was not used lately.

use std::collections::HashMap;

use gatewright::store::KeyHash;

/// At least the last `capacity` keys used, at most twice as many.
#[derive(Debug)]
pub(super) struct Recent<V> {
    newer: HashMap<KeyHash, V>,
    older: HashMap<KeyHash, V>,
    capacity: usize,
}

impl<V> Recent<V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { newer: HashMap::new(), older: HashMap::new(), capacity: capacity.max(1) }
    }

    /// The value of a key, made if there is none.
    pub(super) fn entry(&mut self, key: KeyHash, make: impl FnOnce() -> V) -> &mut V {
        if !self.newer.contains_key(&key) && self.newer.len() >= self.capacity {
            self.older = std::mem::take(&mut self.newer);
        }
        let Self { newer, older, .. } = self;
        newer.entry(key).or_insert_with(|| older.remove(&key).unwrap_or_else(make))
    }
}
