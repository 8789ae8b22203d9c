//! Limits that several proxies share, as a rule has them.

use std::net::IpAddr;
use std::rc::Rc;

use gatewright::config::{ConfigError, Sha256Hex};
use gatewright::store::{KeyHash, KeyHashing};

use crate::config::{self, GlobalMode, KeyPart};
use crate::counter::Counter;
use crate::key::{Value, network};
use crate::rule::{Charge, Rule};
use crate::service::{Descriptor, Service, Terms, Want, flight_time};

const DEFAULT_KEY: &str = "generic_key";
const KEY_BYTES: usize = 256;
/// A longer value is sent as its digest: what a client sends must not fill the service's memory.
const VALUE_BYTES: usize = 256;
const MAX_BATCH: u32 = 1_000_000;
const MAX_EXPIRY_MS: u64 = 60_000;
const MILLION: u64 = 1_000_000;

/// A limit of the rate limit service, as a rule has it.
pub(crate) struct Global {
    pub(crate) service: Rc<Service>,
    /// None: every request is asked for.
    terms: Option<Terms>,
    keys: Vec<String>,
    fallback: Option<Box<[Counter]>>,
    /// The beginning of the hash of its leases' keys: what they belong to.
    leases: KeyHashing,
}

/// What a request takes from it.
pub(crate) struct Ask<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) global: &'a Global,
    pub(crate) descriptor: Descriptor,
    pub(crate) key: KeyHash,
    /// What it takes from this proxy's limits instead, if the service gives no answer.
    pub(crate) fallback: Option<Vec<Charge<'a>>>,
}

impl Global {
    /// Checks the settings.
    pub(crate) fn new(
        settings: &config::Global,
        rule: &config::Rule,
        keys_of_rule: &KeyHashing,
        service: Option<&Rc<Service>>,
    ) -> Result<Self, ConfigError> {
        let Some(service) = service else {
            return Err(ConfigError::new(
                "needs a service to ask; write `service: { cluster: ..., domain: ... }` beside `rules`",
            ));
        };
        let fallback_keys = keys_of_rule.clone().with(b"fallback");
        let fallback =
            settings.fallback.as_ref().map(|limits| Counter::list(&rule.name, &fallback_keys, limits)).transpose();
        let place =
            |error: ConfigError| ConfigError::at(error.path().replacen("limits", "fallback", 1), error.message());
        let fallback = fallback.map_err(place)?;
        let [cluster, domain] = service.identity();
        let keys = keys(settings, &rule.key)?;
        let identity = [b"lease\0", cluster, b"\0", domain, b"\0", keys.join("\0").as_bytes()].concat();
        let terms = terms(settings, service)?;
        let leases = keys_of_rule.clone().with(&identity);
        Ok(Self { service: Rc::clone(service), terms, keys, fallback, leases })
    }

    /// The limits for the time without the service.
    pub(crate) fn fallback(&self) -> &[Counter] {
        self.fallback.as_deref().unwrap_or_default()
    }

    /// What a request takes. `hash` makes a key of what its hash begins with.
    pub(crate) fn ask<'a>(
        &'a self,
        rule: &'a Rule,
        parts: &[KeyPart],
        values: &[Value<'_>],
        cost: u32,
        hash: impl Fn(&KeyHashing) -> KeyHash,
    ) -> Ask<'a> {
        let entries = match parts {
            [] => vec![(DEFAULT_KEY.to_owned(), rule.name.to_string())],
            _ => self.keys.iter().zip(values).map(|(key, value)| (key.clone(), text(value))).collect(),
        };
        let charge = |counter: &'a Counter| Charge { rule, counter, key: hash(&counter.keys), cost };
        Ask {
            rule,
            global: self,
            descriptor: Descriptor { entries, hits: cost },
            key: hash(&self.leases),
            fallback: self.fallback.as_deref().map(|counters| counters.iter().map(charge).collect()),
        }
    }
}

impl Ask<'_> {
    /// What to take from a lease; `None` if every request is asked for.
    pub(crate) fn want(&self) -> Option<Want<'_>> {
        let Global { service, terms, .. } = self.global;
        Some(Want { key: self.key, service, terms: (*terms)?, descriptor: &self.descriptor })
    }
}

fn keys(settings: &config::Global, parts: &[KeyPart]) -> Result<Vec<String>, ConfigError> {
    let Some(keys) = &settings.descriptor_keys else { return Ok(parts.iter().map(default_key).collect()) };
    if keys.len() != parts.len() {
        let message = format!("found {} keys for a key of {} parts", keys.len(), parts.len());
        return Err(ConfigError::at("descriptor_keys", message));
    }
    match keys.iter().position(|key| key.is_empty() || key.len() > KEY_BYTES) {
        Some(index) => {
            Err(ConfigError::new(format!("write 1 to {KEY_BYTES} bytes")).index(index).within("descriptor_keys"))
        }
        None => Ok(keys.clone()),
    }
}

/// Envoy's names where it has them.
fn default_key(part: &KeyPart) -> String {
    let name = match part {
        KeyPart::ClientIp(_) => "remote_address",
        KeyPart::Constant(_) => DEFAULT_KEY,
        KeyPart::Header(name) => name.as_str(),
        KeyPart::Cookie(name) | KeyPart::Query(name) | KeyPart::PathVariable(name) | KeyPart::Claim(name) => name,
        KeyPart::Certificate(_) => "certificate",
        KeyPart::Method => "method",
        KeyPart::Host => "host",
        KeyPart::RouteName => "route_name",
    };
    name.to_owned()
}

/// A value as the service gets it: protobuf knows no other text than UTF-8.
fn text(value: &Value<'_>) -> String {
    match value {
        // Whoever sends these as a value shares the counter of those who send none, or several: no gain.
        Value::Missing => String::new(),
        Value::Repeated => "*".to_owned(),
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if bytes.len() <= VALUE_BYTES => text.to_owned(),
            _ => Sha256Hex::of(bytes).to_string(),
        },
        Value::Address(address @ IpAddr::V6(_), prefix) if *prefix < 128 => {
            format!("{}/{prefix}", network(*address, *prefix))
        }
        Value::Address(address, _) => address.to_string(),
    }
}

fn terms(settings: &config::Global, service: &Service) -> Result<Option<Terms>, ConfigError> {
    match (settings.mode, settings.lease) {
        (GlobalMode::Exact, None) => Ok(None),
        (GlobalMode::Exact, Some(_)) => Err(ConfigError::at("lease", "belongs to `mode: leased`; leave it out")),
        (GlobalMode::Leased, lease) => {
            let lease = lease.unwrap_or_default();
            let expiry = lease.expiry.as_millis();
            if !(2..=MAX_BATCH).contains(&lease.max) {
                let message = format!("found {}; write a number from 2 to {MAX_BATCH}", lease.max);
                return Err(ConfigError::at("lease.max", message));
            }
            if !(1..=MAX_EXPIRY_MS).contains(&expiry) {
                return Err(ConfigError::at("lease.expiry", format!("found {}; write 1ms to 1m", lease.expiry)));
            }
            let flight = flight_time(service.timeout);
            Ok(Some(Terms { max: lease.max, expiry: expiry.saturating_mul(MILLION), flight }))
        }
    }
}
