//! Every policy in one module, in the order that the configuration says, any number of times each.
//!
//! A second wasm filter costs a request several microseconds; a second policy in this module costs what it computes. The request is
//! read once for all of them, and what one finds out, such as who calls, the next ones know.
//!
//! ```
//! use gatewright_testing::message::Request;
//! use gatewright_testing::native_module;
//! use gatewright_testing::proxy::Proxy;
//!
//! let config = r#"{
//!     "policies": [
//!         {"use": "rate-limit", "policy": {"rules": [{"name": "all", "limits": [{"rate": "1/m"}]}]}}
//!     ],
//!     "routes": [{"match": {"path": "/health"}, "policies": {"rate-limit": {"mode": "off"}}}]
//! }"#;
//! let mut proxy = Proxy::builder().config(config).start(native_module(gateway::MODULE)).unwrap();
//! assert_eq!(proxy.send(Request::get("/")).status(), 200);
//! assert_eq!(proxy.send(Request::get("/")).status(), 429);
//! assert_eq!(proxy.send(Request::get("/health")).status(), 200);
//! ```
#![forbid(unsafe_code)]

gatewright::export_gateway!(
    {
        "jwt-auth" => jwt_auth::JwtAuth,
        "rate-limit" => rate_limit::RateLimit,
        "request-filter" => request_filter::RequestFilter,
        "response-cache" => response_cache::ResponseCache,
    },
    request_body,
    response_body
);
gatewright::embed_schema!("../config.schema.json");
