//! Callouts: HTTP, unary gRPC, and gRPC streams.

use std::time::Duration;

use gatewright_core::host::{HostResult, Status};

use crate::message::{Request, Response};
use crate::proxy::answer::{Answer, GrpcCall, GrpcKind, Kind};
use crate::proxy::clock::nanos;
use crate::proxy::fields;
use crate::proxy::timeline::Event;
use crate::proxy::vm::{GrpcStream, Vm};

impl Vm {
    /// Asks an upstream, and schedules its answer. The answer comes to the root context, whoever asked.
    pub(crate) fn http_call(
        &mut self,
        upstream: &[u8],
        headers: &[u8],
        body: &[u8],
        trailers: &[u8],
        timeout_millis: u32,
    ) -> HostResult<u32> {
        let root = self.root_in_effect()?;
        let mut request = Request { headers: fields::decode(headers), ..Request::default() };
        let required = [":method", ":path", ":authority"];
        if required.iter().any(|name| fields::value(&request.headers, name).is_none()) {
            return Err(Status::BadArgument);
        }
        if !body.is_empty() {
            fields::replace(&mut request.headers, b"content-length", body.len().to_string().as_bytes());
            request.body = vec![body.to_vec()];
        }
        request.trailers = fields::decode(trailers);
        let answer = self.world.ask(&text(upstream), &request).ok_or(Status::BadArgument)?;
        self.last_http_token += 1;
        let token = self.last_http_token;
        if let Some((after, response)) = outcome(answer, timeout_millis) {
            let due = self.world.elapsed().saturating_add(after);
            self.timeline.schedule(due, Event::Callout { vm: self.number, root, token, response });
        }
        Ok(token)
    }

    pub(crate) fn grpc_call(
        &mut self,
        upstream: &[u8],
        service: &[u8],
        method: &[u8],
        metadata: &[u8],
        message: &[u8],
        timeout_millis: u32,
    ) -> HostResult<u32> {
        let root = self.root_in_effect()?;
        let metadata = fields::decode(metadata);
        let (upstream, authority) = target(upstream);
        let call =
            GrpcCall { authority, service: text(service), method: text(method), metadata, message: message.to_vec() };
        let answer = self.world.ask_grpc(&upstream, &call).ok_or(Status::ParseFailure)?;
        // As in Envoy, calls have odd tokens and streams even ones.
        let token = self.last_grpc_call * 2 + 1;
        self.last_grpc_call += 1;
        self.grpc_calls.push(token);
        let timeout = timeout(timeout_millis);
        let deadline = || (timeout, GrpcKind::Status(4, b"deadline exceeded".to_vec()));
        let (after, kind) = match answer.kind {
            GrpcKind::Never => deadline(),
            _ if nanos(answer.after) >= timeout => deadline(),
            kind => (nanos(answer.after), kind),
        };
        if after < u64::MAX {
            let due = self.world.elapsed().saturating_add(after);
            self.timeline.schedule(due, Event::GrpcReply { vm: self.number, root, token, kind });
        }
        Ok(token)
    }

    pub(crate) fn grpc_stream(
        &mut self,
        upstream: &[u8],
        service: &[u8],
        method: &[u8],
        metadata: &[u8],
    ) -> HostResult<u32> {
        let root = self.root_in_effect()?;
        let (upstream, _) = target(upstream);
        let up = self.world.grpc_up(&upstream).ok_or(Status::ParseFailure)?;
        self.last_grpc_stream += 1;
        let token = self.last_grpc_stream * 2;
        let stream = GrpcStream {
            worker: self.worker,
            token,
            upstream,
            service: text(service),
            method: text(method),
            metadata: fields::decode(metadata),
            sent: Vec::new(),
            half_closed: false,
            remote_closed: false,
            root,
        };
        self.grpc_streams.insert(token, stream);
        if !up {
            let message = b"upstream connect error".to_vec();
            let event = Event::GrpcClose { vm: self.number, root, token, status: 14, message };
            self.timeline.schedule(self.world.elapsed(), event);
        }
        Ok(token)
    }

