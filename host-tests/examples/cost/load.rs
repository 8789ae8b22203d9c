//! Load: a few connections, one request on each, then their answers. Cheap for the client, and the same for every variant.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

const CONNECTIONS: usize = 16;
const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_BODY: u64 = 1 << 20;

/// Connections over which one request is repeated.
pub(crate) struct Load {
    connections: Vec<BufReader<TcpStream>>,
    request: Vec<u8>,
    /// What every answer's status has to be.
    pub(crate) status: u16,
    line: String,
}

impl Load {
    pub(crate) fn open(address: SocketAddr, fields: &[(&str, String)], status: u16) -> Result<Self> {
        let mut request = String::from("GET /api/v1/orders/42?expand=items HTTP/1.1\r\nhost: api.example.com\r\n");
        for (name, value) in COMMON.iter().map(|(name, value)| (*name, *value)) {
            request += &format!("{name}: {value}\r\n");
        }
        for (name, value) in fields {
            request += &format!("{name}: {value}\r\n");
        }
        request += "\r\n";
        let connections = (0..CONNECTIONS).map(|_| connect(address)).collect::<Result<_>>()?;
        Ok(Self { connections, request: request.into_bytes(), status, line: String::new() })
    }

    /// Sends one request and returns the status of its answer.
    pub(crate) fn probe(&mut self) -> Result<u16> {
        let connection = self.connections.first_mut().context("no connection")?;
        connection.get_mut().write_all(&self.request)?;
        receive(connection, &mut self.line)
    }

    /// Sends at least this many requests and checks every answer's status.
    pub(crate) fn run(&mut self, requests: usize) -> Result<()> {
        for _ in 0..requests.div_ceil(CONNECTIONS) {
            for connection in &mut self.connections {
                connection.get_mut().write_all(&self.request)?;
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

fn connect(address: SocketAddr) -> Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    Ok(BufReader::new(stream))
}

/// Reads an answer with `content-length`, as all local answers of Envoy have.
fn receive(connection: &mut BufReader<TcpStream>, line: &mut String) -> Result<u16> {
    let mut next = |line: &mut String| -> Result<()> {
        line.clear();
        ensure!(connection.by_ref().take(1 << 16).read_line(line)? > 0, "the connection was closed");
        Ok(())
    };
    next(line)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status line")?;
    let mut length = 0;
    loop {
        next(line)?;
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
