//! Requests that hold a place of a concurrency limit until their exchange is over.

use std::rc::Rc;

use gatewright::host::Host;
use gatewright::store::KeyHash;

use crate::algorithm::{Limit, Ticket};
use crate::shared::Shared;
use crate::store::Claim;

/// A place, given up when dropped.
pub(crate) struct Place {
    pub(crate) shared: Rc<Shared>,
    pub(crate) host: Rc<dyn Host>,
    pub(crate) limit: Limit,
    pub(crate) key: KeyHash,
    pub(crate) ticket: Ticket,
}

impl Drop for Place {
    fn drop(&mut self) {
        let claim = Claim { limit: &self.limit, key: self.key };
        let now = self.host.now_nanos();
        if self.shared.table.put_back_now(claim, self.ticket, now).is_err() {
            // It is forgotten after `max_duration`.
            self.shared.metrics.lost.increment();
        }
    }
}
