//! Tokens that this worker has verified, and those that it has found forged.

mod finder;

use std::cell::RefCell;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hash, Hasher, RandomState};
use std::rc::Rc;

use gatewright::bytes;
use lru::LruCache;
use siphasher::sip128::{Hasher128 as _, SipHasher24};

use self::finder::Finder;
use crate::config;
use crate::verified::Verified;

/// Forged tokens that are remembered at most. Whoever sends them can make each one different, so more would only cost memory.
const MAX_FORGED: usize = 1_000;

/// The cache of one worker, for all routes.
///
/// A good token is found by its end and then compared as a whole, so nothing but the very token is ever taken for it. A forged one is
/// not kept: a message authentication code of it is, of 128 bits, under a key that never leaves the worker (SipHash-2-4-128). Only whoever
/// sends forged tokens pays for that code: it is worked out where a forged token with the same end is known.
pub(crate) struct TokenCache {
    finder: Finder,
    secret: SipHasher24,
    inner: RefCell<Inner>,
}

/// A token, and what finds it.
#[derive(Clone, Copy)]
pub(crate) struct Key<'t> {
    place: Place,
    token: &'t [u8],
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
    good: Lru<Remembered>,
    forged: Lru<(u128, Forged)>,
    /// What the good tokens take, as estimated.
    bytes: usize,
    max_tokens: usize,
    max_bytes: usize,
}

/// A good token.
struct Remembered {
    token: Box<[u8]>,
    verified: Rc<Verified>,
}

type Lru<T> = LruCache<Place, T, BuildHasherDefault<TagHasher>>;

/// Where a token is kept: the set of providers that judge it, and a hash of its end. A place has room for one token, so tokens with the
/// same end displace each other and make no list to search.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    set: u32,
    tag: u64,
}

/// A tag needs no further hashing: see [`Finder`].
#[derive(Default)]
struct TagHasher(u64);

impl TokenCache {
    /// An empty cache that holds nothing until it is [`grow`](Self::grow)n.
    pub(crate) fn new() -> Self {
        // The standard library takes its keys from the host's random numbers, and gives them out as hashes only.
        let random = RandomState::new();
        let secret = SipHasher24::new_with_keys(random.hash_one(0), random.hash_one(1));
        let (good, forged) = (Lru::unbounded_with_hasher(<_>::default()), Lru::unbounded_with_hasher(<_>::default()));
        let inner = RefCell::new(Inner { good, forged, bytes: 0, max_tokens: 0, max_bytes: 0 });
        Self { finder: Finder::new(&random), secret, inner }
    }

    /// What finds a token that the providers of `set` judge.
    pub(crate) fn key<'t>(&self, set: u32, token: &'t [u8]) -> Key<'t> {
        Key { place: Place { set, tag: self.finder.tag(token) }, token }
    }

    /// Raises the limits to those that a route asks for.
    pub(crate) fn grow(&self, wanted: config::TokenCache) {
        let mut inner = self.inner.borrow_mut();
        inner.max_tokens = inner.max_tokens.max(usize::try_from(wanted.max_tokens).unwrap_or(usize::MAX));
        inner.max_bytes = inner.max_bytes.max(wanted.max_bytes.as_usize());
    }

    /// What is known about a token at `now`, in seconds since the Unix epoch.
    pub(crate) fn get(&self, key: &Key<'_>, now: u64) -> Option<Known> {
        let inner = &mut *self.inner.borrow_mut();
        if let Some(found) = inner.good.get(&key.place)
            && found.is(key)
        {
            if found.verified.is_valid_at(now) {
                return Some(Known::Good(Rc::clone(&found.verified)));
            }
            inner.forget_good(key);
            return None;
        }
        let (code, forged) = inner.forged.get(&key.place)?;
        (*code == self.code(key)).then_some(Known::Forged(*forged))
    }

    /// Remembers a good token, and forgets as many others as the limits ask.
    pub(crate) fn insert(&self, key: &Key<'_>, verified: &Rc<Verified>) {
        let inner = &mut *self.inner.borrow_mut();
        inner.forged.pop(&key.place);
        inner.forget_good(key);
        let remembered = Remembered { token: key.token.into(), verified: Rc::clone(verified) };
        if remembered.cost() > inner.max_bytes || inner.max_tokens == 0 {
            return;
        }
        inner.bytes += remembered.cost();
        inner.good.put(key.place, remembered);
        while inner.good.len() > inner.max_tokens || inner.bytes > inner.max_bytes {
            let Some((_, oldest)) = inner.good.pop_lru() else { break };
            inner.bytes = inner.bytes.saturating_sub(oldest.cost());
        }
    }

    /// Remembers a forged token.
    pub(crate) fn insert_forged(&self, key: &Key<'_>, forged: Forged) {
        let inner = &mut *self.inner.borrow_mut();
        // A good token stays where it is: whoever knows its end must not be able to have it forgotten.
        if inner.good.peek(&key.place).is_some_and(|good| good.is(key)) {
            inner.forget_good(key);
        }
        inner.forged.put(key.place, (self.code(key), forged));
        while inner.forged.len() > MAX_FORGED.min(inner.max_tokens) {
            inner.forged.pop_lru();
        }
    }

    fn code(&self, key: &Key<'_>) -> u128 {
        let mut hasher = self.secret;
        hasher.write(key.token);
        hasher.finish128().as_u128()
    }
}

impl Inner {
    fn forget_good(&mut self, key: &Key<'_>) {
        if let Some(old) = self.good.pop(&key.place) {
            self.bytes = self.bytes.saturating_sub(old.cost());
        }
    }
}

impl Remembered {
    fn is(&self, key: &Key<'_>) -> bool {
        bytes::equal(&self.token, key.token)
    }

    /// Memory it takes, estimated from above.
    fn cost(&self) -> usize {
        self.verified.cost() + self.token.len()
    }
}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The upper half is the good one; a table looks at the lower bits, and at the upper ones.
        state.write_u64(self.tag >> 32 | self.tag & 0xffff_ffff_0000_0000);
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
