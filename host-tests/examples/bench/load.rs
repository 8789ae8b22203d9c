//! Load: a few connections, one request on each, then their answers. Cheap for the client, and the same for every variant.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::groups::Request;

const CONNECTIONS: usize = 16;
const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_BODY: u64 = 1 << 20;

/// What changes from one request to the next: the value of a header, by the request's number.
pub(crate) type Vary = Rc<dyn Fn(u64) -> String>;

/// Connections over which one kind of request is repeated.
pub(crate) struct Load {
    connections: Vec<BufReader<TcpStream>>,
    request: String,
    varying: Option<(&'static str, Vary)>,
    /// Requests so far.
    number: u64,
    /// What every answer's status has to be.
    pub(crate) status: u16,
    line: String,
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
        let connections = (0..CONNECTIONS).map(|_| connect(address)).collect::<Result<_>>()?;
        let (varying, status) = (wanted.varying.clone(), wanted.status);
        Ok(Self { connections, request, varying, number: 0, status, line: String::new() })
    }

    /// Sends one request and returns the status of its answer.
    pub(crate) fn probe(&mut self) -> Result<u16> {
        let connection = self.connections.first_mut().context("no connection")?;
        let next = next(&self.request, self.varying.as_ref(), &mut self.number);
        connection.get_mut().write_all(next.as_bytes())?;
        receive(connection, &mut self.line)
    }

    /// Sends at least this many requests and checks every answer's status.
    pub(crate) fn run(&mut self, requests: usize) -> Result<()> {
        for _ in 0..requests.div_ceil(CONNECTIONS) {
            for connection in &mut self.connections {
                let next = next(&self.request, self.varying.as_ref(), &mut self.number);
                connection.get_mut().write_all(next.as_bytes())?;
            }
            for connection in &mut self.connections {
                let status = receive(connection, &mut self.line)?;
                ensure!(status == self.status, "answered {status}, not {}", self.status);
            }
        }
        Ok(())
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

fn connect(address: SocketAddr) -> Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    Ok(BufReader::new(stream))
}

/// Reads an answer with `content-length`, as all local answers of Envoy have.
fn receive(connection: &mut BufReader<TcpStream>, line: &mut String) -> Result<u16> {
    let mut read = |line: &mut String| -> Result<()> {
        line.clear();
        ensure!(connection.by_ref().take(1 << 16).read_line(line)? > 0, "the connection was closed");
        Ok(())
    };
    read(line)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status line")?;
    let mut length = 0;
    loop {
        read(line)?;
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().context("content-length")?;
        }
    }
    ensure!(length <= MAX_BODY, "a body of {length} bytes");
    std::io::copy(&mut connection.by_ref().take(length), &mut std::io::sink())?;
    Ok(status)
}
