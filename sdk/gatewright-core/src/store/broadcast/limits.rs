//! Bounds of a broadcast.

use std::time::Duration;

use super::super::error::{StoreError, within};
use super::super::shared::StoreLimits;
use super::super::span::nanos;
use super::{directory, message};

/// Bounds of a [`Broadcast`](super::Broadcast). All workers must give the same.
///
/// The host does not bound a queue, and nobody can tell a dead worker's queue from a slow one's. What waits in one queue is bounded by
/// the messages of one window times the windows until the worker's heartbeat is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BroadcastLimits {
    /// Seats: workers, the main thread's VM and VMs that died lately, of all plugins with the same store (1 to 256).
    pub workers: usize,
    /// Length of a message in bytes (at most 65,536).
    pub message_bytes: usize,
    /// Messages that all workers together may send per window (at least 1).
    pub messages: u32,
    /// Length of the window.
    pub window: Duration,
    /// A worker without a heartbeat for this long is dead.
    pub heartbeat_ttl: Duration,
    /// Messages that one call of [`receive`](super::Broadcast::receive) takes (1 to 4,096).
    pub batch: usize,
}

impl Default for BroadcastLimits {
    fn default() -> Self {
        Self {
            workers: 256,
            message_bytes: 4096,
            messages: 64,
            window: Duration::from_secs(1),
            heartbeat_ttl: Duration::from_secs(10),
            batch: 64,
        }
    }
}

impl BroadcastLimits {
    /// Bytes that wait in one worker's queue at most, if that worker takes nothing until its heartbeat is over.
    #[must_use]
    pub fn queue_bytes(&self) -> u64 {
        // A heartbeat runs up to twice its length when the clock is set back; one window is cut by the start, one by the end.
        let windows = (nanos(self.heartbeat_ttl).saturating_mul(2) / nanos(self.window).max(1)).saturating_add(2);
        let message = (message::OVERHEAD + self.message_bytes) as u64;
        windows.saturating_mul(u64::from(self.messages)).saturating_mul(message)
    }

    pub(super) fn check(&self, store: StoreLimits) -> Result<(), StoreError> {
        within("seats of a broadcast", self.workers, 1, 256)?;
        within("bytes of a directory", directory::bytes(self.workers), 1, store.value_bytes)?;
        within("bytes of a message", self.message_bytes, 0, 65_536)?;
        within("messages per call", self.batch, 1, 4096)?;
        let least = |what, found: u64| match found {
            0 => Err(StoreError::OutOfRange { what, found, min: 1, max: u64::MAX }),
            _ => Ok(()),
        };
        least("messages per window", self.messages.into())?;
        least("window in ns", nanos(self.window))?;
        least("heartbeat ttl in ns", nanos(self.heartbeat_ttl))
    }
}
