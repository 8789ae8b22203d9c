//! Settings of the policy.

mod global;

use gatewright::config::{Duration, HeaderName, Percent, Rate, Size, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;

pub use self::global::{Breaker, Global, GlobalMode, Lease, Service};

/// Settings of one route.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The rules; a request passes if all of them let it. A refused request is charged to none.
    #[schemars(length(min = 1, max = 32))]
    pub rules: Vec<Rule>,
    /// Host memory for the counters of all rules and routes, the same in all of them. Default: 64MiB, for about half a million keys.
    #[serde(default = "default_memory")]
    pub memory: Size,
    /// Envoy's rate limit service, which `global` rules ask.
    #[serde(default)]
    pub service: Option<Service>,
    /// What a refused request gets.
    #[serde(default)]
    pub refusal: Refusal,
    /// Header fields that tell how the client stands.
    #[serde(default)]
    pub headers: Headers,
    /// What happens if other workers changed a counter at each of 32 attempts. Default: fault.
    #[serde(default = "fault")]
    pub when_contended: Undecided,
    /// What a new key gets that finds no room, because every entry there belongs to an offender. Default: deny.
    #[serde(default = "deny")]
    pub when_full: Undecided,
}

/// Limits for requests with the same key.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Name in events and header fields. With a limit, it is what a counter belongs to: rules of the same name share counters, and
    /// counters outlive a change of the configuration that leaves both as they are.
    pub name: String,
    /// What requests must have in common to share a counter. Default: nothing, all requests share one.
    #[serde(default)]
    pub key: Vec<KeyPart>,
    /// What to do if a part of the key is missing. Default: count; such requests share a counter.
    #[serde(default)]
    pub when_missing: Missing,
    /// The limits of this proxy; all of them hold. At least one, unless the rule is `global`.
    #[serde(default)]
    #[schemars(length(max = 8))]
    pub limits: Vec<Limit>,
    /// The limit of the rate limit service holds too, for all proxies together.
    #[serde(default)]
    pub global: Option<Global>,
    /// Other limits for some keys, instead of all of the rule's; the first that matches.
    #[serde(default)]
    pub overrides: Vec<Override>,
    /// What a request costs. Default: 1.
    #[serde(default)]
    pub cost: Cost,
    /// Corrects the cost after the response: gives back, or charges more.
    #[serde(default)]
    pub settle: Option<Settle>,
    /// Counts only requests with these responses, after the response. While the limit is reached, every request is refused.
    #[serde(default)]
    pub penalty: Option<Penalty>,
    /// Each worker takes several at once. Default: every request is counted exactly.
    #[serde(default)]
    pub lots: Option<Lots>,
    /// How long a request may be made to wait rather than refused. Default: not at all.
    #[serde(default)]
    pub queue: Option<Duration>,
    /// Share of the keys for which the rule is enforced; the others are counted and pass. Default: 100%.
    #[serde(default)]
    pub enforced: Option<Percent>,
}

/// One limit: a rate or a concurrency.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// How many in which time.
    #[serde(default)]
    pub rate: Option<Rate>,
    /// How a rate is counted. Default: gcra.
    #[serde(default)]
    pub algorithm: Option<Algorithm>,
    /// How many may come at once after a pause, for gcra. Default: the rate's count.
    #[serde(default)]
    pub burst: Option<u32>,
    /// How many at a time.
    #[serde(default)]
    pub concurrency: Option<u32>,
    /// How long a request counts for certain, for a concurrency: longer than the longest one. Default: 5m.
    #[serde(default)]
    pub max_duration: Option<Duration>,
}

/// How a rate is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// Spaced evenly, with a burst after a pause.
    Gcra,
    /// Never more in any window, wherever it begins.
    SlidingWindow,
    /// Never more in each window of the calendar (UTC).
    FixedWindow,
}

/// A part of a key.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyPart {
    /// The client's address.
    ClientIp(ClientIp),
    /// A header field.
    Header(HeaderName),
    /// A cookie of this name.
    Cookie(String),
    /// A query parameter of this name.
    Query(String),
    /// What stands for `{name}` in the path of the configuration's route.
    PathVariable(String),
    /// A claim that an earlier policy verified, by its name or by JSON Pointer.
    Claim(String),
    /// A property of the client's certificate.
    Certificate(CertificateField),
    /// The same for all requests.
    Constant(String),
    /// The method.
    Method,
    /// The host, in lower case and without the port.
    Host,
    /// The name of the proxy's route.
    RouteName,
}

