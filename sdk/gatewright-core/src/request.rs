//! The request as a policy handles it.

use std::borrow::Cow;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::rc::Rc;

use crate::body_error::BodyError;
use crate::exchange::Exchange;
use crate::filter::{BodyFilter, Piece};
use crate::flow::Flow;
use crate::headers::{Headers, IntoFieldValue, Repeated};
use crate::host::Direction;
use crate::layer::Run;
use crate::message::Message;
use crate::reply::Reply;
use crate::response::Response;
use crate::syntax::query;

/// A request on its way to the upstream. Edits reach the proxy when the request is forwarded.
pub struct Request {
    /// Boxed: a request moves through many futures.
    pub(crate) message: Box<Message>,
    pub(crate) run: Option<Rc<Run>>,
}

impl Request {
    pub(crate) fn new(exchange: &Rc<Exchange>) -> Self {
        Self { message: Box::new(Message::new(Rc::clone(exchange), Direction::Request)), run: None }
    }

    pub(crate) fn checkpoint(&self) -> Self {
        Self { message: Box::new(self.message.checkpoint()), run: None }
    }

    /// Every header field, pseudo-header fields such as `:path` included.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        self.message.headers()
    }

    /// The first value of a header field; see [`Headers::get`] on repeated fields.
    #[must_use]
    pub fn header(&self, name: impl AsRef<str>) -> Option<&[u8]> {
        self.headers().get(name)
    }

    /// The value of a header field that may occur at most once.
    ///
    /// # Errors
    /// [`Repeated`] if it occurs more than once.
    pub fn single_header(&self, name: impl AsRef<str>) -> Result<Option<&[u8]>, Repeated> {
        self.headers().single(name)
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

    /// The method (`:method`); empty if it is not UTF-8.
    #[must_use]
    pub fn method(&self) -> &str {
        self.headers().text(":method").unwrap_or_default()
    }

    /// Path and query as the client sent them (`:path`), undecoded.
    #[must_use]
    pub fn path(&self) -> &[u8] {
        self.header(":path").unwrap_or_default()
    }

    /// The values of a query parameter, decoded as in an HTML form. Two of them are for the policy to judge: services differ in which they
    /// take.
    pub fn parameters(&self, name: &str) -> impl Iterator<Item = Cow<'_, [u8]>> {
        query::values(self.path(), name)
    }

    /// Host and port (`:authority`); empty if it is not UTF-8.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.headers().text(":authority").unwrap_or_default()
    }

    /// Waits for the whole body and gives it. The request stays held meanwhile, up to the host's buffer limit: above it the proxy
    /// answers 413 by itself. An earlier policy's [`set_body`](Self::set_body) counts.
    ///
    /// # Errors
    /// [`BodyError::TooLarge`] as soon as more than `limit` bytes have arrived; other [`BodyError`]s if it cannot be read.
    pub async fn body(&mut self, limit: usize) -> Result<&[u8], BodyError> {
        self.message.body(limit).await
    }

    /// Waits for the next bytes of the body; `None` at its end. The request stays held, up to the host's buffer limit. How the body is
    /// cut into chunks means nothing.
    ///
    /// # Errors
    /// A [`BodyError`] if the body cannot be read.
    pub async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, BodyError> {
        self.message.next_chunk().await
    }

    /// Replaces the body; `content-length` follows.
    ///
    /// A request without a body, such as most `GET`s, cannot get one: the exchange is then a [`Fault`](crate::Fault).
    pub fn set_body(&mut self, body: impl Into<Vec<u8>>) {
        self.message.set_body(body.into());
    }

    /// Shows every piece of the body to `filter` as it passes, after the request is forwarded. Nothing is held, so there is no
    /// limit; `content-length` is removed.
    ///
    /// Filters run when every policy is done: what [`body`](Self::body) gives a later policy is not filtered yet.
    pub fn filter_body(&mut self, filter: impl FnMut(&mut Piece) -> Result<(), Reply> + 'static) {
        self.message.filter_body(Box::new(filter) as BodyFilter);
    }

    /// Waits for the end of the request and gives its trailers, which may be edited; `None` if it has none, for then the host can
    /// add none either.
    ///
    /// # Errors
    /// A [`BodyError`] if the body before them cannot be held.
    pub async fn trailers(&mut self) -> Result<Option<&mut Headers>, BodyError> {
        self.message.trailers().await
    }

    /// Lets the request go on to the next policy and the upstream.
    ///
    /// Return the value to be done with the exchange, or await it for the response.
    #[must_use = "a forward does nothing unless it is returned or awaited"]
    pub fn forward(self) -> Forward {
        Forward { request: self }
    }
}

/// A request that may go on. As a [`Flow`] it ends the policy's part; awaited it gives the [`Response`].
#[must_use = "a forward does nothing unless it is returned or awaited"]
pub struct Forward {
    pub(crate) request: Request,
}

impl From<Forward> for Flow {
    fn from(forward: Forward) -> Self {
        Self::Forward(forward)
    }
}

impl IntoFuture for Forward {
    type Output = Response;
    type IntoFuture = Pin<Box<dyn Future<Output = Response>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(crate::layer::forward(self.request))
    }
}
