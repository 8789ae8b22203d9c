//! Runs plugins on real hosts, for tests: a real Envoy, and wasmtime as Envoy would run them.

pub mod build;
pub mod case;
pub mod deploy;
pub mod envoy;
pub mod foreign;
pub mod net;
pub mod scenario;
pub mod wasm;
