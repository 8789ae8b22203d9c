//! A rule made ready.

mod check;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::rc::Rc;

use gatewright::config::{ConfigError, Size, StatusCode};
use gatewright::store::{KeyHash, KeyHashing};
use gatewright::{Context, Request};

use crate::config::{self, Cost, KeyPart, Missing, Settle};
use crate::counter::Counter;
use crate::global::{Ask, Global};
use crate::key::{Pattern, Value};
use crate::service::Service;
use crate::shared::Shared;
use crate::store::{AnyStore, LotSize, Lots};

const MILLION: u64 = 1_000_000;

/// A rule made ready.
pub(crate) struct Rule {
    pub(crate) name: Box<str>,
    /// Its refusals' reason in events.
    pub(crate) reason: String,
    pub(crate) store: AnyStore,
    pub(crate) settle: Option<Settle>,
    /// Status codes that are counted after the response; otherwise every request is, before.
    pub(crate) penalty: Option<Vec<StatusCode>>,
    /// Nanoseconds that a request may wait.
    pub(crate) queue: u64,
    key: Vec<KeyPart>,
    when_missing: Missing,
    counters: Box<[Counter]>,
    global: Option<Global>,
    overrides: Vec<(Vec<Pattern>, Box<[Counter]>)>,
    cost: Cost,
    /// Millionths of the keys.
    enforced: u32,
}

/// What a request takes from one limit.
pub(crate) struct Charge<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) counter: &'a Counter,
    pub(crate) key: KeyHash,
    pub(crate) cost: u32,
}

/// What a request takes from all limits.
#[derive(Default)]
pub(crate) struct Demand<'a> {
    /// Of this proxy.
    pub(crate) charges: Vec<Charge<'a>>,
    /// Of the rate limit service.
    pub(crate) asks: Vec<Ask<'a>>,
}

impl Rule {
    /// Checks a rule.
    pub(crate) fn new(rule: config::Rule, shared: &Shared, service: Option<&Rc<Service>>) -> Result<Self, ConfigError> {
        check::name(&rule.name)?;
        check::numbers(&rule)?;
        if rule.limits.is_empty() && rule.global.is_none() {
            return Err(ConfigError::at("limits", "found an empty list; name at least one limit, or `global`"));
        }
        let keys = shared.hasher.begin().with(rule.name.as_bytes());
        let global = rule.global.as_ref().map(|global| Global::new(global, &rule, &keys, service)).transpose();
        let global = global.map_err(|error| error.within("global"))?;
        let counters = Counter::list(&rule.name, &keys, &rule.limits)?;
        let overrides = rule.overrides.iter().enumerate();
        let overrides = overrides.map(|(index, other)| {
            ready_override(&rule, &keys, other).map_err(|error| error.index(index).within("overrides"))
        });
        let overrides = overrides.collect::<Result<Vec<_>, _>>()?;
        let fallback = global.iter().flat_map(Global::fallback);
        let all = overrides.iter().flat_map(|(_, counters)| counters).chain(&counters).chain(fallback);
        check::together(&rule, all.map(|counter| counter.limit.allowance()).min().unwrap_or(u32::MAX))?;
        Ok(Self {
            reason: format!("over_limit.{}", rule.name),
            store: store(&rule, shared),
            penalty: rule.penalty.map(|penalty| penalty.statuses),
            queue: rule.queue.map_or(0, |queue| queue.as_millis().saturating_mul(MILLION)),
            enforced: rule.enforced.map_or(MILLION as u32, |share| share.parts_per_million()),
            name: rule.name.into(),
            settle: rule.settle,
            key: rule.key,
            when_missing: rule.when_missing,
            counters,
            global,
            overrides,
            cost: rule.cost,
        })
    }

    /// Whether the rule has something to do after the response.
    pub(crate) fn needs_response(&self) -> bool {
        self.settle.is_some() || self.penalty.is_some()
    }

    /// Bytes of a body that matter; 0 if the body costs nothing.
    pub(crate) fn counts_body(&self) -> usize {
        let most = |unit: Size| unit.as_bytes().saturating_mul(self.cost.max.into());
        self.cost.body.map_or(0, |unit| usize::try_from(most(unit)).unwrap_or(usize::MAX))
    }

