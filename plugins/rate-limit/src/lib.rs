//! Limits how much a client may ask for: rates and concurrency, exact across the workers of a proxy.
//!
//! ```
//! use gatewright_testing::message::Request;
//! use gatewright_testing::proxy::Proxy;
//! use rate_limit::RateLimit;
//!
//! let config = r#"{"policy": {"rules": [{"name": "client", "key": [{"header": "x-client"}], "limits": [{"rate": "1/m"}]}]}}"#;
//! let mut proxy = Proxy::builder().config(config).policy::<RateLimit>("rate-limit").unwrap();
//! let request = Request::get("/").with_header("x-client", "anna");
//! assert_eq!(proxy.send(request.clone()).status(), 200);
//! let refused = proxy.send(request).response().unwrap();
//! assert_eq!((refused.status(), refused.header("retry-after").as_deref()), (429, Some("60")));
//! ```
#![forbid(unsafe_code)]

pub mod algorithm;

mod admission;
mod answer;
mod body;
mod config;
mod counter;
mod global;
mod in_flight;
mod key;
mod policy;
mod remote;
mod rule;
mod service;
mod shared;
mod store;

pub use config::{
    Algorithm, Breaker, CertificateField, ClientIp, Config, Cost, Global, GlobalMode, Headers, KeyPart, Lease, Limit,
    Lots, Missing, Override, Penalty, Refusal, Responses, Rule, Service, Settle, Undecided,
};
pub use policy::RateLimit;

/// The callbacks of a module of its own.
#[cfg(feature = "export")]
mod export {
    use crate::RateLimit;

    #[cfg(all(not(feature = "body"), feature = "response"))]
    gatewright::export!(RateLimit, response_headers);
    #[cfg(all(not(feature = "body"), not(feature = "response")))]
    gatewright::export!(RateLimit);
    #[cfg(all(feature = "body", feature = "response"))]
    gatewright::export!(RateLimit, request_body, response_headers);
    #[cfg(all(feature = "body", not(feature = "response")))]
    gatewright::export!(RateLimit, request_body);
}
#[cfg(feature = "export")]
gatewright::embed_schema!("../config.schema.json");
