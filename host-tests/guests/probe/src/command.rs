//! The commands, one line each: words separated by spaces.
//!
//! | command | finds |
//! |---|---|
//! | `config` | the plugin configuration |
//! | `property PATH` | a property; segments separated by `/` |
//! | `header request\|response NAME` | the first value of a header |
//! | `count request\|response` | how many headers there are |
//! | `set request\|response NAME VALUE` | nothing; sets a header |
//! | `refill request\|response COUNT` | nothing; replaces all headers by that many, `:status: 200` among them |
//! | `body request\|response` | the body as buffered |
//! | `replace-body request\|response TEXT` | nothing; replaces it |
//! | `share KEY [VALUE]` | shared data, or sets it |
//! | `share-if KEY VALUE VERSION` | nothing; sets shared data if that is its version |
//! | `foreign NAME [HEX]` | a foreign function's result |
//! | `reply STATUS COUNT` | nothing; local response with that many `x-many` headers |
//! | `call CLUSTER PATH TIMEOUT_MS` | a callout's status; pauses until it is there |
//! | `grpc CLUSTER PATH TEXT` | a unary gRPC callout's status and message; pauses until it is there; PATH is `SERVICE/METHOD` |
//! | `pause` | nothing; pauses |
//! | `buffer` | nothing; in a body phase pauses until the body's end |
//! | `panic` | nothing; panics |
//! | `crate-header NAME`, `crate-headers` | request headers as the `proxy-wasm` crate reads them: it may panic |
//! | `repeat COUNT NAME` | nothing; reads that request header so often |

use std::time::Duration;

use proxy_wasm::hostcalls;
use proxy_wasm::types::{BufferType, MapType, Status};

use crate::raw::{self, Bytes, Found, Map};

/// Whether the exchange goes on after a phase.
#[derive(Clone, Copy)]
pub(crate) enum Next {
    Continue,
    Pause,
}

/// What commands found, a line each.
pub(crate) struct Findings {
    configuration: Bytes,
    lines: Vec<String>,
}

impl Findings {
    pub(crate) fn new(configuration: Bytes) -> Self {
        Self { configuration, lines: Vec::new() }
    }

    /// Runs commands separated by `;`.
    pub(crate) fn run(&mut self, commands: &str) -> Next {
        let mut next = Next::Continue;
        for command in commands.split(';').map(str::trim).filter(|command| !command.is_empty()) {
            if let Next::Pause = self.one(command) {
                next = Next::Pause;
            }
        }
        next
    }

    pub(crate) fn add(&mut self, what: &str, found: &str) {
        self.lines.push(format!("{what}={found}"));
    }

    pub(crate) fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }

    fn one(&mut self, command: &str) -> Next {
        let words: Vec<&str> = command.split(' ').collect();
        let found = match words.as_slice() {
            ["pause"] => return Next::Pause,
            ["buffer"] => return Next::Continue,
            ["panic"] => die(),
            ["call", cluster, path, timeout] => return self.call(cluster, path, timeout),
            ["grpc", cluster, path, text] => return self.grpc(cluster, path, text),
            ["config"] => show(&self.configuration),
            other => find(other),
        };
        self.add(command, &found);
        Next::Continue
    }

    fn call(&mut self, cluster: &str, path: &str, timeout: &str) -> Next {
        let headers = vec![(":method", "GET"), (":path", path), (":authority", cluster)];
        let timeout = Duration::from_millis(timeout.parse().unwrap_or(1_000));
        self.await_call(hostcalls::dispatch_http_call(cluster, headers, None, vec![], timeout))
    }

    fn grpc(&mut self, cluster: &str, path: &str, text: &str) -> Next {
        let (service, method) = service(path);
        let (message, timeout) = (Some(text.as_bytes()), Duration::from_secs(5));
        self.await_call(hostcalls::dispatch_grpc_call(cluster, service, method, vec![], message, timeout))
    }

    fn await_call(&mut self, token: Result<u32, Status>) -> Next {
        match token {
            Ok(_token) => Next::Pause,
            Err(status) => {
                self.add("call", &format!("status {}", status as u32));
                Next::Continue
            }
        }
    }
}

/// Splits `SERVICE/METHOD`.
fn service(path: &str) -> (&str, &str) {
    path.split_once('/').unwrap_or((path, ""))
}

/// Bytes as text where they are printable, else in hex.
pub(crate) fn show(bytes: &[u8]) -> String {
    let printable = |byte: &u8| (b' '..=b'~').contains(byte);
    match std::str::from_utf8(bytes) {
        Ok(text) if bytes.iter().all(printable) => text.to_owned(),
        _ => bytes.iter().fold("0x".to_owned(), |hex, byte| hex + &format!("{byte:02x}")),
    }
}

