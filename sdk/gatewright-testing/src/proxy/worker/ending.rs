//! How exchanges, contexts and VMs end.

use gatewright_core::host::{Direction, LogLevel};

use super::Worker;
use crate::guest::Trap;
use crate::message::Fields;
use crate::proxy::exchange::{Exchange, ExchangeState, Outcome};
use crate::proxy::fields;
use crate::proxy::vm::LocalReply;

impl Worker {
    /// Answers from the guest or the proxy: through the response callbacks if they have not run, else past them. After the
    /// response's headers went out, all that is left is to reset the stream.
    pub(crate) fn reply(&mut self, exchange: &Exchange, reply: LocalReply) {
        let direct = {
            let state = &mut *exchange.0.borrow_mut();
            if state.over() {
                return;
            }
            if state.responded() {
                None
            } else {
                let direct = state.response.headers_seen;
                put_reply(state, reply);
                Some(direct)
            }
        };
        match direct {
            None => self.cut(exchange, "local_reply_after_response_headers"),
            Some(false) => self.pump(exchange, Direction::Response),
            Some(true) => {
                pass_unseen(&mut exchange.0.borrow_mut());
                self.answered(exchange);
            }
        }
    }

    /// The client has its whole response.
    pub(crate) fn answered(&mut self, exchange: &Exchange) {
        {
            let state = &mut *exchange.0.borrow_mut();
            let out = &state.response.out;
            let length = out.headers.as_ref().and_then(fields::content_length);
            let status = out.headers.as_ref().map(|headers| fields::text(headers, ":status")).unwrap_or_default();
            let bodiless = state.head || status == "204" || status == "304";
            state.hung = !bodiless && length.is_some_and(|length| length != out.body.concat().len());
        }
        self.finish(exchange, Outcome::Answered);
    }

    /// Resets the stream.
    pub(crate) fn cut(&mut self, exchange: &Exchange, details: &str) {
        exchange.0.borrow_mut().details = Some(details.to_owned());
        self.finish(exchange, Outcome::Cut);
    }

    /// A body has outgrown the buffer limit.
    pub(crate) fn overflow(&mut self, exchange: &Exchange, direction: Direction) {
        let responded = exchange.0.borrow().responded();
        match direction {
            Direction::Request => self.proxy_reply(exchange, 413, "Payload Too Large", "request_payload_too_large"),
            Direction::Response if responded => self.cut(exchange, "response_payload_too_large"),
            Direction::Response => {
                self.proxy_reply(exchange, 500, "Internal Server Error", "response_payload_too_large");
            }
        }
    }

    /// The client has gone.
    pub(crate) fn abort(&mut self, exchange: &Exchange) {
        {
            let mut state = exchange.0.borrow_mut();
            state.details = Some("downstream_remote_disconnect".to_owned());
            state.flags |= 0x4000;
        }
        self.finish(exchange, Outcome::Aborted);
    }

    /// Ends an exchange: logged, done, deleted.
    fn finish(&mut self, exchange: &Exchange, outcome: Outcome) {
        let (context, vm) = {
            let mut state = exchange.0.borrow_mut();
            if state.over() {
                return;
            }
            state.outcome = outcome;
            state.logging = true;
            (state.context, state.vm)
        };
        let Some(context) = context else { return };
        if !self.is_same_vm(vm) {
            exchange.0.borrow_mut().logging = false;
            return;
        }
        self.call(context, "proxy_on_log", (), |guest| guest.on_log(context));
        exchange.0.borrow_mut().logging = false;
        if self.call(context, "proxy_on_done", true, |guest| guest.on_done(context)) == Some(true) {
            self.delete(context);
        }
        self.end_retired_roots();
        self.run_actions();
    }

    pub(crate) fn delete(&mut self, context: u32) {
        self.call(context, "proxy_on_delete", (), |guest| guest.on_delete(context));
        if let Some(vm) = &self.vm {
            vm.host.0.borrow_mut().contexts.remove(&context);
        }
    }

