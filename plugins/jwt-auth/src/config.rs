//! Settings of the policy.

mod algorithm;
mod check;
mod provider;

use gatewright::config::Size;
use schemars::JsonSchema;
use serde::Deserialize;

pub use self::algorithm::AlgorithmName;
pub use self::provider::{ClaimHeader, Dpop, HeaderSource, Provider};
use crate::jose::token;
use crate::requirements::Requirement;
use crate::revocation::Revoked;

/// Settings of one route.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Who may issue tokens. A token belongs to the provider whose `issuer` its `iss` names.
    #[schemars(length(min = 1))]
    pub providers: Vec<Provider>,
    /// What a request must show. Default: a token of any provider.
    #[serde(default)]
    pub requires: Requirement,
    /// Longest token that is looked at. Default: 8KiB.
    #[serde(default = "default_size")]
    pub max_token_size: Size,
    /// Protection space named in challenges (RFC 9110 §11.5). Default: `api`.
    #[serde(default = "default_realm")]
    pub realm: String,
    /// Whether a refusal has a JSON body (RFC 9457). It says no more than the status. Default: false.
    #[serde(default)]
    pub problem_json: bool,
    /// Tokens that were verified, remembered by each worker for all routes. The largest setting of all routes counts.
    #[serde(default)]
    pub token_cache: TokenCache,
    /// Tokens, subjects and sessions that are not let in any more.
    #[serde(default)]
    pub revoked: Vec<Revoked>,
}

/// How many verified tokens a worker remembers.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenCache {
    /// Tokens at most; 0 remembers none. Default: 10000.
    #[serde(default = "default_tokens")]
    #[schemars(range(max = 1_000_000))]
    pub max_tokens: u32,
    /// Memory at most, as estimated. Default: 32MiB.
    #[serde(default = "default_bytes")]
    pub max_bytes: Size,
}

impl Default for TokenCache {
    fn default() -> Self {
        Self { max_tokens: default_tokens(), max_bytes: default_bytes() }
    }
}

fn default_size() -> Size {
    Size::from_bytes(token::MAX_SIZE as u64)
}

fn default_realm() -> String {
    "api".to_owned()
}

fn default_tokens() -> u32 {
    10_000
}

fn default_bytes() -> Size {
    Size::from_bytes(32 * 1024 * 1024)
}

#[cfg(test)]
mod tests;
