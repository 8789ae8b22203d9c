//! Settings of the policy.

use std::collections::BTreeMap;

use gatewright::config::{Duration, HeaderName, Percent, Sha256Hex, Size, StatusCode, Upstream};
use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of one route.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Host memory for everything that is stored, the same in all routes. Default: 64MiB.
    #[serde(default = "default_memory")]
    pub memory: Size,
    /// Largest body that is stored, the same in all routes. Default: 256KiB.
    #[serde(default = "default_max_body")]
    pub max_body: Size,
    /// Memory of each worker for copies of what is asked for often, the same in all routes. Default: 4MiB.
    #[serde(default = "default_hot_memory")]
    pub hot_memory: Size,
    /// Name of the route in metrics: `gatewright.response-cache.<name>.hit`. Default: none, `gatewright.response-cache.hit`.
    #[serde(default)]
    pub name: Option<String>,
    /// What keeps responses apart beside method, scheme, host, path and query.
    #[serde(default)]
    pub key: Key,
    /// How long responses are fresh.
    #[serde(default)]
    pub ttl: Ttl,
    /// Methods whose responses are stored or answered from the store; others go past the cache. Default: GET, HEAD, POST, PATCH.
    #[serde(default = "default_methods")]
    pub methods: Vec<Method>,
    /// Statuses that may be stored. Default: every final one, as far as RFC 9111 lets it.
    #[serde(default)]
    pub statuses: Option<Vec<StatusCode>>,
    /// Requests that go past the cache.
    #[serde(default)]
    pub bypass: Bypass,
    /// What is done with a response that sets cookies. Default: refuse.
    #[serde(default)]
    pub set_cookie: SetCookie,
    /// Responses that are selected by request fields.
    #[serde(default)]
    pub vary: Vary,
    /// Response fields that this cache obeys instead of `cache-control`, the first that is there (RFC 9213). Default: cdn-cache-control.
    #[serde(default = "default_targets")]
    pub targeted_fields: Vec<HeaderName>,
    /// Whether `cache-control` of a request is obeyed. Default: honor.
    #[serde(default)]
    pub request_directives: RequestDirectives,
    /// When a stale response is sent although nothing in it says so.
    #[serde(default)]
    pub stale: Stale,
    /// How stale responses are fetched anew in the background.
    #[serde(default)]
    pub refresh: Refresh,
    /// Requests for the same at the same time.
    #[serde(default)]
    pub coalesce: Coalesce,
    /// Who may purge, and how. Default: nobody.
    #[serde(default)]
    pub purge: Option<Purge>,
    /// Name of this cache in `cache-status` (RFC 9211); null: no such field is sent. Default: gatewright.
    #[serde(default = "default_cache_status")]
    pub cache_status: Option<String>,
}

/// What keeps responses apart.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The query of the URL. Default: as it was sent.
    #[serde(default)]
    pub query: Query,
    /// Request fields whose values keep responses apart.
    #[serde(default)]
    pub headers: Vec<HeaderName>,
    /// Cookies whose values keep responses apart.
    #[serde(default)]
    pub cookies: Vec<String>,
    /// Claims of the caller, by name or JSON Pointer, that an earlier policy verified.
    #[serde(default)]
    pub claims: Vec<String>,
}

/// What of the query belongs to the key. Names are compared decoded, as services read them: `us%65r` is `user`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Whether the order of the parameters makes no difference. Default: false.
    #[serde(default)]
    pub sort: bool,
    /// Parameters that count; no other does. A `*` at the end stands for any rest.
    #[serde(default)]
    pub allow: Option<Vec<String>>,
    /// Parameters that do not count, such as `utm_*`.
    #[serde(default)]
    pub deny: Vec<String>,
}

/// How long responses are fresh.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ttl {
    /// For a response that states no lifetime and may be stored. Default: a part of the time since `last-modified`.
    #[serde(default)]
    pub default: Option<Duration>,
    /// Instead of whatever a response says that may be stored.
    #[serde(default)]
    pub r#override: Option<Duration>,
    /// The least.
    #[serde(default)]
    pub min: Option<Duration>,
    /// The most.
    #[serde(default)]
    pub max: Option<Duration>,
    /// By status, for a response that states no lifetime: `{404: 1m, 503: 5s}`.
    #[serde(default)]
    pub by_status: BTreeMap<String, Duration>,
    /// The part of the time since `last-modified` that counts as the lifetime of a response that states none. Default: 10%.
    #[serde(default)]
    pub heuristic: Option<Percent>,
    /// The most that this gives. Default: 1d.
    #[serde(default)]
    pub heuristic_max: Option<Duration>,
}

