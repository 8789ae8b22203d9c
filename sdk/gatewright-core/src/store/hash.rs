//! Hashes of keys that requests decide.

use std::fmt;
use std::hash::Hasher as _;

use sha2::{Digest as _, Sha256};
use siphasher::sip128::{Hasher128 as _, SipHasher24};

use super::error::StoreError;
use super::record::{decode, encode, header};
use super::shared::SharedStore;

const HEADER: [u8; 8] = header(*b"GWSD", 1, 0);
const ATTEMPTS: u32 = 64;

/// 128-bit hash of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyHash(u128);

impl KeyHash {
    /// The hash, little-endian.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_le_bytes()
    }

    /// One of `count` buckets, all equally likely. Only the high half of the hash decides.
    #[must_use]
    pub fn bucket(self, count: u32) -> u32 {
        // The upper 64 bits of the high half times the count, as in a fixed-point product: no modulo bias, and the result is below
        // `count`. In two steps: what wasm makes of a product of 128 bits is a call.
        let (high, count) = ((self.0 >> 64) as u64, u64::from(count));
        let low = ((high & 0xffff_ffff) * count) >> 32;
        u32::try_from(((high >> 32) * count + low) >> 32).unwrap_or(0)
    }
}

/// Hashes keys with SipHash-2-4-128 under a seed that all workers share.
///
/// Without the seed a client can neither aim many keys at one bucket nor find two keys with the same hash, so two clients do not share an
/// entry. The seed lies in the store, where other modules of the same `vm_id` can read it. Where a mix-up would be worse than a
/// wrong count (a cached response), keep the key or a digest of it in the payload and compare.
#[derive(Clone)]
pub struct KeyHasher {
    seed: [u64; 2],
}

impl KeyHasher {
    /// The store's hasher; the first worker to ask chooses the seed.
    ///
    /// A module has no random numbers of its own. The seed is SHA-256 over `entropy` and the proxy's clock in nanoseconds, so it is as
    /// hard to guess as both together. Give it something a client does not know, such as a secret of the configuration.
    ///
    /// # Errors
    /// A failure of the host, or [`StoreError::Contended`].
    pub fn from_store(store: &SharedStore, entropy: &[u8]) -> Result<Self, StoreError> {
        let key = store.part_key(b's', "")?;
        store.modify(&key, ATTEMPTS, |current| match decode(HEADER, current) {
            Some(seed) => (Self { seed }, None),
            None => {
                let seed = fresh_seed(store, entropy);
                (Self { seed }, Some(encode(HEADER, &seed)))
            }
        })
    }

    /// The hash of a key made of parts; `["ab", "c"]` and `["a", "bc"]` differ.
    #[must_use]
    pub fn hash(&self, parts: &[&[u8]]) -> KeyHash {
        parts.iter().fold(self.begin(), |hashing, part| hashing.with(part)).finish()
    }

    /// The hash of a key whose parts come one after the other. What keys begin with can be hashed once, when the configuration is
    /// made ready, and cloned for each.
    #[must_use]
    pub fn begin(&self) -> KeyHashing {
        let [first, second] = self.seed;
        KeyHashing(SipHasher24::new_with_keys(first, second))
    }
}

/// The hash of a key that is not complete: see [`KeyHasher::begin`].
#[derive(Clone)]
pub struct KeyHashing(SipHasher24);

impl KeyHashing {
    /// Adds a part.
    #[must_use]
    pub fn with(mut self, part: &[u8]) -> Self {
        self.0.write(&(part.len() as u64).to_le_bytes());
        self.0.write(part);
        self
    }

    /// The hash of the parts so far.
    #[must_use]
    pub fn finish(self) -> KeyHash {
        KeyHash(self.0.finish128().as_u128())
    }
}

impl fmt::Debug for KeyHashing {
    /// Nothing of it: it has the seed inside.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyHashing").finish_non_exhaustive()
    }
}

impl fmt::Debug for KeyHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyHasher").finish_non_exhaustive()
    }
}

fn fresh_seed(store: &SharedStore, entropy: &[u8]) -> [u64; 2] {
    let mut digest = Sha256::new();
    digest.update(b"gatewright key seed");
    digest.update((entropy.len() as u64).to_le_bytes());
    digest.update(entropy);
    digest.update(store.host().now_nanos().to_le_bytes());
    let digest = digest.finalize();
    let word = |skip: usize| digest.iter().skip(skip).take(8).fold(0, |word, byte| word << 8 | u64::from(*byte));
    [word(0), word(8)]
}
