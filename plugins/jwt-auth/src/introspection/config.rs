//! How to ask an issuer about its tokens, as the configuration says it.

use std::num::NonZeroUsize;

use gatewright::Secret;
use gatewright::config::{ConfigError, Duration, Upstream};
use schemars::JsonSchema;
use serde::Deserialize;

/// How to ask the issuer about tokens that are no JSON Web Tokens (RFC 7662). Such a token has not exactly three parts.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IntrospectionConfig {
    /// Cluster of the proxy through which the issuer is reached.
    pub upstream: Upstream,
    /// Introspection endpoint: `https://idp.example/introspect`.
    pub uri: String,
    /// Name under which the proxy asks (RFC 6749 §2.3.1).
    pub client_id: String,
    /// Password of that name. It is never logged.
    pub client_secret: Secret<String>,
    /// How long the answer may take. Default: 2s.
    #[serde(default = "timeout")]
    pub timeout: Duration,
    /// How long an answer "active" is used at most; never beyond the token's `exp`. A token that is revoked passes for as long. 0s asks for
    /// every request. Default: 1m.
    #[serde(default = "cache_ttl")]
    pub cache_ttl: Duration,
    /// How long an answer "not active" is used; not longer than `cache_ttl`. Default: 10s.
    #[serde(default = "negative_cache_ttl")]
    pub negative_cache_ttl: Duration,
    /// Answers that each worker keeps, of either kind. Default: 10000.
    #[serde(default = "max_entries")]
    pub max_entries: NonZeroUsize,
}

impl IntrospectionConfig {
    /// Checks what the types alone cannot.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.timeout.as_millis() == 0 || self.timeout > Duration::from_secs(60) {
            return Err(ConfigError::at("timeout", "write a duration from \"1ms\" to \"60s\""));
        }
        if self.client_id.is_empty() {
            return Err(ConfigError::at(
                "client_id",
                "found no name; write the one that the issuer registered for this proxy",
            ));
        }
        Ok(())
    }
}

fn timeout() -> Duration {
    Duration::from_secs(2)
}

fn cache_ttl() -> Duration {
    Duration::from_secs(60)
}

fn negative_cache_ttl() -> Duration {
    Duration::from_secs(10)
}

fn max_entries() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(9_999)
}
