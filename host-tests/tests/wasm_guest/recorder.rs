//! A host that writes down what it is asked, and answers the same every time.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use gatewright_core::host::{BufferKind, Direction, Host, HostResult, LogLevel, MapKind, MetricKind, Status};
use gatewright_core::pairs;

/// What every function that returns bytes returns; not UTF-8.
pub(crate) const BYTES: &[u8] = b"answer\xfe";
/// What every function that returns a number returns.
pub(crate) const NUMBER: u32 = 7;
/// What every function that returns a large number returns.
pub(crate) const LARGE: u64 = 0x1122_3344_5566_7788;

#[derive(Default)]
pub(crate) struct Recorder {
    calls: RefCell<Vec<String>>,
    /// Fails every call that can fail.
    pub(crate) failure: Cell<Option<Status>>,
    /// Answers with no bytes.
    pub(crate) empty: Cell<bool>,
    /// Answers to single calls, by what [`Recorder::calls`] has of them.
    pub(crate) answers: RefCell<BTreeMap<String, HostResult<Vec<u8>>>>,
}

impl Recorder {
    /// The calls since the last time, with their arguments.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.calls.take()
    }

    fn record(&self, call: String) -> HostResult<()> {
        self.calls.borrow_mut().push(call);
        self.failure.get().map_or(Ok(()), Err)
    }

    fn bytes(&self, call: String) -> HostResult<Vec<u8>> {
        let otherwise = if self.empty.get() { Vec::new() } else { BYTES.to_vec() };
        let answer = self.answers.borrow().get(&call).cloned().unwrap_or(Ok(otherwise));
        self.record(call).and(answer)
    }

    fn number(&self, call: String) -> HostResult<u32> {
        self.record(call).map(|()| NUMBER)
    }
}

fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

fn texts(parts: &[&[u8]]) -> String {
    parts.iter().map(|part| text(part)).collect::<Vec<_>>().join(" ")
}

/// The header list of every `header_pairs`: 6 bytes of names and values.
pub(crate) fn list() -> Vec<u8> {
    pairs::encode([(&b"x-a"[..], &b"\xff"[..]), (b"yy", b"")])
}

