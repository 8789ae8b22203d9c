//! Tokens that this worker has verified, and those that it has found forged.

use std::cell::RefCell;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hash, Hasher, RandomState};
use std::rc::Rc;

use lru::LruCache;
use siphasher::sip128::{Hasher128 as _, SipHasher24};

use crate::config;
use crate::verified::Verified;

/// Forged tokens that are remembered at most. Whoever sends them can make each one different, so more would only cost memory.
const MAX_FORGED: usize = 1_000;

/// The cache of one worker, for all routes.
///
/// A token is found by a tag of 128 bits, its message authentication code under a key that never leaves the worker (SipHash-2-4-128).
/// So the cache holds nothing that could be used as a token, and whoever would have a forged token taken for a good one has to guess a
/// tag, once per request. A plain hash that resists collisions costs ten times as much here.
pub(crate) struct TokenCache {
    secret: SipHasher24,
    inner: RefCell<Inner>,
}

/// A token, and the set of providers that judged it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    set: u32,
    tag: u128,
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
    good: Lru<Rc<Verified>>,
    forged: Lru<Forged>,
    /// What the good tokens take, as estimated.
    bytes: usize,
    max_tokens: usize,
    max_bytes: usize,
}

type Lru<T> = LruCache<Key, T, BuildHasherDefault<TagHasher>>;

/// A tag is as good as random, and nobody knows it: it needs no further hashing.
#[derive(Default)]
struct TagHasher(u64);

impl TokenCache {
    /// An empty cache that holds nothing until it is [`grow`](Self::grow)n.
    pub(crate) fn new() -> Self {
        // The standard library takes its keys from the host's random numbers, and gives them out as hashes only.
        let random = RandomState::new();
        let secret = SipHasher24::new_with_keys(random.hash_one(0), random.hash_one(1));
        let (good, forged) = (Lru::unbounded_with_hasher(<_>::default()), Lru::unbounded_with_hasher(<_>::default()));
        Self { secret, inner: RefCell::new(Inner { good, forged, bytes: 0, max_tokens: 0, max_bytes: 0 }) }
    }

    /// What finds a token that the providers of `set` judge.
    pub(crate) fn key(&self, set: u32, token: &[u8]) -> Key {
        let mut hasher = self.secret;
        hasher.write(token);
        Key { set, tag: hasher.finish128().as_u128() }
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

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.tag as u64);
    }
}

impl Hasher for TagHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash << 8 | u64::from(*byte));
    }

    fn write_u64(&mut self, tag: u64) {
        self.0 = tag;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests;
