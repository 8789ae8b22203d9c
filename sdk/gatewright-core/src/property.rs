//! Properties of an exchange, typed. Paths are those of Envoy's attributes, segments separated by NUL.

use std::net::SocketAddr;

use crate::config::ConfigError;
use crate::exchange::Exchange;
use crate::fault::{Cause, Fault};
use crate::host::Status;

pub(crate) const ROUTE_NAME: &[u8] = b"xds\0route_name";
pub(crate) const ROUTE_METADATA: &[u8] = b"xds\0route_metadata";
pub(crate) const REQUEST_ID: &[u8] = b"request\0id";
const RESPONSE_FLAGS: &[u8] = b"response\0flags";
const SOURCE_ADDRESS: &[u8] = b"source\0address";
const MTLS: &[u8] = b"connection\0mtls";
const PEER_SUBJECT: &[u8] = b"connection\0subject_peer_certificate";
const PEER_URI_SAN: &[u8] = b"connection\0uri_san_peer_certificate";
const PEER_DNS_SAN: &[u8] = b"connection\0dns_san_peer_certificate";
const PEER_DIGEST: &[u8] = b"connection\0sha256_peer_certificate_digest";

/// The client's certificate, which the proxy has verified (mutual TLS).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Subject, as RFC 2253 writes it.
    pub subject: Option<String>,
    /// First URI of the subject alternative names, such as a SPIFFE id.
    pub uri_san: Option<String>,
    /// First DNS name of the subject alternative names.
    pub dns_san: Option<String>,
    /// SHA-256 of the certificate, in lower-case hex.
    pub sha256: Option<String>,
}

/// What it means for an exchange that its route metadata cannot be read.
pub(crate) fn bad_metadata(error: &ConfigError) -> Fault {
    Fault::new(Cause::Message, format!("the route's metadata cannot be read: {error}"))
}

/// A property; `None` if there is none. A host that fails to say makes the exchange a fault.
pub(crate) fn read(exchange: &Exchange, path: &[u8]) -> Option<Vec<u8>> {
    match exchange.host().property(path) {
        Ok(value) => Some(value),
        Err(Status::NotFound) => None,
        Err(status) => {
            let name = String::from_utf8_lossy(path).replace('\0', ".");
            exchange.set_fault(Fault::new(Cause::Other, format!("the host refused to give {name}: {status}")));
            None
        }
    }
}

/// A property as text; `None` if there is none or it is not UTF-8. Envoy cannot tell an empty one from none.
pub(crate) fn text(exchange: &Exchange, path: &[u8]) -> Option<String> {
    let value = String::from_utf8(read(exchange, path)?).ok()?;
    (!value.is_empty()).then_some(value)
}

/// Bits of Envoy's response flags that say that no upstream answered: `UH` (none is healthy), `UT` (none in time), `LR` and `UR` (the
/// stream was reset), `UF` (no connection), `UC` (the connection ended), `UPE` (what came was not HTTP), `DF` (no address was found).
const UNREACHABLE: u64 = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 23 | 1 << 26;

/// Whether the proxy answers in place of an upstream that did not.
pub(crate) fn is_upstream_unreachable(exchange: &Exchange) -> bool {
    let flags = read(exchange, RESPONSE_FLAGS).and_then(|value| value.try_into().ok()).map_or(0, u64::from_le_bytes);
    flags & UNREACHABLE != 0
}

/// The address that the connection came from.
pub(crate) fn source_address(exchange: &Exchange) -> Option<SocketAddr> {
    text(exchange, SOURCE_ADDRESS)?.parse().ok()
}

/// The client's certificate, if the connection is mutually authenticated.
pub(crate) fn peer(exchange: &Exchange) -> Option<Peer> {
    let verified = read(exchange, MTLS).is_some_and(|value| value.first() == Some(&1));
    verified.then(|| Peer {
        subject: text(exchange, PEER_SUBJECT),
        uri_san: text(exchange, PEER_URI_SAN),
        dns_san: text(exchange, PEER_DNS_SAN),
        sha256: text(exchange, PEER_DIGEST),
    })
}
