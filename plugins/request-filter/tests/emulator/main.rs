//! The policy on the emulated proxy.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

mod bodies;
mod callers;
mod contract;
mod groups;
mod responses;
mod rules;
