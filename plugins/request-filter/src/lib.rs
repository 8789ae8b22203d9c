//! Decides what may reach a service: normalises requests, checks them, and matches them against rules.
//!
//! ```
//! use gatewright_testing::message::Request;
//! use gatewright_testing::proxy::Proxy;
//! use request_filter::RequestFilter;
//!
//! let config = r#"{"policy": {"rules": [{"id": "admin", "action": "deny", "when": {"path": {"prefix": "/admin"}}}]}}"#;
//! let mut proxy = Proxy::builder().config(config).policy::<RequestFilter>("request-filter").unwrap();
//! assert_eq!(proxy.send(Request::get("/orders")).status(), 200);
//! assert_eq!(proxy.send(Request::get("/x/../%61dmin")).status(), 403);
//! ```
#![forbid(unsafe_code)]

pub mod addresses;
pub mod body;
pub mod contract;
pub mod engine;
pub mod groups;
pub mod list;
pub mod normalise;
pub mod transform;
pub mod value;

mod answer;
mod bodies;
mod compiled;
mod config;
mod conform;
mod hygiene;
mod journal;
mod octets;
mod policy;
mod readings;
mod response;
mod rules;
mod stop;
mod surroundings;
mod walk;

pub use config::*;
pub use policy::RequestFilter;

/// The callbacks of a module of its own.
#[cfg(feature = "export")]
mod export {
    use crate::RequestFilter;

    #[cfg(all(feature = "body", feature = "response"))]
    gatewright::export!(RequestFilter, request_body, response_body);
    #[cfg(all(feature = "body", not(feature = "response")))]
    gatewright::export!(RequestFilter, request_body);
    #[cfg(all(not(feature = "body"), feature = "response"))]
    gatewright::export!(RequestFilter, response_body);
    #[cfg(not(any(feature = "body", feature = "response")))]
    gatewright::export!(RequestFilter);
}
#[cfg(feature = "export")]
gatewright::embed_schema!("../config.schema.json");
