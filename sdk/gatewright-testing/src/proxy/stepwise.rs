//! Exchanges step by step, for streaming tests: either end may send a piece, reset or go away.

use gatewright_core::host::Direction;

use super::Proxy;
use super::answer::Kind;
use super::exchange::Exchange;
use super::side::Piece;
use super::vm::{Delivery, GrpcStream};
use crate::message::{Fields, Response};

impl Proxy {
    /// The client sends a piece of the request's body; `end` ends the request.
    pub fn send_body(&mut self, exchange: &Exchange, data: impl Into<Vec<u8>>, end: bool) {
        self.arrive(exchange, Direction::Request, Piece::Body { data: data.into(), end });
    }

    /// The client sends trailers, which end the request.
    pub fn send_trailers(&mut self, exchange: &Exchange, trailers: Fields) {
        self.arrive(exchange, Direction::Request, Piece::Trailers(trailers));
    }

    /// The client goes away.
    pub fn abort(&mut self, exchange: &Exchange) {
        let number = exchange.0.borrow().worker;
        if let Some(worker) = self.worker(number) {
            worker.abort(exchange);
        }
        self.settle();
    }

    /// The upstream sends the headers of its response. Its body and trailers are not taken from here: they follow by
    /// [`Proxy::respond_body`] and [`Proxy::respond_trailers`], unless `end`. Use it with [`super::Answer::never`].
    pub fn respond_headers(&mut self, exchange: &Exchange, response: Response, end: bool) {
        let number = {
            let mut state = exchange.0.borrow_mut();
            if !state.over() && !state.response.headers_arrived {
                let end = end || state.head;
                state.response.arrive(response.headers, end);
            }
            state.worker
        };
        if let Some(worker) = self.worker(number) {
            worker.pump(exchange, Direction::Response);
        }
        self.settle();
    }

    /// The upstream sends a piece of its response's body; `end` ends the response.
    pub fn respond_body(&mut self, exchange: &Exchange, data: impl Into<Vec<u8>>, end: bool) {
        self.arrive(exchange, Direction::Response, Piece::Body { data: data.into(), end });
    }

    /// The upstream sends trailers, which end the response.
    pub fn respond_trailers(&mut self, exchange: &Exchange, trailers: Fields) {
        self.arrive(exchange, Direction::Response, Piece::Trailers(trailers));
    }

    /// The upstream resets the stream: a 503, or a cut where the response has begun.
    pub fn reset_upstream(&mut self, exchange: &Exchange) {
        let number = exchange.0.borrow().worker;
        if let Some(worker) = self.worker(number) {
            worker.upstream_answers(exchange, Kind::Failed);
        }
        self.settle();
    }

    /// gRPC streams that guests have open, by worker and token.
    #[must_use]
    pub fn grpc_streams(&self) -> Vec<GrpcStream> {
        let vms = self.workers.iter().filter_map(|worker| worker.vm.as_ref());
        let open = |vm: &super::worker::Running| {
            let vm = vm.host.0.borrow();
            vm.grpc_streams.values().filter(|stream| !stream.remote_closed).cloned().collect::<Vec<_>>()
        };
        vms.flat_map(open).collect()
    }

    /// The upstream of a gRPC stream sends initial metadata. `false`: the stream is not open.
    pub fn grpc_initial_metadata(&mut self, stream: &GrpcStream, metadata: Fields) -> bool {
        self.on_stream(stream, Delivery { grpc_initial: Some(metadata), ..Delivery::default() })
    }

    /// The upstream of a gRPC stream sends a message. `false`: the stream is not open.
    pub fn grpc_message(&mut self, stream: &GrpcStream, message: impl Into<Vec<u8>>) -> bool {
        self.on_stream(stream, Delivery { grpc_message: Some(message.into()), ..Delivery::default() })
    }

    /// The upstream of a gRPC stream ends it: trailing metadata, then the status. `false`: the stream is not open.
    pub fn grpc_end(&mut self, stream: &GrpcStream, trailers: Fields, status: u32, message: &str) -> bool {
        let told = self.on_stream(stream, Delivery { grpc_trailing: Some(trailers), ..Delivery::default() });
        if let Some(worker) = self.worker(stream.worker) {
            worker.close_stream(stream.token, status, message.as_bytes());
        }
        self.settle();
        told
    }

    fn on_stream(&mut self, stream: &GrpcStream, delivery: Delivery) -> bool {
        let told = self.worker(stream.worker).is_some_and(|worker| worker.on_stream(stream.token, delivery));
        self.settle();
        told
    }

    fn arrive(&mut self, exchange: &Exchange, direction: Direction, piece: Piece) {
        let number = {
            let mut state = exchange.0.borrow_mut();
            if !state.over() {
                state.side(direction).inbox.push_back(piece);
            }
            state.worker
        };
        if let Some(worker) = self.worker(number) {
            worker.check_waiting(exchange, direction);
            worker.pump(exchange, direction);
        }
        self.settle();
    }
}
