//! This worker's copies of stored responses: they save reading and copying, and are found only through the shared index.

use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use lru::LruCache;

use super::stored::Stored;

/// Generations are numbers that this store gives, and no client chooses: a strong hash would be waste.
#[derive(Default)]
struct GenerationHasher(u64);

impl Hasher for GenerationHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        // The map takes its buckets from both ends of the hash.
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// Copies by generation: the least recently used go when their bytes are too many.
pub(super) struct Hot {
    copies: LruCache<u64, (Rc<Stored>, usize), BuildHasherDefault<GenerationHasher>>,
    bytes: usize,
    max_bytes: usize,
}

impl Hot {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { copies: LruCache::unbounded_with_hasher(BuildHasherDefault::default()), bytes: 0, max_bytes }
    }

    /// Bytes of the largest body that is worth a copy.
    pub(super) fn max_body(&self) -> usize {
        self.max_bytes / 8
    }

    pub(super) fn get(&mut self, generation: u64) -> Option<Rc<Stored>> {
        self.copies.get(&generation).map(|(stored, _)| Rc::clone(stored))
    }

    /// A copy, without counting it as used.
    pub(super) fn peek(&mut self, generation: u64) -> Option<Rc<Stored>> {
        self.copies.peek(&generation).map(|(stored, _)| Rc::clone(stored))
    }

    /// Keeps a copy, or counts it anew after its body came.
    pub(super) fn put(&mut self, stored: &Rc<Stored>) {
        let cost = stored.cost();
        self.forget(stored.generation);
        if cost > self.max_bytes / 4 {
            return;
        }
        self.bytes += cost;
        self.copies.put(stored.generation, (Rc::clone(stored), cost));
        while self.bytes > self.max_bytes {
            let Some((_, (_, cost))) = self.copies.pop_lru() else { break };
            self.bytes = self.bytes.saturating_sub(cost);
        }
    }

    pub(super) fn forget(&mut self, generation: u64) {
        if let Some((_, cost)) = self.copies.pop(&generation) {
            self.bytes = self.bytes.saturating_sub(cost);
        }
    }
}
