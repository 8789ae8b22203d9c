//! Settings of limits that several proxies share.

use gatewright::config::{Duration, HeaderValue, Upstream};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Limit, default_expiry, one};

/// A rate limit service: anything that speaks `envoy.service.ratelimit.v3.RateLimitService`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The proxy's cluster of the service. It speaks HTTP/2.
    pub cluster: Upstream,
    /// The `:authority` of calls. Default: the cluster's name, which a service may not take for a host.
    #[serde(default)]
    pub authority: Option<HeaderValue>,
    /// The domain of the service's configuration that the limits are in.
    pub domain: String,
    /// How long a call may take. Default: 20ms.
    #[serde(default = "default_timeout")]
    pub timeout: Duration,
    /// When a service that gives no answer is left alone.
    #[serde(default)]
    pub breaker: Breaker,
}

/// A circuit breaker, shared by all workers of the proxy.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Breaker {
    /// Calls in a row without an answer after which the service is left alone. Default: 1.
    #[serde(default = "one")]
    pub failures: u32,
    /// For how long. After that one call tries again. Default: 1s.
    #[serde(default = "default_expiry")]
    pub window: Duration,
}

/// A limit that the rate limit service keeps.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Global {
    /// How often the service is asked. Default: exact.
    #[serde(default)]
    pub mode: GlobalMode,
    /// Keys of the descriptor's entries, one for each part of `key`. Default: `remote_address` for a client's address, `generic_key`
    /// for a constant, the name of a header, cookie, parameter, variable or claim, the name of the part for the others.
    #[serde(default)]
    pub descriptor_keys: Option<Vec<String>>,
    /// How much is taken in one call, for leased.
    #[serde(default)]
    pub lease: Option<Lease>,
    /// Limits of this proxy while the service gives no answer; none of them: everything passes. Without it, `failure_mode` says what
    /// follows.
    #[serde(default)]
    #[schemars(length(max = 8))]
    pub fallback: Option<Vec<Limit>>,
}

/// How often the service is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GlobalMode {
    /// Once for each request, for all such rules together.
    #[default]
    Exact,
    /// Once for a batch of requests, which the workers of the proxy then share.
    Leased,
}

/// How much is taken from the service at once. The batch adapts to the rate of each key.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lease {
    /// The largest batch. Default: 100.
    #[serde(default = "default_batch")]
    #[schemars(range(min = 2, max = 1_000_000))]
    pub max: u32,
    /// After which time the rest is lost. Default: 1s.
    #[serde(default = "default_expiry")]
    pub expiry: Duration,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { failures: one(), window: default_expiry() }
    }
}

impl Default for Lease {
    fn default() -> Self {
        Self { max: default_batch(), expiry: default_expiry() }
    }
}

fn default_timeout() -> Duration {
    Duration::from_millis(20)
}

fn default_batch() -> u32 {
    100
}
