//! Key ids that a fetch did not bring.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

use sha2::{Digest, Sha256};

use super::span::runs;

/// Ids remembered at most; then the oldest goes.
const MAX_IDS: usize = 1024;

/// Enough of a digest: whoever finds two ids with the same one has an id refused that no key has.
type Id = [u8; 16];

/// Ids that the issuer was asked for in vain, so that asking again is pointless for a while.
#[derive(Debug, Default)]
pub(super) struct UnknownIds(RefCell<Ids>);

#[derive(Debug, Default)]
struct Ids {
    since: BTreeMap<Id, u64>,
    order: VecDeque<Id>,
}

impl UnknownIds {
    /// Whether the id was remembered less than `length` ago.
    pub(super) fn contains(&self, id: &str, length: u64, now: u64) -> bool {
        self.0.borrow().since.get(&digest(id)).is_some_and(|since| runs(*since, length, now))
    }

    pub(super) fn remember(&self, id: &str, now: u64) {
        let ids = &mut *self.0.borrow_mut();
        let id = digest(id);
        if ids.since.insert(id, now).is_none() {
            ids.order.push_back(id);
        }
        while ids.order.len() > MAX_IDS {
            if let Some(oldest) = ids.order.pop_front() {
                ids.since.remove(&oldest);
            }
        }
    }

    /// A new set is there: everything may be different.
    pub(super) fn clear(&self) {
        self.0.take();
    }
}

fn digest(id: &str) -> Id {
    let digest: [u8; 32] = Sha256::digest(id.as_bytes()).into();
    digest.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn an_id_is_forgotten_after_a_while_or_with_a_new_set() {
        let ids = UnknownIds::default();
        ids.remember("a", 100);
        assert!(ids.contains("a", 10, 109) && !ids.contains("a", 10, 110) && !ids.contains("b", 10, 100));
        ids.clear();
        assert!(!ids.contains("a", 10, 100));
    }

    #[test]
    fn the_oldest_goes_when_there_are_too_many() {
        let ids = UnknownIds::default();
        for id in 0..=MAX_IDS {
            ids.remember(&id.to_string(), 100);
            ids.remember(&id.to_string(), 100);
        }
        assert!(!ids.contains("0", 10, 100) && ids.contains("1", 10, 100));
        let inner = ids.0.borrow();
        assert_eq!((inner.since.len(), inner.order.len()), (MAX_IDS, MAX_IDS));
    }
}
