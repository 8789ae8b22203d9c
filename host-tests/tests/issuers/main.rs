//! jwt-auth in a real Envoy of two workers, and issuers that rotate their keys, go away, come back and lie; and tokens that are bound
//! to what only a real connection has.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod bound;
mod certificates;
mod discovery;
mod flood;
mod introspection;
mod issuer;
mod rotation;
mod start;
mod support;
mod tls;
mod tokens;
mod traffic;
mod trouble;
mod update;
