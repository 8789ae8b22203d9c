//! A conforming, coherent HTTP cache (RFC 9111) inside the proxy.
//!
//! ```
//! use gatewright_testing::message::{Request, Response};
//! use gatewright_testing::proxy::{Answer, Proxy};
//! use response_cache::ResponseCache;
//!
//! let origin = |_: &Request| Answer::response(Response::new(200).with_header("cache-control", "max-age=60").with_body("hello"));
//! let mut proxy = Proxy::builder().upstream("upstream", origin).policy::<ResponseCache>("response-cache").unwrap();
//! proxy.send(Request::get("/"));
//! let hit = proxy.send(Request::get("/"));
//! assert!(hit.upstream_request().is_none());
//! assert_eq!(hit.response().unwrap().text(), "hello");
//! assert_eq!(hit.response().unwrap().header("cache-status").as_deref(), Some("gatewright; hit; ttl=60"));
//! ```
#![forbid(unsafe_code)]

pub mod http;
pub mod store;

mod asked;
mod cache;
mod capture;
mod complete;
mod config;
mod entry;
mod fetch;
mod found;
mod invalidate;
mod metrics;
mod policy;
mod purge;
mod refresh;
mod reply;
mod rules;
mod shared;
mod status_field;
mod target;
mod update;
mod written;

pub use config::{
    Bypass, Coalesce, Config, Key, Method, Purge, Query, Refresh, RequestDirectives, SetCookie, Stale, Ttl, Vary,
};
pub use policy::ResponseCache;

#[cfg(feature = "export")]
gatewright::export!(ResponseCache, response_body);
#[cfg(feature = "export")]
gatewright::embed_schema!("../config.schema.json");