    /// Ends root contexts of old configurations whose exchanges are over.
    pub(crate) fn end_retired_roots(&mut self) {
        let Some(vm) = &self.vm else { return };
        let idle: Vec<u32> = {
            let vm = vm.host.0.borrow();
            let used = |root: u32| vm.contexts.values().any(|context| context.belongs_to(root));
            vm.roots().filter(|(n, root)| root.retired && !root.ending && !used(*n)).map(|(n, _)| n).collect()
        };
        for root in idle {
            if let Some(vm) = &self.vm
                && let Some(root) = vm.host.0.borrow_mut().root_mut(root)
            {
                root.ending = true;
            }
            if self.call(root, "proxy_on_done", true, |guest| guest.on_done(root)) == Some(true) {
                self.delete(root);
            }
        }
    }

    /// The VM is dead, and with it the exchange in whose callback it died. Others fail when their next callback is due; those that
    /// wait for the guest wait for ever.
    pub(crate) fn die(&mut self, context: u32, trap: &Trap) {
        self.world.write_log(LogLevel::Critical, trap.to_string(), &self.label);
        let exchange = self.exchange_of(context);
        self.vm = None;
        if let Some(exchange) = exchange {
            fail(&mut exchange.0.borrow_mut());
        }
    }
}

/// Answers 503 past the guest, or cuts what has begun.
pub(crate) fn fail(state: &mut ExchangeState) {
    if state.over() {
        return;
    }
    state.details = Some("wasm_fail_stream".to_owned());
    if state.responded() {
        state.outcome = Outcome::Cut;
        return;
    }
    let details = "wasm_fail_stream".to_owned();
    put_reply(state, LocalReply { status: 503, details, body: Vec::new(), headers: Fields::new(), grpc_status: -1 });
    pass_unseen(state);
    state.outcome = Outcome::Answered;
}

/// Makes the reply the response. Nothing more of the request or of an upstream's response matters.
fn put_reply(state: &mut ExchangeState, reply: LocalReply) {
    state.request.stopped = true;
    state.local_reply = true;
    state.details = Some(reply.details.clone());
    let (headers, body) = if state.grpc { grpc_message(&reply) } else { http_message(&reply) };
    let body = if state.head || body.is_empty() { Vec::new() } else { vec![body] };
    let seen = state.response.headers_seen;
    state.response = crate::proxy::side::Side::default();
    state.response.headers_seen = seen;
    state.response.arrive_whole(headers, body, Fields::new());
}

/// Hands a reply to the client without any callback.
fn pass_unseen(state: &mut ExchangeState) {
    let side = &mut state.response;
    side.out.headers = Some(side.headers.clone());
    let pieces = side.inbox.drain(..).filter_map(|piece| match piece {
        crate::proxy::side::Piece::Body { data, .. } if !data.is_empty() => Some(data),
        _ => None,
    });
    side.out.body = pieces.collect();
    side.out.ended = true;
}

/// Envoy sets the length and a default type with a body, and removes both without one.
fn http_message(reply: &LocalReply) -> (Fields, Vec<u8>) {
    let mut headers = vec![(b":status".to_vec(), reply.status.to_string().into_bytes())];
    headers.extend(reply.headers.iter().cloned());
    if reply.body.is_empty() {
        fields::remove(&mut headers, b"content-length");
        fields::remove(&mut headers, b"content-type");
    } else {
        fields::replace(&mut headers, b"content-length", reply.body.len().to_string().as_bytes());
        if fields::value(&headers, "content-type").is_none() {
            headers.push((b"content-type".to_vec(), b"text/plain".to_vec()));
        }
    }
    (headers, reply.body.clone())
}

/// A gRPC client gets 200 with the status in the headers, and the body as its message.
fn grpc_message(reply: &LocalReply) -> (Fields, Vec<u8>) {
    let status = u32::try_from(reply.grpc_status).unwrap_or_else(|_| grpc_status(reply.status));
    let mut headers = vec![(b":status".to_vec(), b"200".to_vec())];
    headers.extend(reply.headers.iter().cloned());
    fields::replace(&mut headers, b"content-type", b"application/grpc");
    fields::replace(&mut headers, b"grpc-status", status.to_string().as_bytes());
    if !reply.body.is_empty() {
        fields::replace(&mut headers, b"grpc-message", &reply.body);
    }
    (headers, Vec::new())
}

/// The gRPC status for an HTTP status (gRPC, "HTTP to gRPC Status Code Mapping").
fn grpc_status(http: u32) -> u32 {
    match http {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 | 502 | 503 | 504 => 14,
        _ => 2,
    }
}
