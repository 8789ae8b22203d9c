//! An exchange and the policies at work on it.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::filter::Passed;
use crate::host::{Action, Direction, LogLevel};
use crate::layer::{self, Passage};
use crate::pairs;
use crate::property;
use crate::reply::Reply;
use crate::request::Request;
use crate::response::Response;
use crate::root::Root;

type Layers = Pin<Box<dyn Future<Output = Passage>>>;

/// An exchange with its policies' future.
pub(crate) struct Running {
    exchange: Rc<Exchange>,
    layers: RefCell<Option<Layers>>,
}

impl Running {
    pub(crate) fn start(context: u32, root: Rc<Root>, headers: u32, end_of_stream: bool) -> Self {
        let chain = root.chain.borrow().clone();
        let exchange = Rc::new(Exchange::new(context, root));
        exchange.request.on_headers(headers, end_of_stream);
        let request = Request::new(&exchange);
        let layers = chain.map(|chain| chain.choose(&request)).map(|chosen| match exchange.fault.take() {
            Some(fault) => refused(&exchange, &fault),
            None => layer::run(Rc::clone(&exchange), chosen, 0, request),
        });
        // A plugin without a configuration decides nothing, so nothing passes.
        let layers = layers.unwrap_or_else(|| refused(&exchange, &Fault::unconfigured()));
        Self { exchange, layers: RefCell::new(Some(layers)) }
    }

    pub(crate) fn on_request_headers(&self) -> Action {
        self.run(Some(Direction::Request));
        self.header_action(Direction::Request)
    }

    pub(crate) fn on_response_headers(&self, count: u32, end_of_stream: bool) -> Action {
        let exchange = &self.exchange;
        if exchange.replied.get() {
            return Action::Continue;
        }
        if !exchange.request.open.get() {
            // The proxy answered by itself while the request was held: there is nothing left to decide.
            exchange.replied.set(true);
            self.layers.take();
            return Action::Continue;
        }
        exchange.response.on_headers(count, end_of_stream);
        self.notice_other_route();
        self.run(Some(Direction::Response));
        self.header_action(Direction::Response)
    }

    pub(crate) fn on_body(&self, direction: Direction, size: u32, end_of_stream: bool) -> Action {
        let side = self.exchange.side(direction);
        if self.exchange.replied.get() {
            return Action::Continue;
        }
        side.on_body(size, end_of_stream);
        if side.open.get() {
            self.pass_body(direction);
            return Action::Continue;
        }
        self.run(Some(direction));
        if self.is_held(direction) { Action::Pause } else { Action::Continue }
    }

    pub(crate) fn on_trailers(&self, direction: Direction, count: u32) -> Action {
        let side = self.exchange.side(direction);
        if self.exchange.replied.get() {
            return Action::Continue;
        }
        side.on_trailers(count);
        if !side.open.get() {
            self.run(Some(direction));
        }
        if self.is_held(direction) { Action::Pause } else { Action::Continue }
    }

    /// Something that the policies waited for happened, outside the exchange's own callbacks.
    pub(crate) fn on_event(&self) {
        self.run(None);
    }

    /// Nothing more can happen to the exchange in this module.
    pub(crate) fn is_over(&self) -> bool {
        let passing = [Direction::Request, Direction::Response]
            .iter()
            .any(|direction| !self.exchange.side(*direction).filters.borrow().is_empty());
        self.layers.try_borrow().is_ok_and(|layers| layers.is_none()) && !passing && !self.exchange.replied.get()
    }

    /// Lets the policies run until they wait again. A direction that opens in its own callback goes on by that callback's
    /// return; one that opens elsewhere must be told to.
    fn run(&self, callback: Option<Direction>) {
        let before = [self.exchange.request.open.get(), self.exchange.response.open.get()];
        self.poll();
        let after = [self.exchange.request.open.get(), self.exchange.response.open.get()];
        let directions = [Direction::Request, Direction::Response];
        for ((direction, before), after) in directions.into_iter().zip(before).zip(after) {
            if after && !before && callback != Some(direction) {
                // A stream that is gone cannot go on; its end comes as a callback of its own.
                let _ = self.exchange.host().continue_stream(direction);
            }
        }
    }

