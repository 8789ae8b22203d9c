//! One request/response exchange: its state, and the handle that a test holds.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use gatewright_core::host::Direction;

use super::connection::Connection;
use super::side::Side;
use crate::message::{Fields, Request, Response};

/// A handle to an exchange. It shows the exchange's state as it is now.
#[derive(Clone)]
pub struct Exchange(pub(crate) Rc<RefCell<ExchangeState>>);

/// How an exchange stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Pending,
    Answered,
    /// The proxy reset the stream.
    Cut,
    /// The client went away.
    Aborted,
}

pub(crate) struct ExchangeState {
    pub(crate) worker: usize,
    /// The guest's context; `None` where the filter is not run.
    pub(crate) context: Option<u32>,
    /// The VM that the context is in.
    pub(crate) vm: u64,
    pub(crate) connection: Connection,
    pub(crate) head: bool,
    pub(crate) grpc: bool,
    pub(crate) request: Side,
    pub(crate) response: Side,
    /// Number of the route as the guest sees it.
    pub(crate) route: Option<usize>,
    pub(crate) route_cleared: bool,
    pub(crate) local_reply: bool,
    pub(crate) outcome: Outcome,
    pub(crate) hung: bool,
    pub(crate) details: Option<String>,
    pub(crate) flags: u64,
    pub(crate) logging: bool,
    pub(crate) started: u64,
    pub(crate) started_wall: u64,
    /// Set by the test, by path with NUL between segments.
    pub(crate) properties: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Set by the guest.
    pub(crate) filter_state: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Exchange {
    /// What the client has received: whole, or what came before the stream was cut. `None` before its headers went out.
    #[must_use]
    pub fn response(&self) -> Option<Response> {
        let state = self.0.borrow();
        let out = &state.response.out;
        let headers = out.headers.clone()?;
        let over = state.outcome != Outcome::Pending;
        over.then(|| Response { headers, body: out.body.clone(), trailers: out.trailers.clone() })
    }

    /// What the client has received so far, finished or not.
    #[must_use]
    pub fn response_so_far(&self) -> Option<Response> {
        let state = self.0.borrow();
        let out = &state.response.out;
        Some(Response { headers: out.headers.clone()?, body: out.body.clone(), trailers: out.trailers.clone() })
    }

    /// Status that the client received; 0 for none.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.response_so_far().map_or(0, |response| response.status())
    }

    /// The request that went upstream, once it is whole.
    #[must_use]
    pub fn upstream_request(&self) -> Option<Request> {
        let ended = self.0.borrow().request.out.ended;
        self.upstream_so_far().filter(|_| ended)
    }

    /// What has gone upstream so far; `None` before the headers went.
    #[must_use]
    pub fn upstream_so_far(&self) -> Option<Request> {
        let state = self.0.borrow();
        let out = &state.request.out;
        Some(Request { headers: out.headers.clone()?, body: out.body.clone(), trailers: out.trailers.clone() })
    }

    /// Whether the exchange waits: for an answer, for time to pass, or for the guest to let go.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.0.borrow().outcome == Outcome::Pending
    }

    /// Whether the proxy reset the stream, so that the client has part of a response or none.
    #[must_use]
    pub fn was_cut(&self) -> bool {
        self.0.borrow().outcome == Outcome::Cut
    }

    /// Whether the client waits for ever, or stumbles: `content-length` is not the length of the body.
    #[must_use]
    pub fn is_hung(&self) -> bool {
        self.0.borrow().hung
    }

    /// Why the response is what it is (Envoy's response code details), such as `route_not_found`.
    #[must_use]
    pub fn details(&self) -> Option<String> {
        self.0.borrow().details.clone()
    }

    /// Whether the proxy or the guest made the response, not the upstream.
    #[must_use]
    pub fn is_local_reply(&self) -> bool {
        self.0.borrow().local_reply
    }
}

impl ExchangeState {
    pub(crate) fn new(worker: usize, connection: Connection, headers: &Fields, elapsed: u64, wall: u64) -> Self {
        let method = super::fields::text(headers, ":method");
        let content_type = super::fields::text(headers, "content-type");
        Self {
            worker,
            context: None,
            vm: 0,
            connection,
            head: method == "HEAD",
            grpc: content_type.starts_with("application/grpc"),
            request: Side::default(),
            response: Side::default(),
            route: None,
            route_cleared: false,
            local_reply: false,
            outcome: Outcome::Pending,
            hung: false,
            details: None,
            flags: 0,
            logging: false,
            started: elapsed,
            started_wall: wall,
            properties: BTreeMap::new(),
            filter_state: BTreeMap::new(),
        }
    }

    pub(crate) fn side(&mut self, direction: Direction) -> &mut Side {
        match direction {
            Direction::Request => &mut self.request,
            Direction::Response => &mut self.response,
        }
    }

    pub(crate) fn over(&self) -> bool {
        self.outcome != Outcome::Pending
    }

    /// Whether response headers have gone to the client.
    pub(crate) fn responded(&self) -> bool {
        self.response.out.headers.is_some()
    }
}
