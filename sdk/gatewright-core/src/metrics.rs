//! Counters, gauges and histograms, defined once per worker.

use std::rc::Rc;

use crate::host::{Host, MetricKind};
use crate::root::Shared;

/// Counts events.
#[derive(Clone)]
pub struct Counter(Metric);

/// Holds a level.
#[derive(Clone)]
pub struct Gauge(Metric);

/// Collects a distribution.
#[derive(Clone)]
pub struct Histogram(Metric);

#[derive(Clone)]
struct Metric {
    host: Rc<dyn Host>,
    /// `None` if the host has no metrics: policies work without.
    id: Option<u32>,
}

impl Metric {
    fn define(shared: &Shared, kind: MetricKind, name: &str) -> Self {
        let name = format!("gatewright.{name}");
        let mut metrics = shared.metrics.borrow_mut();
        let id = match metrics.get(&name) {
            Some(id) => Some(*id),
            None => {
                let id = shared.host.define_metric(kind, &name).ok();
                if let Some(id) = id {
                    metrics.insert(name, id);
                }
                id
            }
        };
        Self { host: Rc::clone(&shared.host), id }
    }

    // A metric that the host refuses to count must not change what a policy decides.
    fn increment(&self, offset: i64) {
        if let Some(id) = self.id {
            let _ = self.host.increment_metric(id, offset);
        }
    }

    fn record(&self, value: u64) {
        if let Some(id) = self.id {
            let _ = self.host.record_metric(id, value);
        }
    }
}

impl Counter {
    pub(crate) fn define(shared: &Shared, name: &str) -> Self {
        Self(Metric::define(shared, MetricKind::Counter, name))
    }

    /// Counts one.
    pub fn increment(&self) {
        self.0.increment(1);
    }

    /// Counts this many; the host takes no zero.
    pub fn add(&self, count: u32) {
        if count > 0 {
            self.0.increment(i64::from(count));
        }
    }
}

impl Gauge {
    pub(crate) fn define(shared: &Shared, name: &str) -> Self {
        Self(Metric::define(shared, MetricKind::Gauge, name))
    }

    /// Sets the level.
    pub fn set(&self, value: u64) {
        self.0.record(value);
    }

    /// Raises or lowers the level.
    pub fn add(&self, offset: i64) {
        self.0.increment(offset);
    }
}

impl Histogram {
    pub(crate) fn define(shared: &Shared, name: &str) -> Self {
        Self(Metric::define(shared, MetricKind::Histogram, name))
    }

    /// Records a value.
    pub fn record(&self, value: u64) {
        self.0.record(value);
    }
}
