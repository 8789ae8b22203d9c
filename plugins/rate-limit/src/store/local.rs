//! Counters that all workers of this proxy share, exact by compare-and-swap.

use std::time::Duration;

use gatewright::store::{Change, KeyHash, Rank, Shape, SharedStore, Slot, SlotTable, StoreError};

use super::{Claim, Decision, Held, Store};
use crate::algorithm::{Limit, STATE_BYTES, Standing, Ticket};
use crate::service::Lease;

/// The worth of an entry in its first byte, then the limit's state.
const PAYLOAD_BYTES: usize = 1 + STATE_BYTES;
/// The key was refused while most of its allowance was used.
const OFFENDER: u8 = u8::MAX;
const TABLE: &str = "counters";

/// One table for every limit and key. It never grows.
///
/// Where a new key finds its bucket full, the entry goes that has used the smallest share of its allowance. The entry of a key that was
/// refused stays until it has lived out its time, or until its key was admitted with more than half of the allowance left: an offender
/// cannot get a fresh allowance by flooding the table with other keys.
#[derive(Clone, Debug)]
pub(crate) struct Local {
    table: SlotTable,
}

impl Local {
    /// A table of at most so many bytes of host memory.
    pub(crate) fn new(store: &SharedStore, bytes: u64) -> Result<Self, StoreError> {
        let shape = Shape::for_budget(bytes, PAYLOAD_BYTES)?;
        Ok(Self { table: SlotTable::new(store, TABLE, shape, worth)? })
    }

    /// Takes `least` if the limit allows it, and more if there is plenty: at most `most` in all, and at most a quarter of what is left.
    pub(crate) fn take_some(&self, claim: Claim<'_>, least: u32, most: u32, now: u64) -> Result<Decision, StoreError> {
        let limit = claim.limit;
        self.update(claim, now, |entry| {
            let spare = if most > least { limit.standing(entry.state, now).remaining / 4 } else { 0 };
            match limit.take(entry.state, now, least.max(most.min(spare))) {
                Ok(ticket) => entry.taken(limit, now, ticket),
                Err(refusal) => entry.refused(limit, now, refusal.retry_after),
            }
        })
    }

    /// What [`Store::look`] does, at once.
    pub(crate) fn look_now(&self, claim: Claim<'_>, cost: u32, now: u64) -> Result<Decision, StoreError> {
        let limit = claim.limit;
        self.update(claim, now, |entry| {
            let mut tried = [0; STATE_BYTES];
            tried.copy_from_slice(entry.state);
            match limit.take(&mut tried, now, cost) {
                Ok(ticket) => Change::Keep(Decision::Taken(Held::Shared(ticket), limit.standing(entry.state, now))),
                Err(refusal) => entry.refused(limit, now, refusal.retry_after),
            }
        })
    }

    /// What [`Store::charge`] does, at once.
    pub(crate) fn charge_now(&self, claim: Claim<'_>, cost: u32, now: u64) -> Result<(), StoreError> {
        self.update(claim, now, |entry| {
            claim.limit.charge(entry.state, now, cost);
            entry.weigh(claim.limit, now);
            Change::Store(())
        })
    }

    /// What [`Store::put_back`] does, at once.
    pub(crate) fn put_back_now(&self, claim: Claim<'_>, ticket: Ticket, now: u64) -> Result<(), StoreError> {
        self.update(claim, now, |entry| {
            if !entry.known {
                return Change::Keep(());
            }
            claim.limit.put_back(entry.state, now, ticket);
            entry.weigh(claim.limit, now);
            Change::Store(())
        })
    }

    /// Changes the lease of a key, which lies where a limit's state could. It makes room before a counter of which anything to speak of is
    /// used: without it the service is asked once more, and nobody gets a fresh allowance.
    pub(crate) fn update_lease<R>(
        &self,
        key: KeyHash,
        now: u64,
        ttl: u64,
        mut change: impl FnMut(&mut Lease) -> Change<R>,
    ) -> Result<R, StoreError> {
        self.update_entry(key, now, ttl, |entry| {
            let mut lease = Lease::read(entry.state);
            let changed = change(&mut lease);
            *entry.worth = if lease.is_denied() { OFFENDER / 4 } else { 1 };
            lease.write(entry.state);
            changed
        })
    }

