//! The host's functions as a [`Host`]: every status is a value, and nothing panics.
#![expect(
    unsafe_code,
    reason = "calls foreign functions; each passes only pointers to values that live through the call"
)]

use std::ptr;

use gatewright_core::host::{BufferKind, Direction, Host, HostResult, LogLevel, MapKind, MetricKind, Status};

use crate::imports::*;
use crate::memory;

/// The proxy around this module.
pub(crate) struct Proxy;

fn check(code: u32) -> HostResult<()> {
    Status::from_code(code).map_or(Ok(()), Err)
}

/// Makes a call that returns bytes.
fn bytes(call: impl FnOnce(OutPointer, OutSize) -> u32) -> HostResult<Vec<u8>> {
    let (mut pointer, mut size) = (ptr::null_mut(), 0);
    check(call(&raw mut pointer, &raw mut size))?;
    // SAFETY: on success the host has put bytes into memory that it asked `memory::allocate` for, or null.
    Ok(unsafe { memory::take(pointer, size) })
}

/// Makes a call that returns a number.
fn number<T: Default>(call: impl FnOnce(*mut T) -> u32) -> HostResult<T> {
    let mut number = T::default();
    check(call(&raw mut number))?;
    Ok(number)
}

// SAFETY, for every call below: pointers come from slices or locals that outlive the call, with their own lengths; the host copies.
impl Host for Proxy {
    fn log(&self, level: LogLevel, message: &str) {
        let _ = unsafe { proxy_log(level as u32, message.as_ptr(), message.len()) };
    }

    fn log_level(&self) -> LogLevel {
        // A host of ABI 0.2.0 does not say: then everything from info up is written, as is usual.
        match number(|level| unsafe { proxy_get_log_level(level) }) {
            Ok(0) => LogLevel::Trace,
            Ok(1) => LogLevel::Debug,
            Ok(3) => LogLevel::Warn,
            Ok(4) => LogLevel::Error,
            Ok(5..) => LogLevel::Critical,
            Ok(2) | Err(_) => LogLevel::Info,
        }
    }

    fn now_nanos(&self) -> u64 {
        number(|nanos| unsafe { proxy_get_current_time_nanoseconds(nanos) }).unwrap_or_default()
    }

    fn set_tick_period(&self, millis: u32) -> HostResult<()> {
        check(unsafe { proxy_set_tick_period_milliseconds(millis) })
    }

    fn set_effective_context(&self, context: u32) -> HostResult<()> {
        check(unsafe { proxy_set_effective_context(context) })
    }

    fn header_pairs(&self, map: MapKind) -> HostResult<Vec<u8>> {
        bytes(|out, size| unsafe { proxy_get_header_map_pairs(map as u32, out, size) })
    }

    fn header_value(&self, map: MapKind, name: &[u8]) -> HostResult<Vec<u8>> {
        bytes(|out, size| unsafe { proxy_get_header_map_value(map as u32, name.as_ptr(), name.len(), out, size) })
    }

    fn set_header_pairs(&self, map: MapKind, pairs: &[u8]) -> HostResult<()> {
        check(unsafe { proxy_set_header_map_pairs(map as u32, pairs.as_ptr(), pairs.len()) })
    }

    fn add_header(&self, map: MapKind, name: &[u8], value: &[u8]) -> HostResult<()> {
        let (name, name_size) = (name.as_ptr(), name.len());
        check(unsafe { proxy_add_header_map_value(map as u32, name, name_size, value.as_ptr(), value.len()) })
    }

    fn replace_header(&self, map: MapKind, name: &[u8], value: &[u8]) -> HostResult<()> {
        let (name, name_size) = (name.as_ptr(), name.len());
        check(unsafe { proxy_replace_header_map_value(map as u32, name, name_size, value.as_ptr(), value.len()) })
    }

    fn remove_header(&self, map: MapKind, name: &[u8]) -> HostResult<()> {
        check(unsafe { proxy_remove_header_map_value(map as u32, name.as_ptr(), name.len()) })
    }

    fn buffer(&self, kind: BufferKind, start: usize, length: usize) -> HostResult<Vec<u8>> {
        bytes(|out, size| unsafe { proxy_get_buffer_bytes(kind as u32, start, length, out, size) })
    }

    fn set_buffer(&self, kind: BufferKind, start: usize, length: usize, data: &[u8]) -> HostResult<()> {
        check(unsafe { proxy_set_buffer_bytes(kind as u32, start, length, data.as_ptr(), data.len()) })
    }

    fn property(&self, path: &[u8]) -> HostResult<Vec<u8>> {
        bytes(|out, size| unsafe { proxy_get_property(path.as_ptr(), path.len(), out, size) })
    }

