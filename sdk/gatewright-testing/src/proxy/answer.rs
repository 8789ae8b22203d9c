//! What an upstream does with a request.

use std::time::Duration;

use crate::message::Response;

/// How an HTTP upstream answers, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub(crate) after: Duration,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Response(Response),
    Timeout,
    Refused,
    Failed,
    Truncated(Response),
    Never,
}

impl Answer {
    /// Answers with a response at once.
    #[must_use]
    pub fn response(response: Response) -> Self {
        Self { after: Duration::ZERO, kind: Kind::Response(response) }
    }

    /// Answers with a response after some time; where that is past the caller's timeout, it is a timeout.
    #[must_use]
    pub fn delay(after: Duration, response: Response) -> Self {
        Self::response(response).after(after)
    }

    /// Does not answer before the caller's timeout: the caller sees the proxy's 504.
    #[must_use]
    pub fn timeout() -> Self {
        Self { after: Duration::ZERO, kind: Kind::Timeout }
    }

    /// Takes no connection: the caller sees the proxy's 503.
    #[must_use]
    pub fn refused() -> Self {
        Self { after: Duration::ZERO, kind: Kind::Refused }
    }

    /// Resets the stream before a response: the caller sees the proxy's 503.
    #[must_use]
    pub fn failed() -> Self {
        Self { after: Duration::ZERO, kind: Kind::Failed }
    }

    /// Sends headers and half of the body, then closes: a callout ends with no headers at all. An exchange is cut, or
    /// gets the proxy's 502 where the guest holds the headers.
    #[must_use]
    pub fn truncated(response: Response) -> Self {
        Self { after: Duration::ZERO, kind: Kind::Truncated(response) }
    }

    /// Says nothing, and the proxy does not lose patience either. The test may go on by hand.
    #[must_use]
    pub fn never() -> Self {
        Self { after: Duration::ZERO, kind: Kind::Never }
    }

    /// The same answer after some time.
    #[must_use]
    pub fn after(mut self, after: Duration) -> Self {
        self.after = after;
        self
    }
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        Self::response(response)
    }
}

/// A unary gRPC call as the upstream sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrpcCall {
    /// The `:authority` that the guest asked for; otherwise it is the upstream's name.
    pub authority: Option<String>,
    /// Full name of the service, such as `etcdserverpb.KV`.
    pub service: String,
    /// Name of the method.
    pub method: String,
    /// Metadata that the guest added.
    pub metadata: crate::message::Fields,
    /// The request message.
    pub message: Vec<u8>,
}

/// How a gRPC upstream answers a unary call, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrpcAnswer {
    pub(crate) after: Duration,
    pub(crate) kind: GrpcKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GrpcKind {
    Message(Vec<u8>),
    Status(u32, Vec<u8>),
    Never,
}

impl GrpcAnswer {
    /// Answers with a message at once.
    #[must_use]
    pub fn message(message: impl Into<Vec<u8>>) -> Self {
        Self { after: Duration::ZERO, kind: GrpcKind::Message(message.into()) }
    }

    /// Fails with a gRPC status such as 14 (unavailable).
    #[must_use]
    pub fn status(status: u32, message: &str) -> Self {
        Self { after: Duration::ZERO, kind: GrpcKind::Status(status, message.as_bytes().to_vec()) }
    }

    /// Says nothing: where the caller set a timeout, it sees status 4 (deadline exceeded).
    #[must_use]
    pub fn never() -> Self {
        Self { after: Duration::ZERO, kind: GrpcKind::Never }
    }

    /// The same answer after some time.
    #[must_use]
    pub fn after(mut self, after: Duration) -> Self {
        self.after = after;
        self
    }
}