    pub(crate) fn grpc_send(&mut self, token: u32, message: &[u8], end_stream: bool) -> HostResult<()> {
        if token % 2 == 1 {
            return Err(Status::BadArgument);
        }
        let stream = self.grpc_streams.get_mut(&token).ok_or(Status::NotFound)?;
        stream.sent.push(message.to_vec());
        stream.half_closed |= end_stream;
        Ok(())
    }

    pub(crate) fn grpc_close(&mut self, token: u32) -> HostResult<()> {
        if token % 2 == 1 {
            return self.cancel_call(token);
        }
        let stream = self.grpc_streams.get_mut(&token).ok_or(Status::NotFound)?;
        stream.half_closed = true;
        if stream.remote_closed {
            self.grpc_streams.remove(&token);
        }
        Ok(())
    }

    pub(crate) fn grpc_cancel(&mut self, token: u32) -> HostResult<()> {
        if token % 2 == 1 {
            return self.cancel_call(token);
        }
        self.grpc_streams.remove(&token).map(|_| ()).ok_or(Status::NotFound)
    }

    fn cancel_call(&mut self, token: u32) -> HostResult<()> {
        let at = self.grpc_calls.iter().position(|call| *call == token).ok_or(Status::NotFound)?;
        self.grpc_calls.remove(at);
        Ok(())
    }
}

/// After how many nanoseconds a callout ends, and with what; `None` if never.
fn outcome(answer: Answer, timeout_millis: u32) -> Option<(u64, Option<Response>)> {
    let (timeout, after) = (timeout(timeout_millis), nanos(answer.after));
    let late = || (timeout < u64::MAX).then(|| (timeout, Some(synthetic(504, "upstream request timeout"))));
    let reset = "upstream connect error or disconnect/reset before headers. reset reason: ";
    let unavailable = |reason: &str| Some(synthetic(503, &format!("{reset}{reason}")));
    let end = match answer.kind {
        Kind::Timeout | Kind::Never => return late(),
        _ if after >= timeout => return late(),
        Kind::Response(response) => Some(response),
        Kind::Refused => unavailable("remote connection failure"),
        Kind::Failed => unavailable("connection termination"),
        Kind::Truncated(_) => None,
    };
    Some((after, end))
}

/// A response that Envoy makes where the upstream has none.
fn synthetic(status: u16, body: &str) -> Response {
    let length = body.len().to_string();
    Response::new(status)
        .with_header("content-length", length)
        .with_header("content-type", "text/plain")
        .with_body(body)
}

/// A timeout in nanoseconds; 0 sets none.
fn timeout(millis: u32) -> u64 {
    if millis == 0 { u64::MAX } else { nanos(Duration::from_millis(u64::from(millis))) }
}

/// Name and authority of a gRPC upstream. Envoy takes what parses as a `GrpcService` for one; no name in a test does.
fn target(upstream: &[u8]) -> (String, Option<String>) {
    let envoy_grpc = protobuf_fields(upstream).and_then(|fields| match fields.as_slice() {
        [(1, bytes)] => protobuf_fields(bytes),
        _ => None,
    });
    let find = |number: u8| {
        let fields = envoy_grpc.as_ref()?;
        fields.iter().find(|(field, _)| *field == number).map(|(_, bytes)| text(bytes))
    };
    (find(1).unwrap_or_else(|| text(upstream)), find(2))
}

/// The fields of a message that has no others than bytes, with numbers below 16.
fn protobuf_fields(mut message: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut fields = Vec::new();
    while let Some((tag, rest)) = message.split_first() {
        message = rest;
        let (mut length, mut shift) = (0usize, 0);
        loop {
            let (byte, rest) = message.split_first()?;
            message = rest;
            length |= usize::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
            if *byte < 0x80 {
                break;
            }
        }
        let (bytes, rest) = message.split_at_checked(length)?;
        message = rest;
        fields.push((tag >> 3, (tag & 0x87 == 2).then_some(bytes)?));
    }
    Some(fields)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