    fn poll(&self) {
        let Some(mut layers) = self.layers.take() else { return };
        match layers.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(passage) => self.finish(passage),
            Poll::Pending => match self.exchange.last_word.take() {
                Some(response) => self.respond(response),
                None => {
                    self.layers.replace(Some(layers));
                    self.pass_held_body(Direction::Request);
                }
            },
        }
    }

    fn finish(&self, passage: Passage) {
        match passage {
            Passage::Gone => {}
            Passage::Back(response) => self.respond(response),
            Passage::On(request) => match request.message.release() {
                Ok(()) => self.pass_held_body(Direction::Request),
                Err(fault) => self.refuse(&fault),
            },
        }
    }

    fn respond(&self, response: Response) {
        if response.reply.is_some() {
            return self.send(response);
        }
        match response.message.release() {
            Ok(()) => self.pass_held_body(Direction::Response),
            Err(fault) => self.refuse(&fault),
        }
    }

    fn refuse(&self, fault: &Fault) {
        let host = self.exchange.host();
        host.log(LogLevel::Error, &format!("gatewright: {}: {fault}", self.exchange.root.module.name));
        let details = format!("gatewright.{}.fault.{}", self.exchange.root.module.name, fault.cause().as_str());
        self.send(Response::local(&self.exchange, Reply::deny(fault.status(), fault.cause().as_str()), details));
    }

    /// Answers from here.
    fn send(&self, response: Response) {
        let exchange = &self.exchange;
        let Some(meta) = response.reply else { return };
        let (status, headers, body) = match response.message.into_local() {
            Ok((headers, body)) => (meta.status, headers, body),
            Err(reply) => (reply.status, reply.headers, reply.body),
        };
        exchange.replied.set(true);
        let grpc = meta.grpc_status.and_then(|status| i32::try_from(status).ok()).unwrap_or(-1);
        let fields = pairs::encode(headers.iter());
        let host = exchange.host();
        let sent = host.send_local_response(u32::from(status), meta.details.as_bytes(), &body, &fields, grpc);
        if sent.is_err() {
            // Neither answered nor allowed to pass: the only safe end is a reset.
            let _ = host.close_stream(Direction::Request);
        }
    }

    /// Runs what the host held while the policies waited through the filters that they left.
    fn pass_held_body(&self, direction: Direction) {
        let side = self.exchange.side(direction);
        if side.open.get() && side.buffered.get() > 0 {
            self.pass_body(direction);
            side.buffered.set(0);
        }
    }

    fn pass_body(&self, direction: Direction) {
        let side = self.exchange.side(direction);
        if side.filters.borrow().is_empty() {
            return;
        }
        let host = self.exchange.host();
        let passed = side.filters.borrow_mut().run(side, host);
        match passed {
            Passed::On => {}
            Passed::Refused(reply) if self.exchange.response.headers.get().is_none() => {
                let details = format!("gatewright.{}.body.{}", self.exchange.root.module.name, reply.reason);
                self.send(Response::local(&self.exchange, reply, details));
            }
            Passed::Refused(_) => self.cut(direction, "a body filter refused"),
            Passed::Failed(status) => self.cut(direction, &format!("a body could not be filtered: {status}")),
        }
    }

    /// Ends an exchange whose headers are gone already: half a body must not look like a whole one.
    fn cut(&self, direction: Direction, why: &str) {
        self.exchange.replied.set(true);
        let host = self.exchange.host();
        host.log(LogLevel::Warn, &format!("gatewright: {}: {why}", self.exchange.root.module.name));
        let _ = host.close_stream(direction);
    }

    fn is_held(&self, direction: Direction) -> bool {
        self.exchange.replied.get() || (!self.exchange.side(direction).open.get() && self.layers.borrow().is_some())
    }

    /// Body callbacks come only to a module that wants them; for any other, everything stops.
    fn header_action(&self, direction: Direction) -> Action {
        if !self.is_held(direction) {
            return Action::Continue;
        }
        if self.exchange.root.module.phases.body(direction) { Action::Pause } else { Action::PauseAll }
    }

    /// An edit of request headers makes the proxy choose the route again: another route's policies may never have run.
    fn notice_other_route(&self) {
        let Some(before) = self.exchange.route_at_forward.take() else { return };
        let host = self.exchange.host();
        let now = host.property(property::ROUTE_NAME).unwrap_or_default();
        if now != before {
            self.exchange.root.count_route_change();
            host.log(LogLevel::Warn, "gatewright: the request moved to another route after the policies ran");
        }
    }
}

fn refused(exchange: &Rc<Exchange>, fault: &Fault) -> Layers {
    let details = format!("gatewright.{}.fault.{}", exchange.root.module.name, fault.cause().as_str());
    let response = Response::local(exchange, Reply::deny(fault.status(), fault.cause().as_str()), details);
    Box::pin(std::future::ready(Passage::Back(response)))
}
