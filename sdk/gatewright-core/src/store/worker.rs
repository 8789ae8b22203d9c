//! A number for each worker.

use std::fmt;
use std::num::NonZeroU64;

use super::error::StoreError;
use super::record::{decode, encode, header};
use super::shared::SharedStore;

const HEADER: [u8; 8] = header(*b"GWID", 1, 0);
/// Every worker of a proxy starts at about the same time and takes one number; each mismatch means that another one got its number.
const ATTEMPTS: u32 = 1024;

/// A number that no other worker VM of the same store has or had.
///
/// It comes from a counter in the store, so it needs no entropy. A VM that restarts gets a new one. The counter starts over only when
/// the host drops the store, and it does that when no VM is left.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerId(NonZeroU64);

impl WorkerId {
    /// Takes the next number. Call it once per VM life.
    ///
    /// # Errors
    /// A failure of the host; [`StoreError::UnknownLayout`] if the counter is not readable, for then a number could be given twice.
    pub fn allocate(store: &SharedStore) -> Result<Self, StoreError> {
        let key = store.part_key(b'w', "")?;
        store.modify(&key, ATTEMPTS, |current| match next(current) {
            Ok(id) => (Ok(Self(id)), Some(encode(HEADER, &[id.get()]))),
            Err(error) => (Err(error), None),
        })?
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Debug for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WorkerId({})", self.0)
    }
}

fn next(current: &[u8]) -> Result<NonZeroU64, StoreError> {
    if current.is_empty() {
        return Ok(NonZeroU64::MIN);
    }
    let [last] = decode(HEADER, current).ok_or(StoreError::UnknownLayout)?;
    last.checked_add(1).and_then(NonZeroU64::new).ok_or(StoreError::UnknownLayout)
}
