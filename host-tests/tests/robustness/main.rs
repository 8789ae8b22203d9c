//! What must not hurt: hostile and unlucky exchanges, policies that panic, wrong configurations. Each scenario runs on a real Envoy
//! and on our own host, and ends the same on both.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

/// Makes each scenario a test on each host.
macro_rules! on_both {
    ($($scenario:ident),+ $(,)?) => {
        mod on_envoy {
            $(#[test] fn $scenario() { super::$scenario(gatewright_host::scenario::Host::Envoy); })+
        }
        mod on_wasmtime {
            $(#[test] fn $scenario() { super::$scenario(gatewright_host::scenario::Host::Wasmtime); })+
        }
    };
}

mod aborts;
mod bodies;
mod callouts;
mod configuration;
mod headers;
mod panics;
mod setup;
mod signatures;
mod tokens;
mod upstreams;