/// How to find the client's address.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientIp {
    /// How many proxies before this one append to `x-forwarded-for` and are trusted. Default: 0, the address that this proxy sees.
    #[serde(default)]
    pub trusted_hops: u8,
    /// Leading bits of an IPv6 address that make a client. Default: 64.
    #[serde(default)]
    #[schemars(range(min = 1, max = 128))]
    pub ipv6_prefix: Option<u8>,
}

/// A property of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CertificateField {
    /// The subject.
    Subject,
    /// The first URI of the subject alternative names.
    UriSan,
    /// The first DNS name of the subject alternative names.
    DnsSan,
    /// SHA-256 of the certificate.
    Sha256,
}

/// What to do with a request that lacks a part of the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Count it with all others that lack the part.
    #[default]
    Count,
    /// Leave the rule out.
    Skip,
}

/// Other limits for some keys.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// A value for each part of the key; `*` for any. For a client's address also a range such as `10.0.0.0/8`.
    pub when: Vec<String>,
    /// The limits instead of the rule's. None: no limit.
    #[schemars(length(max = 8))]
    pub limits: Vec<Limit>,
}

/// What a request costs.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// The cost. Default: 1.
    #[serde(default = "one")]
    pub fixed: u32,
    /// Header field of the request that says the cost, as a number; without it, `fixed`.
    #[serde(default)]
    pub header: Option<HeaderName>,
    /// Bytes of the request's body that cost 1, a started one counts whole. A body whose size is not known beforehand costs `max`,
    /// unless the module was built to read bodies. Goes not with `header`.
    #[serde(default)]
    pub body: Option<Size>,
    /// The most that the header field or the body counts for; the least is 1. Default: 1000.
    #[serde(default = "default_max_cost")]
    pub max: u32,
}

/// What a request has really cost.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settle {
    /// Header field of the response that says the cost, as a number. Without it, the cost stays.
    pub header: HeaderName,
}

/// Responses that are counted.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Penalty {
    /// Their status codes.
    #[schemars(length(min = 1))]
    pub statuses: Vec<StatusCode>,
}

/// How much a worker takes at once.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lots {
    /// How much.
    #[schemars(range(min = 2, max = 10_000))]
    pub size: u32,
    /// After which time the rest is lost. Default: 1s.
    #[serde(default = "default_expiry")]
    pub expiry: Duration,
}

/// What a refused request gets, beside `Retry-After`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The status. Default: 429. A gRPC client gets RESOURCE_EXHAUSTED.
    #[serde(default)]
    pub status: Option<StatusCode>,
    /// The body. Default: none.
    #[serde(default)]
    pub body: Option<String>,
    /// The body's type. Default: text/plain.
    #[serde(default = "default_content_type")]
    pub content_type: String,
}

/// Header fields that tell how the client stands.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Headers {
    /// `RateLimit` and `RateLimit-Policy`, as the IETF's draft has them. Default: true.
    #[serde(default = "yes")]
    pub standard: bool,
    /// `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` (seconds from now). Default: false.
    #[serde(default)]
    pub legacy: bool,
    /// Which responses have them. Default: refused.
    #[serde(default)]
    pub on: Responses,
}

/// Which responses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Responses {
    /// Refusals.
    #[default]
    Refused,
    /// Every response.
    All,
}

/// What happens to a request that could not be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Undecided {
    /// It is a fault: `failure_mode` says what follows.
    Fault,
    /// It is refused as if it were over the limit.
    Deny,
    /// It passes this limit.
    Allow,
}

impl Default for Cost {
    fn default() -> Self {
        Self { fixed: one(), header: None, body: None, max: default_max_cost() }
    }
}

impl Default for Refusal {
    fn default() -> Self {
        Self { status: None, body: None, content_type: default_content_type() }
    }
}

impl Default for Headers {
    fn default() -> Self {
        Self { standard: true, legacy: false, on: Responses::Refused }
    }
}

fn default_memory() -> Size {
    Size::from_kib(64 * 1024)
}

fn default_max_cost() -> u32 {
    1000
}

fn default_expiry() -> Duration {
    Duration::from_secs(1)
}

fn default_content_type() -> String {
    "text/plain".to_owned()
}

fn one() -> u32 {
    1
}

fn yes() -> bool {
    true
}

fn fault() -> Undecided {
    Undecided::Fault
}

fn deny() -> Undecided {
    Undecided::Deny
}
