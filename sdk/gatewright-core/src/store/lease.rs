//! One worker at a time.

use std::time::Duration;

use super::error::StoreError;
use super::record::{decode, encode, header};
use super::shared::SharedStore;
use super::span::{nanos, runs};
use super::worker::WorkerId;

const HEADER: [u8; 8] = header(*b"GWLE", 1, 0);
const ATTEMPTS: u32 = 16;
const NOBODY: u64 = 0;

/// A right that one worker holds at a time, for a limited time: to refresh a key set, to sweep a table.
///
/// It survives the death of its holder: after its time it is free. The clock may be set back: a lease that seems to have been granted more
/// than its own length in the future is free, so a step back prolongs a lease to twice its length at most.
///
/// A holder that is slow can believe in a lease that is already another's. So ask [`LeaseGuard::is_held`] before acting, and where
/// acting twice would harm, hand on [`LeaseGuard::fencing_token`]: it grows with every grant, and a receiver that has seen a higher
/// one refuses.
#[derive(Clone, Debug)]
pub struct Lease {
    store: SharedStore,
    key: Vec<u8>,
    ttl: u64,
}

/// A granted lease. Not released when dropped: call [`Lease::release`], or let it expire.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "an ignored lease keeps other workers out until it expires"]
pub struct LeaseGuard {
    record: Record,
}

impl Lease {
    /// The lease of this name (at most 128 bytes, no NUL); whoever holds it does so for `ttl`.
    ///
    /// # Errors
    /// A bad name, or a `ttl` of zero.
    pub fn new(store: &SharedStore, name: &str, ttl: Duration) -> Result<Self, StoreError> {
        let ttl = nanos(ttl);
        if ttl == 0 {
            return Err(StoreError::OutOfRange { what: "lease ttl in ns", found: 0, min: 1, max: u64::MAX });
        }
        Ok(Self { store: store.clone(), key: store.part_key(b'l', name)?, ttl })
    }

    /// Takes the lease if it is free at `now`; `None` if it is held, be it by `owner` itself.
    ///
    /// # Errors
    /// A failure of the host, or [`StoreError::Contended`].
    pub fn try_acquire(&self, owner: WorkerId, now: u64) -> Result<Option<LeaseGuard>, StoreError> {
        self.store.modify(&self.key, ATTEMPTS, |current| {
            let current = Record::read(current);
            let now = self.not_before(&current, now);
            if current.is_held(now) {
                return (None, None);
            }
            let token = current.token.saturating_add(1);
            let record = Record { owner: owner.get(), token, granted_at: now, ttl: self.ttl };
            (Some(LeaseGuard { record }), Some(record.write()))
        })
    }

    /// Prolongs a lease to `ttl` from `now`; false if another worker took it meanwhile, and then the guard is worthless.
    ///
    /// # Errors
    /// A failure of the host, or [`StoreError::Contended`]; the guard is then as good as before.
    pub fn renew(&self, guard: &mut LeaseGuard, now: u64) -> Result<bool, StoreError> {
        let renewed = Record { granted_at: now, ttl: self.ttl, ..guard.record };
        let kept = self.replace(guard, renewed)?;
        if kept {
            guard.record = renewed;
        }
        Ok(kept)
    }

    /// Frees the lease; false if another worker took it meanwhile.
    ///
    /// # Errors
    /// A failure of the host, or [`StoreError::Contended`]; the lease then frees itself when it expires.
    pub fn release(&self, guard: LeaseGuard) -> Result<bool, StoreError> {
        // The token stays, so that the next grant gets a higher one.
        self.replace(&guard, Record { owner: NOBODY, ..guard.record })
    }

    /// `now`, or the clock itself if `now` is before the grant: read after the grant, only a clock set back shows an earlier time.
    fn not_before(&self, current: &Record, now: u64) -> u64 {
        if current.granted_at > now { self.store.host().now_nanos() } else { now }
    }

    fn replace(&self, guard: &LeaseGuard, record: Record) -> Result<bool, StoreError> {
        self.store.modify(&self.key, ATTEMPTS, |current| {
            let current = Record::read(current);
            let ours = current.token == guard.record.token && current.owner == guard.record.owner;
            (ours, ours.then(|| record.write()))
        })
    }
}

impl LeaseGuard {
    /// Number of this grant, higher than that of every earlier one.
    #[must_use]
    pub fn fencing_token(&self) -> u64 {
        self.record.token
    }

    /// Whether the lease still runs at `now`.
    #[must_use]
    pub fn is_held(&self, now: u64) -> bool {
        self.record.is_held(now)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Record {
    owner: u64,
    token: u64,
    granted_at: u64,
    ttl: u64,
}

impl Record {
    fn read(value: &[u8]) -> Self {
        let [owner, token, granted_at, ttl] = decode(HEADER, value).unwrap_or([NOBODY; 4]);
        Self { owner, token, granted_at, ttl }
    }

    fn write(&self) -> Vec<u8> {
        encode(HEADER, &[self.owner, self.token, self.granted_at, self.ttl])
    }

    fn is_held(&self, now: u64) -> bool {
        self.owner != NOBODY && runs(self.granted_at, self.ttl, now)
    }
}
