//! Where the keys of an issuer come from, as the configuration says it.

use gatewright::config::{ConfigError, Duration, Size, Upstream};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::jose::{Jwks, Warning, jwks};

/// Where the keys of an issuer come from: exactly one of `inline`, `remote` and `discovery`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JwksSource {
    /// The JWK Set itself (RFC 7517 §5), as an object or as JSON text.
    #[serde(default)]
    pub inline: Option<InlineJwks>,
    /// A JWK Set that the issuer serves.
    #[serde(default)]
    pub remote: Option<RemoteJwks>,
    /// The issuer's OpenID Provider metadata, which names its JWK Set (OpenID Connect Discovery 1.0 §4).
    #[serde(default)]
    pub discovery: Option<DiscoveredJwks>,
}

/// A JWK Set in the configuration.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum InlineJwks {
    /// JSON text.
    Text(String),
    /// The set, as part of the configuration.
    Object(Map<String, Value>),
}

/// A JWK Set that the issuer serves. One worker of the proxy fetches it for all. `oct` keys in it are not used: a secret that is
/// served to everybody is none.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoteJwks {
    /// Cluster of the proxy through which the issuer is reached.
    pub upstream: Upstream,
    /// Where the set is: `https://idp.example/jwks.json`. Redirects are not followed.
    pub uri: String,
    /// How long one fetch may take. Default: 5s.
    #[serde(default = "timeout")]
    pub timeout: Duration,
    /// How often the set is fetched, unless the answer's `Cache-Control: max-age` says otherwise; that is honoured from
    /// `min_refresh_interval` to twelve times this. Default: 5m.
    #[serde(default = "refresh_interval")]
    pub refresh_interval: Duration,
    /// Least time between two fetches because of a `kid` that the set does not have, and the longest pause between attempts while
    /// the issuer fails. At least 1s. Default: 10s.
    #[serde(default = "min_refresh_interval")]
    pub min_refresh_interval: Duration,
    /// How long a set is used after its refresh was due and failed (as `stale-if-error` of RFC 5861). After that the policy cannot decide, and
    /// `failure_mode` says what happens. Default: 1h.
    #[serde(default = "stale_if_error")]
    pub stale_if_error: Duration,
    /// How long a request waits for the first set, or for a set with the `kid` that it needs. Default: 2s.
    #[serde(default = "first_wait")]
    pub first_wait: Duration,
    /// Size of the largest set that is read, at most 1MiB. Default: 1MiB.
    #[serde(default = "max_bytes")]
    pub max_bytes: Size,
}

/// OpenID Provider metadata that names a JWK Set. Its `issuer` must be the provider's, byte for byte.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiscoveredJwks {
    /// Cluster of the proxy through which the issuer is reached.
    pub upstream: Upstream,
    /// Where the metadata is. Default: the provider's `issuer`, then `/.well-known/openid-configuration`.
    #[serde(default)]
    pub uri: Option<String>,
    /// The set's own scheme and authority, such as `https://keys.example`, if its `jwks_uri` is not at those of the metadata.
    #[serde(default)]
    pub jwks_origin: Option<String>,
    /// Cluster through which the set is fetched. Default: `upstream`.
    #[serde(default)]
    pub jwks_upstream: Option<Upstream>,
    /// How long one call may take: a fetch is two. Default: 5s.
    #[serde(default = "timeout")]
    pub timeout: Duration,
    /// As for `remote`. Default: 5m.
    #[serde(default = "refresh_interval")]
    pub refresh_interval: Duration,
    /// As for `remote`. Default: 10s.
    #[serde(default = "min_refresh_interval")]
    pub min_refresh_interval: Duration,
    /// As for `remote`. Default: 1h.
    #[serde(default = "stale_if_error")]
    pub stale_if_error: Duration,
    /// As for `remote`. Default: 2s.
    #[serde(default = "first_wait")]
    pub first_wait: Duration,
    /// As for `remote`; also for the metadata. Default: 1MiB.
    #[serde(default = "max_bytes")]
    pub max_bytes: Size,
}

/// The one source that is there.
pub(super) enum Source<'a> {
    Inline(&'a InlineJwks),
    Remote(&'a RemoteJwks),
    Discovery(&'a DiscoveredJwks),
}

impl JwksSource {
    /// The source, if there is exactly one.
    pub(super) fn only(&self) -> Result<Source<'_>, ConfigError> {
        match (&self.inline, &self.remote, &self.discovery) {
            (Some(inline), None, None) => Ok(Source::Inline(inline)),
            (None, Some(remote), None) => Ok(Source::Remote(remote)),
            (None, None, Some(discovery)) => Ok(Source::Discovery(discovery)),
            (None, None, None) => Err(ConfigError::new("no source; write one of `inline`, `remote`, `discovery`")),
            _ => Err(ConfigError::new("more than one source; write one of `inline`, `remote`, `discovery`")),
        }
    }
}

impl InlineJwks {
    /// The usable keys, and what is wrong with the others. Keys that cannot be used are ignored (RFC 7517 §5), all of them if need be: no
    /// token of this provider then passes.
    pub(crate) fn parse(&self) -> Result<(Jwks, Vec<Warning>), ConfigError> {
        let text = match self {
            Self::Text(text) => text.clone(),
            Self::Object(set) => serde_json::to_string(set).unwrap_or_default(),
        };
        let at = |message: String| ConfigError::at("inline", message);
        let (keys, warnings) = Jwks::parse(text.as_bytes()).map_err(|error| at(error.to_string()))?;
        if keys.is_empty() && warnings.is_empty() {
            return Err(at("no key in it; write at least one".to_owned()));
        }
        Ok((keys, warnings))
    }
}

fn timeout() -> Duration {
    Duration::from_secs(5)
}

fn refresh_interval() -> Duration {
    Duration::from_secs(300)
}

fn min_refresh_interval() -> Duration {
    Duration::from_secs(10)
}

fn stale_if_error() -> Duration {
    Duration::from_secs(3600)
}

fn first_wait() -> Duration {
    Duration::from_secs(2)
}

fn max_bytes() -> Size {
    Size::from_bytes(jwks::MAX_SIZE as u64)
}
