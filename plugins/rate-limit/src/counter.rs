//! A limit as a rule has it: what it is called, and what its counters belong to.

use gatewright::config::ConfigError;
use gatewright::store::KeyHashing;

use crate::algorithm::{Concurrency, FixedWindow, Gcra, Limit, SlidingWindow};
use crate::config::{self, Algorithm};

const SECOND: u64 = 1_000_000_000;
const DEFAULT_MAX_DURATION: u64 = 300 * SECOND;
/// 36,500 days, the longest duration of a configuration.
const MAX_SPAN: u64 = 36_500 * 86_400 * SECOND;

/// A limit made ready.
#[derive(Clone, Debug)]
pub(crate) struct Counter {
    pub(crate) limit: Limit,
    /// The beginning of the hash of its keys: the rule's name, and what the limit is. Counters belong to these, and they stay the same
    /// from one version to the next.
    pub(crate) keys: KeyHashing,
    /// Its name in header fields.
    pub(crate) label: Box<str>,
    /// Its item in `RateLimit-Policy`.
    pub(crate) policy: Box<str>,
}

impl Counter {
    /// The limits of a rule of this name. `keys` is what the hashes of all their keys begin with.
    pub(crate) fn list(rule: &str, keys: &KeyHashing, limits: &[config::Limit]) -> Result<Box<[Self]>, ConfigError> {
        if limits.len() > 8 {
            return Err(ConfigError::at("limits", format!("found {} limits; write at most 8", limits.len())));
        }
        let one = |(index, limit): (usize, &config::Limit)| {
            let label = if index == 0 { rule.to_owned() } else { format!("{rule}-{}", index + 1) };
            Self::new(label, keys, limit).map_err(|error| error.index(index).within("limits"))
        };
        limits.iter().enumerate().map(one).collect()
    }

    fn new(label: String, keys: &KeyHashing, limit: &config::Limit) -> Result<Self, ConfigError> {
        let limit = ready(limit)?;
        let policy = policy_item(&label, &limit).into();
        Ok(Self { limit, keys: keys.clone().with(identity(&limit).as_bytes()), label: label.into(), policy })
    }
}

fn ready(limit: &config::Limit) -> Result<Limit, ConfigError> {
    match (limit.rate, limit.concurrency) {
        (Some(_), None) => rate(limit),
        (None, Some(_)) => concurrency(limit),
        (None, None) => Err(ConfigError::new("says neither a rate nor a concurrency; write `rate: 100/s`, say")),
        (Some(_), Some(_)) => Err(ConfigError::new("says a rate and a concurrency; make two limits of it")),
    }
}

fn rate(limit: &config::Limit) -> Result<Limit, ConfigError> {
    let refuse = |field: &str, message: &str| Err(ConfigError::at(field, message));
    let Some(rate) = limit.rate else { return refuse("rate", "is missing") };
    if limit.max_duration.is_some() {
        return refuse("max_duration", "belongs to a concurrency; leave it out");
    }
    let (quota, period) = (rate.count(), rate.period().as_millis().saturating_mul(1_000_000));
    let algorithm = limit.algorithm.unwrap_or(Algorithm::Gcra);
    if algorithm != Algorithm::Gcra && limit.burst.is_some() {
        return refuse("burst", "belongs to the algorithm gcra; a window's burst is its count. Leave it out");
    }
    match (algorithm, limit.burst) {
        (Algorithm::Gcra, Some(0)) => refuse("burst", "0 would let nothing pass; write at least 1"),
        (Algorithm::Gcra, burst) => {
            let gcra = Gcra::new(quota, period, burst.unwrap_or(quota));
            if gcra.span() > MAX_SPAN {
                return refuse("burst", "would take more than 36,500 days to come back; write less");
            }
            Ok(Limit::Gcra(gcra))
        }
        (Algorithm::SlidingWindow, _) => Ok(Limit::SlidingWindow(SlidingWindow { quota, period })),
        (Algorithm::FixedWindow, _) => Ok(Limit::FixedWindow(FixedWindow { quota, period })),
    }
}

fn concurrency(limit: &config::Limit) -> Result<Limit, ConfigError> {
    let refuse = |field: &str, message: &str| Err(ConfigError::at(field, message));
    if limit.algorithm.is_some() || limit.burst.is_some() {
        let field = if limit.burst.is_some() { "burst" } else { "algorithm" };
        return refuse(field, "belongs to a rate; leave it out");
    }
    let max_duration = limit.max_duration.map(|duration| duration.as_millis().saturating_mul(1_000_000));
    match (limit.concurrency, max_duration.unwrap_or(DEFAULT_MAX_DURATION)) {
        (None | Some(0), _) => refuse("concurrency", "0 would let nothing pass; write at least 1"),
        (_, 0) => refuse("max_duration", "0s would forget requests at once; write more"),
        (Some(quota), max_duration) => Ok(Limit::Concurrency(Concurrency { quota, max_duration })),
    }
}

fn identity(limit: &Limit) -> String {
    match limit {
        Limit::Gcra(limit) => format!("gcra {} {}", limit.interval, limit.burst),
        Limit::SlidingWindow(limit) => format!("sliding {} {}", limit.quota, limit.period),
        Limit::FixedWindow(limit) => format!("fixed {} {}", limit.quota, limit.period),
        Limit::Concurrency(limit) => format!("concurrency {} {}", limit.quota, limit.max_duration),
    }
}

fn policy_item(label: &str, limit: &Limit) -> String {
    match limit.window() {
        Some(window) => format!("\"{label}\";q={};w={}", limit.allowance(), window.div_ceil(SECOND)),
        None => format!("\"{label}\";q={};qu=\"concurrent-requests\"", limit.allowance()),
    }
}
