//! A worker among those that share a key set.

use std::time::Duration;

use gatewright::store::{Broadcast, BroadcastLimits, SharedStore, StoreError, WorkerId};

use super::span::nanos;

/// How often a worker shows that it lives, and looks for what a lost message was about.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(5);

const LIMITS: BroadcastLimits = BroadcastLimits {
    workers: 256,
    message_bytes: 0,
    messages: 64,
    window: Duration::from_secs(1),
    heartbeat_ttl: Duration::from_secs(30),
    batch: 64,
};

/// This worker's number, and its way to wake the others and be woken.
pub(super) struct Member {
    pub(super) id: WorkerId,
    name: String,
    /// `None` while every seat is taken: the worker then looks by itself, every [`HEARTBEAT`].
    broadcast: Option<Broadcast>,
    seen: u64,
}

impl Member {
    pub(super) fn join(store: &SharedStore, name: &str, now: u64) -> Result<Self, StoreError> {
        let id = WorkerId::allocate(store)?;
        let broadcast = Broadcast::join(store, name, id, LIMITS, now).ok();
        Ok(Self { id, name: name.to_owned(), broadcast, seen: now })
    }

    /// Shows that the worker lives, if it is time.
    pub(super) fn heartbeat(&mut self, store: &SharedStore, now: u64) {
        if now.abs_diff(self.seen) < nanos(HEARTBEAT) / 2 {
            return;
        }
        self.seen = now;
        match &mut self.broadcast {
            // What goes wrong here goes right the next time, and nothing depends on it.
            Some(broadcast) => drop(broadcast.heartbeat(now)),
            None => self.broadcast = Broadcast::join(store, &self.name, self.id, LIMITS, now).ok(),
        }
    }

    /// Wakes all workers. Best effort: they look by themselves, too.
    pub(super) fn wake_all(&self, now: u64) {
        if let Some(broadcast) = &self.broadcast {
            drop(broadcast.publish(b"", now));
        }
    }

    /// Whether another worker has woken this one.
    pub(super) fn was_woken(&mut self) -> bool {
        let Some(broadcast) = &mut self.broadcast else { return false };
        broadcast.receive().is_ok_and(|messages| !messages.is_empty())
    }
}
