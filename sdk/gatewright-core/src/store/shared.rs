//! Single shared values.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::rc::Rc;

use super::error::{StoreError, within};
use crate::host::{Host, Status};

/// A version that the caller of a write gives for a key that should not exist.
///
/// The host accepts any version for an absent key and refuses a wrong one for a present key. Versions count up from 1 over the whole
/// process, so the last one is current for at most one write in four billion, and harms only if that write created the same key.
const NEVER_CURRENT: u32 = u32::MAX;
const MAX_NAMESPACE_BYTES: usize = 64;
const MAX_KEY_BYTES: usize = 128;

/// The version of a shared value. Changes with every write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(u32);

impl Version {
    /// Of a write that does not care what was there.
    pub(super) const ANY: Self = Self(0);
}

/// What a compare-and-swap takes for granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The key has no value.
    Absent,
    /// The key is at this version.
    At(Version),
}

/// What [`SharedStore::update`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// The new value is stored.
    Written,
    /// The change asked for no write.
    Unchanged,
}

/// Bounds of a [`SharedStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// Different keys that one worker may write. The host never deletes a key.
    pub keys: usize,
    /// Length of a value in bytes. The host copies values while every worker waits.
    pub value_bytes: usize,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self { keys: 1024, value_bytes: 64 * 1024 }
    }
}

/// Values that all workers of the proxy share, under a namespace.
///
/// An empty value is the same as no value: the host cannot delete a key, only empty it.
/// Keys must come from code or configuration, never from a request; [`StoreLimits::keys`] bounds what a mistake can cost. For keys that
/// requests decide there is [`SlotTable`](super::SlotTable).
#[derive(Clone)]
pub struct SharedStore {
    inner: Rc<Inner>,
}

struct Inner {
    host: Rc<dyn Host>,
    namespace: Box<[u8]>,
    limits: StoreLimits,
    written: RefCell<BTreeSet<Box<[u8]>>>,
}

impl SharedStore {
    /// A view of the host's shared data in which every key lies under `namespace` (1 to 64 bytes, no NUL).
    ///
    /// # Errors
    /// A namespace that is empty, too long or contains NUL.
    pub fn new(host: Rc<dyn Host>, namespace: &str, limits: StoreLimits) -> Result<Self, StoreError> {
        within("length of the namespace", namespace.len(), 1, MAX_NAMESPACE_BYTES)?;
        no_nul(namespace)?;
        let namespace = namespace.as_bytes().into();
        Ok(Self { inner: Rc::new(Inner { host, namespace, limits, written: RefCell::default() }) })
    }

    /// The value of a key and its version; `None` without a value.
    ///
    /// # Errors
    /// A key that is not 1 to 128 bytes without NUL, or a failure of the host.
    pub fn get(&self, key: &str) -> Result<Option<(Vec<u8>, Version)>, StoreError> {
        let (value, version) = self.read(&self.own_key(key)?)?;
        Ok((!value.is_empty()).then_some((value, version)))
    }

    /// Sets the value of a key, whatever it was. An empty value removes it.
    ///
    /// # Errors
    /// As for [`get`](Self::get); a value over the limit; too many keys.
    pub fn set(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.write_counted(&self.own_key(key)?, value, Version::ANY)
    }

    /// Sets the value of a key if it is as `expected`. Of several workers that expect the same, exactly one succeeds.
    ///
    /// # Errors
    /// [`StoreError::VersionMismatch`] if it is not as expected; otherwise as for [`set`](Self::set).
    pub fn compare_and_swap(&self, key: &str, value: &[u8], expected: Expected) -> Result<(), StoreError> {
        let key = self.own_key(key)?;
        let version = match expected {
            Expected::At(version) => version,
            Expected::Absent => match self.read(&key)? {
                (current, version) if current.is_empty() => version,
                _ => return Err(StoreError::VersionMismatch),
            },
        };
        self.write_counted(&key, value, version)
    }

