//! Metrics, shared by name between all VMs of the process.

use std::collections::BTreeMap;

use gatewright_core::host::{HostResult, MetricKind, Status};

/// What a metric holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Metric {
    kind: MetricKind,
    value: u64,
    recorded: Vec<u64>,
}

/// All metrics of the process, by kind and name: a counter and a gauge of the same name are two.
#[derive(Debug, Default)]
pub(crate) struct Metrics(BTreeMap<(u32, String), Metric>);

impl Metrics {
    pub(crate) fn define(&mut self, kind: MetricKind, name: &str) {
        let new = || Metric { kind, value: 0, recorded: Vec::new() };
        self.0.entry((kind as u32, name.to_owned())).or_insert_with(new);
    }

    /// A counter only grows; a gauge goes both ways; a histogram cannot be incremented.
    pub(crate) fn increment(&mut self, kind: MetricKind, name: &str, offset: i64) -> HostResult<()> {
        let metric = self.get_mut(kind, name)?;
        match kind {
            MetricKind::Counter if offset <= 0 => return Err(Status::BadArgument),
            MetricKind::Counter | MetricKind::Gauge => metric.value = metric.value.saturating_add_signed(offset),
            MetricKind::Histogram => return Err(Status::BadArgument),
        }
        Ok(())
    }

    /// Recording adds to a counter, sets a gauge and samples into a histogram.
    pub(crate) fn record(&mut self, kind: MetricKind, name: &str, value: u64) -> HostResult<()> {
        let metric = self.get_mut(kind, name)?;
        match kind {
            MetricKind::Counter => metric.value = metric.value.saturating_add(value),
            MetricKind::Gauge => metric.value = value,
            MetricKind::Histogram => metric.recorded.push(value),
        }
        Ok(())
    }

    pub(crate) fn read(&self, kind: MetricKind, name: &str) -> HostResult<u64> {
        match kind {
            MetricKind::Histogram => Err(Status::BadArgument),
            _ => Ok(self.0.get(&(kind as u32, name.to_owned())).ok_or(Status::NotFound)?.value),
        }
    }

    /// The counter, else the gauge, of a name.
    pub(crate) fn value(&self, name: &str) -> Option<u64> {
        let read = |kind| self.read(kind, name).ok();
        read(MetricKind::Counter).or_else(|| read(MetricKind::Gauge))
    }

    pub(crate) fn recorded(&self, name: &str) -> Vec<u64> {
        let histogram = self.0.get(&(MetricKind::Histogram as u32, name.to_owned()));
        histogram.map(|metric| metric.recorded.clone()).unwrap_or_default()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0.keys().map(|(_, name)| name.clone()).collect()
    }

    fn get_mut(&mut self, kind: MetricKind, name: &str) -> HostResult<&mut Metric> {
        self.0.get_mut(&(kind as u32, name.to_owned())).ok_or(Status::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_refuses_to_shrink_and_a_gauge_does_not() {
        let mut metrics = Metrics::default();
        metrics.define(MetricKind::Counter, "c");
        metrics.define(MetricKind::Gauge, "g");
        assert_eq!(metrics.increment(MetricKind::Counter, "c", 2), Ok(()));
        assert_eq!(metrics.increment(MetricKind::Counter, "c", 0), Err(Status::BadArgument));
        assert_eq!(metrics.increment(MetricKind::Counter, "c", -1), Err(Status::BadArgument));
        metrics.record(MetricKind::Gauge, "g", 5).unwrap();
        metrics.increment(MetricKind::Gauge, "g", -2).unwrap();
        assert_eq!((metrics.value("c"), metrics.value("g"), metrics.value("x")), (Some(2), Some(3), None));
    }

    #[test]
    fn a_histogram_records_and_cannot_be_read() {
        let mut metrics = Metrics::default();
        metrics.define(MetricKind::Histogram, "h");
        metrics.record(MetricKind::Histogram, "h", 4).unwrap();
        metrics.define(MetricKind::Histogram, "h");
        metrics.record(MetricKind::Histogram, "h", 9).unwrap();
        assert_eq!(metrics.recorded("h"), [4, 9]);
        assert_eq!(metrics.read(MetricKind::Histogram, "h"), Err(Status::BadArgument));
    }
}
