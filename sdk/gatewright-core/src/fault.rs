//! "Could not decide": never a denial.

use std::borrow::Cow;
use std::fmt;

use crate::headers::HeadersError;
use crate::host::Status;
use crate::store::StoreError;

/// A policy could not decide. What follows is not the policy's business: the SDK does what `failure_mode` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    cause: Cause,
    message: Cow<'static, str>,
}

/// Why a policy could not decide; the label of metrics and events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// A body is larger than the policy may read.
    BodyTooLarge,
    /// A callout could not be made or was not answered in time.
    Callout,
    /// The message cannot be read as HTTP should be.
    Message,
    /// The policy or its module is wrong.
    Misuse,
    /// Shared state is not readable or too contended.
    Store,
    /// Anything else.
    Other,
}

impl Cause {
    /// The cause as it stands in metrics and events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BodyTooLarge => "body_too_large",
            Self::Callout => "callout",
            Self::Message => "message",
            Self::Misuse => "misuse",
            Self::Store => "store",
            Self::Other => "other",
        }
    }
}

impl Fault {
    /// A fault of this cause. The message goes into the event, never to the client.
    pub fn new(cause: Cause, message: impl Into<Cow<'static, str>>) -> Self {
        Self { cause, message: message.into() }
    }

    pub(crate) fn unconfigured() -> Self {
        Self::new(Cause::Misuse, "the plugin has no configuration")
    }

    /// Why the policy could not decide.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// What happened, for the operator.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The status that a client gets under `failure_mode: closed`. A body that is too large is the client's own fault only if it is
    /// the request's.
    pub(crate) fn status(&self, forwarded: bool) -> u16 {
        if self.cause == Cause::BodyTooLarge && !forwarded { 413 } else { 503 }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.cause.as_str(), self.message)
    }
}

impl std::error::Error for Fault {}

impl From<HeadersError> for Fault {
    fn from(error: HeadersError) -> Self {
        Self::new(Cause::Message, error.to_string())
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::new(Cause::Store, error.to_string())
    }
}

impl From<Status> for Fault {
    fn from(status: Status) -> Self {
        Self::new(Cause::Other, format!("the host answered: {status}"))
    }
}
