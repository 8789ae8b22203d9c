//! What was measured, and what follows from it.

use std::collections::BTreeMap;

use serde::Serialize;

/// CPU time per request of every variant in one round, in µs.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Round(BTreeMap<String, Total>);

#[derive(Debug, Default, Serialize)]
struct Total {
    cpu_ns: u64,
    requests: usize,
}

/// All rounds of all starts.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Samples(Vec<Round>);

/// Median and quartiles.
pub(crate) struct Spread {
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
}

impl Round {
    pub(crate) fn add(&mut self, variant: &str, cpu_ns: u64, requests: usize) {
        let total = self.0.entry(variant.to_owned()).or_default();
        total.cpu_ns += cpu_ns;
        total.requests += requests;
    }

    /// The round in one line.
    pub(crate) fn line(&self) -> String {
        let micros: Vec<String> =
            self.0.keys().filter_map(|name| Some(format!("{name} {:.1}", self.micros(name)?))).collect();
        format!("{} µs", micros.join(", "))
    }

    fn micros(&self, variant: &str) -> Option<f64> {
        let total = self.0.get(variant)?;
        Some(total.cpu_ns as f64 / 1000.0 / total.requests.max(1) as f64)
    }
}

impl Samples {
    pub(crate) fn push(&mut self, round: Round) {
        self.0.push(round);
    }

    /// CPU time per request, in µs.
    pub(crate) fn micros(&self, variant: &str) -> Spread {
        Spread::of(self.0.iter().filter_map(|round| round.micros(variant)).collect())
    }

    /// What a variant needs more than another, in µs, paired by round.
    pub(crate) fn more(&self, variant: &str, than: &str) -> Spread {
        self.paired(variant, than, |a, b| a - b)
    }

    /// A variant's part of another, paired by round.
    pub(crate) fn ratio(&self, variant: &str, of: &str) -> Spread {
        self.paired(variant, of, |a, b| a / b)
    }

    fn paired(&self, variant: &str, other: &str, compare: impl Fn(f64, f64) -> f64) -> Spread {
        let pairs = self.0.iter().filter_map(|round| Some(compare(round.micros(variant)?, round.micros(other)?)));
        Spread::of(pairs.collect())
    }
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |part: f64| {
            let index = (values.len().saturating_sub(1)) as f64 * part;
            let value = |index: f64| values.get(index as usize).copied().unwrap_or(f64::NAN);
            let (below, above) = (value(index.floor()), value(index.ceil()));
            below + (above - below) * index.fract()
        };
        Self { low: at(0.25), median: at(0.5), high: at(0.75) }
    }
}
