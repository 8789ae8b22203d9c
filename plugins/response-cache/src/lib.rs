//! A conforming, coherent HTTP cache (RFC 9111) inside the proxy.
#![forbid(unsafe_code)]

pub mod http;
pub mod store;
