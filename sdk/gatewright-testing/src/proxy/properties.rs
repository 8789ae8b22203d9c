//! Properties that guests read, in Envoy's names and encodings.

use gatewright_core::host::{HostResult, Status};
use serde_json::Value;

use super::connection::Connection;
use super::encode;
use super::exchange::ExchangeState;
use super::fields;
use super::route::Route;
use crate::message::Fields;

/// What a property is looked up in.
pub(crate) struct Scope<'a> {
    pub(crate) plugin_name: &'a str,
    pub(crate) root_id: &'a str,
    pub(crate) vm_id: &'a str,
    pub(crate) exchange: Option<&'a ExchangeState>,
    pub(crate) routes: &'a [Route],
    pub(crate) elapsed: u64,
}

/// The value of a property; `path` has NUL between its segments.
pub(crate) fn get(scope: &Scope<'_>, path: &[u8]) -> HostResult<Vec<u8>> {
    let text = String::from_utf8_lossy(path);
    let path_segments: Vec<&str> = text.trim_end_matches('\0').split('\0').collect();
    let segments = path_segments.as_slice();
    match segments {
        ["plugin_name"] => return Ok(scope.plugin_name.as_bytes().to_vec()),
        ["plugin_root_id"] => return Ok(scope.root_id.as_bytes().to_vec()),
        ["plugin_vm_id"] => return Ok(scope.vm_id.as_bytes().to_vec()),
        _ => {}
    }
    let exchange = scope.exchange.ok_or(Status::NotFound)?;
    if let Some(value) = exchange.properties.get(segments.join("\0").as_bytes()) {
        return Ok(value.clone());
    }
    match segments {
        ["xds", rest @ ..] => xds(scope, exchange, rest),
        ["connection_id"] => Ok(exchange.connection.id.to_le_bytes().to_vec()),
        ["connection", name] => connection(&exchange.connection, name),
        ["source", name] => address(&exchange.connection.source_address, name),
        ["destination", name] => address(&exchange.connection.destination_address, name),
        ["request", rest @ ..] => request(scope, exchange, rest),
        ["response", rest @ ..] => response(exchange, rest),
        ["filter_state", name] => {
            let name = name.strip_prefix("wasm.").ok_or(Status::NotFound)?;
            exchange.filter_state.get(name.as_bytes()).cloned().ok_or(Status::NotFound)
        }
        _ => exchange.filter_state.get(path).cloned().ok_or(Status::NotFound),
    }
}

fn xds(scope: &Scope<'_>, exchange: &ExchangeState, path: &[&str]) -> HostResult<Vec<u8>> {
    let route = exchange.route.and_then(|route| scope.routes.get(route));
    match path {
        ["virtual_host_name"] => Ok(route.map_or("default", |route| route.virtual_host.as_str()).as_bytes().to_vec()),
        ["listener_direction"] => Ok(1i64.to_le_bytes().to_vec()),
        ["route_name"] => Ok(route.ok_or(Status::NotFound)?.name.as_bytes().to_vec()),
        ["cluster_name"] => {
            let route = route.filter(|route| route.direct.is_none()).ok_or(Status::NotFound)?;
            Ok(route.cluster.as_bytes().to_vec())
        }
        ["route_metadata"] => Ok(encode::protobuf_metadata(&route.ok_or(Status::NotFound)?.metadata)),
        // A map of messages has no encoding.
        ["route_metadata", "filter_metadata"] => Err(route.map_or(Status::NotFound, |_| Status::SerializationFailure)),
        ["route_metadata", "filter_metadata", namespace, rest @ ..] => {
            let namespace = route.and_then(|route| route.metadata.get(*namespace)).ok_or(Status::NotFound)?;
            encode::property(element(namespace, rest)?)
        }
        _ => Err(Status::NotFound),
    }
}

fn element<'a>(value: &'a Value, path: &[&str]) -> HostResult<&'a Value> {
    encode::element(value, path).ok_or(Status::NotFound)
}

