//! The seam between the exchange model and whatever runs it.
//!
//! [`Host`] is what a policy's worker may ask of its proxy, one method per host function of the proxy-wasm ABI 0.2.1. The wasm
//! adapter implements it with host calls, the test proxy with plain Rust. Every status is a value: nothing here panics.

use std::fmt;

/// What a host function answers when it does not succeed (proxy-wasm ABI 0.2.1, `proxy_status_t`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// The named thing does not exist.
    NotFound,
    /// An argument is invalid, or the call is not allowed in this phase.
    BadArgument,
    /// The host could not serialise its answer.
    SerializationFailure,
    /// The host could not parse what it was given.
    ParseFailure,
    /// Nothing to return.
    Empty,
    /// The version given to a compare-and-swap is not the current one.
    CasMismatch,
    /// The host failed.
    InternalFailure,
    /// The host does not implement the function.
    Unimplemented,
    /// Any other code.
    Other(u32),
}

impl Status {
    /// The status for an ABI code; `None` for 0, which means success.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            0 => return None,
            1 => Self::NotFound,
            2 => Self::BadArgument,
            3 => Self::SerializationFailure,
            4 => Self::ParseFailure,
            7 => Self::Empty,
            8 => Self::CasMismatch,
            10 => Self::InternalFailure,
            12 => Self::Unimplemented,
            other => Self::Other(other),
        })
    }

    /// The ABI code of the status.
    #[must_use]
    pub fn code(self) -> u32 {
        match self {
            Self::NotFound => 1,
            Self::BadArgument => 2,
            Self::SerializationFailure => 3,
            Self::ParseFailure => 4,
            Self::Empty => 7,
            Self::CasMismatch => 8,
            Self::InternalFailure => 10,
            Self::Unimplemented => 12,
            Self::Other(code) => code,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("not found"),
            Self::BadArgument => f.write_str("bad argument"),
            Self::SerializationFailure => f.write_str("serialization failure"),
            Self::ParseFailure => f.write_str("parse failure"),
            Self::Empty => f.write_str("empty"),
            Self::CasMismatch => f.write_str("version mismatch"),
            Self::InternalFailure => f.write_str("internal failure"),
            Self::Unimplemented => f.write_str("unimplemented"),
            Self::Other(code) => write!(f, "status {code}"),
        }
    }
}

impl std::error::Error for Status {}

/// What a host function returns.
pub type HostResult<T> = Result<T, Status>;

/// A list of header fields the host holds (`proxy_map_type_t`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum MapKind {
    /// Fields of the request, pseudo-header fields included.
    RequestHeaders = 0,
    /// Trailer fields of the request.
    RequestTrailers = 1,
    /// Fields of the response, `:status` included.
    ResponseHeaders = 2,
    /// Trailer fields of the response.
    ResponseTrailers = 3,
    /// Initial metadata of a gRPC stream.
    GrpcInitialMetadata = 4,
    /// Trailing metadata of a gRPC stream.
    GrpcTrailingMetadata = 5,
    /// Fields of an HTTP callout's answer.
    CalloutHeaders = 6,
    /// Trailer fields of an HTTP callout's answer.
    CalloutTrailers = 7,
}

/// A byte buffer the host holds (`proxy_buffer_type_t`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum BufferKind {
    /// Body of the request, as far as it is buffered.
    RequestBody = 0,
    /// Body of the response, as far as it is buffered.
    ResponseBody = 1,
    /// Body of an HTTP callout's answer.
    CalloutBody = 4,
    /// Message of a gRPC callout or stream.
    GrpcMessage = 5,
    /// Configuration of the VM.
    VmConfiguration = 6,
    /// Configuration of the plugin.
    PluginConfiguration = 7,
    /// Arguments or answer of a foreign function.
    CallData = 8,
}

/// Which direction of an exchange a call is about (`proxy_stream_type_t`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Direction {
    /// From the client to the upstream.
    Request = 0,
    /// From the upstream to the client.
    Response = 1,
}

