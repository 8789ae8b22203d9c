//! Fetches from the origin that may be stored.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use gatewright::Timestamp;
use gatewright::store::StoreError;

use super::bucket::Begun;
use super::inner::Inner;
use super::{Key, Store};

/// What a request that found nothing is to do.
#[derive(Debug)]
#[must_use]
pub enum Begin {
    /// Fetch, and store what comes.
    Leader(Fill),
    /// Another request fetches the same: wait for it.
    Follower(Flight),
    /// Fetch, and do not store: the last answer could not be stored, or there is no room to remember one more fetch.
    Pass,
}

/// The right to store the answer to a request that has not been sent yet. Dropping it lets another request lead.
#[must_use = "the next request for the key waits until it is dropped"]
pub struct Fill {
    store: Rc<Inner>,
    bucket: usize,
    token: u64,
    over: bool,
}

/// Another request's fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flight {
    pub(super) bucket: usize,
    pub(super) token: u64,
}

impl Store {
    /// Asks for the right to store what the origin will answer. Ask **before** the request is sent.
    ///
    /// # Errors
    /// A failure of the host, or too much contention.
    pub fn begin_fill(&self, key: &Key, now: Timestamp) -> Result<Begin, StoreError> {
        let (inner, now) = (&self.0, now.nanos());
        let (bucket, token) = (key.bucket(inner.geometry.buckets), inner.next());
        let lease = u64::try_from(inner.settings.lease.as_nanos()).unwrap_or(u64::MAX);
        let begun = inner.change(bucket, |index| {
            let begun = index.begin(key.hash(), token, now.saturating_add(lease), now, inner.geometry.flights);
            let write = match &begun {
                Begun::Leads => true,
                // Its own waiters a worker wakes without being told.
                Begun::Follows(flight) if !flight.awaited && !inner.is_own(flight.token) => {
                    index.flight(flight.token, now).is_some_and(|flight| {
                        flight.awaited = true;
                        true
                    })
                }
                _ => false,
            };
            Ok((begun, write))
        })?;
        Ok(match begun {
            Begun::Leads => Begin::Leader(Fill { store: Rc::clone(inner), bucket, token, over: false }),
            Begun::Follows(flight) => Begin::Follower(Flight { bucket, token: flight.token }),
            Begun::Passes | Begun::Full => Begin::Pass,
        })
    }

    /// Asks for the right to store what an unsafe request will bring, which nobody waits for. Ask **before** the request is sent, and
    /// [`overwrite`](Self::overwrite) when it was carried out. `None` if there is no room to remember it.
    ///
    /// # Errors
    /// A failure of the host, or too much contention.
    pub fn begin_write(&self, key: &Key, now: Timestamp) -> Result<Option<Fill>, StoreError> {
        let (inner, now) = (&self.0, now.nanos());
        let (bucket, token) = (key.bucket(inner.geometry.buckets), inner.next());
        let until = now.saturating_add(u64::try_from(inner.settings.lease.as_nanos()).unwrap_or(u64::MAX));
        let begun = inner.change(bucket, |index| {
            let begun = index.begin_write(key.hash(), token, until, now, inner.geometry.flights);
            Ok((begun, begun))
        })?;
        Ok(begun.then(|| Fill { store: Rc::clone(inner), bucket, token, over: false }))
    }

    /// Remembers for this long that the key's answers cannot be stored, so that nobody waits for them.
    ///
    /// # Errors
    /// A failure of the host, or too much contention.
    pub fn pass(&self, mut fill: Fill, ttl: Duration, now: Timestamp) -> Result<(), StoreError> {
        let inner = &self.0;
        let (remembered, until) = (inner.next(), (now + ttl).nanos());
        let ended = inner.change(fill.bucket, |index| {
            let Some(flight) = index.flight(fill.token, now.nanos()) else { return Ok((None, false)) };
            let ended = *flight;
            (flight.token, flight.until, flight.pass, flight.awaited) = (remembered, until, true, false);
            Ok((Some(ended), true))
        })?;
        fill.over = true;
        inner.wake(ended.as_slice());
        Ok(())
    }
}

impl Fill {
    pub(super) fn token(&self) -> u64 {
        self.token
    }

    pub(super) fn bucket(&self) -> usize {
        self.bucket
    }

    /// Nothing is left to end when it is dropped.
    pub(super) fn set_over(&mut self) {
        self.over = true;
    }
}

impl Drop for Fill {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let ended = self.store.change(self.bucket, |index| {
            let ended = index.end_flight(self.token);
            Ok((ended, ended.is_some()))
        });
        // Where it could not be noted, the lease ends it.
        self.store.wake(ended.ok().flatten().as_slice());
    }
}

impl fmt::Debug for Fill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fill").field("token", &self.token).finish_non_exhaustive()
    }
}
