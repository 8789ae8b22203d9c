//! What a real Envoy does to a plugin (`envoy_findings`), done by our own host: the same questions, the same answers.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

#[path = "../envoy_findings/bodies.rs"]
mod bodies;
#[path = "../envoy_findings/callouts.rs"]
mod callouts;
#[path = "../envoy_findings/configuration.rs"]
mod configuration;
#[path = "../envoy_findings/endings.rs"]
mod endings;
#[path = "../envoy_findings/failures.rs"]
mod failures;
#[path = "../envoy_findings/headers.rs"]
mod headers;
#[path = "../envoy_findings/setup.rs"]
mod setup;
#[path = "../envoy_findings/shared_data.rs"]
mod shared_data;
#[path = "../envoy_findings/signatures.rs"]
mod signatures;
#[path = "../envoy_findings/upstreams.rs"]
mod upstreams;
#[path = "../envoy_findings/vectors.rs"]
mod vectors;

/// Where the findings are looked for.
const HOST: gatewright_host::scenario::Host = gatewright_host::scenario::Host::Wasmtime;
