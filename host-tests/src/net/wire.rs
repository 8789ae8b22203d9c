//! HTTP/1.1 messages as they come from a socket (RFC 9112), bounded in size and time.

use std::fmt;
use std::io::{self, BufRead, ErrorKind, Read};

use gatewright_testing::message::Fields;

const MAX_LINE: u64 = 4 << 20;
const MAX_FIELDS: usize = 20_000;
const MAX_BODY: usize = 256 << 20;

/// Why reading ended before the message did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The peer closed the connection.
    Closed,
    /// The peer reset the connection.
    Reset,
    /// The peer sent nothing for the socket's read timeout.
    TimedOut,
    /// The bytes are no HTTP/1.1.
    Malformed(String),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the connection was closed"),
            Self::Reset => f.write_str("the connection was reset"),
            Self::TimedOut => f.write_str("nothing came within the read timeout"),
            Self::Malformed(what) => write!(f, "not HTTP/1.1: {what}"),
        }
    }
}

/// Start line and fields; names in lower case.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) start: String,
    pub(super) fields: Fields,
}

/// A body as far as it came, and whether it came whole.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) pieces: Vec<Vec<u8>>,
    pub(super) trailers: Fields,
    pub(super) stop: Option<Stop>,
}

/// How a body's end is known (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

impl Framing {
    /// What the fields say; `default` where they say nothing.
    pub(super) fn of(fields: &Fields, default: Self) -> Result<Self, Stop> {
        let find = |name: &[u8]| fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_slice());
        if find(b"transfer-encoding").is_some_and(|value| value.to_ascii_lowercase().ends_with(b"chunked")) {
            return Ok(Self::Chunked);
        }
        let Some(length) = find(b"content-length") else {
            return Ok(default);
        };
        let text = String::from_utf8_lossy(length);
        text.trim().parse().map(Self::Length).map_err(|_| Stop::Malformed(format!("content-length {text:?}")))
    }
}

/// Reads up to the empty line.
pub(super) fn read_head(reader: &mut impl BufRead) -> Result<Head, Stop> {
    let start = String::from_utf8_lossy(&read_line(reader)?).into_owned();
    Ok(Head { start, fields: read_fields(reader)? })
}

/// Reads a body, keeping what came where it breaks off.
pub(super) fn read_body(reader: &mut impl BufRead, framing: Framing) -> Body {
    let mut body = Body::default();
    let outcome = match framing {
        Framing::Length(length) => read_piece(reader, length, &mut body),
        Framing::Chunked => read_chunks(reader, &mut body),
        Framing::UntilClose => match read_piece(reader, MAX_BODY, &mut body) {
            Err(Stop::Closed) => Ok(()),
            other => other,
        },
    };
    body.stop = outcome.err();
    body
}

fn read_chunks(reader: &mut impl BufRead, body: &mut Body) -> Result<(), Stop> {
    loop {
        let line = read_line(reader)?;
        let text = String::from_utf8_lossy(&line).into_owned();
        let digits = text.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(digits, 16).map_err(|_| Stop::Malformed(format!("chunk size {text:?}")))?;
        if size == 0 {
            body.trailers = read_fields(reader)?;
            return Ok(());
        }
        read_piece(reader, size, body)?;
        if !read_line(reader)?.is_empty() {
            return Err(Stop::Malformed("a chunk is longer than it says".into()));
        }
    }
}

fn read_piece(reader: &mut impl BufRead, length: usize, body: &mut Body) -> Result<(), Stop> {
    let before: usize = body.pieces.iter().map(Vec::len).sum();
    if before.saturating_add(length) > MAX_BODY {
        return Err(Stop::Malformed(format!("a body above {MAX_BODY} bytes")));
    }
    let mut piece = Vec::new();
    let read = reader.take(length as u64).read_to_end(&mut piece);
    let got = piece.len();
    if got > 0 {
        body.pieces.push(piece);
    }
    match read {
        Ok(_) if got == length => Ok(()),
        Ok(_) => Err(Stop::Closed),
        Err(error) => Err(stop(&error)),
    }
}

fn read_fields(reader: &mut impl BufRead) -> Result<Fields, Stop> {
    let mut fields = Fields::new();
    loop {
        let line = read_line(reader)?;
        if line.is_empty() {
            return Ok(fields);
        }
        let Some((name, value)) = line.iter().position(|byte| *byte == b':').and_then(|at| line.split_at_checked(at))
        else {
            return Err(Stop::Malformed(format!("field line {:?}", String::from_utf8_lossy(&line))));
        };
        let value = value.strip_prefix(b":").unwrap_or_default().trim_ascii();
        fields.push((name.to_ascii_lowercase(), value.to_vec()));
        if fields.len() > MAX_FIELDS {
            return Err(Stop::Malformed(format!("more than {MAX_FIELDS} fields")));
        }
    }
}

fn read_line(reader: &mut impl BufRead) -> Result<Vec<u8>, Stop> {
    let mut line = Vec::new();
    reader.take(MAX_LINE).read_until(b'\n', &mut line).map_err(|error| stop(&error))?;
    match line.strip_suffix(b"\n") {
        Some(text) => Ok(text.strip_suffix(b"\r").unwrap_or(text).to_vec()),
        None if line.len() as u64 == MAX_LINE => Err(Stop::Malformed(format!("a line above {MAX_LINE} bytes"))),
        None => Err(Stop::Closed),
    }
}

fn stop(error: &io::Error) -> Stop {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Stop::TimedOut,
        ErrorKind::ConnectionReset => Stop::Reset,
        _ => Stop::Closed,
    }
}
