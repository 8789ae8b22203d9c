//! What is refused without asking any rule.

use gatewright::config::{Method, Size};
use schemars::JsonSchema;
use serde::Deserialize;

/// What is refused as malformed, ambiguous or too large. Each is a switch.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Hygiene {
    /// Methods that pass; others get 405. Default: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS. An empty list lets all pass.
    pub methods: Vec<Method>,
    /// `content-length` that is repeated, no number, or comes together with `transfer-encoding`. Default: true.
    pub content_length: bool,
    /// `transfer-encoding` other than `chunked`, or repeated. Default: true.
    pub transfer_encoding: bool,
    /// Repeated `host`, `authorization`, `content-type` or `content-encoding`, and a `host` that differs from `:authority`. Default: true.
    pub repeated_fields: bool,
    /// Header names that are no token, and control characters in header values. Default: true.
    pub field_syntax: bool,
    /// A host that is missing, or has characters that no host has. Default: true.
    pub host: bool,
    /// A body without a content type that can be read, and a content type of more than one meaning. Default: true.
    pub content_type: bool,
    /// Media types that a request may have, without parameters: `application/json`; others get 415. For services that read a body whatever its type
    /// says, so that rules see it as they do. An empty list lets all pass. Default: empty.
    pub media_types: Vec<String>,
    /// A body with a method that has none: GET, HEAD, DELETE or TRACE with content. Default: false.
    pub unexpected_body: bool,
    /// Most that a request may have of anything.
    pub limits: Limits,
}

/// Most that a request may have of anything.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of the path; above 414. Default: 4KiB.
    pub path: Size,
    /// Bytes of the query; above 414. Default: 8KiB.
    pub query: Size,
    /// Query parameters; above 400. Default: 256.
    pub parameters: u32,
    /// Bytes of a parameter's name or value; above 400. Default: 8KiB.
    pub parameter: Size,
    /// Header fields, pseudo-header fields included; above 431. Default: 128.
    pub headers: u32,
    /// Bytes of all header fields; above 431. Default: 60KiB.
    pub headers_size: Size,
    /// Bytes of one header field; above 431. Default: 16KiB.
    pub header: Size,
    /// Cookies; above 431. Default: 64.
    pub cookies: u32,
    /// Bytes of all cookies; above 431. Default: 16KiB.
    pub cookies_size: Size,
    /// Bytes of the body, as `content-length` announces them; above 413. Default: 100MiB. A body of unknown length is only limited where it is inspected.
    pub body: Size,
}

impl Default for Hygiene {
    fn default() -> Self {
        let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
        Self {
            methods: methods.into_iter().filter_map(|method| method.parse().ok()).collect(),
            content_length: true,
            transfer_encoding: true,
            repeated_fields: true,
            field_syntax: true,
            host: true,
            content_type: true,
            media_types: Vec::new(),
            unexpected_body: false,
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            path: Size::from_kib(4),
            query: Size::from_kib(8),
            parameters: 256,
            parameter: Size::from_kib(8),
            headers: 128,
            headers_size: Size::from_kib(60),
            header: Size::from_kib(16),
            cookies: 64,
            cookies_size: Size::from_kib(16),
            body: Size::from_kib(100 * 1024),
        }
    }
}