/// A value, or `status N`.
pub(crate) fn outcome(found: Found<Bytes>) -> String {
    found.map_or_else(|status| format!("status {status}"), |bytes| show(&bytes))
}

#[expect(clippy::panic, reason = "a test wants to see what a panic does to the host")]
pub(crate) fn die() -> ! {
    panic!("told to panic")
}

fn find(words: &[&str]) -> String {
    match words {
        ["property", path] => outcome(raw::property(path.replace('/', "\0").as_bytes())),
        ["header", side, name] => outcome(raw::header(map(side), name.as_bytes())),
        ["count", side] => outcome(raw::pairs(map(side)).map(|pairs| count(&pairs))),
        ["set", side, name, value] => status(raw::set_header(map(side), name.as_bytes(), value.as_bytes())),
        ["body", side] => outcome(crate_call(hostcalls::get_buffer(buffer(side), 0, usize::MAX))),
        ["replace-body", side, text] => {
            status(hostcalls::set_buffer(buffer(side), 0, usize::MAX, text.as_bytes()).map_err(|status| status as u32))
        }
        ["share", key] => shared(key),
        ["share", key, value] => {
            status(hostcalls::set_shared_data(key, Some(value.as_bytes()), None).map_err(|status| status as u32))
        }
        ["share-if", key, value, version] => {
            status(raw::set_shared_data(key.as_bytes(), value.as_bytes(), version.parse().unwrap_or(0)))
        }
        ["refill", side, count] => refill(map(side), count),
        ["foreign", name] => outcome(raw::foreign(name.as_bytes(), b"")),
        ["foreign", name, argument] => outcome(raw::foreign(name.as_bytes(), &unhex(argument))),
        ["repeat", count, name] => repeat(count, name.as_bytes()),
        ["reply", code, headers] => reply(code, headers),
        ["crate-header", name] => outcome(crate_call(
            hostcalls::get_map_value(MapType::HttpRequestHeaders, name).map(|value| value.map(String::into_bytes)),
        )),
        ["crate-headers"] => outcome(crate_call(
            hostcalls::get_map(MapType::HttpRequestHeaders).map(|pairs| Some(pairs.len().to_string().into_bytes())),
        )),
        _ => "no such command".to_owned(),
    }
}

fn shared(key: &str) -> String {
    match hostcalls::get_shared_data(key) {
        Ok((None, None)) => "none".to_owned(),
        Ok((value, _version)) => show(&value.unwrap_or_default()),
        Err(status) => format!("status {}", status as u32),
    }
}

fn refill(map: Map, count: &str) -> String {
    let mut headers = vec![("x-many", "1"); count.parse().unwrap_or(0)];
    if let Some(first) = headers.first_mut() {
        *first = (":status", "200");
    }
    let kind = match map {
        Map::Response => MapType::HttpResponseHeaders,
        _ => MapType::HttpRequestHeaders,
    };
    status(hostcalls::set_map(kind, headers).map_err(|status| status as u32))
}

fn reply(code: &str, count: &str) -> String {
    let many = vec![("x-many", "1"); count.parse().unwrap_or(0)];
    let code = code.parse().unwrap_or(500);
    status(hostcalls::send_http_response(code, many, Some(b"local")).map_err(|status| status as u32))
}

fn repeat(count: &str, name: &[u8]) -> String {
    let bytes: usize = (0..count.parse::<u32>().unwrap_or(0))
        .map(|_| raw::header(Map::Request, name).map_or(0, |value| value.len()))
        .sum();
    bytes.to_string()
}

fn crate_call(found: Result<Option<Bytes>, Status>) -> Found<Bytes> {
    found.map(Option::unwrap_or_default).map_err(|status| status as u32)
}

fn status(done: Found<()>) -> String {
    done.map_or_else(|status| format!("status {status}"), |()| "ok".to_owned())
}

fn count(pairs: &[u8]) -> Bytes {
    let first = pairs.first_chunk::<4>().map_or(0, |bytes| u32::from_le_bytes(*bytes));
    first.to_string().into_bytes()
}

fn map(side: &str) -> Map {
    if side == "response" { Map::Response } else { Map::Request }
}

fn buffer(side: &str) -> BufferType {
    if side == "response" { BufferType::HttpResponseBody } else { BufferType::HttpRequestBody }
}

fn unhex(text: &str) -> Bytes {
    let digits: Vec<u8> = text
        .bytes()
        .filter_map(|byte| char::from(byte).to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok())
        .collect();
    digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect()
}
