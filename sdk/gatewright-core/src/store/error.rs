//! Why shared state could not be read or changed.

use std::fmt;

use crate::host::Status;

/// Why shared state could not be read or changed. Always "could not decide", never a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// The host refused the call.
    Host(Status),
    /// The key is not at the version the caller expected.
    VersionMismatch,
    /// Other workers changed the value at every attempt.
    Contended {
        /// How often it was tried.
        attempts: u32,
    },
    /// A length, count or duration is outside its bounds.
    OutOfRange {
        /// What was measured.
        what: &'static str,
        /// The measure.
        found: u64,
        /// The least that is accepted.
        min: u64,
        /// The most that is accepted.
        max: u64,
    },
    /// A key or namespace contains a NUL byte, which separates the parts of a key.
    NulInKey,
    /// This worker already wrote as many different keys as the store allows.
    TooManyKeys {
        /// The limit.
        max: usize,
    },
    /// The host returned version 0, with which no safe write is possible.
    Unversioned,
    /// The value was written by a module with another layout, and cannot be started afresh.
    UnknownLayout,
    /// Every entry that could make room is pinned.
    BucketFull,
    /// Every seat of the broadcast directory belongs to a live worker.
    DirectoryFull,
    /// The workers together already published as many messages as the window allows.
    RateLimited,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(status) => write!(f, "shared data: {status}"),
            Self::VersionMismatch => f.write_str("shared data: another worker changed the value"),
            Self::Contended { attempts } => {
                write!(f, "shared data: other workers changed the value at each of {attempts} attempts")
            }
            Self::OutOfRange { what, found, min, max } => {
                write!(f, "{what} is {found}; it must be from {min} to {max}")
            }
            Self::NulInKey => f.write_str("a key or namespace contains a NUL byte; use names without one"),
            Self::TooManyKeys { max } => {
                write!(f, "more than {max} different keys; the host never deletes a key, use a SlotTable")
            }
            Self::Unversioned => f.write_str("the host returned a shared value without a version"),
            Self::UnknownLayout => f.write_str("a shared value has a layout this module does not know"),
            Self::BucketFull => f.write_str("every entry of the bucket is pinned"),
            Self::DirectoryFull => f.write_str("every seat of the broadcast directory is taken"),
            Self::RateLimited => f.write_str("too many broadcast messages in this window"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Host(status) => Some(status),
            _ => None,
        }
    }
}

impl From<Status> for StoreError {
    fn from(status: Status) -> Self {
        match status {
            Status::CasMismatch => Self::VersionMismatch,
            other => Self::Host(other),
        }
    }
}

/// Checks a measure against its bounds.
pub(super) fn within(what: &'static str, found: usize, min: usize, max: usize) -> Result<(), StoreError> {
    if (min..=max).contains(&found) {
        return Ok(());
    }
    Err(StoreError::OutOfRange { what, found: found as u64, min: min as u64, max: max as u64 })
}
