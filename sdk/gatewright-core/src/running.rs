//! An exchange and the policies at work on it.

use std::any::Any;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::exchange::{End, Exchange};
use crate::fault::{Cause, Fault};
use crate::filter::Passed;
use crate::host::{Action, Direction, LogLevel, Status};
use crate::layer::{self, Passage};
use crate::property;
use crate::request::Request;
use crate::response::Response;
use crate::root::Root;

/// What is left of an exchange that is over in this module.
#[derive(Clone, Copy)]
pub(crate) enum Rest {
    /// All of it passes.
    Passes,
    /// The answer from here passes, the request does not.
    Answered,
}

impl Rest {
    /// What to tell the proxy about more of it.
    pub(crate) fn action(self, direction: Direction) -> Action {
        match (self, direction) {
            (Self::Answered, Direction::Request) => Action::Pause,
            (Self::Answered, Direction::Response) | (Self::Passes, _) => Action::Continue,
        }
    }
}

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
        // A plugin without a configuration decides nothing, so nothing passes.
        let chosen = chain.map(|chain| chain.choose(&request)).ok_or_else(Fault::unconfigured);
        let layers: Layers = match (chosen, exchange.fault.take()) {
            (Ok(chosen), None) => layer::run(Rc::clone(&exchange), chosen, 0, request),
            (Err(fault), _) | (_, Some(fault)) => Box::pin(std::future::ready(Passage::Back(exchange.refusal(&fault)))),
        };
        Self { exchange, layers: RefCell::new(Some(layers)) }
    }

    pub(crate) fn on_request_headers(&self) -> Action {
        self.run(Some(Direction::Request));
        self.header_action(Direction::Request)
    }

    pub(crate) fn on_response_headers(&self, count: u32, end_of_stream: bool) -> Action {
        if let Some(action) = self.after_end(Direction::Response) {
            return action;
        }
        let exchange = &self.exchange;
        exchange.response.on_headers(count, end_of_stream);
        // The proxy answered by itself while the request was held.
        exchange.early.set(!exchange.request.open.get());
        self.notice_other_route();
        self.run(Some(Direction::Response));
        if exchange.early.take() {
            // Nobody waits for an answer, and there is nothing left to decide.
            exchange.end.set(End::Answered);
            self.layers.take();
            return Action::Continue;
        }
        self.header_action(Direction::Response)
    }

    pub(crate) fn on_body(&self, direction: Direction, size: u32, end_of_stream: bool) -> Action {
        if let Some(action) = self.after_end(direction) {
            return action;
        }
        let side = self.exchange.side(direction);
        side.on_body(size, end_of_stream);
        if side.open.get() {
            self.pass_body(direction, false);
        } else {
            self.run(Some(direction));
        }
        self.action(direction)
    }

    pub(crate) fn on_trailers(&self, direction: Direction, count: u32) -> Action {
        if let Some(action) = self.after_end(direction) {
            return action;
        }
        let side = self.exchange.side(direction);
        side.on_trailers(count);
        if !side.open.get() {
            self.run(Some(direction));
        } else if side.filters.borrow().owe() {
            self.cut(direction, "there was no body in whose place the new one could go");
        } else {
            side.filters.borrow_mut().end();
        }
        self.action(direction)
    }

    /// Something that the policies waited for happened, outside the exchange's own callbacks.
    pub(crate) fn on_event(&self) {
        self.run(None);
    }

    /// What is left to tell the proxy, where nothing more can happen to the exchange in this module.
    pub(crate) fn rest(&self) -> Option<Rest> {
        let (request, response) = (&self.exchange.request, &self.exchange.response);
        let passing = !request.filters.borrow().is_empty() || !response.filters.borrow().is_empty();
        match self.exchange.end.get() {
            _ if self.layers.borrow().is_some() => None,
            End::Answered => Some(Rest::Answered),
            End::Open if !passing => Some(Rest::Passes),
            End::Open | End::Cut => None,
        }
    }

    /// What outlives the policies' part in the exchange.
    pub(crate) fn take_kept(&self) -> Vec<Box<dyn Any>> {
        self.exchange.kept.take()
    }

    /// Drops whatever the policies wait for. Their context is gone.
    pub(crate) fn clear(&self) {
        let layers = self.layers.take();
        drop(layers);
        self.exchange.clear();
    }

    /// Lets the policies run until they wait again. A direction that opens in its own callback goes on by that callback's
    /// return; one that opens elsewhere must be told to.
    fn run(&self, callback: Option<Direction>) {
        let exchange = &self.exchange;
        let before = [exchange.request.open.get(), exchange.response.open.get()];
        self.poll();
        for (direction, before) in [Direction::Request, Direction::Response].into_iter().zip(before) {
            let opened = exchange.side(direction).open.get() && !before;
            if !opened {
                continue;
            }
            self.pass_body(direction, true);
            if callback != Some(direction) && exchange.end.get() == End::Open {
                // A stream that is gone cannot go on; its end comes as a callback of its own.
                let _ = exchange.host().continue_stream(direction);
            }
        }
    }

    fn poll(&self) {
        let Some(mut layers) = self.layers.take() else { return };
        match layers.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(passage) => self.finish(passage),
            Poll::Pending => {
                self.layers.replace(Some(layers));
            }
        }
    }

    fn finish(&self, passage: Passage) {
        match passage {
            Passage::Gone if self.exchange.request.open.get() => {}
            Passage::Gone => self.refuse(&Fault::new(Cause::Misuse, "the request was given up before it could go on")),
            Passage::On(request) => self.or_refuse(request.message.release()),
            Passage::Back(response) if response.reply.is_some() => self.send(response),
            Passage::Back(response) => self.or_refuse(response.message.release()),
        }
    }

    fn or_refuse(&self, released: Result<(), Fault>) {
        if let Err(fault) = released {
            self.refuse(&fault);
        }
    }

    fn refuse(&self, fault: &Fault) {
        self.send(self.exchange.refusal(fault));
    }

    /// Answers from here.
    fn send(&self, response: Response) {
        let exchange = &self.exchange;
        let Some(meta) = response.reply else { return };
        let (fields, body) = response.message.into_local();
        exchange.end.set(End::Answered);
        let grpc = meta.grpc_status.and_then(|status| i32::try_from(status).ok()).unwrap_or(-1);
        let host = exchange.host();
        let sent = host.send_local_response(u32::from(meta.status), meta.details.as_bytes(), &body, &fields, grpc);
        if let Err(status) = sent {
            // Neither answered nor allowed to pass: the only safe end is a reset.
            self.cut(Direction::Request, &format!("the host did not send a reply: {status}"));
        }
    }

    /// Shows the filters what the host has of a body: of one that was held until now, or of one that passes.
    fn pass_body(&self, direction: Direction, held: bool) {
        let side = self.exchange.side(direction);
        if self.exchange.end.get() != End::Open || side.filters.borrow().is_empty() || !side.unfiltered.take() {
            return;
        }
        let passed = side.filters.borrow_mut().run(&self.exchange, side);
        let answerable = held || (direction == Direction::Request && self.exchange.response.headers.get().is_none());
        match passed {
            Passed::On => {}
            Passed::Refused(reply, name) if answerable => self.send(Response::local(&self.exchange, &name, reply)),
            Passed::Refused(reply, _) => self.cut(direction, &format!("a body filter refused: {}", reply.reason)),
            Passed::Failed(status) if answerable => self.refuse(&unfiltered(status)),
            Passed::Failed(status) => self.cut(direction, unfiltered(status).message()),
        }
    }

    /// Ends an exchange that cannot be answered any more: half a body must not look like a whole one.
    fn cut(&self, direction: Direction, why: &str) {
        self.exchange.end.set(End::Cut);
        let host = self.exchange.host();
        host.log(LogLevel::Warn, &format!("gatewright: {}: {why}", self.exchange.root.module.name));
        let _ = host.close_stream(direction);
    }

    /// What to tell the host about a direction whose fate was sealed in an earlier callback.
    fn after_end(&self, direction: Direction) -> Option<Action> {
        match self.exchange.end.get() {
            End::Open => None,
            End::Answered => Some(Rest::Answered.action(direction)),
            End::Cut => Some(Action::Pause),
        }
    }

    /// Body callbacks come only to a module that wants them; for any other, everything stops.
    fn header_action(&self, direction: Direction) -> Action {
        match self.action(direction) {
            Action::Pause if !self.exchange.root.module.phases.body(direction) => Action::PauseAll,
            action => action,
        }
    }

    fn action(&self, direction: Direction) -> Action {
        let open = self.exchange.side(direction).open.get()
            // A response that no policy waits for is not ours to hold. A request passes only if somebody let it.
            || (direction == Direction::Response && self.layers.borrow().is_none());
        if open && self.exchange.end.get() == End::Open { Action::Continue } else { Action::Pause }
    }

    /// An edit of request headers makes the proxy choose the route again: another route's policies may never have run.
    fn notice_other_route(&self) {
        let Some(before) = self.exchange.route_at_forward.take() else { return };
        let host = self.exchange.host();
        let now = match host.property(property::ROUTE_NAME) {
            Ok(now) => now,
            Err(Status::NotFound) => Vec::new(),
            // Not knowing is no news.
            Err(_) => return,
        };
        if now != before {
            self.exchange.root.count_route_change();
            host.log(LogLevel::Warn, "gatewright: the request moved to another route after the policies ran");
        }
    }
}

fn unfiltered(status: Status) -> Fault {
    Fault::new(Cause::Message, format!("a body could not be filtered: {status}"))
}
