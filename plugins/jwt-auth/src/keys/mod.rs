//! The keys of an issuer: from the configuration, or from the issuer itself, fetched once per proxy and shared by its workers.
//!
//! - [`config`]: what an operator writes; [`plan`]: what that means.
//! - [`fetch`], [`document`], [`freshness`]: one fetch, what is good enough, and for how long.
//! - [`vault`], [`status`]: what the workers share, [`inherit`] across configurations too; [`member`]: how they wake each other.
//! - [`refresh`]: the background task; [`remote`], [`wait`]: what requests see of it.

mod config;
mod document;
mod endpoint;
mod fetch;
mod freshness;
mod inherit;
mod member;
mod plan;
mod refresh;
mod remote;
mod report;
mod span;
mod status;
mod unknown;
mod vault;
mod wait;

use std::rc::Rc;

use gatewright::config::ConfigError;
use gatewright::host::LogLevel;
use gatewright::{Context, Fault, Setup};

pub use config::{DiscoveredJwks, InlineJwks, JwksSource, RemoteJwks};
pub(crate) use endpoint::Endpoint;
pub(crate) use span::{nanos, runs};

use self::config::Source;
use self::plan::Plan;
use self::remote::Remote;
use crate::jose::Jwks;

/// Keys of one issuer, with a number that changes whenever they do.
#[derive(Debug)]
pub(crate) struct KeySet {
    pub(crate) keys: Jwks,
    pub(crate) generation: u64,
}

/// The keys of one issuer, now and later.
pub(crate) enum Keys {
    /// Keys of the configuration; they never change.
    Inline(Rc<KeySet>),
    /// Keys that the issuer serves.
    Remote(Rc<Remote>),
}

impl Keys {
    /// The keys of the provider of this name, whose `issuer` discovery must find.
    pub(crate) fn new(source: &JwksSource, provider: &str, issuer: &str, setup: &Setup) -> Result<Self, ConfigError> {
        let remote = |plan: Result<Plan, ConfigError>, field: &str| {
            let remote = plan.and_then(|plan| Remote::of(plan, provider, setup));
            remote.map(Self::Remote).map_err(|error| error.within(field))
        };
        let keys = source.only().and_then(|source| match source {
            Source::Inline(inline) => Self::inline(inline, provider, setup),
            Source::Remote(config) => remote(Plan::of_remote(config), "remote"),
            Source::Discovery(config) => remote(Plan::of_discovery(config, issuer), "discovery"),
        });
        keys.map_err(|error| error.within("jwks"))
    }

    /// Whether they never change, so that a verdict of theirs is final.
    pub(crate) fn are_fixed(&self) -> bool {
        matches!(self, Self::Inline(_))
    }

    /// The set to use now; waits, bounded, for the first one.
    ///
    /// # Errors
    /// A [`Fault`] when there is none in time, or none that may still be used.
    pub(crate) async fn current(&self, cx: &Context) -> Result<Rc<KeySet>, Fault> {
        match self {
            Self::Inline(set) => Ok(Rc::clone(set)),
            Self::Remote(remote) => remote.current(cx).await,
        }
    }

    /// After no key of `than` fitted: another set, if there is one or the issuer has one. Asks the issuer at most once per
    /// `min_refresh_interval`, for all workers and requests together; waits, bounded, for the answer. `None` means that the keys at
    /// hand decide, also if the issuer does not answer: otherwise anybody could make a token undecidable.
    pub(crate) async fn newer(&self, than: &KeySet, key_id: Option<&str>, cx: &Context) -> Option<Rc<KeySet>> {
        match self {
            Self::Inline(_) => None,
            Self::Remote(remote) => remote.newer(than.generation, key_id, cx).await,
        }
    }

    fn inline(inline: &InlineJwks, provider: &str, setup: &Setup) -> Result<Self, ConfigError> {
        let (keys, warnings) = inline.parse()?;
        for warning in warnings {
            setup.services().log(LogLevel::Warn, || format!("jwt-auth: provider {provider}: key not used: {warning}"));
        }
        Ok(Self::Inline(Rc::new(KeySet { keys, generation: 0 })))
    }
}