/// Requests that go past the cache: those for which any of these holds.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bypass {
    /// The request has one of these fields.
    #[serde(default)]
    pub headers: Vec<HeaderName>,
    /// The request has one of these cookies.
    #[serde(default)]
    pub cookies: Vec<String>,
    /// The query has one of these parameters, in any spelling.
    #[serde(default)]
    pub query: Vec<String>,
}

/// A method whose responses can be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Stored, and answered from the store.
    Get,
    /// Answered from what `GET` stored.
    Head,
    /// Stored for `GET` where the response says that it is what the URL has now (RFC 9110 section 9.3.3).
    Post,
    /// As for `POST` (RFC 5789 section 2).
    Patch,
}

/// What is done with a response that sets cookies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SetCookie {
    /// It is not stored.
    #[default]
    Refuse,
    /// It is stored without the cookies.
    Strip,
    /// It is stored as it is: every client gets the same cookies.
    Store,
}

/// Responses that are selected by request fields.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vary {
    /// Names in `vary`; a response with more is not stored. Default: 8.
    #[serde(default = "default_max_fields")]
    #[schemars(range(min = 0, max = 32))]
    pub max_fields: u8,
    /// Responses of one key; a further one takes the place of the oldest. The same in all routes. Default: 16.
    #[serde(default = "default_max_variants")]
    #[schemars(range(min = 1, max = 64))]
    pub max_variants: u8,
}

/// Whether `cache-control` of a request is obeyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequestDirectives {
    /// It is (RFC 9111 section 5.2.1).
    #[default]
    Honor,
    /// It is not: clients cannot make the cache ask the origin. `no-store` is still obeyed.
    Ignore,
}

/// When a stale response is sent although nothing in it says so. What forbids it, such as `must-revalidate`, goes first.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stale {
    /// How long after it became stale, if the origin is dead or answers 500, 502, 503 or 504.
    #[serde(default)]
    pub if_error: Option<Duration>,
    /// How long after it became stale, if the origin cannot be reached or gives no answer; not after a soft purge. A response with
    /// `stale-if-error` says so itself. Default: 30s.
    #[serde(default)]
    pub if_unreachable: Option<Duration>,
    /// How long after it became stale, while it is fetched anew.
    #[serde(default)]
    pub while_revalidate: Option<Duration>,
}

/// How stale responses are fetched anew in the background.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// Cluster that is asked. Default: the one that the request's route leads to.
    #[serde(default)]
    pub upstream: Option<Upstream>,
    /// How long it may take to answer. Default: 15s.
    #[serde(default)]
    pub timeout: Option<Duration>,
}

/// Requests for the same at the same time.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Coalesce {
    /// How long a request waits for another's answer before it asks the origin itself; `0s`: it does not wait. Default: 5s.
    #[serde(default)]
    pub wait: Option<Duration>,
    /// How long it is remembered that what a URL answers cannot be stored, so that nobody waits for it. Default: 10s.
    #[serde(default)]
    pub uncacheable: Option<Duration>,
}

/// Who may purge, and how.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Purge {
    /// SHA-256 of each secret that may purge.
    #[schemars(length(min = 1, max = 16))]
    pub secrets: Vec<Sha256Hex>,
    /// Header field that carries the secret. Default: x-purge-key.
    #[serde(default)]
    pub header: Option<HeaderName>,
    /// A path at which `POST` purges too, for clients or proxies that know no method `PURGE`.
    #[serde(default)]
    pub path: Option<String>,
}

impl Default for Vary {
    fn default() -> Self {
        Self { max_fields: default_max_fields(), max_variants: default_max_variants() }
    }
}

fn default_memory() -> Size {
    Size::from_kib(64 * 1024)
}

fn default_max_body() -> Size {
    Size::from_kib(256)
}

fn default_hot_memory() -> Size {
    Size::from_kib(4 * 1024)
}

fn default_methods() -> Vec<Method> {
    vec![Method::Get, Method::Head, Method::Post, Method::Patch]
}

fn default_targets() -> Vec<HeaderName> {
    "cdn-cache-control".parse().into_iter().collect()
}

fn default_cache_status() -> Option<String> {
    Some("gatewright".to_owned())
}

fn default_max_fields() -> u8 {
    8
}

fn default_max_variants() -> u8 {
    16
}
