//! Says in one line why a guest died.

use gatewright_testing::guest::Trap;
use wasmtime::{Error, WasmBacktrace};

/// The cause, the function of the module it happened in, and the callback that led there.
pub(super) fn describe(error: &Error, callback: &str) -> Trap {
    let cause = match error.downcast_ref::<wasmtime::Trap>() {
        Some(trap) => trap.to_string(),
        None => error.root_cause().to_string(),
    };
    Trap(format!("{cause} (in {callback}{})", place(error)))
}

/// wasmtime has an error type of its own, which is no `std::error::Error`.
pub(super) fn plain(error: Error) -> anyhow::Error {
    anyhow::Error::msg(format!("{error:#}"))
}

/// The innermost wasm frame; shipped modules carry no names, so its index has to do there.
fn place(error: &Error) -> String {
    let frames = error.downcast_ref::<WasmBacktrace>().map(WasmBacktrace::frames);
    let Some(frame) = frames.and_then(<[_]>::first) else { return String::new() };
    match frame.func_name() {
        Some(name) => format!(", at `{name}`"),
        None => format!(", at function {}", frame.func_index()),
    }
}
