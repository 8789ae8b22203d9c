//! What has passed the filter: to the router and its upstream, or to the client.

use gatewright_core::host::Direction;

use super::Worker;
use crate::message::{Fields, Request, Response};
use crate::proxy::answer::{Answer, Kind};
use crate::proxy::clock::nanos;
use crate::proxy::exchange::Exchange;
use crate::proxy::fields;
use crate::proxy::side::Piece;
use crate::proxy::timeline::Event;
use crate::proxy::vm::LocalReply;

/// Envoy's response flags `UT`, `UF` and `UC`.
const UPSTREAM_REQUEST_TIMEOUT: u64 = 0x4;
const UPSTREAM_CONNECTION_FAILURE: u64 = 0x20;
const UPSTREAM_CONNECTION_TERMINATION: u64 = 0x40;
/// How the body of the proxy's own 503 begins.
const RESET: &str = "upstream connect error or disconnect/reset before headers. reset reason: ";

impl Worker {
    /// Passes on the headers, once.
    pub(crate) fn forward_headers(&mut self, exchange: &Exchange, direction: Direction) {
        {
            let mut state = exchange.0.borrow_mut();
            let over = state.over();
            let side = state.side(direction);
            if over || side.stopped || side.out.headers.is_some() {
                return;
            }
        }
        let sound = match direction {
            Direction::Request => self.route(exchange),
            Direction::Response => self.has_status(exchange),
        };
        if !sound {
            return;
        }
        let end = {
            let mut state = exchange.0.borrow_mut();
            let side = state.side(direction);
            side.out.headers = Some(side.headers.clone());
            side.headers_end
        };
        if end {
            self.forwarded_all(exchange, direction);
        }
    }

    /// Passes on a piece of the body, and the end of the message where this is it.
    pub(crate) fn forward_body(
        &mut self,
        exchange: &Exchange,
        direction: Direction,
        data: Vec<u8>,
        end: bool,
        trailers: Option<Fields>,
    ) {
        let end = end || trailers.is_some();
        {
            let mut state = exchange.0.borrow_mut();
            let out = &mut state.side(direction).out;
            if !data.is_empty() {
                out.body.push(data);
            }
            out.trailers = trailers.unwrap_or_default();
        }
        if end {
            self.forwarded_all(exchange, direction);
        }
    }

    /// What the upstream does, or the proxy in its place.
    pub(crate) fn upstream_answers(&mut self, exchange: &Exchange, kind: Kind) {
        match kind {
            Kind::Response(response) => self.respond(exchange, response),
            Kind::Timeout => {
                exchange.0.borrow_mut().flags |= UPSTREAM_REQUEST_TIMEOUT;
                self.proxy_reply(exchange, 504, "upstream request timeout", "response_timeout");
            }
            Kind::Refused => {
                exchange.0.borrow_mut().flags |= UPSTREAM_CONNECTION_FAILURE;
                let details = "upstream_reset_before_response_started{remote_connection_failure}";
                self.proxy_reply(exchange, 503, &format!("{RESET}remote connection failure"), details);
            }
            Kind::Failed => {
                exchange.0.borrow_mut().flags |= UPSTREAM_CONNECTION_TERMINATION;
                let details = "upstream_reset_before_response_started{connection_termination}";
                self.proxy_reply(exchange, 503, &format!("{RESET}connection termination"), details);
            }
            Kind::Truncated(response) => self.truncate(exchange, response),
            Kind::Never => {}
        }
    }

    /// A reply that the proxy makes. It passes the guest's response callbacks.
    pub(crate) fn proxy_reply(&mut self, exchange: &Exchange, status: u32, body: &str, details: &str) {
        let (body, details) = (body.as_bytes().to_vec(), details.to_owned());
        self.reply(exchange, LocalReply { status, details, body, headers: Fields::new(), grpc_status: -1 });
    }

    /// Number of the first route that matches.
    pub(crate) fn match_route(&self, headers: &Fields) -> Option<usize> {
        self.settings.routes.iter().position(|route| route.matches(headers))
    }

