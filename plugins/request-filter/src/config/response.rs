//! What is done to responses.

use gatewright::config::{HeaderName, HeaderValue, Size};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Header;

/// What is done to responses.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Response {
    /// Header fields that are removed.
    #[schemars(length(max = 64))]
    pub strip: Vec<HeaderName>,
    /// Header fields that are set; what the service sent under the name is replaced.
    #[schemars(length(max = 64))]
    pub set: Vec<Header>,
    /// Header fields that make browsers careful; `{}` for all of them. One that the service sends itself stays.
    pub security_headers: Option<SecurityHeaders>,
    /// Whether a response that shows a stack trace or a database's error message is replaced by an empty 500. Default: false.
    pub block_stack_traces: bool,
    /// What is made unreadable in bodies.
    pub mask: Mask,
    /// How much of a body is looked at: it is held meanwhile, and the proxy must be able to hold it. Default: 256KiB.
    pub max_size: Size,
    /// What happens to a body that cannot be looked at, because it is larger or compressed. Default: fault.
    pub unreadable: Unreadable,
}

/// Header fields that make browsers careful. `null` leaves one out.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SecurityHeaders {
    /// Default: `max-age=31536000; includeSubDomains`.
    pub strict_transport_security: Option<HeaderValue>,
    /// Default: `object-src 'none'; base-uri 'self'; frame-ancestors 'none'`.
    pub content_security_policy: Option<HeaderValue>,
    /// Default: `nosniff`.
    pub x_content_type_options: Option<HeaderValue>,
    /// Default: `DENY`.
    pub x_frame_options: Option<HeaderValue>,
    /// Default: `strict-origin-when-cross-origin`.
    pub referrer_policy: Option<HeaderValue>,
    /// Default: `same-origin`.
    pub cross_origin_opener_policy: Option<HeaderValue>,
}

/// What is made unreadable in bodies of text, JSON and XML.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Mask {
    /// Members of JSON objects, by name and at any depth: their values become `"***"`.
    #[schemars(length(max = 256))]
    pub json_fields: Vec<String>,
    /// Numbers of payment cards: 13 to 19 digits with a right check digit; the last four stay. Default: false.
    pub cards: bool,
    /// International bank account numbers with right check digits; the last four characters stay. Default: false.
    pub ibans: bool,
    /// E-mail addresses; the first character and the domain stay. Default: false.
    pub emails: bool,
}

/// What happens to a body that cannot be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unreadable {
    /// The policy could not decide: `failure_mode` says what follows.
    #[default]
    Fault,
    /// It passes as it is.
    Pass,
}

impl Default for Response {
    fn default() -> Self {
        Self {
            strip: Vec::new(),
            set: Vec::new(),
            security_headers: None,
            block_stack_traces: false,
            mask: Mask::default(),
            max_size: Size::from_kib(256),
            unreadable: Unreadable::default(),
        }
    }
}

impl Default for SecurityHeaders {
    fn default() -> Self {
        let value = |text: &str| text.parse().ok();
        Self {
            strict_transport_security: value("max-age=31536000; includeSubDomains"),
            content_security_policy: value("object-src 'none'; base-uri 'self'; frame-ancestors 'none'"),
            x_content_type_options: value("nosniff"),
            x_frame_options: value("DENY"),
            referrer_policy: value("strict-origin-when-cross-origin"),
            cross_origin_opener_policy: value("same-origin"),
        }
    }
}

impl Response {
    /// Whether anything is done to responses.
    pub(crate) fn is_on(&self) -> bool {
        let fields = !self.strip.is_empty() || !self.set.is_empty() || self.security_headers.is_some();
        fields || self.looks_into_bodies()
    }

    /// Whether bodies matter.
    pub(crate) fn looks_into_bodies(&self) -> bool {
        self.block_stack_traces || self.mask.is_on()
    }
}

impl SecurityHeaders {
    /// The fields that are on.
    pub(crate) fn fields(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("strict-transport-security", &self.strict_transport_security),
            ("content-security-policy", &self.content_security_policy),
            ("x-content-type-options", &self.x_content_type_options),
            ("x-frame-options", &self.x_frame_options),
            ("referrer-policy", &self.referrer_policy),
            ("cross-origin-opener-policy", &self.cross_origin_opener_policy),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?.as_str().to_owned()))).collect()
    }
}

impl Mask {
    /// Whether there is anything to mask.
    pub(crate) fn is_on(&self) -> bool {
        !self.json_fields.is_empty() || self.cards || self.ibans || self.emails
    }
}
