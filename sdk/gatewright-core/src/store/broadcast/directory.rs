//! Which workers live, and on which queue each one listens.

use super::super::error::StoreError;
use super::super::record::{HEADER_BYTES, header, words};
use super::super::shared::SharedStore;
use super::super::span::{nanos, runs};
use super::super::worker::WorkerId;
use super::{ATTEMPTS, BroadcastLimits};

const HEADER: [u8; HEADER_BYTES] = header(*b"GWBD", 1, 0);
const ENTRY_BYTES: usize = 3 * 8;

/// Length of a directory with this many seats.
pub(super) fn bytes(seats: usize) -> usize {
    HEADER_BYTES + seats * ENTRY_BYTES
}

/// A worker's place in the directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seat {
    at: usize,
    /// Token of the queue that belongs to the place.
    pub(super) queue: u32,
}

/// The directory: one shared value with a fixed number of seats.
#[derive(Debug)]
pub(super) struct Directory {
    store: SharedStore,
    key: Vec<u8>,
    queues: Vec<u8>,
    seats: usize,
    ttl: u64,
}

#[derive(Clone, Copy, Default)]
struct Entry {
    /// 0 if the seat was never taken.
    worker: u64,
    seen: u64,
    /// 0 while the worker has not registered the seat's queue yet.
    queue: u32,
}

impl Directory {
    pub(super) fn new(store: &SharedStore, name: &str, limits: &BroadcastLimits) -> Result<Self, StoreError> {
        let (key, queues) = (store.part_key(b'd', name)?, store.part_key(b'q', name)?);
        Ok(Self { store: store.clone(), key, queues, seats: limits.workers, ttl: nanos(limits.heartbeat_ttl) })
    }

    /// Takes a free seat, then listens on its queue, then makes that public.
    ///
    /// In this order, because registering takes the queue away from whoever had it: only the owner of the seat may.
    pub(super) fn join(&self, worker: WorkerId, now: u64) -> Result<Seat, StoreError> {
        let worker_id = worker.get();
        let claim = Entry { worker: worker_id, seen: now, queue: 0 };
        let at = self.change(|entries| match self.place_for(worker_id, entries, now) {
            Some(at) => (Ok(at), put(entries, at, claim)),
            None => (Err(StoreError::DirectoryFull), false),
        })??;
        let seat = Seat { at, queue: self.store.host().register_queue(&self.queue_name(at))? };
        // Lost already only if the clock ran past the heartbeat between two calls.
        if self.renew(worker, seat, now)? { Ok(seat) } else { Err(StoreError::Contended { attempts: 1 }) }
    }

    /// Shows that the worker lives; false if the seat is no longer its own.
    pub(super) fn renew(&self, worker: WorkerId, seat: Seat, now: u64) -> Result<bool, StoreError> {
        let entry = Entry { worker: worker.get(), seen: now, queue: seat.queue };
        self.change(|entries| match entries.get(seat.at) {
            Some(current) if current.worker == entry.worker => (true, put(entries, seat.at, entry)),
            _ => (false, false),
        })
    }

    /// Queues of the workers that live.
    pub(super) fn live(&self, now: u64) -> Result<Vec<u32>, StoreError> {
        let (value, _) = self.store.read(&self.key)?;
        let entries = self.decode(&value).into_iter();
        Ok(entries.filter(|entry| entry.queue != 0 && self.lives(entry, now)).map(|entry| entry.queue).collect())
    }

    /// The worker's own seat, else one whose worker is dead, else a new one.
    fn place_for(&self, worker: u64, entries: &[Entry], now: u64) -> Option<usize> {
        let own = entries.iter().position(|entry| entry.worker == worker);
        let dead = || entries.iter().position(|entry| !self.lives(entry, now));
        let new = || (entries.len() < self.seats).then_some(entries.len());
        own.or_else(dead).or_else(new)
    }

    fn lives(&self, entry: &Entry, now: u64) -> bool {
        entry.worker != 0 && runs(entry.seen, self.ttl, now)
    }

    /// Changes the entries; `change` returns a result and whether there is something to write.
    fn change<R>(&self, mut change: impl FnMut(&mut Vec<Entry>) -> (R, bool)) -> Result<R, StoreError> {
        self.store.modify(&self.key, ATTEMPTS, |current| {
            let mut entries = self.decode(current);
            let (result, write) = change(&mut entries);
            (result, write.then(|| encode(&entries)))
        })
    }

    fn decode(&self, value: &[u8]) -> Vec<Entry> {
        let entries = value.strip_prefix(HEADER.as_slice()).unwrap_or_default();
        entries.chunks_exact(ENTRY_BYTES).take(self.seats).filter_map(Entry::read).collect()
    }

    fn queue_name(&self, at: usize) -> Vec<u8> {
        [self.queues.as_slice(), &[0], &(at as u64).to_le_bytes()].concat()
    }
}

impl Entry {
    fn read(bytes: &[u8]) -> Option<Self> {
        let [worker, seen, queue] = words(bytes)?;
        Some(Self { worker, seen, queue: u32::try_from(queue).ok()? })
    }
}

/// Puts an entry at its place, or after the last one.
fn put(entries: &mut Vec<Entry>, at: usize, entry: Entry) -> bool {
    match entries.get_mut(at) {
        Some(current) => *current = entry,
        None => entries.push(entry),
    }
    true
}

fn encode(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes(entries.len()));
    out.extend_from_slice(&HEADER);
    for entry in entries {
        for word in [entry.worker, entry.seen, entry.queue.into()] {
            out.extend_from_slice(&word.to_le_bytes());
        }
    }
    out
}