fn connection(connection: &Connection, name: &str) -> HostResult<Vec<u8>> {
    let certificate = connection.peer_certificate.as_ref();
    let text = match name {
        "mtls" => return Ok(vec![u8::from(certificate.is_some())]),
        "id" => return Ok(connection.id.to_le_bytes().to_vec()),
        "requested_server_name" => connection.requested_server_name.clone(),
        "subject_peer_certificate" => certificate.map(|certificate| certificate.subject.clone()),
        "sha256_peer_certificate_digest" => certificate.map(|certificate| certificate.sha256_digest.clone()),
        "uri_san_peer_certificate" => certificate.and_then(|certificate| certificate.uri_san.clone()),
        "dns_san_peer_certificate" => certificate.and_then(|certificate| certificate.dns_san.clone()),
        _ => None,
    };
    text.map(String::into_bytes).ok_or(Status::NotFound)
}

fn address(address: &str, name: &str) -> HostResult<Vec<u8>> {
    match name {
        "address" => Ok(address.as_bytes().to_vec()),
        "port" => {
            let port = address.rsplit_once(':').and_then(|(_, port)| port.parse::<i64>().ok());
            Ok(port.ok_or(Status::NotFound)?.to_le_bytes().to_vec())
        }
        _ => Err(Status::NotFound),
    }
}

fn request(scope: &Scope<'_>, exchange: &ExchangeState, path: &[&str]) -> HostResult<Vec<u8>> {
    let headers = exchange.request_headers();
    let header = |name: &str| headers.and_then(|h| fields::value(h, name)).cloned().ok_or(Status::NotFound);
    let received = exchange.request.out.body.concat().len() + exchange.request.waiting();
    match path {
        ["path"] => header(":path"),
        ["url_path"] => header(":path").map(|path| path.split(|b| *b == b'?').next().unwrap_or_default().to_vec()),
        ["host"] => header(":authority"),
        ["scheme"] => header(":scheme"),
        ["method"] => header(":method"),
        ["id"] => header("x-request-id"),
        ["referer"] => header("referer"),
        ["useragent"] => header("user-agent"),
        ["headers"] => Ok(fields::encode(headers.ok_or(Status::NotFound)?)),
        ["headers", name] => header(name),
        ["protocol"] => Ok(b"HTTP/1.1".to_vec()),
        ["time"] => Ok(exchange.started_wall.to_le_bytes().to_vec()),
        ["size"] => {
            let size = headers.and_then(fields::content_length).unwrap_or(received);
            Ok((size as i64).to_le_bytes().to_vec())
        }
        ["total_size"] => {
            let of = |h: &Fields| h.iter().map(|(n, v)| n.len() + v.len()).sum::<usize>();
            Ok(((received + headers.map(of).unwrap_or_default()) as i64).to_le_bytes().to_vec())
        }
        ["duration"] if exchange.logging => {
            Ok((scope.elapsed.saturating_sub(exchange.started) as i64).to_le_bytes().to_vec())
        }
        _ => Err(Status::NotFound),
    }
}

fn response(exchange: &ExchangeState, path: &[&str]) -> HostResult<Vec<u8>> {
    let headers = exchange.response_headers();
    match path {
        ["code"] => {
            let sent = exchange.response.out.headers.as_ref();
            let headers = headers.or(sent).ok_or(Status::NotFound)?;
            let code: i64 = fields::text(headers, ":status").parse().map_err(|_| Status::NotFound)?;
            Ok(code.to_le_bytes().to_vec())
        }
        // On a local reply the details are there only when the exchange is logged.
        ["code_details"] if exchange.logging || !exchange.local_reply => {
            exchange.details.clone().map(String::into_bytes).ok_or(Status::NotFound)
        }
        ["flags"] => Ok((exchange.flags as i64).to_le_bytes().to_vec()),
        ["size"] => Ok((exchange.response.out.body.concat().len() as i64).to_le_bytes().to_vec()),
        ["headers"] => Ok(fields::encode(headers.ok_or(Status::NotFound)?)),
        ["headers", name] => headers.and_then(|h| fields::value(h, name)).cloned().ok_or(Status::NotFound),
        _ => Err(Status::NotFound),
    }
}

impl ExchangeState {
    /// Request headers where the guest may read them.
    pub(crate) fn request_headers(&self) -> Option<&Fields> {
        (self.request.headers_open || self.logging).then_some(&self.request.headers)
    }

    /// Response headers where the guest may read them.
    pub(crate) fn response_headers(&self) -> Option<&Fields> {
        let logged = self.logging.then_some(self.response.out.headers.as_ref()).flatten();
        if self.response.headers_open { Some(&self.response.headers) } else { logged }
    }
}