    /// Adds what a request with so many bytes of body takes from each limit of the rule.
    pub(crate) fn demand<'a>(&'a self, request: &Request, body: usize, cx: &Context, demand: &mut Demand<'a>) {
        // Most keys have one part: a list of one needs no room on the heap.
        if let [part] = self.key.as_slice() {
            return self.demand_for(&[Value::of(part, request, cx)], request, body, demand);
        }
        let values: Vec<_> = self.key.iter().map(|part| Value::of(part, request, cx)).collect();
        self.demand_for(&values, request, body, demand);
    }

    fn demand_for<'a>(&'a self, values: &[Value<'_>], request: &Request, body: usize, demand: &mut Demand<'a>) {
        if self.when_missing == Missing::Skip && values.contains(&Value::Missing) {
            return;
        }
        let cost = self.cost_of(request, body);
        let hash = |keys: &KeyHashing| values.iter().fold(keys.clone(), |key, value| value.hash(key)).finish();
        let charge = |counter: &'a Counter| Charge { rule: self, counter, key: hash(&counter.keys), cost };
        if let Some(special) = self.override_for(values) {
            demand.charges.extend(special.iter().map(charge));
            return;
        }
        demand.charges.extend(self.counters.iter().map(charge));
        demand.asks.extend(self.global.as_ref().map(|global| global.ask(self, &self.key, values, cost, hash)));
    }

    /// Whether the rule is enforced for this key: always the same answer for the same key.
    pub(crate) fn is_enforced(&self, key: KeyHash) -> bool {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        hasher.finish() % MILLION < u64::from(self.enforced)
    }

    fn override_for(&self, values: &[Value<'_>]) -> Option<&[Counter]> {
        let fits = |patterns: &[Pattern]| patterns.iter().zip(values).all(|(pattern, value)| pattern.matches(value));
        self.overrides.iter().find(|(patterns, _)| fits(patterns)).map(|(_, counters)| &**counters)
    }

    fn cost_of(&self, request: &Request, body: usize) -> u32 {
        if let Some(unit) = self.cost.body {
            let units = (body as u64).div_ceil(unit.as_bytes().max(1));
            return u32::try_from(units).unwrap_or(u32::MAX).clamp(1, self.cost.max);
        }
        let Some(name) = &self.cost.header else { return self.cost.fixed };
        let said = request.headers().all(name).filter_map(number).max();
        said.map_or(self.cost.fixed, |said| said.clamp(1, self.cost.max))
    }
}

/// A decimal number; the largest there is, if it does not fit.
pub(crate) fn number(text: &[u8]) -> Option<u32> {
    let text = text.trim_ascii();
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let number = std::str::from_utf8(text).ok()?.parse().unwrap_or(u32::MAX);
    digits.then_some(number)
}

fn store(rule: &config::Rule, shared: &Shared) -> AnyStore {
    let table = shared.table.clone();
    match rule.lots {
        None => AnyStore::Exact(table),
        Some(lots) => {
            let lot = LotSize { size: lots.size, expiry: lots.expiry.as_millis().saturating_mul(MILLION) };
            AnyStore::Lots(Lots::new(table, lot, shared.purse.clone()))
        }
    }
}

fn ready_override(
    rule: &config::Rule,
    keys: &KeyHashing,
    other: &config::Override,
) -> Result<(Vec<Pattern>, Box<[Counter]>), ConfigError> {
    if other.when.len() != rule.key.len() {
        let message = format!("found {} values for a key of {} parts", other.when.len(), rule.key.len());
        return Err(ConfigError::at("when", message));
    }
    let pattern = |(index, (text, part)): (usize, (&String, &KeyPart))| {
        Pattern::parse(text, part).map_err(|error| error.index(index).within("when"))
    };
    let patterns = other.when.iter().zip(&rule.key).enumerate().map(pattern).collect::<Result<_, _>>()?;
    Ok((patterns, Counter::list(&rule.name, keys, &other.limits)?))
}
