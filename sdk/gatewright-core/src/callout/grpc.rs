//! gRPC callouts: messages are the serialised protobuf of the method, without framing.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use super::{CalloutError, MAX_ANSWER, Registered, State};
use crate::config::Upstream;
use crate::headers::{Headers, IntoFieldValue};
use crate::host::Status;
use crate::pairs;
use crate::services::Services;

/// A gRPC call that is being put together. Made by [`Services::grpc`].
#[must_use = "a call does nothing until it is made"]
pub struct GrpcCall {
    services: Services,
    upstream: String,
    authority: Option<String>,
    service: String,
    method: String,
    metadata: Headers,
    max_answer: usize,
}

/// An open gRPC stream. Dropping it resets the stream.
pub struct GrpcStream {
    call: Registered,
}

impl GrpcCall {
    pub(crate) fn new(services: &Services, upstream: &Upstream, service: &str, method: &str) -> Self {
        Self {
            services: services.clone(),
            upstream: upstream.as_str().to_owned(),
            authority: None,
            service: service.to_owned(),
            method: method.to_owned(),
            metadata: Headers::default(),
            max_answer: MAX_ANSWER,
        }
    }

    /// The `:authority` to name; without one the proxy's choice, which in Envoy is the upstream's name.
    pub fn authority(mut self, authority: &str) -> Self {
        self.authority = Some(authority.to_owned());
        self
    }

    /// Adds initial metadata.
    pub fn metadata(mut self, name: impl AsRef<str>, value: impl IntoFieldValue) -> Self {
        self.metadata.append(name, value);
        self
    }

    /// The largest answer to read, on a stream the largest message, in bytes; without this, [`MAX_ANSWER`].
    pub fn max_answer(mut self, bytes: usize) -> Self {
        self.max_answer = bytes;
        self
    }

    /// Makes a unary call and waits for its answer.
    ///
    /// # Errors
    /// [`CalloutError::Grpc`] for a status other than OK, another [`CalloutError`] if there is no answer to read.
    pub async fn unary(self, message: &[u8], timeout: Duration) -> Result<Vec<u8>, CalloutError> {
        let (root, owner) = (self.services.root(), self.services.owner());
        let metadata = pairs::encode(self.metadata.iter());
        let millis = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX).max(1);
        let (upstream, service, method) = (&self.target(), self.service.as_bytes(), self.method.as_bytes());
        let token = root
            .host()
            .grpc_call(upstream, service, method, &metadata, message, millis)
            .map_err(CalloutError::NotStarted)?;
        let state = State::Unary { max_answer: self.max_answer, answer: None };
        let call = Registered::new(root, owner, token, state);
        poll_fn(|_| match &mut *call.pending.state.borrow_mut() {
            State::Unary { answer, .. } => answer.take().map_or(Poll::Pending, Poll::Ready),
            _ => Poll::Ready(Err(CalloutError::Failed)),
        })
        .await
    }

    /// Opens a stream. It has no timeout of its own: wrap the waits in [`Services::timeout`].
    ///
    /// # Errors
    /// [`CalloutError::NotStarted`] if the host refuses.
    pub fn stream(self) -> Result<GrpcStream, CalloutError> {
        let (root, owner) = (self.services.root(), self.services.owner());
        let metadata = pairs::encode(self.metadata.iter());
        let (upstream, service, method) = (&self.target(), self.service.as_bytes(), self.method.as_bytes());
        let token = root.host().grpc_stream(upstream, service, method, &metadata).map_err(CalloutError::NotStarted)?;
        let state = State::Stream { max_answer: self.max_answer, messages: VecDeque::new(), closed: None };
        Ok(GrpcStream { call: Registered::new(root, owner, token, state) })
    }

    /// What the host is told of the upstream: its name or, for more, a serialised `envoy.config.core.v3.GrpcService`, which is
    /// `{envoy_grpc=1: {cluster_name=1, authority=2}}`.
    fn target(&self) -> Vec<u8> {
        let Some(authority) = &self.authority else { return self.upstream.as_bytes().to_vec() };
        let (mut service, mut envoy_grpc) = (Vec::new(), Vec::new());
        put_bytes(&mut envoy_grpc, 1, self.upstream.as_bytes());
        put_bytes(&mut envoy_grpc, 2, authority.as_bytes());
        put_bytes(&mut service, 1, &envoy_grpc);
        service
    }
}

/// Adds a field of bytes to a message (Protocol Buffers encoding).
fn put_bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.push(field << 3 | 2);
    let mut length = bytes.len();
    while length >= 0x80 {
        out.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    out.extend_from_slice(bytes);
}

impl GrpcStream {
    /// Sends a message; `last` half-closes the stream.
    ///
    /// # Errors
    /// [`CalloutError::NotStarted`] if the stream is closed or the host refuses.
    pub fn send(&self, message: &[u8], last: bool) -> Result<(), CalloutError> {
        if !self.call.is_open() {
            return Err(CalloutError::NotStarted(Status::NotFound));
        }
        self.call.root.host().grpc_send(self.call.token, message, last).map_err(CalloutError::NotStarted)
    }

    /// Waits for the next message; `None` when the other side ended the stream with OK.
    ///
    /// # Errors
    /// [`CalloutError::Grpc`] when it ended otherwise, [`CalloutError::Unread`] when messages were not read fast enough,
    /// [`CalloutError::TooLarge`] for one over the limit. The stream is then of no further use.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, CalloutError> {
        poll_fn(|_| match &mut *self.call.pending.state.borrow_mut() {
            State::Stream { messages, closed, .. } => match (messages.pop_front(), closed) {
                (Some(message), _) => Poll::Ready(Ok(Some(message))),
                (None, Some(CalloutError::Grpc(0, _))) => Poll::Ready(Ok(None)),
                (None, Some(error)) => Poll::Ready(Err(error.clone())),
                (None, None) => Poll::Pending,
            },
            _ => Poll::Ready(Err(CalloutError::Failed)),
        })
        .await
    }
}
