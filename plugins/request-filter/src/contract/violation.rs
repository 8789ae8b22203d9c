//! How a request breaks a contract.

use std::fmt;

use crate::value::Refusal;

/// What a request does that its operation does not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Name and status.
    pub refusal: Refusal,
    /// Where: `path`, `query.limit`, `header.x-tenant`, `cookie.id` or `body.items[2].name`. Names of the document and of the request, no
    /// values; at most 128 characters.
    pub place: String,
}

impl Violation {
    /// The body was not read to its end, so nobody knows whether it is as described.
    pub(crate) fn unread() -> Self {
        Self::new(413, "contract_body_unread", "body")
    }

    pub(super) fn new(status: u16, reason: &'static str, place: impl Into<String>) -> Self {
        let place = place.into().chars().take(128).collect();
        Self { refusal: Refusal::with_status(status, reason), place }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.refusal.reason, self.place)
    }
}
