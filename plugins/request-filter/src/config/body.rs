//! How bodies are inspected.

use gatewright::config::Size;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::body::limits::Limits;
use crate::body::overflow::Overflow;

/// How bodies of requests are inspected. The request is held meanwhile. gRPC and upgraded connections, such as WebSocket, are never
/// inspected.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Body {
    /// Whether bodies are read: JSON, forms, uploads, and others as text. Default: false.
    pub inspect: bool,
    /// How much of a body is read, at most. The proxy must be able to hold it. Default: 256KiB.
    pub max_size: Size,
    /// What happens to a larger one. Default: 413.
    pub overflow: Overflow,
    /// What happens to a compressed body, one with a `content-encoding`: it cannot be inspected. Default: refuse, with 415.
    pub encoded: Encoded,
    /// Encodings that a body may say it has, by `charset` of its `content-type`, in any case: those that spell ASCII as ASCII. A service would read
    /// others, such as UTF-7 and UTF-16, differently than rules do. Default: utf-8, us-ascii, iso-8859-1, iso-8859-15, windows-1252.
    pub charsets: Vec<String>,
    /// How large, deep and many-membered a body may be.
    pub limits: Limits,
}

/// Supersets of ASCII that are in use with forms and JSON.
const CHARSETS: [&str; 6] = ["utf-8", "utf8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252"];

/// What happens to a compressed body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encoded {
    /// It is refused with 415.
    #[default]
    Refuse,
    /// It passes unseen.
    Skip,
}

impl Default for Body {
    fn default() -> Self {
        Self {
            inspect: false,
            max_size: Size::from_kib(256),
            overflow: Overflow::default(),
            encoded: Encoded::default(),
            charsets: CHARSETS.map(str::to_owned).to_vec(),
            limits: Limits::default(),
        }
    }
}