    fn respond(&mut self, exchange: &Exchange, response: Response) {
        {
            let mut state = exchange.0.borrow_mut();
            if state.over() || state.response.headers_arrived {
                return;
            }
            state.details = Some("via_upstream".to_owned());
            let bodiless = state.head || matches!(response.status(), 204 | 304);
            if bodiless {
                state.response.arrive(response.headers, true);
            } else {
                state.response.arrive_whole(response.headers, response.body, response.trailers);
            }
        }
        self.pump(exchange, Direction::Response);
    }

    /// The upstream's connection ends in the middle of its response. What the guest holds back is given up for an error page.
    fn truncate(&mut self, exchange: &Exchange, response: Response) {
        {
            let mut state = exchange.0.borrow_mut();
            if state.over() || state.response.headers_arrived {
                return;
            }
            let mut body = response.body_bytes();
            body.truncate(body.len() / 2);
            state.response.arrive(response.headers, false);
            state.response.inbox.push_back(Piece::Body { data: body, end: false });
        }
        self.pump(exchange, Direction::Response);
        let details = "upstream_reset_after_response_started{protocol_error}";
        self.proxy_reply(exchange, 502, &format!("{RESET}protocol error"), details);
    }

    /// Chooses the route, anew if the guest changed a header. `false`: the proxy has answered.
    fn route(&mut self, exchange: &Exchange) -> bool {
        let route = {
            let state = &mut *exchange.0.borrow_mut();
            if std::mem::take(&mut state.route_cleared) {
                state.route = self.match_route(&state.request.headers);
            }
            state.route.and_then(|route| self.settings.routes.get(route)).cloned()
        };
        let Some(route) = route else {
            self.proxy_reply(exchange, 404, "", "route_not_found");
            return false;
        };
        let Some(direct) = route.direct else { return true };
        let headers = direct.headers.iter().filter(|(name, _)| name != b":status").cloned().collect();
        let (status, body) = (u32::from(direct.status()), direct.body_bytes());
        self.reply(
            exchange,
            LocalReply { status, details: "direct_response".to_owned(), body, headers, grpc_status: -1 },
        );
        false
    }

    /// A response whose status the guest took away is none. `false`: the proxy has answered.
    fn has_status(&mut self, exchange: &Exchange) -> bool {
        let found = fields::value(&exchange.0.borrow().response.headers, ":status").is_some();
        if !found {
            self.proxy_reply(
                exchange,
                502,
                "missing required header: :status",
                "filter_removed_required_response_headers",
            );
        }
        found
    }

    fn forwarded_all(&mut self, exchange: &Exchange, direction: Direction) {
        let out = {
            let mut state = exchange.0.borrow_mut();
            let out = &mut state.side(direction).out;
            out.ended = true;
            out.clone()
        };
        match direction {
            Direction::Response => self.answered(exchange),
            Direction::Request => {
                let headers = out.headers.unwrap_or_default();
                self.ask_upstream(exchange, &Request { headers, body: out.body, trailers: out.trailers });
            }
        }
    }

    fn ask_upstream(&mut self, exchange: &Exchange, request: &Request) {
        let route = exchange.0.borrow().route.and_then(|route| self.settings.routes.get(route));
        let cluster = route.map(|route| route.cluster.clone()).unwrap_or_default();
        // A real upstream cannot frame a body that is not as long as announced.
        let misframed = fields::content_length(&request.headers).is_some_and(|n| n != request.body_bytes().len());
        let answer = if misframed { Some(Response::new(400).into()) } else { self.world.ask(&cluster, request) };
        let Some(answer) = answer.or_else(|| (cluster == "upstream").then(|| Response::new(200).into())) else {
            return self.proxy_reply(exchange, 503, "", "cluster_not_found");
        };
        self.schedule_answer(exchange, answer);
    }

    fn schedule_answer(&self, exchange: &Exchange, answer: Answer) {
        let (after, timeout) = (nanos(answer.after), nanos(self.settings.route_timeout));
        let (after, kind) = match answer.kind {
            Kind::Never => return,
            Kind::Timeout => (timeout, Kind::Timeout),
            _ if after >= timeout => (timeout, Kind::Timeout),
            kind => (after, kind),
        };
        let due = self.world.elapsed().saturating_add(after);
        self.timeline.schedule(due, Event::Upstream { exchange: exchange.clone(), kind });
    }
}
