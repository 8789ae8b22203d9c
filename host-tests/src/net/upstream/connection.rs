//! One connection of an upstream: requests in turn, each answered as the closure says.

use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use gatewright_testing::message::{Request, Response};
use rustls::{ServerConnection, StreamOwned};

use super::{Answer, Shared};
use crate::net::connection::Connection;
use crate::net::encode;
use crate::net::wire::{self, Framing, Head};

/// What becomes of the connection after an answer.
enum Next {
    Keep,
    Close,
    Reset,
}

type Stream = Box<dyn Connection>;

/// Serves until the peer or the upstream ends.
pub(super) fn serve(id: usize, stream: TcpStream, shared: &Shared) {
    let _best_effort = stream.set_nodelay(true);
    let mut reader = BufReader::new(secured(stream, shared));
    let next = exchanges(&mut reader, shared);
    if !matches!(next, Next::Reset) {
        let _gone = reader.get_ref().socket().shutdown(Shutdown::Write);
    }
    // A reset is sent only once every handle is closed.
    shared.lock().streams.retain(|(stream, _)| *stream != id);
}

/// The handshake happens with the first bytes read.
fn secured(stream: TcpStream, shared: &Shared) -> Stream {
    let tls = shared.tls.clone().and_then(|config| ServerConnection::new(config).ok());
    match tls {
        Some(tls) => Box::new(StreamOwned::new(tls, stream)),
        None => Box::new(stream),
    }
}

fn exchanges(reader: &mut BufReader<Stream>, shared: &Shared) -> Next {
    while let Some(request) = read_request(reader) {
        shared.lock().requests.push(request.clone());
        let answer = (shared.handler)(&request);
        let next = perform(reader.get_mut(), &request, answer, shared);
        if !matches!(next, Next::Keep) {
            return next;
        }
    }
    Next::Close
}

fn read_request(reader: &mut BufReader<Stream>) -> Option<Request> {
    let Head { start, fields } = wire::read_head(reader).ok()?;
    let mut words = start.split(' ');
    let (method, path) = (words.next()?, words.next()?);
    let framing = Framing::of(&fields, Framing::Length(0)).ok()?;
    let body = wire::read_body(reader, framing);
    if body.stop.is_some() {
        return None;
    }
    let mut request = Request::new(method, path);
    for (name, value) in fields {
        if name == b"host" {
            request = request.with_host(&String::from_utf8_lossy(&value));
        } else {
            request.headers.push((name, value));
        }
    }
    request.body = body.pieces;
    request.trailers = body.trailers;
    Some(request)
}

fn perform(stream: &mut Stream, request: &Request, answer: Answer, shared: &Shared) -> Next {
    match answer {
        Answer::Respond(response) => respond(stream, request, &response),
        Answer::After(duration, answer) => {
            shared.pause(duration);
            perform(stream, request, *answer, shared)
        }
        Answer::Reset => reset(stream.socket()),
        Answer::Hang => hang(stream),
        Answer::Truncated(response) => truncate(stream, &response),
        Answer::Raw(bytes) => {
            let _gone = stream.write_all(&bytes);
            Next::Close
        }
    }
}

fn respond(stream: &mut Stream, request: &Request, response: &Response) -> Next {
    let mut bytes = encode::response_head(response);
    let status = response.status();
    if request.header(":method").as_deref() != Some("HEAD") && status != 204 && status != 304 {
        let chunked = encode::is_chunked(&response.headers, &response.body, &response.trailers);
        bytes.extend(encode::body(&response.body, &response.trailers, chunked));
    }
    if stream.write_all(&bytes).is_err() { Next::Close } else { Next::Keep }
}

fn truncate(stream: &mut Stream, response: &Response) -> Next {
    let mut bytes = encode::response_head(response);
    let body = response.body_bytes();
    bytes.extend(body.iter().take(body.len() / 2));
    let _gone = stream.write_all(&bytes);
    Next::Close
}

fn reset(stream: &TcpStream) -> Next {
    // With a linger time of zero, closing sends RST instead of FIN.
    let _best_effort = rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO));
    Next::Reset
}

fn hang(stream: &mut Stream) -> Next {
    // Ends when the peer closes, or the upstream does.
    let mut sink = [0; 1024];
    while stream.read(&mut sink).is_ok_and(|read| read > 0) {}
    Next::Close
}
