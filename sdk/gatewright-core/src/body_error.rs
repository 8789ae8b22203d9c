//! Why a body cannot be read, and how long it is waited for.

use std::fmt;
use std::time::Duration;

use crate::fault::{Cause, Fault};
use crate::headers::HeadersError;
use crate::host::Status;

/// Longest wait for a body that a policy holds: a sender that trickles must not hold state for ever.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(60);

/// Why a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// More than the limit that the policy gave.
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// It did not arrive within [`BODY_TIMEOUT`]. In Envoy the usual reason is a missing `allow_on_headers_stop_iteration: true`.
    Timeout,
    /// The module does not export the callbacks that bodies need.
    NotExported,
    /// The trailers cannot be read.
    Trailers(HeadersError),
    /// The host refused.
    Host(Status),
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { limit } => write!(f, "the body is larger than {limit} bytes"),
            Self::Timeout => write!(
                f,
                "the body did not arrive within {} s; is allow_on_headers_stop_iteration set?",
                BODY_TIMEOUT.as_secs()
            ),
            Self::NotExported => f.write_str("the policy reads a body, but its PHASES and export! do not name it"),
            Self::Trailers(error) => write!(f, "trailers: {error}"),
            Self::Host(status) => write!(f, "the host refused to give the body: {status}"),
        }
    }
}

impl std::error::Error for BodyError {}

impl From<BodyError> for Fault {
    fn from(error: BodyError) -> Self {
        let cause = match error {
            BodyError::TooLarge { .. } => Cause::BodyTooLarge,
            BodyError::NotExported => Cause::Misuse,
            BodyError::Timeout | BodyError::Trailers(_) | BodyError::Host(_) => Cause::Message,
        };
        Self::new(cause, error.to_string())
    }
}
