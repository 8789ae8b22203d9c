//! The host's functions, as the proxy-wasm ABI 0.2.1 declares them.
#![expect(unsafe_code, reason = "foreign functions")]

/// A pointer and a length of bytes that the host reads.
pub(crate) type Bytes = *const u8;
/// Where the host writes a pointer to memory that it allocated through the module.
pub(crate) type OutPointer = *mut *mut u8;
/// Where the host writes a size.
pub(crate) type OutSize = *mut usize;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    pub(crate) fn proxy_log(level: u32, message: Bytes, size: usize) -> u32;
    pub(crate) fn proxy_get_log_level(level: *mut u32) -> u32;
    pub(crate) fn proxy_get_current_time_nanoseconds(nanos: *mut u64) -> u32;
    pub(crate) fn proxy_set_tick_period_milliseconds(millis: u32) -> u32;
    pub(crate) fn proxy_set_effective_context(context: u32) -> u32;

    pub(crate) fn proxy_get_header_map_pairs(map: u32, out: OutPointer, size: OutSize) -> u32;
    pub(crate) fn proxy_set_header_map_pairs(map: u32, pairs: Bytes, size: usize) -> u32;
    pub(crate) fn proxy_get_header_map_value(
        map: u32,
        name: Bytes,
        name_size: usize,
        out: OutPointer,
        size: OutSize,
    ) -> u32;
    pub(crate) fn proxy_add_header_map_value(
        map: u32,
        name: Bytes,
        name_size: usize,
        value: Bytes,
        value_size: usize,
    ) -> u32;
    pub(crate) fn proxy_replace_header_map_value(
        map: u32,
        name: Bytes,
        name_size: usize,
        value: Bytes,
        value_size: usize,
    ) -> u32;
    pub(crate) fn proxy_remove_header_map_value(map: u32, name: Bytes, name_size: usize) -> u32;

    pub(crate) fn proxy_get_buffer_bytes(kind: u32, start: usize, length: usize, out: OutPointer, size: OutSize)
    -> u32;
    pub(crate) fn proxy_set_buffer_bytes(kind: u32, start: usize, length: usize, data: Bytes, size: usize) -> u32;

    pub(crate) fn proxy_get_property(path: Bytes, path_size: usize, out: OutPointer, size: OutSize) -> u32;
    pub(crate) fn proxy_set_property(path: Bytes, path_size: usize, value: Bytes, size: usize) -> u32;

    pub(crate) fn proxy_continue_stream(direction: u32) -> u32;
    pub(crate) fn proxy_close_stream(direction: u32) -> u32;
    pub(crate) fn proxy_send_local_response(
        status: u32,
        details: Bytes,
        details_size: usize,
        body: Bytes,
        body_size: usize,
        headers: Bytes,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;

    pub(crate) fn proxy_http_call(
        upstream: Bytes,
        upstream_size: usize,
        headers: Bytes,
        headers_size: usize,
        body: Bytes,
        body_size: usize,
        trailers: Bytes,
        trailers_size: usize,
        timeout_millis: u32,
        token: *mut u32,
    ) -> u32;
    pub(crate) fn proxy_grpc_call(
        upstream: Bytes,
        upstream_size: usize,
        service: Bytes,
        service_size: usize,
        method: Bytes,
        method_size: usize,
        metadata: Bytes,
        metadata_size: usize,
        message: Bytes,
        message_size: usize,
        timeout_millis: u32,
        token: *mut u32,
    ) -> u32;
    pub(crate) fn proxy_grpc_stream(
        upstream: Bytes,
        upstream_size: usize,
        service: Bytes,
        service_size: usize,
        method: Bytes,
        method_size: usize,
        metadata: Bytes,
        metadata_size: usize,
        token: *mut u32,
    ) -> u32;
    pub(crate) fn proxy_grpc_send(token: u32, message: Bytes, size: usize, end_stream: u32) -> u32;
    pub(crate) fn proxy_grpc_close(token: u32) -> u32;
    pub(crate) fn proxy_grpc_cancel(token: u32) -> u32;
    pub(crate) fn proxy_get_status(code: *mut u32, message: OutPointer, size: OutSize) -> u32;

    pub(crate) fn proxy_get_shared_data(
        key: Bytes,
        key_size: usize,
        out: OutPointer,
        size: OutSize,
        version: *mut u32,
    ) -> u32;
    pub(crate) fn proxy_set_shared_data(key: Bytes, key_size: usize, value: Bytes, size: usize, version: u32) -> u32;
    pub(crate) fn proxy_register_shared_queue(name: Bytes, name_size: usize, queue: *mut u32) -> u32;
    pub(crate) fn proxy_resolve_shared_queue(
        vm_id: Bytes,
        vm_id_size: usize,
        name: Bytes,
        name_size: usize,
        queue: *mut u32,
    ) -> u32;
    pub(crate) fn proxy_enqueue_shared_queue(queue: u32, value: Bytes, size: usize) -> u32;
    pub(crate) fn proxy_dequeue_shared_queue(queue: u32, out: OutPointer, size: OutSize) -> u32;

    pub(crate) fn proxy_define_metric(kind: u32, name: Bytes, name_size: usize, metric: *mut u32) -> u32;
    pub(crate) fn proxy_increment_metric(metric: u32, offset: i64) -> u32;
    pub(crate) fn proxy_record_metric(metric: u32, value: u64) -> u32;
    pub(crate) fn proxy_get_metric(metric: u32, value: *mut u64) -> u32;

    pub(crate) fn proxy_call_foreign_function(
        name: Bytes,
        name_size: usize,
        arguments: Bytes,
        arguments_size: usize,
        out: OutPointer,
        size: OutSize,
    ) -> u32;
}
