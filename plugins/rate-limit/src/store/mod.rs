//! Where the counters are.
//!
//! [`Store`] is what the policy asks about the counters of this proxy: exactly ([`Local`]), or in lots ([`Lots`]).

mod local;
mod lots;
mod recent;

use gatewright::store::{KeyHash, StoreError};

use crate::algorithm::{Limit, Standing, Ticket};

pub(crate) use self::local::Local;
pub(crate) use self::lots::{LotSize, Lots, Purse};

/// One limit for one key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim<'a> {
    pub(crate) limit: &'a Limit,
    /// Hash of the limit's identity and the key.
    pub(crate) key: KeyHash,
}

/// What a store decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The cost was taken.
    Taken(Held, Standing),
    /// Nothing was taken. Nanoseconds until it is worth trying again.
    Refused(u64, Standing),
}

/// What was taken, and from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// From the state that all workers share.
    Shared(Ticket),
    /// So much from this worker's lot that was taken at this time.
    Lot(u32, u64),
}

impl Held {
    /// The part of it that costs this much.
    pub(crate) fn part(self, cost: u32) -> Self {
        match self {
            Self::Shared(ticket) => Self::Shared(ticket.part(cost)),
            Self::Lot(_, taken_at) => Self::Lot(cost, taken_at),
        }
    }
}

/// Keeps counters of this proxy, and answers at once: a future that carries every state of a decision costs more than the decision.
pub(crate) trait Store {
    /// Takes the cost if the limit allows it.
    fn take(&self, claim: Claim<'_>, cost: u32, now: u64) -> Result<Decision, StoreError>;

    /// Whether the cost could be taken now. Takes nothing.
    fn look(&self, claim: Claim<'_>, cost: u32, now: u64) -> Result<Decision, StoreError>;

    /// Counts a cost that turned out only now, up to the whole allowance.
    fn charge(&self, claim: Claim<'_>, cost: u32, now: u64) -> Result<(), StoreError>;

    /// Gives back what was taken, as far as that cannot break the limit's promise.
    fn put_back(&self, claim: Claim<'_>, held: Held, now: u64) -> Result<(), StoreError>;
}

/// The stores that a rule can be configured for.
pub(crate) enum AnyStore {
    Exact(Local),
    Lots(Lots),
}

macro_rules! on_store {
    ($store:expr, $method:ident($($argument:expr),*)) => {
        match $store {
            AnyStore::Exact(store) => store.$method($($argument),*),
            AnyStore::Lots(store) => store.$method($($argument),*),
        }
    };
}

impl Store for AnyStore {
    fn take(&self, claim: Claim<'_>, cost: u32, now: u64) -> Result<Decision, StoreError> {
        on_store!(self, take(claim, cost, now))
    }

    fn look(&self, claim: Claim<'_>, cost: u32, now: u64) -> Result<Decision, StoreError> {
        on_store!(self, look(claim, cost, now))
    }

    fn charge(&self, claim: Claim<'_>, cost: u32, now: u64) -> Result<(), StoreError> {
        on_store!(self, charge(claim, cost, now))
    }

    fn put_back(&self, claim: Claim<'_>, held: Held, now: u64) -> Result<(), StoreError> {
        on_store!(self, put_back(claim, held, now))
    }
}
