//! Tokens that this worker has verified, and those that it has found forged.

use std::cell::RefCell;
use std::hash::{BuildHasher, Hash};
use std::rc::Rc;

use gatewright::config::Sha256Hex;
use lru::LruCache;
use siphasher::sip::SipHasher13;

use crate::config;
use crate::verified::Verified;

/// Forged tokens that are remembered at most. Whoever sends them can make each one different, so more would only cost memory.
const MAX_FORGED: usize = 1_000;

/// The cache of one worker, for all routes.
///
/// A token is found by its SHA-256, so that the cache holds nothing that could be used as a token, and no two tokens can be mistaken
/// for each other.
pub(crate) struct TokenCache {
    inner: RefCell<Inner>,
}

/// A token, and the set of providers that judged it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    set: u32,
    digest: [u8; 32],
}

/// What is known about a token.
pub(crate) enum Known {
    Good(Rc<Verified>),
    Forged(Forged),
}

/// A token whose signature no key of its provider made, as long as the keys are these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forged {
    pub(crate) provider: usize,
    pub(crate) generation: u64,
}

struct Inner {
    good: LruCache<Key, Rc<Verified>, Seed>,
    forged: LruCache<Key, Forged, Seed>,
    /// What the good tokens take, as estimated.
    bytes: usize,
    max_tokens: usize,
    max_bytes: usize,
}

/// Keys of the hash tables' hash. A client that knew them could make tokens that all fall into one place.
#[derive(Clone, Copy)]
struct Seed(u64);

impl Key {
    pub(crate) fn new(set: u32, token: &[u8]) -> Self {
        Self { set, digest: *Sha256Hex::of(token).as_bytes() }
    }
}

impl TokenCache {
    /// An empty cache that holds nothing until it is [`grow`](Self::grow)n. `seed` is something that clients do not know.
    pub(crate) fn new(seed: u64) -> Self {
        let (good, forged) =
            (LruCache::unbounded_with_hasher(Seed(seed)), LruCache::unbounded_with_hasher(Seed(!seed)));
        Self { inner: RefCell::new(Inner { good, forged, bytes: 0, max_tokens: 0, max_bytes: 0 }) }
    }

    /// Raises the limits to those that a route asks for.
    pub(crate) fn grow(&self, wanted: config::TokenCache) {
        let mut inner = self.inner.borrow_mut();
        inner.max_tokens = inner.max_tokens.max(usize::try_from(wanted.max_tokens).unwrap_or(usize::MAX));
        inner.max_bytes = inner.max_bytes.max(wanted.max_bytes.as_usize());
    }

    /// What is known about a token at `now`, in seconds since the Unix epoch.
    pub(crate) fn get(&self, key: &Key, now: u64) -> Option<Known> {
        let inner = &mut *self.inner.borrow_mut();
        if let Some(found) = inner.good.get(key) {
            if found.is_valid_at(now) {
                return Some(Known::Good(Rc::clone(found)));
            }
            inner.forget(key);
            return None;
        }
        inner.forged.get(key).map(|forged| Known::Forged(*forged))
    }

    /// Remembers a good token, and forgets as many others as the limits ask.
    pub(crate) fn insert(&self, key: Key, verified: &Rc<Verified>) {
        let inner = &mut *self.inner.borrow_mut();
        inner.forget(&key);
        if verified.cost() > inner.max_bytes || inner.max_tokens == 0 {
            return;
        }
        inner.bytes += verified.cost();
        inner.good.put(key, Rc::clone(verified));
        while inner.good.len() > inner.max_tokens || inner.bytes > inner.max_bytes {
            let Some((_, oldest)) = inner.good.pop_lru() else { break };
            inner.bytes = inner.bytes.saturating_sub(oldest.cost());
        }
    }

    /// Remembers a forged token.
    pub(crate) fn insert_forged(&self, key: Key, forged: Forged) {
        let inner = &mut *self.inner.borrow_mut();
        inner.forget(&key);
        inner.forged.put(key, forged);
        while inner.forged.len() > MAX_FORGED.min(inner.max_tokens) {
            inner.forged.pop_lru();
        }
    }
}

impl Inner {
    fn forget(&mut self, key: &Key) {
        if let Some(old) = self.good.pop(key) {
            self.bytes = self.bytes.saturating_sub(old.cost());
        }
        self.forged.pop(key);
    }
}

impl BuildHasher for Seed {
    type Hasher = SipHasher13;

    fn build_hasher(&self) -> SipHasher13 {
        SipHasher13::new_with_keys(self.0, self.0.rotate_left(32) ^ 0x9e37_79b9_7f4a_7c15)
    }
}

#[cfg(test)]
mod tests;
