//! The response as a policy handles it.

use std::rc::Rc;

use crate::body_error::BodyError;
use crate::exchange::Exchange;
use crate::filter::{BodyFilter, BodyWatch, Piece};
use crate::headers::{Headers, IntoFieldValue};
use crate::host::Direction;
use crate::message::Message;
use crate::property;
use crate::reply::{Reply, sendable};

/// A response on its way to the client: the upstream's, a later policy's reply, or the proxy's own error page. Edits reach the
/// proxy when every policy is done with it.
pub struct Response {
    /// Boxed: a response moves through many futures.
    pub(crate) message: Box<Message>,
    pub(crate) reply: Option<ReplyMeta>,
}

/// What a later policy's reply says beside its fields and body.
#[derive(Clone)]
pub(crate) struct ReplyMeta {
    pub(crate) status: u16,
    pub(crate) grpc_status: Option<u32>,
    pub(crate) details: String,
}

impl Response {
    pub(crate) fn upstream(exchange: &Rc<Exchange>) -> Self {
        Self { message: Box::new(Message::new(Rc::clone(exchange), Direction::Response)), reply: None }
    }

    /// A reply of the policy or module of this name.
    pub(crate) fn local(exchange: &Rc<Exchange>, name: &str, reply: Reply) -> Self {
        let details = ["gatewright.", name, ".", reply.verdict.as_str(), ".", &reply.reason].concat();
        let meta = ReplyMeta { status: reply.status, grpc_status: reply.grpc_status, details };
        let message = Box::new(Message::local(Rc::clone(exchange), reply.fields, reply.body));
        Self { message, reply: Some(meta) }
    }

    pub(crate) fn checkpoint(&self) -> Self {
        Self { message: Box::new(self.message.checkpoint()), reply: self.reply.clone() }
    }

    /// The status code; 0 if the upstream's is no number.
    #[must_use]
    pub fn status(&self) -> u16 {
        match &self.reply {
            Some(reply) => reply.status,
            None => self.headers().text(":status").and_then(|status| status.parse().ok()).unwrap_or(0),
        }
    }

    /// Sets the status code. One that is not 200 to 599 becomes 500.
    pub fn set_status(&mut self, status: u16) {
        let status = sendable(status);
        match &mut self.reply {
            Some(reply) => reply.status = status,
            None => self.message.set_header(":status", status),
        }
    }

    /// Whether this is a reply of a later policy in the module, not something that came through the proxy.
    #[must_use]
    pub fn is_reply(&self) -> bool {
        self.reply.is_some()
    }

    /// Whether the proxy made this response because no upstream did: none could be reached, or none gave an answer in time (Envoy's
    /// response flags). An upstream's own error, whatever its status, is not meant. Known while the response has not been sent.
    #[must_use]
    pub fn is_upstream_unreachable(&self) -> bool {
        !self.is_reply() && property::is_upstream_unreachable(&self.message.exchange)
    }

    /// Every header field.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        self.message.headers()
    }

    /// The first value of a header field.
    #[must_use]
    pub fn header(&self, name: impl AsRef<str>) -> Option<&[u8]> {
        self.headers().get(name)
    }

    /// Makes this the only value of a header field.
    pub fn set_header(&mut self, name: impl AsRef<str>, value: impl IntoFieldValue) {
        self.message.set_header(name.as_ref(), value);
    }

    /// Adds a value to a header field.
    pub fn append_header(&mut self, name: impl AsRef<str>, value: impl IntoFieldValue) {
        self.message.append_header(name.as_ref(), value);
    }

    /// Removes a header field, all its values.
    pub fn remove_header(&mut self, name: impl AsRef<str>) {
        self.message.remove_header(name.as_ref());
    }

    /// Waits for the whole body and gives it. The response stays held meanwhile.
    ///
    /// # Errors
    /// [`BodyError::TooLarge`] as soon as more than `limit` bytes have arrived; other [`BodyError`]s if it cannot be read.
    pub async fn body(&mut self, limit: usize) -> Result<&[u8], BodyError> {
        self.message.body(limit).await
    }

    /// Waits for the next bytes of the body; `None` at its end. The response stays held, up to the host's buffer limit. How the body
    /// is cut into chunks means nothing.
    ///
    /// # Errors
    /// A [`BodyError`] if the body cannot be read.
    pub async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, BodyError> {
        self.message.next_chunk().await
    }

    /// Replaces the body; `content-length` follows. To replace the whole response, return a [`Reply`] instead.
    ///
    /// A response without a body, such as one to `HEAD`, cannot get one: the exchange is then a [`Fault`](crate::Fault).
    pub fn set_body(&mut self, body: impl Into<Vec<u8>>) {
        self.message.set_body(body.into());
    }

    /// Shows every piece of the body to `filter` as it passes. Nothing is held, so there is no limit; `content-length` is removed.
    ///
    /// Filters run when every policy is done: what [`body`](Self::body) gives a policy further out is not filtered yet.
    pub fn filter_body(&mut self, filter: impl FnMut(&mut Piece) -> Result<(), Reply> + 'static) {
        self.message.filter_body(Box::new(filter) as BodyFilter);
    }

    /// Shows every piece of the body to `watch` as it passes on its way to the client. Nothing is held or changed, and
    /// `content-length` stays. The end of the body is a piece with `last`; one that breaks off has none.
    pub fn watch_body(&mut self, watch: impl FnMut(&Piece) + 'static) {
        self.message.watch_body(Box::new(watch) as BodyWatch);
    }

    /// Whether the response did not end with its headers. A body may still turn out to be empty.
    #[must_use]
    pub fn has_body(&self) -> bool {
        self.message.has_body()
    }

    /// Waits for the end of the response and gives its trailers, which may be edited; `None` if it has none, for then the host can
    /// add none either.
    ///
    /// # Errors
    /// A [`BodyError`] if the body before them cannot be held.
    pub async fn trailers(&mut self) -> Result<Option<&mut Headers>, BodyError> {
        self.message.trailers().await
    }
}
