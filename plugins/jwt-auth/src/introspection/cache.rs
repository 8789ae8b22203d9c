//! Answers that a worker keeps.

use lru::LruCache;

use super::answer::Verdict;
use crate::keys::runs;

/// SHA-256 of a token: the token itself is not kept.
pub(super) type Digest = [u8; 32];

/// Bytes that the answers of one kind take at most, about.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// Answers by token, the least recently used of which go when there are too many.
pub(super) struct Cache {
    entries: LruCache<Digest, Entry>,
    max_entries: usize,
    bytes: usize,
}

struct Entry {
    verdict: Verdict,
    stored_at: u64,
    ttl: u64,
    bytes: usize,
}

impl Cache {
    pub(super) fn new(max_entries: usize) -> Self {
        Self { entries: LruCache::unbounded(), max_entries, bytes: 0 }
    }

    /// The answer, if it is not too old at `now`, in nanoseconds.
    pub(super) fn get(&mut self, token: &Digest, now: u64) -> Option<Verdict> {
        let entry = self.entries.get(token)?;
        if runs(entry.stored_at, entry.ttl, now) {
            return Some(entry.verdict.clone());
        }
        self.remove(token);
        None
    }

    /// Keeps an answer of about so many bytes for `ttl` nanoseconds.
    pub(super) fn put(&mut self, token: Digest, verdict: Verdict, bytes: usize, ttl: u64, now: u64) {
        self.remove(&token);
        if ttl == 0 || bytes > MAX_BYTES {
            return;
        }
        self.entries.put(token, Entry { verdict, stored_at: now, ttl, bytes });
        self.bytes += bytes;
        while self.entries.len() > self.max_entries || self.bytes > MAX_BYTES {
            let Some((_, oldest)) = self.entries.pop_lru() else { return };
            self.bytes -= oldest.bytes;
        }
    }

    fn remove(&mut self, token: &Digest) {
        if let Some(entry) = self.entries.pop(token) {
            self.bytes -= entry.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::Refusal;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const NO: Verdict = Err(Refusal::Inactive);

    fn has(cache: &mut Cache, token: u8, now: u64) -> bool {
        cache.get(&[token; 32], now).is_some()
    }

    #[test]
    fn an_answer_dies_at_its_time_and_when_the_clock_is_set_back() {
        let mut cache = Cache::new(10);
        cache.put([1; 32], NO, 1, 10, 100);
        assert!(has(&mut cache, 1, 109) && !has(&mut cache, 1, 110) && !has(&mut cache, 1, 109));
        cache.put([1; 32], NO, 1, 10, 100);
        assert!(!has(&mut cache, 1, 80));
        cache.put([1; 32], NO, 1, 0, 100);
        assert_eq!((cache.entries.len(), cache.bytes), (0, 0));
    }

    #[test]
    fn the_least_recently_used_goes_by_number_and_by_bytes() {
        let mut cache = Cache::new(2);
        for token in [1, 2] {
            cache.put([token; 32], NO, 1, 10, 100);
        }
        assert!(has(&mut cache, 1, 100));
        cache.put([3; 32], NO, 1, 10, 100);
        assert!(has(&mut cache, 1, 100) && !has(&mut cache, 2, 100) && has(&mut cache, 3, 100));
        cache.put([4; 32], NO, MAX_BYTES, 10, 100);
        assert_eq!((cache.entries.len(), cache.bytes), (1, MAX_BYTES));
        cache.put([5; 32], NO, MAX_BYTES + 1, 10, 100);
        assert!(!has(&mut cache, 5, 100) && has(&mut cache, 4, 100));
        cache.put([4; 32], NO, 7, 10, 100);
        assert_eq!(cache.bytes, 7);
    }
}