/// Kind of a metric (`proxy_metric_type_t`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum MetricKind {
    /// Only grows.
    Counter = 0,
    /// Goes up and down.
    Gauge = 1,
    /// Distribution of recorded values.
    Histogram = 2,
}

/// Level of a log line (`proxy_log_level_t`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum LogLevel {
    /// Every step.
    Trace = 0,
    /// For developers.
    Debug = 1,
    /// Ordinary events.
    Info = 2,
    /// Something an operator should look at.
    Warn = 3,
    /// Something failed.
    Error = 4,
    /// The policy cannot go on.
    Critical = 5,
}

/// What a header or body callback tells the host to do next, in the codes that Envoy reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Action {
    /// Pass on what this callback was about.
    Continue = 0,
    /// Hold it. In a header callback, body callbacks still come if the host is set up with
    /// `allow_on_headers_stop_iteration: true`; in a body callback, the host buffers.
    Pause = 1,
    /// In a header callback: hold everything, no body callbacks, and push back on the sender when buffers fill.
    PauseAll = 4,
}

/// What a worker may ask of its proxy: the host functions of the proxy-wasm ABI 0.2.1.
///
/// Header lists travel in the ABI's own form ([`crate::pairs`]), so an adapter passes bytes through untouched. Calls that are about
/// an exchange act on the *effective context*: the one whose callback is running, or the one set last.
pub trait Host {
    /// Writes a log line (`proxy_log`).
    fn log(&self, level: LogLevel, message: &str);
    /// The lowest level that is written (`proxy_get_log_level`).
    fn log_level(&self) -> LogLevel;
    /// Nanoseconds since the Unix epoch (`proxy_get_current_time_nanoseconds`).
    fn now_nanos(&self) -> u64;
    /// Asks for `on_tick` every `millis` milliseconds on the root context in effect; 0 stops it (`proxy_set_tick_period_milliseconds`).
    fn set_tick_period(&self, millis: u32) -> HostResult<()>;
    /// Makes calls act on another context (`proxy_set_effective_context`).
    fn set_effective_context(&self, context: u32) -> HostResult<()>;

    /// All fields of a list, in the ABI's form (`proxy_get_header_map_pairs`).
    fn header_pairs(&self, map: MapKind) -> HostResult<Vec<u8>>;
    /// The first value of a field; [`Status::NotFound`] without one (`proxy_get_header_map_value`).
    fn header_value(&self, map: MapKind, name: &[u8]) -> HostResult<Vec<u8>>;
    /// Replaces a whole list (`proxy_set_header_map_pairs`).
    fn set_header_pairs(&self, map: MapKind, pairs: &[u8]) -> HostResult<()>;
    /// Adds a field beside any of the same name (`proxy_add_header_map_value`).
    fn add_header(&self, map: MapKind, name: &[u8], value: &[u8]) -> HostResult<()>;
    /// Sets the only field of this name (`proxy_replace_header_map_value`).
    fn replace_header(&self, map: MapKind, name: &[u8], value: &[u8]) -> HostResult<()>;
    /// Removes all fields of this name (`proxy_remove_header_map_value`).
    fn remove_header(&self, map: MapKind, name: &[u8]) -> HostResult<()>;

    /// At most `length` bytes from `start` (`proxy_get_buffer_bytes`).
    fn buffer(&self, kind: BufferKind, start: usize, length: usize) -> HostResult<Vec<u8>>;
    /// Replaces `length` bytes from `start` (`proxy_set_buffer_bytes`).
    fn set_buffer(&self, kind: BufferKind, start: usize, length: usize, data: &[u8]) -> HostResult<()>;

    /// A property; `path` has its segments separated by NUL (`proxy_get_property`).
    fn property(&self, path: &[u8]) -> HostResult<Vec<u8>>;
    /// Sets a property (`proxy_set_property`).
    fn set_property(&self, path: &[u8], value: &[u8]) -> HostResult<()>;

