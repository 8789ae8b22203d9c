//! A message to every worker.

mod directory;
mod limits;
mod message;
mod series;

use std::collections::BTreeSet;

pub use limits::BroadcastLimits;

use self::directory::{Directory, Seat};
use self::series::Series;
use super::error::{StoreError, within};
use super::shared::SharedStore;
use super::worker::WorkerId;
use crate::host::Status;

/// Each mismatch means that another worker's change of the same record went through; all workers start at about the same time.
const ATTEMPTS: u32 = 1024;
/// Messages remembered beyond a gap; later ones count as missed, which is harmless.
const MAX_SEEN: usize = 4096;

/// What [`Broadcast::heartbeat`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// This worker still has its seat.
    Kept,
    /// Its seat had gone to another worker, so it took a new one, with a new queue. It may have missed messages: read the state anew.
    Rejoined,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Number of the message, one more than that of the message before it.
    pub generation: u64,
    /// Live workers whose queue took it.
    pub delivered: usize,
    /// Live workers whose queue refused it. They notice with [`Broadcast::missed`].
    pub failed: usize,
}

/// Messages to all workers, the sender included.
///
/// The host wakes only the last worker that registered a queue, so each worker has a queue of its own. A directory of fixed size, in the
/// shared data, has a seat for each worker. Queues are named after seats, not workers: the host never deletes a queue, and a seat whose
/// worker stopped its heartbeats goes to the next worker, queue included.
///
/// Delivery is best effort: a wake-up can be lost. All messages are counted, so call [`missed`](Self::missed) on every tick; the answer to a
/// missed message is to read the state it was about. Messages of different senders may arrive in any order. One broadcast of a
/// name per worker: a second one takes over the seat of the first.
#[derive(Debug)]
pub struct Broadcast {
    store: SharedStore,
    limits: BroadcastLimits,
    worker: WorkerId,
    directory: Directory,
    series: Series,
    seat: Seat,
    /// Messages up to here were published before this worker had its seat.
    pub(super) joined_at: u64,
    /// Messages up to here are accounted for.
    settled: u64,
    /// Messages after `settled` that came.
    seen: BTreeSet<u64>,
}

impl Broadcast {
    /// Takes a seat and registers its queue for the root context in effect. Read the state that messages are about **after** this.
    ///
    /// # Errors
    /// A bad name (1 to 64 bytes, no NUL), limits out of range, [`StoreError::DirectoryFull`], a failure of the host.
    pub fn join(
        store: &SharedStore,
        name: &str,
        worker: WorkerId,
        limits: BroadcastLimits,
        now: u64,
    ) -> Result<Self, StoreError> {
        limits.check(store.limits())?;
        within("length of the broadcast's name", name.len(), 1, 64)?;
        let directory = Directory::new(store, name, &limits)?;
        let series = Series::new(store, name, &limits)?;
        let seat = directory.join(worker, now)?;
        // After the seat is public: whatever is published from here on finds it.
        let settled = series.generation()?;
        let store = store.clone();
        let seen = BTreeSet::new();
        Ok(Self { store, limits, worker, directory, series, seat, joined_at: settled, settled, seen })
    }

    /// Token of this worker's queue, as `on_queue_ready` reports it. [`Presence::Rejoined`] changes it.
    #[must_use]
    pub fn queue(&self) -> u32 {
        self.seat.queue
    }

    /// Shows that this worker lives. Call it several times per [`BroadcastLimits::heartbeat_ttl`].
    ///
    /// # Errors
    /// A failure of the host, [`StoreError::Contended`] or [`StoreError::DirectoryFull`]: try again on the next tick.
    pub fn heartbeat(&mut self, now: u64) -> Result<Presence, StoreError> {
        if self.directory.renew(self.worker, self.seat, now)? {
            return Ok(Presence::Kept);
        }
        self.seat = self.directory.join(self.worker, now)?;
        self.settled = self.series.generation()?;
        self.joined_at = self.settled;
        self.seen.clear();
        Ok(Presence::Rejoined)
    }

    /// Sends a message to every live worker.
    ///
    /// # Errors
    /// [`StoreError::RateLimited`] if the workers together sent too many; a message over the limit; a failure of the host.
    pub fn publish(&self, message: &[u8], now: u64) -> Result<Published, StoreError> {
        within("bytes of a message", message.len(), 0, self.limits.message_bytes)?;
        let generation = self.series.next(now)?;
        let message = message::encode(generation, message);
        let mut published = Published { generation, delivered: 0, failed: 0 };
        for queue in self.directory.live(now)? {
            match self.store.host().enqueue(queue, &message) {
                Ok(()) => published.delivered += 1,
                Err(_) => published.failed += 1,
            }
        }
        Ok(published)
    }

    /// Takes waiting messages, at most [`BroadcastLimits::batch`]. Call it from `on_queue_ready` and from `on_tick`.
    ///
    /// # Errors
    /// A failure of the host before the first message.
    pub fn receive(&mut self) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut messages = Vec::new();
        for _ in 0..self.limits.batch {
            match self.store.host().dequeue(self.seat.queue) {
                Ok(message) => messages.extend(self.accept(message)),
                Err(Status::Empty) => break,
                // What is already taken out of the queue is not lost; the failure comes back on the next call.
                Err(_) if !messages.is_empty() => break,
                Err(status) => return Err(status.into()),
            }
        }
        Ok(messages)
    }

    /// How many messages did not come, although published; they are then given up. Call it on a tick, after [`receive`](Self::receive).
    ///
    /// A message that is just on its way counts as missed and may still come: reading the state once too often is harmless.
    ///
    /// # Errors
    /// A failure of the host.
    pub fn missed(&mut self) -> Result<u64, StoreError> {
        let generation = self.series.generation()?;
        let published = generation.saturating_sub(self.settled);
        let came = self.seen.range(..=generation).count() as u64;
        self.seen = self.seen.split_off(&generation.saturating_add(1));
        self.settled = generation.max(self.settled);
        Ok(published.saturating_sub(came))
    }

    fn accept(&mut self, message: Vec<u8>) -> Option<Vec<u8>> {
        let (generation, message) = message::decode(message, self.limits.message_bytes)?;
        // Left over from the worker that had the seat before.
        if generation <= self.joined_at {
            return None;
        }
        self.note(generation);
        Some(message)
    }

    fn note(&mut self, generation: u64) {
        if generation > self.settled && self.seen.len() < MAX_SEEN {
            self.seen.insert(generation);
        }
        while self.seen.remove(&self.settled.saturating_add(1)) {
            self.settled = self.settled.saturating_add(1);
        }
    }
}
