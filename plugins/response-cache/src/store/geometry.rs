//! How the memory of a store is laid out.

use gatewright::config::ConfigError;

use super::Settings;
use super::bucket::{CHUNK_BYTES, ENTRY_BYTES, FLIGHT_BYTES, HEADER_BYTES, Space};
use super::events;

/// Bytes of a chunk before its data: generation and number.
pub(super) const CHUNK_HEADER: usize = 8 + 4;
/// What the host spends on a key beside its value: the key, the map's node, the version, rounding.
const KEY_OVERHEAD: u64 = 320;
const MAX_BUCKETS: u64 = 1024;
/// A bucket holds at least this many of the largest responses, and this many bytes.
const LARGEST_PER_BUCKET: u64 = 2;
const MIN_BUCKET_BYTES: u64 = 512 << 10;
/// Taken for the size of a response where the number of places is chosen.
const MEAN_ENTRY: u64 = 8 << 10;
const MAX_WAYS: u64 = 512;

/// How the memory of a store is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Geometry {
    pub(super) buckets: usize,
    /// Fetches that a bucket remembers.
    pub(super) flights: usize,
    /// Bytes of a chunk's data.
    pub(super) chunk: usize,
    /// Bounds of each bucket.
    pub(super) space: Space,
}

impl Geometry {
    pub(super) fn of(settings: &Settings) -> Result<Self, ConfigError> {
        let largest = settings.max_entry as u64 + 2 * CHUNK_HEADER as u64;
        let usable = settings.memory.saturating_sub(events::MAX_BYTES as u64 + KEY_OVERHEAD);
        let least = (largest * LARGEST_PER_BUCKET).max(MIN_BUCKET_BYTES);
        let buckets = (usable / least).clamp(1, MAX_BUCKETS);
        let budget = usable / buckets;
        let ways = (budget / MEAN_ENTRY).clamp(8, MAX_WAYS);
        let geometry = Self::with(buckets as usize, budget, ways as usize, 64, 64 << 10);
        match geometry {
            Some(geometry) if geometry.space.bytes >= largest => Ok(geometry),
            _ => {
                let message = format!(
                    "too small for responses of {} bytes; write at least {}B",
                    settings.max_entry,
                    least + least / 4
                );
                Err(ConfigError::at("memory", message))
            }
        }
    }

    /// Buckets of `budget` bytes each, the host's bookkeeping included.
    pub(super) fn with(buckets: usize, budget: u64, ways: usize, flights: usize, chunk: usize) -> Option<Self> {
        let size = (chunk + CHUNK_HEADER) as u64;
        // One chunk for each response, for it may be shorter, and as many as the bytes fill.
        let chunks = ways as u64 + budget / size + 1;
        let mut geometry = Self { buckets, flights, chunk, space: Space { ways, chunks: chunks as usize, bytes: 0 } };
        let fixed = geometry.index_bytes() as u64 + KEY_OVERHEAD + chunks * KEY_OVERHEAD;
        geometry.space.bytes = budget.checked_sub(fixed)?;
        (chunks < u64::from(u16::MAX)).then_some(geometry)
    }

    /// Bytes of the largest bucket.
    pub(super) fn index_bytes(&self) -> usize {
        let Space { ways, chunks, .. } = self.space;
        HEADER_BYTES + (ways + 1) * ENTRY_BYTES + self.flights * FLIGHT_BYTES + chunks * CHUNK_BYTES
    }

    /// Bytes of the largest shared value.
    pub(super) fn value_bytes(&self) -> usize {
        self.index_bytes().max(self.chunk + CHUNK_HEADER).max(events::MAX_BYTES)
    }

    /// What all who share the store must agree on.
    pub(super) fn words(&self) -> [u64; 6] {
        let Space { ways, chunks, bytes } = self.space;
        [self.buckets as u64, self.flights as u64, self.chunk as u64, ways as u64, chunks as u64, bytes]
    }
}
