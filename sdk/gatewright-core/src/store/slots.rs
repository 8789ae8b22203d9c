//! A table of fixed size for entries that expire.

mod bucket;
mod shape;

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

pub use shape::Shape;

use self::bucket::Bucket;
use super::error::{StoreError, within};
use super::hash::KeyHash;
use super::shared::SharedStore;
use super::span::nanos;

/// Each mismatch means that another worker's change of the same bucket went through.
const ATTEMPTS: u32 = 32;
const MAX_NAME_BYTES: usize = 64;

type RankFn = dyn Fn(&[u8]) -> Rank;

/// What an entry is worth when its bucket is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// May go; the lowest goes first, of equals the one that expires first.
    Evictable(u64),
    /// Never makes room before it expires: a client that is over its limit, say.
    Pinned,
}

/// What to do with an entry, and what [`SlotTable::update`] returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<R> {
    /// Store the payload; it expires `ttl` from now.
    Store(R),
    /// Leave everything as it is: no write.
    Keep(R),
    /// Remove the entry, if there is one.
    Remove(R),
}

/// An entry under change.
#[derive(Debug)]
pub struct Slot<'a> {
    /// When the entry expires, in nanoseconds since the Unix epoch; `None` for one that does not exist.
    pub expires_at: Option<u64>,
    /// The payload, all zero for an entry that does not exist. Its length is fixed.
    pub payload: &'a mut [u8],
}

/// A copy of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotEntry {
    /// When it expires, in nanoseconds since the Unix epoch.
    pub expires_at: u64,
    /// The payload.
    pub payload: Vec<u8>,
}

/// A table in shared data that never grows: a fixed number of buckets, each one shared value with room for a few entries.
///
/// An entry is found by the hash of its key; hash keys that clients choose with a [`KeyHasher`](super::KeyHasher). In a full bucket a new
/// entry takes the place of an expired one, else of the one with the lowest [`Rank`].
///
/// Workers that give the same name and [`Shape`] share the table. A bucket that another layout or payload size wrote counts as empty.
/// After the clock is set back entries live longer by the step.
#[derive(Clone)]
pub struct SlotTable {
    store: SharedStore,
    pub(super) name: Vec<u8>,
    shape: Shape,
    rank: Rc<RankFn>,
}

impl SlotTable {
    /// The table of this name (1 to 64 bytes, no NUL). `rank` tells what a payload is worth.
    ///
    /// # Errors
    /// A bad name, or a bucket larger than the store's [`StoreLimits::value_bytes`](super::StoreLimits::value_bytes).
    pub fn new(
        store: &SharedStore,
        name: &str,
        shape: Shape,
        rank: impl Fn(&[u8]) -> Rank + 'static,
    ) -> Result<Self, StoreError> {
        within("length of the table's name", name.len(), 1, MAX_NAME_BYTES)?;
        within("bytes of a bucket", shape.bucket_bytes(), 1, store.limits().value_bytes)?;
        let mut name = store.part_key(b't', name)?;
        name.push(0);
        Ok(Self { store: store.clone(), name, shape, rank: Rc::new(rank) })
    }

    /// Bytes of host memory the table takes at most.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.shape.bytes()
    }

    /// A copy of the entry, unless it does not exist or expired by `now`.
    ///
    /// # Errors
    /// A failure of the host.
    pub fn get(&self, hash: KeyHash, now: u64) -> Result<Option<SlotEntry>, StoreError> {
        let (value, _) = self.store.read(&self.key(hash))?;
        Ok(Bucket::read(self.shape, &value).find(hash, now).map(|entry| entry.to_owned()))
    }

    /// Changes an entry. `change` may run several times when workers meet; only its last run counts.
    ///
    /// # Errors
    /// [`StoreError::BucketFull`] if a new entry finds only pinned ones; [`StoreError::Contended`] if other workers came first at every
    /// attempt; a failure of the host. Nothing is stored then.
    pub fn update<R>(
        &self,
        hash: KeyHash,
        now: u64,
        ttl: Duration,
        mut change: impl FnMut(Slot<'_>) -> Change<R>,
    ) -> Result<R, StoreError> {
        let key = self.key(hash);
        let expires_at = now.saturating_add(nanos(ttl));
        self.store.retry(ATTEMPTS, || {
            let (value, version) = self.store.read(&key)?;
            let (result, value) = self.changed(value, hash, [now, expires_at], &mut change)?;
            if let Some(value) = value {
                self.store.write(&key, &value, version)?;
            }
            Ok(result)
        })
    }

    /// The changed bucket, unless it is to stay as it is. An entry that is there is changed where it lies: the others are none of its
    /// business.
    fn changed<R>(
        &self,
        mut value: Vec<u8>,
        hash: KeyHash,
        [now, expires_at]: [u64; 2],
        change: &mut impl FnMut(Slot<'_>) -> Change<R>,
    ) -> Result<(R, Option<Vec<u8>>), StoreError> {
        if let Some(entry) = bucket::find_mut(self.shape, &mut value, hash, now) {
            return Ok(match change(Slot { expires_at: Some(entry.expires_at()), payload: entry.payload }) {
                Change::Keep(result) => (result, None),
                Change::Remove(result) => (result, Some(Bucket::read(self.shape, &value).without(hash, now))),
                Change::Store(result) => {
                    *entry.expiry = expires_at.to_le_bytes();
                    (result, Some(value))
                }
            });
        }
        let mut payload = vec![0; self.shape.payload_bytes()];
        match change(Slot { expires_at: None, payload: &mut payload }) {
            Change::Keep(result) | Change::Remove(result) => Ok((result, None)),
            Change::Store(result) => {
                let bucket = Bucket::read(self.shape, &value);
                Ok((result, Some(bucket.with(hash, expires_at, &payload, now, &*self.rank)?)))
            }
        }
    }

    fn key(&self, hash: KeyHash) -> Vec<u8> {
        let bucket = hash.bucket(self.shape.buckets());
        [self.name.as_slice(), &bucket.to_le_bytes()].concat()
    }
}

impl fmt::Debug for SlotTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlotTable").field("shape", &self.shape).finish_non_exhaustive()
    }
}
