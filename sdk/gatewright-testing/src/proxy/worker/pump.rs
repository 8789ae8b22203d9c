//! What arrives in a direction goes through the guest and on, as the guest's return codes say.

use gatewright_core::host::Direction;

use super::{Worker, fail, size};
use crate::guest::{Guest, Outcome};
use crate::message::Fields;
use crate::proxy::exchange::Exchange;
use crate::proxy::side::{Flow, Piece};

/// What the guest is to see next.
enum Step {
    Headers { count: u32, end: bool },
    Piece(Piece),
}

impl Worker {
    /// Hands on what waits, until the direction is held or empty.
    pub(crate) fn pump(&mut self, exchange: &Exchange, direction: Direction) {
        while let Some(step) = self.next_step(exchange, direction) {
            match step {
                Step::Headers { count, end } => self.headers(exchange, direction, count, end),
                Step::Piece(Piece::Body { data, end }) => self.body(exchange, direction, data, end),
                Step::Piece(Piece::Trailers(trailers)) => self.trailers(exchange, direction, trailers),
            }
            self.run_actions();
        }
    }

    /// The guest lets a held direction go on. What it has seen goes on unseen; what it has not, it sees now.
    pub(crate) fn resume(&mut self, exchange: &Exchange, direction: Direction) {
        let limit = self.settings.buffer_limit;
        let held = {
            let mut state = exchange.0.borrow_mut();
            if state.over() || state.side(direction).stopped {
                return;
            }
            let side = state.side(direction);
            let held = std::mem::replace(&mut side.flow, Flow::Open);
            if let Flow::HeldAll { .. } = held {
                side.join_waiting(limit);
            }
            held
        };
        if held != Flow::Open {
            self.forward_held(exchange, direction);
        }
        self.pump(exchange, direction);
    }

    /// Whether what the proxy holds of a bounded direction has outgrown the buffer limit; if so, the exchange ends.
    pub(crate) fn check_waiting(&mut self, exchange: &Exchange, direction: Direction) {
        let over = {
            let mut state = exchange.0.borrow_mut();
            let side = state.side(direction);
            side.flow == Flow::HeldAll { bounded: true } && side.waiting() > self.settings.buffer_limit
        };
        if over {
            self.overflow(exchange, direction);
        }
    }

    fn next_step(&self, exchange: &Exchange, direction: Direction) -> Option<Step> {
        let state = &mut *exchange.0.borrow_mut();
        let over = state.over();
        let side = state.side(direction);
        if over || side.stopped || !side.headers_arrived || matches!(side.flow, Flow::HeldAll { .. }) {
            return None;
        }
        if !side.headers_seen {
            return Some(Step::Headers { count: size(side.headers.len()), end: side.headers_end });
        }
        // Held without a bound, the sender waits once the buffer is full.
        if side.flow == Flow::Held && !side.buffering && side.buffered.len() > self.settings.buffer_limit {
            return None;
        }
        side.inbox.pop_front().map(Step::Piece)
    }

    fn headers(&mut self, exchange: &Exchange, direction: Direction, count: u32, end: bool) {
        {
            let mut state = exchange.0.borrow_mut();
            let side = state.side(direction);
            (side.headers_seen, side.headers_open) = (true, true);
        }
        let code = self.guest_code(exchange, direction, Callback::Headers, |guest, context| match direction {
            Direction::Request => guest.on_request_headers(context, count, end),
            Direction::Response => guest.on_response_headers(context, count, end),
        });
        let Some(code) = code else { return };
        let flow = match code {
            // 2 is `ContinueAndEndStream`, which Envoy takes as Continue.
            0 | 2 => Flow::Open,
            1 if self.settings.allow_on_headers_stop_iteration => Flow::Held,
            3 => Flow::HeldAll { bounded: true },
            _ => Flow::HeldAll { bounded: false },
        };
        exchange.0.borrow_mut().side(direction).flow = flow;
        if flow == Flow::Open {
            exchange.0.borrow_mut().side(direction).headers_open = false;
            self.forward_headers(exchange, direction);
        }
        self.check_waiting(exchange, direction);
    }

    fn body(&mut self, exchange: &Exchange, direction: Direction, data: Vec<u8>, end: bool) {
        let visible = {
            let mut state = exchange.0.borrow_mut();
            let side = state.side(direction);
            (side.body_open, side.body_end, side.in_last_body) = (true, end, end);
            if side.buffering {
                side.buffered.extend(data)
            } else {
                side.chunk = data
            }
            size(side.visible().len())
        };
        if self.outgrown(exchange, direction) {
            return self.overflow(exchange, direction);
        }
        let code = self.guest_code(exchange, direction, Callback::Body, |guest, context| match direction {
            Direction::Request => guest.on_request_body(context, visible, end),
            Direction::Response => guest.on_response_body(context, visible, end),
        });
        exchange.0.borrow_mut().side(direction).in_last_body = false;
        let Some(code) = code else { return };
        self.body_returned(exchange, direction, code);
    }

