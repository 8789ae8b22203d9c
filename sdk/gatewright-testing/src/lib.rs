//! Tests a policy natively: a proxy in plain Rust that behaves as Envoy does.
#![forbid(unsafe_code)]

pub mod guest;
pub mod message;
mod native;
pub mod proxy;
pub mod schema;
pub mod scripted;

pub use native::{native, native_module};
