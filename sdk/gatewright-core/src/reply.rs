//! Answers that the proxy gives itself.

use std::borrow::Cow;
use std::rc::Rc;

use crate::fault::Fault;
use crate::headers::{EncodedHeaders, Headers, IntoFieldValue};

/// A local reply: a denial, a cache hit, a preflight answer. The upstream never sees the request.
#[derive(Clone, Debug)]
pub struct Reply {
    pub(crate) status: u16,
    pub(crate) fields: Fields,
    pub(crate) body: Rc<Vec<u8>>,
    pub(crate) grpc_status: Option<u32>,
    pub(crate) verdict: Verdict,
    pub(crate) reason: Cow<'static, str>,
}

/// The header fields of a local answer: a list, or what is ready to be sent and taken apart only if somebody looks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    encoded: Option<EncodedHeaders>,
    /// Boxed, so that a `Result` with a reply in it stays small.
    list: Option<Box<Headers>>,
}

impl Fields {
    pub(crate) fn list(&mut self) -> &mut Headers {
        if let Some(encoded) = self.encoded.take() {
            // What was encoded here parses.
            self.list = Some(Box::new(Headers::decode(encoded.0).unwrap_or_default()));
        }
        self.list.get_or_insert_default()
    }

    pub(crate) fn into_list(mut self) -> Headers {
        std::mem::take(self.list())
    }

    pub(crate) fn into_encoded(self) -> Vec<u8> {
        match (self.encoded, self.list) {
            (Some(encoded), _) => encoded.0,
            (None, list) => list.unwrap_or_default().encode(),
        }
    }
}

/// A final status code as it stands, anything else as 500: the proxy must not be made to send what is no response.
pub(crate) fn sendable(status: u16) -> u16 {
    if (200..=599).contains(&status) { status } else { 500 }
}

/// What a policy decided, as metrics and events name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The request may go on.
    Allow,
    /// The request is refused.
    Deny,
    /// The request is answered from here.
    Answer,
    /// The policy could not decide.
    Fault,
}

impl Verdict {
    /// The verdict as it stands in metrics and events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Answer => "answer",
            Self::Fault => "fault",
        }
    }
}

impl Reply {
    /// Refuses the request. A `status` that is not 200 to 599 is sent as 500. `reason` is a short snake_case word for events and the access log; the client does not see it.
    pub fn deny(status: u16, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(status, Verdict::Deny, reason.into())
    }

    /// Answers the request, which is no refusal. A `status` that is not 200 to 599 is sent as 500.
    pub fn answer(status: u16, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(status, Verdict::Answer, reason.into())
    }

    /// `401 Unauthorized` with a `WWW-Authenticate` challenge (RFC 9110 §11.6.1) of this scheme.
    #[must_use]
    pub fn unauthorized(challenge: &str) -> Self {
        Self::deny(401, "unauthorized").with_header("www-authenticate", challenge)
    }

    /// `403 Forbidden`.
    pub fn forbidden(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::deny(403, reason)
    }

    /// Adds a header field.
    #[must_use]
    pub fn with_header(mut self, name: impl AsRef<str>, value: impl IntoFieldValue) -> Self {
        self.fields.list().append(name, value);
        self
    }

    /// Sends these header fields and no others.
    #[must_use]
    pub fn with_headers(mut self, headers: Headers) -> Self {
        self.fields = Fields { encoded: None, list: Some(Box::new(headers)) };
        self
    }

    /// Sends these header fields and no others, as [`with_headers`](Self::with_headers), where they need no further change.
    #[must_use]
    pub fn with_encoded_headers(mut self, headers: EncodedHeaders) -> Self {
        self.fields = Fields { encoded: Some(headers), list: None };
        self
    }

    /// Sets the body and leaves the header fields as they are. The proxy adds `content-length`.
    #[must_use]
    pub fn with_content(self, body: impl Into<Vec<u8>>) -> Self {
        self.with_shared_content(Rc::new(body.into()))
    }

    /// As [`with_content`](Self::with_content), with a body that others keep too: it is not copied.
    #[must_use]
    pub fn with_shared_content(mut self, body: Rc<Vec<u8>>) -> Self {
        self.body = body;
        self
    }

    /// Sets the body. The proxy adds `content-length`.
    #[must_use]
    pub fn with_body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.fields.list().set("content-type", content_type);
        self.with_content(body)
    }

    /// Sets the gRPC status that a gRPC client gets; without one the proxy derives it from the HTTP status.
    #[must_use]
    pub fn with_grpc_status(mut self, status: u32) -> Self {
        self.grpc_status = Some(status);
        self
    }

    /// Sets the reason that stands in events.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<Cow<'static, str>>) -> Self {
        self.reason = reason.into();
        self
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// What a client gets whose request could not be decided.
    pub(crate) fn of_fault(fault: &Fault, forwarded: bool) -> Self {
        Self::new(fault.status(forwarded), Verdict::Fault, fault.cause().as_str().into())
    }

    fn new(status: u16, verdict: Verdict, reason: Cow<'static, str>) -> Self {
        let status = sendable(status);
        Self { status, fields: Fields::default(), body: Rc::default(), grpc_status: None, verdict, reason }
    }
}