    fn body_returned(&mut self, exchange: &Exchange, direction: Direction, code: u32) {
        {
            let mut state = exchange.0.borrow_mut();
            let side = state.side(direction);
            let chunk = std::mem::take(&mut side.chunk);
            side.buffering = code == 1;
            side.body_open = code != 0;
            if code <= 2 {
                side.buffered.extend(chunk);
            }
            side.flow = if code == 0 { Flow::Open } else { Flow::Held };
        }
        if code == 0 {
            self.forward_held(exchange, direction);
        } else if self.outgrown(exchange, direction) {
            self.overflow(exchange, direction);
        }
    }

    fn trailers(&mut self, exchange: &Exchange, direction: Direction, trailers: Fields) {
        let count = size(trailers.len());
        {
            let mut state = exchange.0.borrow_mut();
            let side = state.side(direction);
            (side.trailers, side.trailers_open, side.trailers_held) = (trailers, true, true);
        }
        let code = self.guest_code(exchange, direction, Callback::Trailers, |guest, context| match direction {
            Direction::Request => guest.on_request_trailers(context, count),
            Direction::Response => guest.on_response_trailers(context, count),
        });
        let Some(code) = code else { return };
        let mut state = exchange.0.borrow_mut();
        let side = state.side(direction);
        side.flow = if code == 0 { Flow::Open } else { Flow::Held };
        side.trailers_open = code != 0;
        drop(state);
        if code == 0 {
            self.forward_held(exchange, direction);
        }
    }

    /// The guest's return code; `None` where it died of the call. Without a filter everything continues.
    fn guest_code(
        &mut self,
        exchange: &Exchange,
        direction: Direction,
        callback: Callback,
        run: impl FnOnce(&mut dyn Guest, u32) -> Outcome<u32>,
    ) -> Option<u32> {
        let (context, vm) = {
            let state = exchange.0.borrow();
            (state.context, state.vm)
        };
        let Some(context) = context else { return Some(0) };
        if !self.is_same_vm(vm) {
            fail(&mut exchange.0.borrow_mut());
            return None;
        }
        let code = self.call(context, callback.name(direction), 0, |guest| run(guest, context))?;
        let stopped = self.vm.as_ref().is_some_and(|vm| vm.host.0.borrow().stop_next);
        Some(match callback {
            // After a local response the rest of the exchange does not go on, whatever the guest returns.
            Callback::Headers if stopped => 4,
            Callback::Body if stopped || code > 3 => 3,
            Callback::Trailers if stopped => 1,
            _ => code,
        })
    }

    /// Whether the proxy buffers more of a body for the guest than it may.
    fn outgrown(&self, exchange: &Exchange, direction: Direction) -> bool {
        let mut state = exchange.0.borrow_mut();
        let side = state.side(direction);
        side.buffering && side.buffered.len() > self.settings.buffer_limit
    }

    /// Passes on headers, held body and held trailers.
    fn forward_held(&mut self, exchange: &Exchange, direction: Direction) {
        self.forward_headers(exchange, direction);
        let (data, end, trailers) = {
            let mut state = exchange.0.borrow_mut();
            let over = state.over();
            let side = state.side(direction);
            if over || side.stopped || side.out.ended {
                return;
            }
            side.buffering = false;
            let trailers = std::mem::take(&mut side.trailers_held).then(|| side.trailers.clone());
            (std::mem::take(&mut side.buffered), side.body_end, trailers)
        };
        self.forward_body(exchange, direction, data, end, trailers);
    }
}

/// Which of a direction's callbacks runs.
#[derive(Clone, Copy)]
enum Callback {
    Headers,
    Body,
    Trailers,
}

impl Callback {
    fn name(self, direction: Direction) -> &'static str {
        match (self, direction) {
            (Self::Headers, Direction::Request) => "proxy_on_request_headers",
            (Self::Body, Direction::Request) => "proxy_on_request_body",
            (Self::Trailers, Direction::Request) => "proxy_on_request_trailers",
            (Self::Headers, Direction::Response) => "proxy_on_response_headers",
            (Self::Body, Direction::Response) => "proxy_on_response_body",
            (Self::Trailers, Direction::Response) => "proxy_on_response_trailers",
        }
    }
}
