//! Fetches from the origin that may be stored.

use std::rc::Weak;

use super::naive::Naive;

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
#[derive(Debug)]
#[must_use = "the next request for the key waits until it is dropped"]
pub struct Fill {
    pub(super) store: Weak<Naive>,
    pub(super) hash: u128,
    pub(super) token: u64,
}

/// Another request's fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flight {
    pub(super) hash: u128,
    pub(super) token: u64,
}

/// What became of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// Stored.
    Stored,
    /// Purged or invalidated while it was fetched, or the lease was over.
    Fenced,
    /// Too large, or what is stored is worth more.
    NoRoom,
}

impl Drop for Fill {
    fn drop(&mut self) {
        if let Some(store) = self.store.upgrade() {
            store.end(self.hash, self.token);
        }
    }
}
