//! A client that sends what a test wrote, byte for byte, and tells how the answer ended.

use std::fmt;
use std::io::{BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use gatewright_testing::message::{Fields, Request, Response};
use rustls::{ClientConnection, StreamOwned};

use super::connection::Connection;
use super::encode;
use super::wire::{self, Framing, Stop};

const TIMEOUT: Duration = Duration::from_secs(20);
const MAX_INTERIM: usize = 16;

/// A connection. Requests on it follow one another (keep-alive).
pub struct Client {
    reader: BufReader<Box<dyn Connection>>,
    method: String,
    chunked: bool,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("socket", self.reader.get_ref().socket()).finish_non_exhaustive()
    }
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As its framing says.
    Complete,
    /// The connection was closed first.
    Cut,
    /// Nothing more came within the read timeout.
    TimedOut,
}

/// An answer, as far as it came.
#[derive(Clone, Debug)]
pub struct Received {
    /// Responses of status 1xx that came first.
    pub interim: Vec<Response>,
    /// The response; each chunk is one piece.
    pub response: Response,
    /// Whether the body came whole.
    pub ending: Ending,
}

impl Received {
    /// Whether the connection was closed before the body's end.
    #[must_use]
    pub fn was_cut(&self) -> bool {
        self.ending == Ending::Cut
    }
}

impl Client {
    /// Connects; reads wait 20 seconds at most.
    ///
    /// # Errors
    /// Nobody listens there.
    pub fn connect(address: SocketAddr) -> Result<Self> {
        Self::connect_with(address, TIMEOUT)
    }

    /// Connects with a read timeout of one's own.
    ///
    /// # Errors
    /// Nobody listens there.
    pub fn connect_with(address: SocketAddr, read_timeout: Duration) -> Result<Self> {
        Ok(Self::over(socket(address, read_timeout)?))
    }

    /// Connects and speaks TLS; the handshake happens with the first bytes sent.
    ///
    /// # Errors
    /// Nobody listens there.
    pub fn connect_tls(address: SocketAddr, tls: ClientConnection) -> Result<Self> {
        Ok(Self::over(StreamOwned::new(tls, socket(address, TIMEOUT)?)))
    }

    /// Sends a request and reads its answer. A body of several pieces or with trailers goes chunked.
    ///
    /// # Errors
    /// No answer's headers came.
    pub fn send(&mut self, request: &Request) -> Result<Received> {
        let sent = self.send_all(request);
        // An answer may come before the whole request is out, and then says more than the failed write.
        self.receive().or_else(|read| sent.and(Err(read)))
    }

    /// Sends the headers only. Pieces follow by [`Client::piece`], the end by [`Client::end`].
    ///
    /// # Errors
    /// The peer is gone.
    pub fn start(&mut self, request: &Request) -> Result<()> {
        self.method = request.header(":method").unwrap_or_default();
        self.chunked = encode::is_chunked(&request.headers, &request.body, &request.trailers);
        self.raw(&encode::request_head(request))
    }

    /// Sends a piece of the body of a request that was started.
    ///
    /// # Errors
    /// The peer is gone.
    pub fn piece(&mut self, bytes: &[u8]) -> Result<()> {
        self.raw(&encode::piece(bytes, self.chunked))
    }

    /// Ends the body of a request that was started.
    ///
    /// # Errors
    /// The peer is gone.
    pub fn end(&mut self, trailers: &Fields) -> Result<()> {
        self.raw(&encode::end(trailers, self.chunked))
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// The peer is gone.
    pub fn raw(&mut self, bytes: &[u8]) -> Result<()> {
        self.reader.get_mut().write_all(bytes).context("send to the proxy")
    }

    /// Reads the next answer.
    ///
    /// # Errors
    /// No answer's headers came, or they are malformed.
    pub fn receive(&mut self) -> Result<Received> {
        let mut interim = Vec::new();
        while interim.len() < MAX_INTERIM {
            let response = self.read_headers()?;
            if (100..200).contains(&response.status()) {
                interim.push(response);
                continue;
            }
            return self.read_rest(response, interim);
        }
        bail!("more than {MAX_INTERIM} interim responses")
    }

    /// Drops the connection, mid-request or not.
    pub fn abort(self) {
        let _gone = self.reader.get_ref().socket().shutdown(Shutdown::Both);
    }

    fn over(connection: impl Connection + 'static) -> Self {
        Self { reader: BufReader::new(Box::new(connection)), method: String::new(), chunked: false }
    }

    fn send_all(&mut self, request: &Request) -> Result<()> {
        self.start(request)?;
        request.body.iter().try_for_each(|bytes| self.piece(bytes))?;
        self.end(&request.trailers)
    }

    fn read_headers(&mut self) -> Result<Response> {
        let head = wire::read_head(&mut self.reader).map_err(|stop| anyhow::anyhow!("no answer: {stop}"))?;
        let status = head.start.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.with_context(|| format!("no status in {:?}", head.start))?;
        let mut response = Response::new(status);
        response.headers.extend(head.fields);
        Ok(response)
    }

    fn read_rest(&mut self, mut response: Response, interim: Vec<Response>) -> Result<Received> {
        if self.method == "HEAD" || matches!(response.status(), 204 | 304) {
            return Ok(Received { interim, response, ending: Ending::Complete });
        }
        let framing =
            Framing::of(&response.headers, Framing::UntilClose).map_err(|stop| anyhow::anyhow!("answer: {stop}"))?;
        let body = wire::read_body(&mut self.reader, framing);
        response.body = body.pieces;
        response.trailers = body.trailers;
        let ending = match body.stop {
            None => Ending::Complete,
            Some(Stop::Closed | Stop::Reset) => Ending::Cut,
            Some(Stop::TimedOut) => Ending::TimedOut,
            Some(stop @ Stop::Malformed(_)) => bail!("answer body: {stop}"),
        };
        Ok(Received { interim, response, ending })
    }
}

fn socket(address: SocketAddr, read_timeout: Duration) -> Result<TcpStream> {
    let socket = TcpStream::connect_timeout(&address, TIMEOUT);
    let socket = socket.with_context(|| format!("connect to {address}"))?;
    socket.set_read_timeout(Some(read_timeout))?;
    socket.set_write_timeout(Some(TIMEOUT))?;
    socket.set_nodelay(true)?;
    Ok(socket)
}
