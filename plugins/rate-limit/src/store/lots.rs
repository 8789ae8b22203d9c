//! Counters that all workers share, of which each worker takes several at once.

use std::cell::RefCell;
use std::rc::Rc;

use gatewright::store::StoreError;

use super::recent::Recent;
use super::{Claim, Decision, Held, Local, Store};
use crate::algorithm::Standing;

/// Keys whose lots a worker remembers: a forgotten lot is lost to the key, never given twice.
const KEYS: usize = 4096;

/// How much a worker takes at once, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LotSize {
    pub(crate) size: u32,
    /// Nanoseconds after which the rest of a lot is lost.
    pub(crate) expiry: u64,
}

/// The lots of one worker, for all rules.
#[derive(Clone)]
pub(crate) struct Purse(Rc<RefCell<Recent<Lot>>>);

/// Takes a lot from the shared state, and serves from it without a look at shared data.
///
/// What a worker serves was taken before, so the shared state never admits more than exact counting would. But it may be served up to
/// `expiry` later than it was counted: in a window of any length, no more is admitted than exact counting could admit in that window
/// and `expiry` together; in a window of the calendar no more than the limit, for a lot ends with it. And a worker may sit on what
/// another one needs: up to `size - 1` per worker and key, until it expires.
pub(crate) struct Lots {
    shared: Local,
    lot: LotSize,
    purse: Purse,
}

#[derive(Debug, Default)]
struct Lot {
    left: u32,
    /// When what is left was taken, and when it is lost.
    taken_at: u64,
    until: u64,
    /// A refusal that need not be asked for again: this cost and more, until then.
    refused_cost: u32,
    refused_until: u64,
    standing: Option<Standing>,
}

impl Lots {
    pub(crate) fn new(shared: Local, lot: LotSize, purse: Purse) -> Self {
        Self { shared, lot, purse }
    }

    fn with_lot<R>(&self, claim: Claim<'_>, act: impl FnOnce(&mut Lot) -> R) -> R {
        act(self.purse.0.borrow_mut().entry(claim.key, Lot::default))
    }

    fn fetch(&self, claim: Claim<'_>, cost: u32, now: u64) -> Result<Decision, StoreError> {
        let decision = self.shared.take_some(claim, cost, self.lot.size, now)?;
        let until = now.saturating_add(self.lot.expiry).min(claim.limit.usable_until(now));
        Ok(self.with_lot(claim, |lot| match decision {
            Decision::Taken(held @ Held::Shared(ticket), standing) => {
                let spare = ticket.cost.saturating_sub(cost);
                if spare == 0 {
                    return Decision::Taken(held, standing);
                }
                *lot = Lot { left: spare, taken_at: now, until, standing: Some(standing), ..Lot::default() };
                Decision::Taken(Held::Lot(cost, now), lot.standing_now(now, standing))
            }
            Decision::Refused(retry_after, standing) => {
                lot.refused_cost = cost;
                lot.taken_at = now;
                lot.refused_until = now.saturating_add(retry_after.min(self.lot.expiry));
                lot.standing = Some(standing);
                decision
            }
            Decision::Taken(Held::Lot(..), _) => decision,
        }))
    }
}

impl Purse {
    pub(crate) fn new() -> Self {
        Self(Rc::new(RefCell::new(Recent::new(KEYS))))
    }
}

impl Lot {
    /// Forgets what is over, and everything if the clock was set back.
    fn follow(&mut self, now: u64) {
        if now < self.taken_at {
            *self = Self::default();
        }
        if now >= self.until {
            self.left = 0;
        }
    }

    fn take(&mut self, cost: u32, now: u64) -> Option<Decision> {
        self.follow(now);
        let standing = self.standing?;
        if self.left >= cost {
            self.left -= cost;
            return Some(Decision::Taken(Held::Lot(cost, self.taken_at), self.standing_now(now, standing)));
        }
        let refused = now < self.refused_until && cost >= self.refused_cost;
        refused.then(|| Decision::Refused(self.refused_until - now, standing))
    }

    fn standing_now(&self, now: u64, standing: Standing) -> Standing {
        let passed = now.saturating_sub(self.taken_at);
        Standing {
            remaining: standing.remaining.saturating_add(self.left),
            reset: standing.reset.saturating_sub(passed),
        }
    }
}

impl Store for Lots {
    fn take(&self, claim: Claim<'_>, cost: u32, now: u64) -> Result<Decision, StoreError> {
        match self.with_lot(claim, |lot| lot.take(cost, now)) {
            Some(decision) => Ok(decision),
            None => self.fetch(claim, cost, now),
        }
    }

    fn look(&self, claim: Claim<'_>, cost: u32, now: u64) -> Result<Decision, StoreError> {
        self.shared.look_now(claim, cost, now)
    }

    fn charge(&self, claim: Claim<'_>, cost: u32, now: u64) -> Result<(), StoreError> {
        self.shared.charge_now(claim, cost, now)
    }

    fn put_back(&self, claim: Claim<'_>, held: Held, now: u64) -> Result<(), StoreError> {
        match held {
            Held::Shared(ticket) => self.shared.put_back_now(claim, ticket, now),
            // Into the lot that it came from, while there is one: any other would keep it for longer than a lot may.
            Held::Lot(cost, taken_at) => {
                self.with_lot(claim, |lot| {
                    lot.follow(now);
                    if now < lot.until && lot.taken_at == taken_at {
                        lot.left = lot.left.saturating_add(cost);
                    }
                });
                Ok(())
            }
        }
    }
}
