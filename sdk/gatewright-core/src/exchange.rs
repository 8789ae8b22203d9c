//! One request/response pair in flight: what the proxy has told about it, and what was decided.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use crate::config::Mode;
use crate::event::Decision;
use crate::fault::Fault;
use crate::filter::Filters;
use crate::host::{BufferKind, Direction, Host, MapKind};
use crate::metrics::Counter;
use crate::property;
use crate::reply::Reply;
use crate::request::Request;
use crate::response::Response;
use crate::root::Root;

/// State of an exchange that its layers and the worker share.
pub(crate) struct Exchange {
    pub(crate) id: u32,
    pub(crate) root: Rc<Root>,
    pub(crate) request: Side,
    pub(crate) response: Side,
    pub(crate) end: Cell<End>,
    /// The proxy answered by itself while the policies still held the request, and nobody has taken that answer yet.
    pub(crate) early: Cell<bool>,
    /// Found where no error can be returned, such as reading headers lazily. It overrules what the policy then returns.
    pub(crate) fault: RefCell<Option<Fault>>,
    /// The route that the request was on when it was forwarded, to notice that an edit moved it to another.
    pub(crate) route_at_forward: RefCell<Option<Vec<u8>>>,
    pub(crate) extensions: RefCell<Vec<Rc<dyn Any>>>,
    /// What policies want dropped when the proxy forgets the exchange, not before.
    pub(crate) kept: RefCell<Vec<Box<dyn Any>>>,
}

/// How the policies' part in an exchange ended, other than by letting it go on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum End {
    /// It has not.
    #[default]
    Open,
    /// There is an answer that does not come from the upstream. It may pass; the request may not.
    Answered,
    /// It was reset, or should have been: nothing may pass any more.
    Cut,
}

/// One direction of an exchange.
pub(crate) struct Side {
    pub(crate) direction: Direction,
    /// Number of header fields, once the headers are here.
    pub(crate) headers: Cell<Option<u32>>,
    /// Number of trailer fields, once trailers are here.
    pub(crate) trailers: Cell<Option<u32>>,
    /// Body bytes that the host holds.
    pub(crate) buffered: Cell<usize>,
    /// The host holds a piece of body, be it empty, that the filters have not seen.
    pub(crate) unfiltered: Cell<bool>,
    /// The message is complete.
    pub(crate) ended: Cell<bool>,
    /// The message ended with its headers.
    pub(crate) bodyless: Cell<bool>,
    /// The message was let go.
    pub(crate) open: Cell<bool>,
    pub(crate) filters: RefCell<Filters>,
}

impl Exchange {
    pub(crate) fn new(id: u32, root: Rc<Root>) -> Self {
        Self {
            id,
            root,
            request: Side::new(Direction::Request),
            response: Side::new(Direction::Response),
            end: Cell::default(),
            early: Cell::new(false),
            fault: RefCell::new(None),
            route_at_forward: RefCell::new(None),
            extensions: RefCell::new(Vec::new()),
            kept: RefCell::new(Vec::new()),
        }
    }

    pub(crate) fn host(&self) -> &dyn Host {
        &*self.root.shared.host
    }

    pub(crate) fn side(&self, direction: Direction) -> &Side {
        match direction {
            Direction::Request => &self.request,
            Direction::Response => &self.response,
        }
    }

    /// Remembers a fault that the code that met it could not return. The first one counts.
    pub(crate) fn set_fault(&self, fault: Fault) {
        self.fault.borrow_mut().get_or_insert(fault);
    }

    /// Lets the request go to the upstream, for somebody who will ask for the response.
    pub(crate) fn send_upstream(&self, request: Request) -> Result<(), Fault> {
        if request.message.is_edited() {
            self.route_at_forward.replace(self.host().property(property::ROUTE_NAME).ok());
        }
        request.message.release()
    }

    /// Waits for the head of the upstream's response.
    pub(crate) async fn response(self: &Rc<Self>) -> Response {
        poll_fn(|_| if self.response.headers.get().is_some() { Poll::Ready(()) } else { Poll::Pending }).await;
        Response::upstream(self)
    }

    /// The answer to a request that the module itself, not one of its policies, cannot handle.
    pub(crate) fn refusal(self: &Rc<Self>, fault: &Fault) -> Response {
        let name = self.root.module.name;
        Counter::define(&self.root.shared, &format!("{name}.enforce.fault")).increment();
        Decision::of_fault(Mode::Enforce, fault).log(self, name, None);
        Response::local(self, name, Reply::of_fault(fault, self.request.open.get()))
    }

    /// Drops what the exchange holds for policies, which may point back here.
    pub(crate) fn clear(&self) {
        self.extensions.take();
        self.kept.take();
        self.request.filters.take();
        self.response.filters.take();
    }
}

impl Side {
    fn new(direction: Direction) -> Self {
        Self {
            direction,
            headers: Cell::new(None),
            trailers: Cell::new(None),
            buffered: Cell::new(0),
            unfiltered: Cell::new(false),
            ended: Cell::new(false),
            bodyless: Cell::new(false),
            open: Cell::new(false),
            filters: RefCell::default(),
        }
    }

    pub(crate) fn headers_map(&self) -> MapKind {
        match self.direction {
            Direction::Request => MapKind::RequestHeaders,
            Direction::Response => MapKind::ResponseHeaders,
        }
    }

    pub(crate) fn trailers_map(&self) -> MapKind {
        match self.direction {
            Direction::Request => MapKind::RequestTrailers,
            Direction::Response => MapKind::ResponseTrailers,
        }
    }

    pub(crate) fn buffer(&self) -> BufferKind {
        match self.direction {
            Direction::Request => BufferKind::RequestBody,
            Direction::Response => BufferKind::ResponseBody,
        }
    }

    /// Records that headers arrived.
    pub(crate) fn on_headers(&self, count: u32, end_of_stream: bool) {
        self.headers.set(Some(count));
        self.ended.set(end_of_stream);
        self.bodyless.set(end_of_stream);
    }

    /// Records that the host now holds `size` bytes of body.
    pub(crate) fn on_body(&self, size: u32, end_of_stream: bool) {
        self.buffered.set(size as usize);
        self.unfiltered.set(true);
        self.ended.set(self.ended.get() || end_of_stream);
    }

    /// Records that trailers arrived: they end the message, also where the body never did.
    pub(crate) fn on_trailers(&self, count: u32) {
        self.trailers.set(Some(count));
        self.ended.set(true);
    }
}
