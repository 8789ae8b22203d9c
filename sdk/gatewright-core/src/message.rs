//! What requests and responses have in common: fields, body, trailers.

use std::cell::OnceCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use crate::body_error::{BODY_TIMEOUT, BodyError};
use crate::chain::Chosen;
use crate::exchange::{Exchange, Side};
use crate::fault::{Cause, Fault};
use crate::filter::{BodyFilter, BodyWatch, Piece};
use crate::headers::{Headers, IntoFieldValue};
use crate::host::Direction;
use crate::reply::{Fields, Reply};
use crate::timer::Sleep;

/// A message as one layer sees it.
pub(crate) struct Message {
    pub(crate) exchange: Rc<Exchange>,
    direction: Direction,
    /// The message does not come from the proxy: everything about it is in here.
    local: bool,
    /// The fields of such a message, until somebody looks.
    fields: Option<Fields>,
    headers: Lazy,
    trailers: Lazy,
    body: Option<Rc<Vec<u8>>>,
    replaced: bool,
    filters: Vec<BodyFilter>,
    watches: Vec<BodyWatch>,
    taken: usize,
}

/// Fields that are read when somebody first looks.
#[derive(Clone, Default)]
struct Lazy {
    cell: OnceCell<Headers>,
    /// Edits from before that: whoever only writes need not read.
    unread: Headers,
}

impl Lazy {
    fn get_mut(&mut self) -> &mut Headers {
        self.cell.get_mut().unwrap_or(&mut self.unread)
    }
}

impl Message {
    pub(crate) fn new(exchange: Rc<Exchange>, direction: Direction) -> Self {
        Self {
            exchange,
            direction,
            local: false,
            fields: None,
            headers: Lazy::default(),
            trailers: Lazy::default(),
            body: None,
            replaced: false,
            filters: Vec::new(),
            watches: Vec::new(),
            taken: 0,
        }
    }

    /// A response that the proxy has not seen yet.
    pub(crate) fn local(exchange: Rc<Exchange>, fields: Fields, body: Rc<Vec<u8>>) -> Self {
        Self { local: true, fields: Some(fields), body: Some(body), ..Self::new(exchange, Direction::Response) }
    }

    /// The message as the next layer gets it if this layer's changes do not count. Filters stay with the layer that set them.
    pub(crate) fn checkpoint(&self) -> Self {
        Self {
            exchange: Rc::clone(&self.exchange),
            direction: self.direction,
            local: self.local,
            fields: self.fields.clone(),
            headers: self.headers.clone(),
            trailers: self.trailers.clone(),
            body: self.body.clone(),
            replaced: self.replaced,
            filters: Vec::new(),
            watches: Vec::new(),
            taken: 0,
        }
    }

    pub(crate) fn headers(&self) -> &Headers {
        self.headers.cell.get_or_init(|| {
            let mut headers = match &self.fields {
                Some(fields) => fields.clone().into_list(),
                None => self.fetch(),
            };
            headers.repeat(&self.headers.unread);
            headers
        })
    }

    pub(crate) fn set_header(&mut self, name: &str, value: impl IntoFieldValue) {
        self.headers.get_mut().set(name, value);
    }

    pub(crate) fn append_header(&mut self, name: &str, value: impl IntoFieldValue) {
        self.headers.get_mut().append(name, value);
    }

    pub(crate) fn remove_header(&mut self, name: &str) {
        match self.headers.cell.get_mut() {
            Some(headers) => headers.remove(name),
            None => self.headers.unread.remove_unread(name),
        }
    }

    pub(crate) fn is_edited(&self) -> bool {
        self.headers.cell.get().unwrap_or(&self.headers.unread).is_edited()
    }

    /// Waits for the whole body, up to `limit` bytes.
    pub(crate) async fn body(&mut self, limit: usize) -> Result<&[u8], BodyError> {
        if self.body.is_none() {
            self.wait(|side| {
                if side.buffered.get() > limit {
                    return Some(Err(BodyError::TooLarge { limit }));
                }
                side.ended.get().then_some(Ok(()))
            })
            .await?;
            self.body = Some(Rc::new(self.read(0)?));
        }
        let body = self.body.as_deref().map(Vec::as_slice).unwrap_or_default();
        if body.len() > limit { Err(BodyError::TooLarge { limit }) } else { Ok(body) }
    }

