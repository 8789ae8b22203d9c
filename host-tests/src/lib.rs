//! Runs plugins on real hosts, for tests: a real Envoy, and wasmtime as Envoy would run them.

pub mod build;
pub mod envoy;
pub mod net;
pub mod wasm;
