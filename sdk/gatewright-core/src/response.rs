//! The response as a policy handles it.

use std::rc::Rc;

use crate::exchange::Exchange;
use crate::filter::{BodyFilter, Piece};
use crate::headers::{Headers, IntoFieldValue};
use crate::host::Direction;
use crate::message::{BodyError, Message};
use crate::reply::Reply;

/// A response on its way to the client: the upstream's, a later policy's reply, or the proxy's own error page. Edits reach the
/// proxy when every policy is done with it.
pub struct Response {
    pub(crate) message: Message,
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
        Self { message: Message::new(Rc::clone(exchange), Direction::Response), reply: None }
    }

    /// A reply of the policy or module of this name.
    pub(crate) fn local(exchange: &Rc<Exchange>, name: &str, reply: Reply) -> Self {
        let details = format!("gatewright.{name}.{}.{}", reply.verdict.as_str(), reply.reason);
        let meta = ReplyMeta { status: reply.status, grpc_status: reply.grpc_status, details };
        Self { message: Message::local(Rc::clone(exchange), reply.headers, reply.body), reply: Some(meta) }
    }

    pub(crate) fn checkpoint(&self) -> Self {
        Self { message: self.message.checkpoint(), reply: self.reply.clone() }
    }

    /// The status code; 0 if the upstream's is no number.
    #[must_use]
    pub fn status(&self) -> u16 {
        match &self.reply {
            Some(reply) => reply.status,
            None => self.headers().text(":status").and_then(|status| status.parse().ok()).unwrap_or(0),
        }
    }

    /// Sets the status code.
    pub fn set_status(&mut self, status: u16) {
        match &mut self.reply {
            Some(reply) => reply.status = status,
            None => self.message.headers_mut().set(":status", status),
        }
    }

    /// Whether this is a reply of a later policy in the module, not something that came through the proxy.
    #[must_use]
    pub fn is_reply(&self) -> bool {
        self.reply.is_some()
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
        self.message.headers_mut().set(name, value);
    }

    /// Adds a value to a header field.
    pub fn append_header(&mut self, name: impl AsRef<str>, value: impl IntoFieldValue) {
        self.message.headers_mut().append(name, value);
    }

    /// Removes a header field, all its values.
    pub fn remove_header(&mut self, name: impl AsRef<str>) {
        self.message.headers_mut().remove(name);
    }

    /// Waits for the whole body and gives it. The response stays held meanwhile.
    ///
    /// # Errors
    /// [`BodyError::TooLarge`] as soon as more than `limit` bytes have arrived; other [`BodyError`]s if it cannot be read.
    pub async fn body(&mut self, limit: usize) -> Result<&[u8], BodyError> {
        self.message.body(limit).await
    }

    /// Waits for the next bytes of the body; `None` at its end. The response stays held, up to the host's buffer limit.
    ///
    /// # Errors
    /// A [`BodyError`] if the body cannot be read.
    pub async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, BodyError> {
        self.message.next_chunk().await
    }

    /// Replaces the body; `content-length` follows. To replace the whole response, return a [`Reply`] instead.
    pub fn set_body(&mut self, body: impl Into<Vec<u8>>) {
        self.message.set_body(body.into());
    }

    /// Shows every piece of the body to `filter` as it passes. Nothing is held, so there is no limit; `content-length` is removed.
    pub fn filter_body(&mut self, filter: impl FnMut(&mut Piece) -> Result<(), Reply> + 'static) {
        self.message.filter_body(Box::new(filter) as BodyFilter);
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
