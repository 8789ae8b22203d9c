//! The policy on the emulated proxy.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

mod bodies;
mod contract;
mod groups;
mod responses;
mod rules;
