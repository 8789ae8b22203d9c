//! A map of fixed size that forgets what was not used lately.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use gatewright::store::KeyHash;

/// At least the last `capacity` keys used, at most twice as many.
#[derive(Debug)]
pub(super) struct Recent<V> {
    newer: Map<V>,
    older: Map<V>,
    capacity: usize,
}

type Map<V> = HashMap<KeyHash, V, BuildHasherDefault<Hashed>>;

/// A key is a hash already, under a seed that clients do not know: it needs no further hashing.
#[derive(Default)]
struct Hashed(u64);

impl<V> Recent<V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { newer: Map::default(), older: Map::default(), capacity: capacity.max(1) }
    }

    /// The value of a key, made if there is none.
    pub(super) fn entry(&mut self, key: KeyHash, make: impl FnOnce() -> V) -> &mut V {
        if self.newer.len() >= self.capacity && !self.newer.contains_key(&key) {
            self.older = std::mem::take(&mut self.newer);
        }
        let Self { newer, older, .. } = self;
        newer.entry(key).or_insert_with(|| older.remove(&key).unwrap_or_else(make))
    }
}

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash << 8 | u64::from(*byte));
    }

    fn write_u128(&mut self, hash: u128) {
        self.0 = hash as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
