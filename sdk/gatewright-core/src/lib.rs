//! The exchange model of Gatewright: what a policy is, and how a proxy's events drive it.
//!
//! A [`Policy`] handles one HTTP exchange as one async function. [`Worker`] turns the callbacks of a proxy-wasm host into progress of
//! those functions; [`host::Host`] is what it may ask the proxy in return. Nothing here knows wasm, a clock or a network, so the
//! same code runs natively under test and inside a proxy.
#![forbid(unsafe_code)]

pub mod bytes;
pub mod callout;
pub mod config;
pub mod future;
pub mod gateway;
pub mod host;
pub mod pairs;
pub mod routes;
pub mod sort;
pub mod store;
pub mod syntax;

mod body_error;
mod chain;
mod client_address;
mod context;
mod event;
mod exchange;
mod fault;
mod filter;
mod flow;
mod headers;
mod identity;
mod ids;
mod layer;
mod message;
mod metrics;
mod phases;
mod policy;
mod property;
mod query;
mod reply;
mod request;
mod response;
mod root;
mod running;
mod secret;
mod services;
mod setup;
mod signal;
mod time;
mod timer;
mod worker;

pub use body_error::{BODY_TIMEOUT, BodyError};
pub use chain::Chain;
pub use client_address::client_address;
pub use context::Context;
pub use fault::{Cause, Fault};
pub use filter::{BodyFilter, BodyWatch, Piece};
pub use flow::Flow;
pub use headers::{EncodedHeaders, Headers, HeadersError, IntoFieldValue, Repeated};
pub use identity::Identity;
pub use metrics::{Counter, Gauge, Histogram};
pub use phases::Phases;
pub use policy::Policy;
pub use property::Peer;
pub use query::METADATA_NAMESPACE;
pub use reply::{Reply, Verdict};
pub use request::{Forward, Request};
pub use response::Response;
pub use root::Module;
pub use secret::Secret;
pub use services::{Elapsed, Services};
pub use setup::Setup;
pub use signal::{Notified, Signal};
pub use time::Timestamp;
pub use timer::Sleep;
pub use worker::Worker;
