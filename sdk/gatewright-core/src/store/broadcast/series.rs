//! The number of the last message, and the rate of messages.

use super::super::error::StoreError;
use super::super::record::{decode, encode, header};
use super::super::shared::SharedStore;
use super::super::span::{nanos, runs};
use super::{ATTEMPTS, BroadcastLimits};

const HEADER: [u8; 8] = header(*b"GWBG", 1, 0);

/// Numbers the messages of all workers and bounds their rate.
#[derive(Debug)]
pub(super) struct Series {
    store: SharedStore,
    key: Vec<u8>,
    messages: u64,
    window: u64,
}

impl Series {
    pub(super) fn new(store: &SharedStore, name: &str, limits: &BroadcastLimits) -> Result<Self, StoreError> {
        let (messages, window) = (limits.messages.into(), nanos(limits.window));
        Ok(Self { store: store.clone(), key: store.part_key(b'g', name)?, messages, window })
    }

    /// The number of the last message; 0 before the first.
    pub(super) fn generation(&self) -> Result<u64, StoreError> {
        let (value, _) = self.store.read(&self.key)?;
        let [generation, ..] = read(&value);
        Ok(generation)
    }

    /// A number for a new message, if the window has room for one.
    pub(super) fn next(&self, now: u64) -> Result<u64, StoreError> {
        self.store.modify(&self.key, ATTEMPTS, |current| {
            let [generation, mut start, mut sent] = read(current);
            if !runs(start, self.window, now) {
                (start, sent) = (now, 0);
            }
            if sent >= self.messages {
                return (Err(StoreError::RateLimited), None);
            }
            let generation = generation.saturating_add(1);
            (Ok(generation), Some(encode(HEADER, &[generation, start, sent.saturating_add(1)])))
        })?
    }
}

fn read(value: &[u8]) -> [u64; 3] {
    decode(HEADER, value).unwrap_or_default()
}
