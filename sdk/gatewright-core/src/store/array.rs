//! Values by number.

use super::error::{StoreError, within};
use super::shared::{SharedStore, Version};

const MAX_NAME_BYTES: usize = 64;
const MAX_LENGTH: usize = 1 << 24;

/// Shared values numbered from 0, as many as were asked for: what an arena is made of.
///
/// It bounds the number of keys and, by [`StoreLimits::value_bytes`](super::StoreLimits::value_bytes), each value; what they may take
/// together is up to the user. An empty value gives its memory back to the host.
#[derive(Clone, Debug)]
pub struct SharedArray {
    store: SharedStore,
    name: Vec<u8>,
    length: u32,
}

impl SharedArray {
    /// The array of this name (1 to 64 bytes, no NUL) with this many values (1 to 16,777,216).
    ///
    /// # Errors
    /// A bad name or length.
    pub fn new(store: &SharedStore, name: &str, length: usize) -> Result<Self, StoreError> {
        within("length of the array's name", name.len(), 1, MAX_NAME_BYTES)?;
        within("length of the array", length, 1, MAX_LENGTH)?;
        let mut name = store.part_key(b'a', name)?;
        name.push(0);
        // At most 2^24: it fits.
        Ok(Self { store: store.clone(), name, length: u32::try_from(length).unwrap_or(u32::MAX) })
    }

    /// A value, empty if it was never set, and the version with which it can be replaced.
    ///
    /// # Errors
    /// A number out of range, or a failure of the host.
    pub fn get(&self, number: usize) -> Result<(Vec<u8>, Version), StoreError> {
        self.store.read(&self.key(number)?)
    }

    /// Sets a value, whatever it was.
    ///
    /// # Errors
    /// A number or a length out of range, or a failure of the host.
    pub fn set(&self, number: usize, value: &[u8]) -> Result<(), StoreError> {
        self.store.write(&self.key(number)?, value, Version::ANY)
    }

    /// Sets a value if it is still at the version that [`get`](Self::get) found.
    ///
    /// # Errors
    /// [`StoreError::VersionMismatch`] if it is not; otherwise as for [`set`](Self::set).
    pub fn compare_and_swap(&self, number: usize, value: &[u8], version: Version) -> Result<(), StoreError> {
        self.store.write(&self.key(number)?, value, version)
    }

    fn key(&self, number: usize) -> Result<Vec<u8>, StoreError> {
        within("number of a shared value", number, 0, (self.length as usize).saturating_sub(1))?;
        // Below the length, which fits.
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        Ok([self.name.as_slice(), &number.to_le_bytes()].concat())
    }
}
