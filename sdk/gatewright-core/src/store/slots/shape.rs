//! How large a slot table is.

use super::super::error::{StoreError, within};
use super::super::record::HEADER_BYTES;

/// Hash and expiry, before the payload.
pub(super) const ENTRY_OVERHEAD: usize = 16 + 8;
/// What the host spends on a key beside the value: the key itself (at most 200 bytes here), map node, version, allocator rounding.
const KEY_OVERHEAD: u64 = 384;
const MAX_BUCKETS: usize = 1 << 20;
const MAX_WAYS: usize = 64;
const MAX_PAYLOAD: usize = 4096;
/// Enough that a bucket rarely fills before the table does, few enough that a bucket is a short copy.
const DEFAULT_WAYS: usize = 8;

/// Size of a [`SlotTable`](super::SlotTable): buckets, entries per bucket, bytes per payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    buckets: u32,
    ways: u8,
    payload: u16,
}

impl Shape {
    /// A table of `buckets` (1 to 1,048,576) with `ways` entries each (1 to 64) of `payload_bytes` (1 to 4,096).
    ///
    /// # Errors
    /// [`StoreError::OutOfRange`] names the measure.
    pub fn new(buckets: usize, ways: usize, payload_bytes: usize) -> Result<Self, StoreError> {
        within("number of buckets", buckets, 1, MAX_BUCKETS)?;
        within("entries per bucket", ways, 1, MAX_WAYS)?;
        within("bytes of a payload", payload_bytes, 1, MAX_PAYLOAD)?;
        // The bounds above are inside every one of these types.
        Ok(Self { buckets: buckets as u32, ways: ways as u8, payload: payload_bytes as u16 })
    }

    /// The largest table with eight entries per bucket that takes at most `bytes`.
    ///
    /// # Errors
    /// [`StoreError::OutOfRange`] if not even one bucket fits, or for the payload.
    pub fn for_budget(bytes: u64, payload_bytes: usize) -> Result<Self, StoreError> {
        let one = Self::new(1, DEFAULT_WAYS, payload_bytes)?;
        let buckets = bytes / one.bytes();
        if buckets == 0 {
            let (what, min) = ("memory budget in bytes", one.bytes());
            return Err(StoreError::OutOfRange { what, found: bytes, min, max: u64::MAX });
        }
        Ok(Self { buckets: buckets.min(MAX_BUCKETS as u64) as u32, ..one })
    }

    /// Bytes of host memory at most, keys and an allowance for the host's bookkeeping included.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        u64::from(self.buckets) * (self.bucket_bytes() as u64 + KEY_OVERHEAD)
    }

    /// Entries at most.
    #[must_use]
    pub fn entries(&self) -> u64 {
        u64::from(self.buckets) * u64::from(self.ways)
    }

    pub(super) fn buckets(&self) -> u32 {
        self.buckets
    }

    pub(super) fn ways(&self) -> usize {
        usize::from(self.ways)
    }

    pub(super) fn payload_bytes(&self) -> usize {
        usize::from(self.payload)
    }

    pub(super) fn entry_bytes(&self) -> usize {
        ENTRY_OVERHEAD + self.payload_bytes()
    }

    pub(super) fn bucket_bytes(&self) -> usize {
        HEADER_BYTES + self.ways() * self.entry_bytes()
    }
}
