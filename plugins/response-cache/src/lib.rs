//! An HTTP cache inside the proxy, coherent across its workers.
#![forbid(unsafe_code)]

pub mod store;
