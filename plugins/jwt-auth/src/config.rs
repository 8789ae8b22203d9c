//! Settings of the policy.

use gatewright::config::{ConfigError, Duration, HeaderName, Size};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::jose::{Jwks, Warning, token};

/// Settings of one route.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Who may issue tokens. A token belongs to the provider whose `issuer` its `iss` names.
    #[schemars(length(min = 1))]
    pub providers: Vec<Provider>,
    /// Where a request carries its token; all are looked at. Default: `Authorization: Bearer`.
    #[serde(default = "default_sources")]
    #[schemars(length(min = 1))]
    pub from_headers: Vec<HeaderSource>,
    /// Longest token that is looked at. Default: 8KiB.
    #[serde(default = "default_size")]
    pub max_token_size: Size,
    /// Protection space named in challenges (RFC 9110 §11.5). Default: `api`.
    #[serde(default = "default_realm")]
    pub realm: String,
}

/// An issuer of tokens and what is asked of them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Name in events.
    pub name: String,
    /// What `iss` must be, byte for byte (RFC 7519 §4.1.1).
    pub issuer: String,
    /// What `aud` must contain one of (RFC 7519 §4.1.3). Default: any, which lets in tokens made for other services.
    #[serde(default)]
    pub audiences: Vec<String>,
    /// What `sub` must be one of. Default: any.
    #[serde(default)]
    pub subjects: Vec<String>,
    /// How far the issuer's clock may be off. Default: 60s.
    #[serde(default = "default_skew")]
    pub clock_skew: Duration,
    /// Whether a token must say when it expires. Default: true.
    #[serde(default = "default_true")]
    pub require_expiration: bool,
    /// What `typ` must be, such as `at+jwt` (RFC 9068). Default: any.
    #[serde(default)]
    pub typ: Option<String>,
    /// The issuer's keys.
    pub jwks: JwksSource,
}

/// Where the keys of an issuer come from.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JwksSource {
    /// The JWK Set itself (RFC 7517 §5), as an object or as JSON text.
    pub inline: InlineJwks,
}

/// A JWK Set in the configuration.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum InlineJwks {
    /// JSON text.
    Text(String),
    /// The set, as part of the configuration.
    Object(serde_json::Map<String, Value>),
}

/// A header that may carry a token.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderSource {
    /// Name of the header.
    pub name: HeaderName,
    /// Authentication scheme before the token, compared in any case (RFC 9110 §11.1). Default: none, the value is the token.
    #[serde(default)]
    pub scheme: Option<String>,
}

impl Config {
    /// Checks what the types alone cannot.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.providers.is_empty() {
            return Err(ConfigError::at("providers", "found an empty list; name at least one provider"));
        }
        if self.from_headers.is_empty() {
            return Err(ConfigError::at(
                "from_headers",
                "found an empty list; leave it out for `Authorization: Bearer`",
            ));
        }
        if !self.realm.bytes().all(|byte| matches!(byte, b' '..=b'~') && !b"\"\\".contains(&byte)) {
            return Err(ConfigError::at("realm", "write printable ASCII without quotes and backslashes"));
        }
        self.check_providers()
    }

    fn check_providers(&self) -> Result<(), ConfigError> {
        for (index, provider) in self.providers.iter().enumerate() {
            let earlier = self.providers.iter().take(index);
            let at = |field: &str, message: String| ConfigError::at(field, message).index(index).within("providers");
            if let Some(first) = earlier.clone().position(|other| other.issuer == provider.issuer) {
                let message = format!("`{}` is the issuer of providers[{first}] already", provider.issuer);
                return Err(at("issuer", message));
            }
            if let Some(first) = earlier.clone().position(|other| other.name == provider.name) {
                return Err(at("name", format!("`{}` is the name of providers[{first}] already", provider.name)));
            }
        }
        Ok(())
    }
}

impl InlineJwks {
    /// The usable keys, and what is wrong with the others.
    pub(crate) fn parse(&self) -> Result<(Jwks, Vec<Warning>), ConfigError> {
        let text = match self {
            Self::Text(text) => text.clone(),
            Self::Object(set) => serde_json::to_string(set).unwrap_or_default(),
        };
        let at = |message: String| ConfigError::at("inline", message).within("jwks");
        let (keys, warnings) = Jwks::parse(text.as_bytes()).map_err(|error| at(error.to_string()))?;
        if keys.is_empty() {
            let reasons: Vec<_> = warnings.iter().map(ToString::to_string).collect();
            return Err(at(format!("no usable key; {}", reasons.join("; "))));
        }
        Ok((keys, warnings))
    }
}

fn default_sources() -> Vec<HeaderSource> {
    let name = "authorization".parse::<HeaderName>();
    name.into_iter().map(|name| HeaderSource { name, scheme: Some("Bearer".to_owned()) }).collect()
}

fn default_size() -> Size {
    Size::from_bytes(token::MAX_SIZE as u64)
}

fn default_realm() -> String {
    "api".to_owned()
}

fn default_skew() -> Duration {
    Duration::from_secs(60)
}

fn default_true() -> bool {
    true
}

#[cfg(test)]
mod tests;
