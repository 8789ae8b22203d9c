//! The policy in a proxy of plain Rust: no wasm, no Envoy, no waiting.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use api_key::ApiKey;
use gatewright_testing::message::{Request, Response};
use gatewright_testing::proxy::{Answer, Proxy};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The key is `secret`.
const CONFIG: &str = r#"{"policy": {
    "header": "x-api-key",
    "keys": ["2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"]
}}"#;

fn proxy() -> Proxy {
    Proxy::builder().config(CONFIG).policy::<ApiKey>("api-key").unwrap()
}

#[test]
fn a_request_without_a_key_is_challenged() {
    let exchange = proxy().send(Request::get("/"));
    assert_eq!(exchange.status(), 401);
    assert_eq!(exchange.response().unwrap().header("www-authenticate").as_deref(), Some("ApiKey"));
    assert!(exchange.upstream_request().is_none());
}

#[test]
fn an_unknown_key_is_refused() {
    let exchange = proxy().send(Request::get("/").with_header("x-api-key", "guess"));
    assert_eq!(exchange.status(), 403);
    assert!(exchange.upstream_request().is_none());
}

#[test]
fn two_keys_are_no_key() {
    let request = Request::get("/").with_header("x-api-key", "secret").with_header("x-api-key", "guess");
    assert_eq!(proxy().send(request).status(), 401);
}

#[test]
fn the_upstream_does_not_see_the_key() {
    let exchange = proxy().send(Request::get("/").with_header("x-api-key", "secret"));
    assert_eq!(exchange.status(), 200);
    assert_eq!(exchange.upstream_request().unwrap().header("x-api-key"), None);
}

#[test]
fn the_client_learns_how_long_the_upstream_took() {
    let slow = |_: &Request| Answer::delay(Duration::from_millis(42), Response::new(200));
    let mut proxy = Proxy::builder().config(CONFIG).upstream("upstream", slow).policy::<ApiKey>("api-key").unwrap();
    let exchange = proxy.send(Request::get("/").with_header("x-api-key", "secret"));
    proxy.advance(Duration::from_millis(42));
    assert_eq!(exchange.response().unwrap().header("x-upstream-ms").as_deref(), Some("42"));
}

#[test]
fn a_typo_in_the_configuration_is_named() {
    let error = Proxy::builder().config(r#"{"policy": {"heder": "x"}}"#).policy::<ApiKey>("api-key").err().unwrap();
    let message = error.to_string();
    assert!(message.contains("policy.heder") && message.contains("did you mean `header`"), "{message}");
}
