//! Tests a policy natively: a proxy in plain Rust that behaves as Envoy does.
#![forbid(unsafe_code)]

pub mod guest;
pub mod message;
