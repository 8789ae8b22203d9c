//! Load: a few connections, each of which sends its next request as soon as its answer is there, as `wrk` does.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::groups::Request;

const CONNECTIONS: usize = 16;
const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_ANSWER: usize = 1 << 20;

/// What changes from one request to the next: the value of a header, by the request's number.
pub(crate) type Vary = Rc<dyn Fn(u64) -> String>;

/// Connections over which one kind of request is repeated.
pub(crate) struct Load {
    connections: Vec<Connection>,
    request: String,
    varying: Option<(&'static str, Vary)>,
    /// Requests so far.
    number: u64,
    /// What every answer's status has to be.
    pub(crate) status: u16,
}

/// A connection with at most one request under way.
struct Connection {
    stream: TcpStream,
    /// What has come of the answer.
    received: Vec<u8>,
    waits: bool,
}

impl Load {
    pub(crate) fn open(address: SocketAddr, wanted: &Request) -> Result<Self> {
        let mut request = format!("GET {} HTTP/1.1\r\nhost: api.example.com\r\n", wanted.path);
        for (name, value) in COMMON {
            request += &format!("{name}: {value}\r\n");
        }
        for (name, value) in &wanted.fields {
            request += &format!("{name}: {value}\r\n");
        }
        let connections = (0..CONNECTIONS).map(|_| Connection::open(address)).collect::<Result<_>>()?;
        let (varying, status) = (wanted.varying.clone(), wanted.status);
        Ok(Self { connections, request, varying, number: 0, status })
    }

    /// Sends one request and returns the status of its answer.
    pub(crate) fn probe(&mut self) -> Result<u16> {
        let connection = self.connections.first_mut().context("no connection")?;
        connection.send(&next(&self.request, self.varying.as_ref(), &mut self.number))?;
        let deadline = now() + TIMEOUT;
        loop {
            if let Some(status) = connection.receive()? {
                return Ok(status);
            }
            ensure!(now() < deadline, "no answer within {} s", TIMEOUT.as_secs());
        }
    }

    /// Sends this many requests and checks every answer's status.
    pub(crate) fn run(&mut self, requests: usize) -> Result<()> {
        let (mut sent, mut answered) = (0, 0);
        let mut deadline = now() + TIMEOUT;
        while answered < requests {
            let before = answered;
            for connection in &mut self.connections {
                if let Some(status) = connection.receive()? {
                    ensure!(status == self.status, "answered {status}, not {}", self.status);
                    answered += 1;
                }
                if !connection.waits && sent < requests {
                    connection.send(&next(&self.request, self.varying.as_ref(), &mut self.number))?;
                    sent += 1;
                }
            }
            if answered > before {
                deadline = now() + TIMEOUT;
            }
            ensure!(now() < deadline, "no answer within {} s", TIMEOUT.as_secs());
        }
        Ok(())
    }
}

impl Connection {
    fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream, received: Vec::new(), waits: false })
    }

    /// A request is smaller than any socket's buffer, and there is never more than one.
    fn send(&mut self, request: &str) -> Result<()> {
        self.stream.write_all(request.as_bytes())?;
        self.received.clear();
        self.waits = true;
        Ok(())
    }

    /// The status of the answer, once it is there as a whole.
    fn receive(&mut self) -> Result<Option<u16>> {
        if !self.waits {
            return Ok(None);
        }
        let mut piece = [0; 1 << 15];
        match self.stream.read(&mut piece) {
            Ok(0) => bail!("the connection was closed"),
            Ok(size) => self.received.extend_from_slice(piece.get(..size).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        ensure!(self.received.len() <= MAX_ANSWER, "an answer of over {MAX_ANSWER} bytes");
        let status = whole(&self.received)?;
        self.waits = status.is_none();
        Ok(status)
    }
}

/// What a browser's request has on it.
const COMMON: &[(&str, &str)] = &[
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    ("accept", "application/json"),
    ("accept-encoding", "gzip, deflate, br"),
    ("accept-language", "en-US,en;q=0.5"),
];

/// The bytes of the next request.
fn next(request: &str, varying: Option<&(&'static str, Vary)>, number: &mut u64) -> String {
    let this = *number;
    *number += 1;
    match varying {
        Some((name, value)) => format!("{request}{name}: {}\r\n\r\n", value(this)),
        None => format!("{request}\r\n"),
    }
}

#[expect(clippy::disallowed_methods, reason = "a client of a real Envoy has the machine's clock")]
fn now() -> Instant {
    Instant::now()
}

/// The status of an answer, if all of it is here. It has `content-length`, as all local answers of Envoy have.
fn whole(answer: &[u8]) -> Result<Option<u16>> {
    let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(answer.get(..end).unwrap_or_default())?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status line")?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.map_or(Ok(0), |length| length.trim().parse()).context("content-length")?;
    Ok((answer.len() >= end + 4 + length).then_some(status))
}
