//! What the types of the settings alone cannot say.

use gatewright::config::{ConfigError, HeaderName};

use super::{Config, Provider};
use crate::seconds;

/// Fields that frame the message or belong to the connection (RFC 9110 §7.6.1), and those that carry credentials.
const NOT_OURS: [&str; 14] = [
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "dpop",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
];

impl Config {
    /// Refuses what cannot work.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.providers.is_empty() {
            return Err(ConfigError::at("providers", "found an empty list; name at least one provider"));
        }
        if !self.realm.bytes().all(|byte| matches!(byte, b' '..=b'~') && !b"\"\\".contains(&byte)) {
            return Err(ConfigError::at("realm", "write printable ASCII without quotes and backslashes"));
        }
        for (index, provider) in self.providers.iter().enumerate() {
            let earlier = self.providers.get(..index).unwrap_or_default();
            let checked = provider.check_against(earlier).and_then(|()| self.check_headers(provider));
            checked.map_err(|error| error.index(index).within("providers"))?;
        }
        self.requires.validate(&self.provider_names()).map_err(|error| error.within("requires"))
    }

    /// A header that the upstream believes must not be one that clients write tokens into.
    fn check_headers(&self, provider: &Provider) -> Result<(), ConfigError> {
        for (index, mapping) in provider.claim_to_headers.iter().enumerate() {
            self.check_header(&mapping.header)
                .map_err(|error| error.within("header").index(index).within("claim_to_headers"))?;
        }
        let payload = provider.forward_payload_header.as_ref();
        payload
            .map_or(Ok(()), |name| self.check_header(name))
            .map_err(|error| error.within("forward_payload_header"))?;
        provider.check_distinct_headers()
    }

    fn check_header(&self, name: &HeaderName) -> Result<(), ConfigError> {
        if NOT_OURS.contains(&name.as_str()) {
            return Err(ConfigError::new(format!("`{name}` has a meaning of its own; choose a name like `x-user`")));
        }
        let mut sources = self.providers.iter().flat_map(|provider| &provider.from_headers);
        if sources.any(|source| source.name == *name) {
            return Err(ConfigError::new(format!("`{name}` carries tokens (`from_headers`); choose another name")));
        }
        Ok(())
    }
}

impl Provider {
    fn check_against(&self, earlier: &[Self]) -> Result<(), ConfigError> {
        if let Some(first) = earlier.iter().position(|other| other.issuer == self.issuer) {
            let message = format!("`{}` is the issuer of providers[{first}] already", self.issuer);
            return Err(ConfigError::at("issuer", message));
        }
        if let Some(first) = earlier.iter().position(|other| other.name == self.name) {
            let message = format!("`{}` is the name of providers[{first}] already", self.name);
            return Err(ConfigError::at("name", message));
        }
        for (field, names) in [("from_params", &self.from_params), ("from_cookies", &self.from_cookies)] {
            if let Some(index) = names.iter().position(|name| !is_plain(name)) {
                let message = "write letters, digits and `-._~` only";
                return Err(ConfigError::new(message).index(index).within(field));
            }
        }
        self.check_source(earlier)?;
        self.check_durations()?;
        self.check_dpop()
    }

    fn check_source(&self, earlier: &[Self]) -> Result<(), ConfigError> {
        if self.jwks.is_none() && self.introspection.is_none() {
            return Err(ConfigError::new("found neither `jwks` nor `introspection`; write one of them"));
        }
        let first = earlier.iter().position(|other| other.introspection.is_some());
        if let Some(first) = first.filter(|_| self.introspection.is_some()) {
            let message = format!("providers[{first}] has one already; an opaque token names no issuer");
            return Err(ConfigError::at("introspection", message));
        }
        Ok(())
    }

    /// Two claims in one header would leave the upstream with either.
    fn check_distinct_headers(&self) -> Result<(), ConfigError> {
        let claims = &self.claim_to_headers;
        for (index, mapping) in claims.iter().enumerate() {
            let rest = claims.get(index + 1..).unwrap_or_default().iter().map(|other| &other.header);
            if rest.chain(&self.forward_payload_header).any(|other| *other == mapping.header) {
                let message =
                    format!("`{}` gets something else too; choose another name for one of them", mapping.header);
                return Err(ConfigError::at("header", message).index(index).within("claim_to_headers"));
            }
        }
        Ok(())
    }

    fn check_durations(&self) -> Result<(), ConfigError> {
        seconds::check("clock_skew", self.clock_skew)?;
        self.max_lifetime.map_or(Ok(()), |lifetime| seconds::check("max_lifetime", lifetime))?;
        seconds::check("proof_max_age", self.dpop.proof_max_age).map_err(|error| error.within("dpop"))
    }

    fn check_dpop(&self) -> Result<(), ConfigError> {
        let is_dpop = |prefix: &str| prefix.trim_end().eq_ignore_ascii_case("DPoP");
        let elsewhere = !self.from_params.is_empty() || !self.from_cookies.is_empty() || !self.from_headers.is_empty();
        let nowhere = elsewhere && !self.from_headers.iter().any(|source| is_dpop(&source.value_prefix));
        if self.dpop.required && nowhere {
            let message = "no place takes tokens with the scheme DPoP; add `from_headers: [{ name: authorization, value_prefix: \"DPoP \" }]`";
            return Err(ConfigError::at("required", message).within("dpop"));
        }
        Ok(())
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}
