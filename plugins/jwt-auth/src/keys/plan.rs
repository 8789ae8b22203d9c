//! A checked configuration of a key set that the issuer serves.

use std::time::Duration;

use gatewright::config::{self, ConfigError, Size, Upstream};
use sha2::{Digest, Sha256};

use super::config::{DiscoveredJwks, RemoteJwks};
use super::endpoint::Endpoint;
use crate::jose::jwks;

const WELL_KNOWN: &str = "/.well-known/openid-configuration";
/// Longest timeout, so that a lease never outlasts a worker's life by much.
const MAX_TIMEOUT: Duration = Duration::from_secs(60);

/// What to fetch, and when.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) origin: Origin,
    pub(super) times: Times,
    pub(super) max_bytes: usize,
}

/// Where the set comes from.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    Document(Location),
    Discovery(Discovery),
}

/// OpenID Provider metadata, and where the set that it names may be.
#[derive(Clone, Debug)]
pub(super) struct Discovery {
    pub(super) metadata: Location,
    pub(super) issuer: String,
    /// An endpoint whose scheme and authority those of `jwks_uri` must be.
    pub(super) jwks_origin: Endpoint,
    pub(super) jwks_upstream: Upstream,
}

/// A document behind a cluster of the proxy.
#[derive(Clone, Debug)]
pub(super) struct Location {
    pub(super) upstream: Upstream,
    pub(super) endpoint: Endpoint,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) timeout: Duration,
    pub(super) refresh_interval: Duration,
    pub(super) min_refresh_interval: Duration,
    pub(super) stale_if_error: Duration,
    pub(super) first_wait: Duration,
}

impl Plan {
    pub(super) fn of_remote(remote: &RemoteJwks) -> Result<Self, ConfigError> {
        let endpoint = endpoint("uri", &remote.uri)?;
        let times = Times::new([
            remote.timeout,
            remote.refresh_interval,
            remote.min_refresh_interval,
            remote.stale_if_error,
            remote.first_wait,
        ])?;
        let origin = Origin::Document(Location { upstream: remote.upstream.clone(), endpoint });
        Ok(Self { origin, times, max_bytes: bytes(remote.max_bytes)? })
    }

    pub(super) fn of_discovery(discovery: &DiscoveredJwks, issuer: &str) -> Result<Self, ConfigError> {
        let well_known = || format!("{}{WELL_KNOWN}", issuer.strip_suffix('/').unwrap_or(issuer));
        let metadata = endpoint("uri", &discovery.uri.clone().unwrap_or_else(well_known))?;
        let jwks_origin = match &discovery.jwks_origin {
            Some(origin) => endpoint("jwks_origin", origin)?,
            None => metadata.clone(),
        };
        let times = Times::new([
            discovery.timeout,
            discovery.refresh_interval,
            discovery.min_refresh_interval,
            discovery.stale_if_error,
            discovery.first_wait,
        ])?;
        let origin = Origin::Discovery(Discovery {
            metadata: Location { upstream: discovery.upstream.clone(), endpoint: metadata },
            issuer: issuer.to_owned(),
            jwks_origin,
            jwks_upstream: discovery.jwks_upstream.as_ref().unwrap_or(&discovery.upstream).clone(),
        });
        Ok(Self { origin, times, max_bytes: bytes(discovery.max_bytes)? })
    }

    /// The longest that a fetch takes.
    pub(super) fn fetch_limit(&self) -> Duration {
        match self.origin {
            Origin::Document(_) => self.times.timeout,
            Origin::Discovery(_) => self.times.timeout.saturating_mul(2),
        }
    }

    /// A name for everything that workers share about this plan: equal plans, and only those, share it.
    pub(super) fn id(&self) -> String {
        digest(&format!("{self:?}"))
    }

    /// A name for where the set comes from, however often and patiently.
    pub(super) fn origin_id(&self) -> String {
        digest(&format!("{:?}", self.origin))
    }
}

impl Times {
    fn new(times: [config::Duration; 5]) -> Result<Self, ConfigError> {
        let [timeout, refresh_interval, min_refresh_interval, stale_if_error, first_wait] =
            times.map(config::Duration::as_std);
        let times = Self { timeout, refresh_interval, min_refresh_interval, stale_if_error, first_wait };
        times.check()?;
        Ok(times)
    }

    fn check(&self) -> Result<(), ConfigError> {
        if self.timeout.is_zero() || self.timeout > MAX_TIMEOUT {
            return Err(ConfigError::at("timeout", "write a duration from \"1ms\" to \"60s\""));
        }
        if self.min_refresh_interval < Duration::from_secs(1) {
            return Err(ConfigError::at("min_refresh_interval", "write \"1s\" or more: the issuer would be flooded"));
        }
        if self.refresh_interval < self.min_refresh_interval {
            return Err(ConfigError::at("refresh_interval", "write at least `min_refresh_interval`"));
        }
        if self.first_wait > MAX_TIMEOUT {
            return Err(ConfigError::at("first_wait", "write \"60s\" or less: requests are held that long"));
        }
        Ok(())
    }
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn endpoint(field: &str, uri: &str) -> Result<Endpoint, ConfigError> {
    Endpoint::parse(uri).map_err(|message| ConfigError::at(field, message))
}

fn bytes(size: Size) -> Result<usize, ConfigError> {
    let bytes = size.as_usize();
    if bytes == 0 || bytes > jwks::MAX_SIZE {
        return Err(ConfigError::at("max_bytes", "write a size from \"1B\" to \"1MiB\""));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
