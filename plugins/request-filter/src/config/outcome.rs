//! What a refused request gets.

use gatewright::config::{HeaderName, HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

/// What a refused request gets.
#[derive(Clone, Debug, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The status. Default: 403.
    #[serde(default)]
    pub status: Option<StatusCode>,
    /// The body. Default: none.
    #[serde(default)]
    pub body: Option<String>,
    /// The body's type. Default: text/plain.
    #[serde(default)]
    pub content_type: Option<HeaderValue>,
    /// Header fields.
    #[serde(default)]
    #[schemars(length(max = 32))]
    pub headers: Vec<Header>,
}

/// A header field.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Its name.
    pub name: HeaderName,
    /// Its value.
    pub value: HeaderValue,
}