    /// Waits for more of the body; the host goes on holding all of it.
    pub(crate) async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, BodyError> {
        let taken = self.taken;
        let chunk = if let Some(body) = &self.body {
            body.get(taken..).unwrap_or_default().to_vec()
        } else {
            self.wait(|side| (side.buffered.get() > taken || side.ended.get()).then_some(Ok(()))).await?;
            self.read(taken)?
        };
        self.taken += chunk.len();
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    pub(crate) fn set_body(&mut self, body: Vec<u8>) {
        self.body = Some(Rc::new(body));
        self.replaced = true;
        self.taken = 0;
    }

    pub(crate) fn filter_body(&mut self, filter: BodyFilter) {
        self.filters.push(filter);
    }

    pub(crate) fn watch_body(&mut self, watch: BodyWatch) {
        self.watches.push(watch);
    }

    /// Whether the message did not end with its headers.
    pub(crate) fn has_body(&self) -> bool {
        if self.local { self.body.as_ref().is_some_and(|body| !body.is_empty()) } else { !self.side().bodyless.get() }
    }

    /// Waits for the end of the message; `None` where it has no trailers.
    pub(crate) async fn trailers(&mut self) -> Result<Option<&mut Headers>, BodyError> {
        if self.local {
            return Ok(None);
        }
        if self.trailers.cell.get().is_none() {
            self.wait(|side| side.ended.get().then_some(Ok(()))).await?;
            let side = self.side();
            let Some(count) = side.trailers.get() else { return Ok(None) };
            let trailers = Headers::fetch(self.exchange.host(), side.trailers_map(), count);
            self.trailers.cell = OnceCell::from(trailers.map_err(BodyError::Trailers)?);
        }
        Ok(Some(self.trailers.get_mut()))
    }

    /// Makes this layer's changes of the body count for the layers that follow. An answer is that of a filter, where the whole
    /// body is here already.
    pub(crate) fn accept(&mut self, chosen: &Rc<Chosen>) -> Result<Option<Reply>, Fault> {
        // The next layer reads from the beginning.
        self.taken = 0;
        if self.local {
            return Ok(self.filter_local());
        }
        let exchange = Rc::clone(&self.exchange);
        let side = exchange.side(self.direction);
        let mut filters = side.filters.borrow_mut();
        if std::mem::take(&mut self.replaced) {
            if side.bodyless.get() {
                return Err(Fault::new(Cause::Misuse, "set_body on a message that has no body"));
            }
            filters.replace_with(self.body.clone().unwrap_or_default());
        }
        for filter in self.filters.drain(..) {
            filters.add(filter, chosen);
        }
        for watch in self.watches.drain(..) {
            filters.watch(watch);
        }
        Ok(None)
    }

    /// Lets this layer's filters see what they would have changed.
    pub(crate) fn observe(&mut self, chosen: &Rc<Chosen>) {
        if self.local {
            if let Some(reply) = self.filter_local() {
                chosen.decide_reply(&self.exchange, &reply);
            }
            return;
        }
        let (mine, watches) = (std::mem::take(&mut self.filters), std::mem::take(&mut self.watches));
        let mut filters = self.side().filters.borrow_mut();
        for filter in mine {
            filters.observe(filter, chosen);
        }
        for watch in watches {
            filters.watch(watch);
        }
    }

    /// Makes the edits known to the host and lets the message go.
    pub(crate) fn release(mut self) -> Result<(), Fault> {
        let exchange = Rc::clone(&self.exchange);
        let (side, host) = (exchange.side(self.direction), exchange.host());
        let (exact, owes) = (side.filters.borrow().exact_length(), side.filters.borrow().owe());
        if owes && side.trailers.get().is_some() && !side.unfiltered.get() {
            return Err(Fault::new(Cause::Misuse, "set_body on a message that has trailers but no body"));
        }
        self.headers.get_mut().commit(host, side.headers_map())?;
        self.trailers.get_mut().commit(host, side.trailers_map())?;
        // The host does not mend content-length when a body changes.
        match exact {
            Some(length) => {
                host.replace_header(side.headers_map(), b"content-length", length.to_string().as_bytes())?
            }
            None if side.filters.borrow().change() && !side.bodyless.get() => {
                host.remove_header(side.headers_map(), b"content-length")?;
            }
            None => {}
        }
        side.open.set(true);
        Ok(())
    }

    /// Fields, as they go to the proxy, and body of a local message.
    pub(crate) fn into_local(mut self) -> (Vec<u8>, Rc<Vec<u8>>) {
        let body = self.body.take().unwrap_or_default();
        let untouched = self.headers.cell.get().is_none() && !self.headers.unread.is_edited();
        match self.fields.take_if(|_| untouched) {
            Some(fields) => (fields.into_encoded(), body),
            None => (self.headers().encode(), body),
        }
    }

    fn fetch(&self) -> Headers {
        let side = self.side();
        let announced = side.headers.get().unwrap_or_default();
        Headers::fetch(self.exchange.host(), side.headers_map(), announced).unwrap_or_else(|error| {
            self.exchange.set_fault(error.into());
            Headers::default()
        })
    }

    /// Runs the body of a local message through this layer's filters.
    fn filter_local(&mut self) -> Option<Reply> {
        if self.filters.is_empty() && self.watches.is_empty() {
            return None;
        }
        let mut piece = Piece { data: self.body.take().map(Rc::unwrap_or_clone).unwrap_or_default(), last: true };
        let refused = self.filters.drain(..).find_map(|mut filter| filter(&mut piece).err());
        for mut watch in self.watches.drain(..).filter(|_| refused.is_none()) {
            watch(&piece);
        }
        self.body = Some(Rc::new(piece.data));
        refused
    }

    fn side(&self) -> &Side {
        self.exchange.side(self.direction)
    }

    fn read(&self, from: usize) -> Result<Vec<u8>, BodyError> {
        let side = self.side();
        let length = side.buffered.get().saturating_sub(from);
        if length == 0 {
            return Ok(Vec::new());
        }
        self.exchange.host().buffer(side.buffer(), from, length).map_err(BodyError::Host)
    }

    async fn wait(&self, mut ready: impl FnMut(&Side) -> Option<Result<(), BodyError>>) -> Result<(), BodyError> {
        if let Some(result) = ready(self.side()) {
            return result;
        }
        if !self.exchange.root.module.phases.body(self.direction) {
            return Err(BodyError::NotExported);
        }
        let deadline = Sleep::of_exchange(&self.exchange, BODY_TIMEOUT);
        poll_fn(|_| match ready(self.side()) {
            Some(result) => Poll::Ready(result),
            None if deadline.is_over() => Poll::Ready(Err(BodyError::Timeout)),
            None => Poll::Pending,
        })
        .await
    }
}
