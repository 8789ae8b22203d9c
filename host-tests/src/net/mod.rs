//! Both ends of a proxy under test: a client that may misbehave and an upstream that may fail. Loopback only.

mod client;
mod connection;
mod encode;
mod grpc;
mod refusing;
mod upstream;
pub mod wait;
mod wire;

pub use client::{Client, Ending, Received};
pub use grpc::{GrpcUpstream, Heard, Said};
pub use refusing::Refusing;
pub use upstream::{Answer, Upstream};

#[cfg(test)]
mod tests;
