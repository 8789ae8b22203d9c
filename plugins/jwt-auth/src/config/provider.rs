//! Settings of a provider.

use gatewright::config::{Duration, HeaderName};
use schemars::JsonSchema;
use serde::Deserialize;

use super::AlgorithmName;
use crate::claim_path::ClaimPath;
use crate::introspection::IntrospectionConfig;
use crate::keys::JwksSource;

/// An issuer of tokens and what is asked of them.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Name in events and requirements.
    pub name: String,
    /// What `iss` must be, byte for byte (RFC 7519 §4.1.1).
    pub issuer: String,
    /// What `aud` must contain one of (RFC 7519 §4.1.3). Default: any, which lets in tokens made for other services.
    #[serde(default)]
    pub audiences: Vec<String>,
    /// What `sub` must be one of. Default: any.
    #[serde(default)]
    pub subjects: Vec<String>,
    /// What `alg` must be one of. The key limits it in any case. Default: whatever the keys allow.
    #[serde(default)]
    pub algorithms: Vec<AlgorithmName>,
    /// How far the issuer's clock may be off. Default: 60s.
    #[serde(default = "default_skew")]
    pub clock_skew: Duration,
    /// Whether a token must say when it expires. Default: true.
    #[serde(default = "default_true")]
    pub require_expiration: bool,
    /// Longest life of a token: from `iat` to `exp`, without `iat` from now to `exp`. Needs `require_expiration`. Default: any.
    #[serde(default)]
    pub max_lifetime: Option<Duration>,
    /// Claims that must be there and not null.
    #[serde(default)]
    pub required_claims: Vec<ClaimPath>,
    /// What `typ` must be, such as `at+jwt` (RFC 9068). Default: any.
    #[serde(default)]
    pub typ: Option<String>,
    /// Headers that may carry this provider's tokens. Default: `Authorization` with `Bearer ` or `DPoP `, if no other place is given.
    #[serde(default)]
    pub from_headers: Vec<HeaderSource>,
    /// Query parameters that may carry this provider's tokens. They end up in logs and histories (RFC 9700 §4.3.2).
    #[serde(default)]
    pub from_params: Vec<String>,
    /// Cookies that may carry this provider's tokens.
    #[serde(default)]
    pub from_cookies: Vec<String>,
    /// Whether the upstream sees the token. Default: false, it is removed from wherever it was.
    #[serde(default)]
    pub forward: bool,
    /// Claims that the upstream gets as header fields.
    #[serde(default)]
    pub claim_to_headers: Vec<ClaimHeader>,
    /// Header in which the upstream gets all claims, as JSON in base64url. Default: none.
    #[serde(default)]
    pub forward_payload_header: Option<HeaderName>,
    /// Whether tokens must be bound to the client's certificate (RFC 8705 §3). A binding that a token has is checked in any case.
    /// Default: false.
    #[serde(default)]
    pub require_certificate_bound: bool,
    /// Tokens that are bound to a client's key (RFC 9449).
    #[serde(default)]
    pub dpop: Dpop,
    /// The issuer's keys, for its JSON Web Tokens.
    #[serde(default)]
    pub jwks: Option<JwksSource>,
    /// How to ask the issuer about tokens that are no JSON Web Tokens (RFC 7662). At most one provider has this.
    #[serde(default)]
    pub introspection: Option<IntrospectionConfig>,
}

/// A header that may carry a token.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderSource {
    /// Name of the header.
    pub name: HeaderName,
    /// What stands before the token, such as `Bearer `, compared in any case (RFC 9110 §11.1). Default: nothing, the value is the token.
    #[serde(default)]
    pub value_prefix: String,
}

/// A claim for the upstream.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimHeader {
    /// Which claim. Text, numbers and booleans go as they are, lists and objects as JSON in base64url; null and missing claims do not go.
    pub claim: ClaimPath,
    /// The header. Whatever a client sends under this name is removed.
    pub header: HeaderName,
}

/// How proofs of possession are checked (RFC 9449 §4.3). A token with `cnf.jkt` always needs one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dpop {
    /// Whether every token must be bound to a key. Default: false.
    #[serde(default)]
    pub required: bool,
    /// How old a proof may be. `clock_skew` is granted on top. Default: 60s.
    #[serde(default = "default_proof_age")]
    pub proof_max_age: Duration,
    /// Scheme and authority that clients know this service by, where a proxy before this one changes them: `https://api.example`.
    /// Default: those of the request.
    #[serde(default)]
    pub external_origin: Option<String>,
}

impl Default for Dpop {
    fn default() -> Self {
        Self { required: false, proof_max_age: default_proof_age(), external_origin: None }
    }
}

fn default_skew() -> Duration {
    Duration::from_secs(60)
}

fn default_proof_age() -> Duration {
    Duration::from_secs(60)
}

fn default_true() -> bool {
    true
}