    /// Reads, changes and writes a value until no other worker comes between, at most `attempts` times.
    ///
    /// `change` gets the value (`None` without one) and returns the new one, or `None` to leave it. It may be called once per attempt.
    ///
    /// # Errors
    /// [`StoreError::Contended`] if every attempt met another worker's write; otherwise as for [`set`](Self::set).
    pub fn update(
        &self,
        key: &str,
        attempts: u32,
        mut change: impl FnMut(Option<&[u8]>) -> Option<Vec<u8>>,
    ) -> Result<Update, StoreError> {
        let key = self.own_key(key)?;
        self.modify(&key, attempts, |current| match change((!current.is_empty()).then_some(current)) {
            Some(value) => (Update::Written, Some(value)),
            None => (Update::Unchanged, None),
        })
    }

    /// The key of a part of the store, out of reach of [`get`](Self::get) and its like.
    pub(super) fn part_key(&self, part: u8, name: &str) -> Result<Vec<u8>, StoreError> {
        within("length of the name", name.len(), 0, MAX_KEY_BYTES)?;
        no_nul(name)?;
        // No key of a caller starts with NUL.
        Ok(self.key(&[0, 0, part], name))
    }

    /// [`update`](Self::update) for the other parts: empty means absent, and the change also returns a result.
    pub(super) fn modify<R>(
        &self,
        key: &[u8],
        attempts: u32,
        mut change: impl FnMut(&[u8]) -> (R, Option<Vec<u8>>),
    ) -> Result<R, StoreError> {
        self.retry(attempts, || {
            let (current, version) = self.read(key)?;
            let (result, value) = change(&current);
            if let Some(value) = value {
                self.write_counted(key, &value, version)?;
            }
            Ok(result)
        })
    }

    /// Runs `attempt` until it meets no other worker's write.
    pub(super) fn retry<R>(
        &self,
        attempts: u32,
        mut attempt: impl FnMut() -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        for _ in 0..attempts {
            match attempt() {
                Err(StoreError::VersionMismatch) => {}
                done => return done,
            }
        }
        Err(StoreError::Contended { attempts })
    }

    /// A value, empty if absent, and the version with which it can be replaced.
    pub(super) fn read(&self, key: &[u8]) -> Result<(Vec<u8>, Version), StoreError> {
        match self.inner.host.shared_data(key) {
            Ok((_, 0)) => Err(StoreError::Unversioned),
            Ok((value, version)) => Ok((value, Version(version))),
            Err(Status::NotFound) => Ok((Vec::new(), Version(NEVER_CURRENT))),
            Err(status) => Err(status.into()),
        }
    }

    /// Writes a key whose number the caller bounds.
    pub(super) fn write(&self, key: &[u8], value: &[u8], version: Version) -> Result<(), StoreError> {
        within("length of the value", value.len(), 0, self.inner.limits.value_bytes)?;
        Ok(self.inner.host.set_shared_data(key, value, version.0)?)
    }

    pub(super) fn host(&self) -> &Rc<dyn Host> {
        &self.inner.host
    }

    pub(super) fn limits(&self) -> StoreLimits {
        self.inner.limits
    }

    fn write_counted(&self, key: &[u8], value: &[u8], version: Version) -> Result<(), StoreError> {
        let mut written = self.inner.written.borrow_mut();
        if !written.contains(key) {
            if written.len() >= self.inner.limits.keys {
                return Err(StoreError::TooManyKeys { max: self.inner.limits.keys });
            }
            written.insert(key.into());
        }
        drop(written);
        self.write(key, value, version)
    }

    fn own_key(&self, key: &str) -> Result<Vec<u8>, StoreError> {
        within("length of the key", key.len(), 1, MAX_KEY_BYTES)?;
        no_nul(key)?;
        Ok(self.key(&[0], key))
    }

    fn key(&self, separator: &[u8], name: &str) -> Vec<u8> {
        [&self.inner.namespace, separator, name.as_bytes()].concat()
    }
}

impl fmt::Debug for SharedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let namespace = String::from_utf8_lossy(&self.inner.namespace);
        f.debug_struct("SharedStore").field("namespace", &namespace).finish_non_exhaustive()
    }
}

fn no_nul(name: &str) -> Result<(), StoreError> {
    if name.contains('\0') { Err(StoreError::NulInKey) } else { Ok(()) }
}
