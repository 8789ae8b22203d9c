//! Write proxy policies in Rust: one async function per exchange, compiled to proxy-wasm.
//!
//! A policy is a type with settings and one function. It reads like middleware: what happens before `forward()` happens to the
//! request, what happens after it to the response.
//!
//! ```
//! use gatewright::prelude::*;
//!
//! /// Settings of one route.
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! pub struct Config {
//!     /// Header that must be there.
//!     header: HeaderName,
//! }
//!
//! pub struct RequireHeader(Config);
//!
//! impl Policy for RequireHeader {
//!     type Config = Config;
//!
//!     fn new(config: Config, _: &Setup) -> Result<Self, ConfigError> {
//!         Ok(Self(config))
//!     }
//!
//!     async fn handle(&self, request: Request, _: &Context) -> Result<Flow, Fault> {
//!         if request.header(&self.0.header).is_none() {
//!             return Ok(Reply::deny(400, "header_missing").into());
//!         }
//!         Ok(request.forward().into())
//!     }
//! }
//!
//! gatewright::export!(RequireHeader);
//!
//! // A proxy in plain Rust, from `gatewright-testing`:
//! use gatewright_testing::message::Request as Sent;
//! use gatewright_testing::proxy::Proxy;
//!
//! let config = r#"{"policy": {"header": "x-tenant"}}"#;
//! let mut proxy = Proxy::builder().config(config).policy::<RequireHeader>("require-header").unwrap();
//! assert_eq!(proxy.send(Sent::get("/")).status(), 400);
//! assert_eq!(proxy.send(Sent::get("/").with_header("x-tenant", "a")).status(), 200);
//! ```
//!
//! A policy's crate depends on this one, and on `serde` and `schemars`, whose derive macros the settings need.
#![forbid(unsafe_code)]

pub use gatewright_core::*;

#[doc(hidden)]
pub mod compact;
mod export;

/// The guide's examples, as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/writing-a-policy.md")]
struct WritingAPolicy;

/// Everything a policy usually needs.
pub mod prelude {
    pub use gatewright_core::config::{
        Cidr, ConfigError, Duration, HeaderName, HeaderValue, Method, Percent, Rate, Sha256Hex, Size, StatusCode,
        Upstream,
    };
    pub use gatewright_core::host::LogLevel;
    pub use gatewright_core::{
        BodyError, Cause, Context, Counter, Fault, Flow, Forward, Gauge, Headers, Histogram, Phases, Piece, Policy,
        Reply, Request, Response, Secret, Services, Setup, Signal, Timestamp,
    };
    pub use schemars::JsonSchema;
    pub use serde::{Deserialize, Serialize};
}

/// What the macros expand to. Not for use by name.
#[doc(hidden)]
pub mod __private {
    pub use crate::compact;
    pub use gatewright_core::Module;
    pub use gatewright_core::gateway::Value;
    #[cfg(target_family = "wasm")]
    pub use gatewright_proxy_wasm::exports;
}