    /// Lets a held direction go on (`proxy_continue_stream`).
    fn continue_stream(&self, direction: Direction) -> HostResult<()>;
    /// Resets the exchange (`proxy_close_stream`).
    fn close_stream(&self, direction: Direction) -> HostResult<()>;
    /// Answers from here (`proxy_send_local_response`). `grpc_status` is -1 for none.
    fn send_local_response(
        &self,
        status: u32,
        details: &[u8],
        body: &[u8],
        headers: &[u8],
        grpc_status: i32,
    ) -> HostResult<()>;

    /// Starts an HTTP callout and returns its token (`proxy_http_call`).
    fn http_call(
        &self,
        upstream: &[u8],
        headers: &[u8],
        body: &[u8],
        trailers: &[u8],
        timeout_millis: u32,
    ) -> HostResult<u32>;
    /// Starts a unary gRPC callout and returns its token (`proxy_grpc_call`).
    fn grpc_call(
        &self,
        upstream: &[u8],
        service: &[u8],
        method: &[u8],
        metadata: &[u8],
        message: &[u8],
        timeout_millis: u32,
    ) -> HostResult<u32>;
    /// Opens a gRPC stream and returns its token (`proxy_grpc_stream`).
    fn grpc_stream(&self, upstream: &[u8], service: &[u8], method: &[u8], metadata: &[u8]) -> HostResult<u32>;
    /// Sends a message on a gRPC stream (`proxy_grpc_send`).
    fn grpc_send(&self, token: u32, message: &[u8], end_stream: bool) -> HostResult<()>;
    /// Ends a gRPC stream; a half-open one is left to the peer (`proxy_grpc_close`).
    fn grpc_close(&self, token: u32) -> HostResult<()>;
    /// Resets a gRPC callout or stream (`proxy_grpc_cancel`).
    fn grpc_cancel(&self, token: u32) -> HostResult<()>;
    /// Status and message of the callout whose callback runs (`proxy_get_status`).
    fn callout_status(&self) -> HostResult<(u32, Vec<u8>)>;

    /// A shared value and its version (`proxy_get_shared_data`).
    fn shared_data(&self, key: &[u8]) -> HostResult<(Vec<u8>, u32)>;
    /// Sets a shared value; a version other than 0 must be the current one (`proxy_set_shared_data`).
    fn set_shared_data(&self, key: &[u8], value: &[u8], version: u32) -> HostResult<()>;
    /// Registers this worker as the receiver of a queue and returns its token (`proxy_register_shared_queue`).
    fn register_queue(&self, name: &[u8]) -> HostResult<u32>;
    /// Token of a queue that another VM registered (`proxy_resolve_shared_queue`).
    fn resolve_queue(&self, vm_id: &[u8], name: &[u8]) -> HostResult<u32>;
    /// Appends to a queue (`proxy_enqueue_shared_queue`).
    fn enqueue(&self, queue: u32, value: &[u8]) -> HostResult<()>;
    /// Takes the oldest value; [`Status::Empty`] without one (`proxy_dequeue_shared_queue`).
    fn dequeue(&self, queue: u32) -> HostResult<Vec<u8>>;

    /// Defines a metric and returns its id (`proxy_define_metric`).
    fn define_metric(&self, kind: MetricKind, name: &str) -> HostResult<u32>;
    /// Adds to a counter or gauge (`proxy_increment_metric`).
    fn increment_metric(&self, metric: u32, offset: i64) -> HostResult<()>;
    /// Sets a gauge or records into a histogram (`proxy_record_metric`).
    fn record_metric(&self, metric: u32, value: u64) -> HostResult<()>;
    /// Reads a counter or gauge (`proxy_get_metric`).
    fn metric(&self, metric: u32) -> HostResult<u64>;

    /// Calls a function of the host by name (`proxy_call_foreign_function`).
    fn call_foreign(&self, function: &str, arguments: &[u8]) -> HostResult<Vec<u8>>;
}
