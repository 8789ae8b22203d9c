//! What runs inside a proxy's VM, seen from the proxy.

use std::fmt;

/// The guest died: a panic, a wasm trap, out of memory or fuel. Its VM cannot be entered again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap(pub String);

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "guest trapped: {}", self.0)
    }
}

impl std::error::Error for Trap {}

/// What a callback returns: its value, or the trap that ended the VM.
pub type Outcome<T> = Result<T, Trap>;

/// A loaded plugin: the callbacks of the proxy-wasm ABI 0.2.1, as the proxy calls them.
///
/// Two kinds exist: a policy compiled natively, and a `.wasm` module in wasmtime. A callback that the guest does not export keeps
/// its default: it does nothing and lets everything pass. Actions are the raw ABI numbers, as a guest may return any.
pub trait Guest {
    /// A root context (`parent` is 0) or an exchange's context begins.
    fn on_context_create(&mut self, context: u32, parent: u32) -> Outcome<()>;
    /// The VM is started, once per root context. `false` refuses.
    fn on_vm_start(&mut self, root: u32, configuration_size: u32) -> Outcome<bool>;
    /// The plugin is configured. `false` refuses the configuration.
    fn on_configure(&mut self, root: u32, configuration_size: u32) -> Outcome<bool>;
    /// The tick period has passed.
    fn on_tick(&mut self, root: u32) -> Outcome<()>;
    /// A queue that this guest registered has a value.
    fn on_queue_ready(&mut self, root: u32, queue: u32) -> Outcome<()>;

    /// Request headers are here.
    fn on_request_headers(&mut self, context: u32, count: u32, end_of_stream: bool) -> Outcome<u32>;
    /// Request body bytes are here; `size` is what is buffered now.
    fn on_request_body(&mut self, context: u32, size: u32, end_of_stream: bool) -> Outcome<u32>;
    /// Request trailers are here.
    fn on_request_trailers(&mut self, context: u32, count: u32) -> Outcome<u32>;
    /// Response headers are here.
    fn on_response_headers(&mut self, context: u32, count: u32, end_of_stream: bool) -> Outcome<u32>;
    /// Response body bytes are here; `size` is what is buffered now.
    fn on_response_body(&mut self, context: u32, size: u32, end_of_stream: bool) -> Outcome<u32>;
    /// Response trailers are here.
    fn on_response_trailers(&mut self, context: u32, count: u32) -> Outcome<u32>;

    /// An HTTP callout was answered; no headers means it failed.
    fn on_http_call_response(
        &mut self,
        context: u32,
        token: u32,
        headers: u32,
        body_size: u32,
        trailers: u32,
    ) -> Outcome<()>;
    /// Initial metadata of a gRPC stream is here.
    fn on_grpc_receive_initial_metadata(&mut self, context: u32, token: u32, count: u32) -> Outcome<()>;
    /// A gRPC message is here.
    fn on_grpc_receive(&mut self, context: u32, token: u32, size: u32) -> Outcome<()>;
    /// Trailing metadata of a gRPC stream is here.
    fn on_grpc_receive_trailing_metadata(&mut self, context: u32, token: u32, count: u32) -> Outcome<()>;
    /// A gRPC callout or stream ended.
    fn on_grpc_close(&mut self, context: u32, token: u32, status: u32) -> Outcome<()>;
    /// The host calls back about a foreign function.
    fn on_foreign_function(&mut self, context: u32, function: u32, arguments_size: u32) -> Outcome<()>;

    /// The exchange is over, or a root context is to end; `false` defers (`proxy_done`).
    fn on_done(&mut self, context: u32) -> Outcome<bool>;
    /// The exchange is being logged; headers of both sides are readable.
    fn on_log(&mut self, context: u32) -> Outcome<()>;
    /// The context is gone.
    fn on_delete(&mut self, context: u32) -> Outcome<()>;

    /// Whether the guest exports this callback, by its ABI name such as `proxy_on_request_body`.
    fn exports(&self, callback: &str) -> bool;
}
