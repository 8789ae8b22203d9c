//! How a real Envoy treats a plugin: what the SDK is built around, each as a test. What a host can imitate,
//! `wasmtime_findings` asks of our own, with the same files.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod bodies;
mod callouts;
mod configuration;
mod cost;
mod endings;
mod failures;
mod grpc;
mod headers;
mod only_envoy;
mod setup;
mod shared_data;
mod signatures;
mod tls;
mod upstreams;
mod vectors;

/// Where the findings are looked for.
const HOST: gatewright_host::scenario::Host = gatewright_host::scenario::Host::Envoy;