    /// The lease of a key.
    pub(crate) fn lease(&self, key: KeyHash, now: u64) -> Result<Lease, StoreError> {
        let entry = self.table.get(key, now)?;
        Ok(entry
            .as_ref()
            .and_then(|entry| entry.payload.split_first())
            .map(|(_, state)| Lease::read(state))
            .unwrap_or_default())
    }

    fn update<R>(
        &self,
        claim: Claim<'_>,
        now: u64,
        change: impl FnMut(Entry<'_>) -> Change<R>,
    ) -> Result<R, StoreError> {
        self.update_entry(claim.key, now, claim.limit.lifetime(), change)
    }

    fn update_entry<R>(
        &self,
        key: KeyHash,
        now: u64,
        ttl: u64,
        mut change: impl FnMut(Entry<'_>) -> Change<R>,
    ) -> Result<R, StoreError> {
        self.table.update(key, now, Duration::from_nanos(ttl), |Slot { expires_at, payload }| {
            let (mut worth, mut state) = (0, [0; STATE_BYTES]);
            // The table gives exactly the bytes it was made for.
            let (worth, state) = payload
                .split_first_mut()
                .filter(|(_, state)| state.len() == STATE_BYTES)
                .unwrap_or((&mut worth, &mut state));
            change(Entry { known: expires_at.is_some(), worth, state })
        })
    }
}

impl Store for Local {
    fn take(&self, claim: Claim<'_>, cost: u32, now: u64) -> Result<Decision, StoreError> {
        self.take_some(claim, cost, cost, now)
    }

    fn look(&self, claim: Claim<'_>, cost: u32, now: u64) -> Result<Decision, StoreError> {
        self.look_now(claim, cost, now)
    }

    fn charge(&self, claim: Claim<'_>, cost: u32, now: u64) -> Result<(), StoreError> {
        self.charge_now(claim, cost, now)
    }

    fn put_back(&self, claim: Claim<'_>, held: Held, now: u64) -> Result<(), StoreError> {
        match held {
            Held::Shared(ticket) => self.put_back_now(claim, ticket, now),
            Held::Lot(..) => Ok(()),
        }
    }
}

/// An entry of the table.
struct Entry<'a> {
    known: bool,
    worth: &'a mut u8,
    state: &'a mut [u8],
}

impl Entry<'_> {
    fn taken(self, limit: &Limit, now: u64, ticket: Ticket) -> Change<Decision> {
        let standing = self.weigh(limit, now);
        Change::Store(Decision::Taken(Held::Shared(ticket), standing))
    }

    /// A refusal is written once, not each time: refusing must be cheap.
    fn refused(self, limit: &Limit, now: u64, retry_after: u64) -> Change<Decision> {
        let standing = limit.standing(self.state, now);
        let refused = Decision::Refused(retry_after, standing);
        // A cost that is never allowed does not make an offender of a key that used nothing.
        if !self.known || *self.worth == OFFENDER || share(limit, standing) <= OFFENDER / 2 {
            return Change::Keep(refused);
        }
        *self.worth = OFFENDER;
        Change::Store(refused)
    }

    fn weigh(self, limit: &Limit, now: u64) -> Standing {
        let standing = limit.standing(self.state, now);
        let share = share(limit, standing);
        let still_offends = *self.worth == OFFENDER && share > OFFENDER / 2;
        if !still_offends {
            *self.worth = share;
        }
        standing
    }
}

/// How much of the allowance is used, from 0 to 254.
fn share(limit: &Limit, standing: Standing) -> u8 {
    let allowance = u64::from(limit.allowance().max(1));
    let used = allowance.saturating_sub(u64::from(standing.remaining));
    u8::try_from(used * u64::from(OFFENDER - 1) / allowance).unwrap_or(OFFENDER - 1)
}

fn worth(payload: &[u8]) -> Rank {
    match payload.first() {
        Some(&OFFENDER) => Rank::Pinned,
        share => Rank::Evictable(share.copied().unwrap_or(0).into()),
    }
}