impl Host for Recorder {
    fn log(&self, level: LogLevel, message: &str) {
        self.calls.borrow_mut().push(format!("log {level:?} {message}"));
    }
    fn log_level(&self) -> LogLevel {
        LogLevel::Warn
    }
    fn now_nanos(&self) -> u64 {
        LARGE
    }
    fn set_tick_period(&self, millis: u32) -> HostResult<()> {
        self.record(format!("set_tick_period {millis}"))
    }
    fn set_effective_context(&self, context: u32) -> HostResult<()> {
        self.record(format!("set_effective_context {context}"))
    }
    fn header_pairs(&self, map: MapKind) -> HostResult<Vec<u8>> {
        self.record(format!("header_pairs {map:?}")).map(|()| list())
    }
    fn header_value(&self, map: MapKind, name: &[u8]) -> HostResult<Vec<u8>> {
        self.bytes(format!("header_value {map:?} {}", text(name)))
    }
    fn set_header_pairs(&self, map: MapKind, pairs: &[u8]) -> HostResult<()> {
        self.record(format!("set_header_pairs {map:?} {}", text(pairs)))
    }
    fn add_header(&self, map: MapKind, name: &[u8], value: &[u8]) -> HostResult<()> {
        self.record(format!("add_header {map:?} {}", texts(&[name, value])))
    }
    fn replace_header(&self, map: MapKind, name: &[u8], value: &[u8]) -> HostResult<()> {
        self.record(format!("replace_header {map:?} {}", texts(&[name, value])))
    }
    fn remove_header(&self, map: MapKind, name: &[u8]) -> HostResult<()> {
        self.record(format!("remove_header {map:?} {}", text(name)))
    }
    fn buffer(&self, kind: BufferKind, start: usize, length: usize) -> HostResult<Vec<u8>> {
        self.bytes(format!("buffer {kind:?} {start} {length}"))
    }
    fn set_buffer(&self, kind: BufferKind, start: usize, length: usize, data: &[u8]) -> HostResult<()> {
        self.record(format!("set_buffer {kind:?} {start} {length} {}", text(data)))
    }
    fn property(&self, path: &[u8]) -> HostResult<Vec<u8>> {
        self.bytes(format!("property {}", text(path)))
    }
    fn set_property(&self, path: &[u8], value: &[u8]) -> HostResult<()> {
        self.record(format!("set_property {}", texts(&[path, value])))
    }
    fn continue_stream(&self, direction: Direction) -> HostResult<()> {
        self.record(format!("continue_stream {direction:?}"))
    }
    fn close_stream(&self, direction: Direction) -> HostResult<()> {
        self.record(format!("close_stream {direction:?}"))
    }
    fn send_local_response(
        &self,
        status: u32,
        details: &[u8],
        body: &[u8],
        headers: &[u8],
        grpc_status: i32,
    ) -> HostResult<()> {
        self.record(format!("send_local_response {status} {} {grpc_status}", texts(&[details, body, headers])))
    }
    fn http_call(
        &self,
        upstream: &[u8],
        headers: &[u8],
        body: &[u8],
        trailers: &[u8],
        timeout_millis: u32,
    ) -> HostResult<u32> {
        self.number(format!("http_call {} {timeout_millis}", texts(&[upstream, headers, body, trailers])))
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
        let parts = texts(&[upstream, service, method, metadata, message]);
        self.number(format!("grpc_call {parts} {timeout_millis}"))
    }
    fn grpc_stream(&self, upstream: &[u8], service: &[u8], method: &[u8], metadata: &[u8]) -> HostResult<u32> {
        self.number(format!("grpc_stream {}", texts(&[upstream, service, method, metadata])))
    }
    fn grpc_send(&self, token: u32, message: &[u8], end_stream: bool) -> HostResult<()> {
        self.record(format!("grpc_send {token} {} {end_stream}", text(message)))
    }
    fn grpc_close(&self, token: u32) -> HostResult<()> {
        self.record(format!("grpc_close {token}"))
    }
    fn grpc_cancel(&self, token: u32) -> HostResult<()> {
        self.record(format!("grpc_cancel {token}"))
    }
    fn callout_status(&self) -> HostResult<(u32, Vec<u8>)> {
        Ok((NUMBER, self.bytes("callout_status".into())?))
    }
    fn shared_data(&self, key: &[u8]) -> HostResult<(Vec<u8>, u32)> {
        Ok((self.bytes(format!("shared_data {}", text(key)))?, NUMBER))
    }
    fn set_shared_data(&self, key: &[u8], value: &[u8], version: u32) -> HostResult<()> {
        self.record(format!("set_shared_data {} {version}", texts(&[key, value])))
    }
    fn register_queue(&self, name: &[u8]) -> HostResult<u32> {
        self.number(format!("register_queue {}", text(name)))
    }
    fn resolve_queue(&self, vm_id: &[u8], name: &[u8]) -> HostResult<u32> {
        self.number(format!("resolve_queue {}", texts(&[vm_id, name])))
    }
    fn enqueue(&self, queue: u32, value: &[u8]) -> HostResult<()> {
        self.record(format!("enqueue {queue} {}", text(value)))
    }
    fn dequeue(&self, queue: u32) -> HostResult<Vec<u8>> {
        self.bytes(format!("dequeue {queue}"))
    }
    fn define_metric(&self, kind: MetricKind, name: &str) -> HostResult<u32> {
        self.number(format!("define_metric {kind:?} {name}"))
    }
    fn increment_metric(&self, metric: u32, offset: i64) -> HostResult<()> {
        self.record(format!("increment_metric {metric} {offset}"))
    }
    fn record_metric(&self, metric: u32, value: u64) -> HostResult<()> {
        self.record(format!("record_metric {metric} {value}"))
    }
    fn metric(&self, metric: u32) -> HostResult<u64> {
        self.record(format!("metric {metric}")).map(|()| LARGE)
    }
    fn call_foreign(&self, function: &str, arguments: &[u8]) -> HostResult<Vec<u8>> {
        self.bytes(format!("call_foreign {function} {}", text(arguments)))
    }
}
