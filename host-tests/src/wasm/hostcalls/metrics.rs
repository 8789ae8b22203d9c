//! Metrics.

use gatewright_core::host::{MetricKind, Status};
use wasmtime::{Linker, Result};

use super::{host, host_function};
use crate::wasm::memory::{bytes, put_u32, put_u64};
use crate::wasm::vm::{Stop, Vm};

pub(super) fn link(linker: &mut Linker<Vm>) -> Result<()> {
    host_function!(linker, "proxy_define_metric", |vm, kind: u32, name: u32, length: u32, metric_at: u32| {
        let name = std::str::from_utf8(bytes(vm, name, length)?).map_err(|_| Status::BadArgument)?;
        let metric = host(vm).define_metric(metric_kind(kind)?, name)?;
        put_u32(vm, metric_at, metric)
    });
    host_function!(linker, "proxy_increment_metric", |vm, metric: u32, offset: i64| {
        Ok(host(vm).increment_metric(metric, offset)?)
    });
    host_function!(linker, "proxy_record_metric", |vm, metric: u32, value: u64| {
        Ok(host(vm).record_metric(metric, value)?)
    });
    host_function!(linker, "proxy_get_metric", |vm, metric: u32, value_at: u32| {
        let value = host(vm).metric(metric)?;
        put_u64(vm, value_at, value)
    });
    Ok(())
}

fn metric_kind(number: u32) -> Result<MetricKind, Stop> {
    Ok(match number {
        0 => MetricKind::Counter,
        1 => MetricKind::Gauge,
        2 => MetricKind::Histogram,
        _ => return Err(Status::BadArgument.into()),
    })
}
