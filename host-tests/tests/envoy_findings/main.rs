//! How a real Envoy treats a plugin: what the SDK is built around, each as a test.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod bodies;
mod callouts;
mod configuration;
mod cost;
mod failures;
mod grpc;
mod headers;
mod setup;
mod shared_data;
mod signatures;
mod tls;
mod vectors;