    fn set_property(&self, path: &[u8], value: &[u8]) -> HostResult<()> {
        check(unsafe { proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len()) })
    }

    fn continue_stream(&self, direction: Direction) -> HostResult<()> {
        check(unsafe { proxy_continue_stream(direction as u32) })
    }

    fn close_stream(&self, direction: Direction) -> HostResult<()> {
        check(unsafe { proxy_close_stream(direction as u32) })
    }

    fn send_local_response(
        &self,
        status: u32,
        details: &[u8],
        body: &[u8],
        headers: &[u8],
        grpc_status: i32,
    ) -> HostResult<()> {
        check(unsafe {
            proxy_send_local_response(
                status,
                details.as_ptr(),
                details.len(),
                body.as_ptr(),
                body.len(),
                headers.as_ptr(),
                headers.len(),
                grpc_status,
            )
        })
    }

    fn http_call(
        &self,
        upstream: &[u8],
        headers: &[u8],
        body: &[u8],
        trailers: &[u8],
        timeout_millis: u32,
    ) -> HostResult<u32> {
        number(|token| unsafe {
            proxy_http_call(
                upstream.as_ptr(),
                upstream.len(),
                headers.as_ptr(),
                headers.len(),
                body.as_ptr(),
                body.len(),
                trailers.as_ptr(),
                trailers.len(),
                timeout_millis,
                token,
            )
        })
    }

    fn grpc_call(
        &self,
        upstream: &[u8],
        service: &[u8],
        method: &[u8],
        metadata: &[u8],
        message: &[u8],
        timeout_millis: u32,
    ) -> HostResult<u32> {
        number(|token| unsafe {
            proxy_grpc_call(
                upstream.as_ptr(),
                upstream.len(),
                service.as_ptr(),
                service.len(),
                method.as_ptr(),
                method.len(),
                metadata.as_ptr(),
                metadata.len(),
                message.as_ptr(),
                message.len(),
                timeout_millis,
                token,
            )
        })
    }

    fn grpc_stream(&self, upstream: &[u8], service: &[u8], method: &[u8], metadata: &[u8]) -> HostResult<u32> {
        number(|token| unsafe {
            proxy_grpc_stream(
                upstream.as_ptr(),
                upstream.len(),
                service.as_ptr(),
                service.len(),
                method.as_ptr(),
                method.len(),
                metadata.as_ptr(),
                metadata.len(),
                token,
            )
        })
    }

    fn grpc_send(&self, token: u32, message: &[u8], end_stream: bool) -> HostResult<()> {
        check(unsafe { proxy_grpc_send(token, message.as_ptr(), message.len(), u32::from(end_stream)) })
    }

    fn grpc_close(&self, token: u32) -> HostResult<()> {
        check(unsafe { proxy_grpc_close(token) })
    }

    fn grpc_cancel(&self, token: u32) -> HostResult<()> {
        check(unsafe { proxy_grpc_cancel(token) })
    }

    fn callout_status(&self) -> HostResult<(u32, Vec<u8>)> {
        let mut code = 0;
        let message = bytes(|out, size| unsafe { proxy_get_status(&raw mut code, out, size) })?;
        Ok((code, message))
    }

    fn shared_data(&self, key: &[u8]) -> HostResult<(Vec<u8>, u32)> {
        let mut version = 0;
        let value =
            bytes(|out, size| unsafe { proxy_get_shared_data(key.as_ptr(), key.len(), out, size, &raw mut version) })?;
        Ok((value, version))
    }

    fn set_shared_data(&self, key: &[u8], value: &[u8], version: u32) -> HostResult<()> {
        check(unsafe { proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), version) })
    }

    fn register_queue(&self, name: &[u8]) -> HostResult<u32> {
        number(|queue| unsafe { proxy_register_shared_queue(name.as_ptr(), name.len(), queue) })
    }

    fn resolve_queue(&self, vm_id: &[u8], name: &[u8]) -> HostResult<u32> {
        let (vm_id, vm_id_size) = (vm_id.as_ptr(), vm_id.len());
        number(|queue| unsafe { proxy_resolve_shared_queue(vm_id, vm_id_size, name.as_ptr(), name.len(), queue) })
    }

    fn enqueue(&self, queue: u32, value: &[u8]) -> HostResult<()> {
        check(unsafe { proxy_enqueue_shared_queue(queue, value.as_ptr(), value.len()) })
    }

    fn dequeue(&self, queue: u32) -> HostResult<Vec<u8>> {
        bytes(|out, size| unsafe { proxy_dequeue_shared_queue(queue, out, size) })
    }

    fn define_metric(&self, kind: MetricKind, name: &str) -> HostResult<u32> {
        number(|metric| unsafe { proxy_define_metric(kind as u32, name.as_ptr(), name.len(), metric) })
    }

    fn increment_metric(&self, metric: u32, offset: i64) -> HostResult<()> {
        check(unsafe { proxy_increment_metric(metric, offset) })
    }

    fn record_metric(&self, metric: u32, value: u64) -> HostResult<()> {
        check(unsafe { proxy_record_metric(metric, value) })
    }

    fn metric(&self, metric: u32) -> HostResult<u64> {
        number(|value| unsafe { proxy_get_metric(metric, value) })
    }

    fn call_foreign(&self, function: &str, arguments: &[u8]) -> HostResult<Vec<u8>> {
        let (name, name_size) = (function.as_ptr(), function.len());
        let (arguments, arguments_size) = (arguments.as_ptr(), arguments.len());
        bytes(|out, size| unsafe { proxy_call_foreign_function(name, name_size, arguments, arguments_size, out, size) })
    }
}
