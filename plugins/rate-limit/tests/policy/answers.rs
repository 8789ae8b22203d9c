//! What the client is told.

use gatewright_testing::message::Request;
use serde_json::{Value, json};

use super::{from, passed, per_client, proxy, seconds};

fn refused(policy: Value, request: impl Fn() -> Request) -> gatewright_testing::message::Response {
    let mut proxy = proxy(policy);
    (0..200).map(|_| proxy.send(request()).response().unwrap()).find(|response| response.status() != 200).unwrap()
}

fn with(limit: Value, field: &str, value: Value) -> Value {
    let mut policy = per_client(limit);
    policy[field] = value;
    policy
}

#[test]
fn a_refusal_always_says_when_to_come_back() {
    for (limit, retry_after) in [
        (json!({"rate": "1/m"}), "60"),
        (json!({"rate": "100/s"}), "1"),
        // The clock starts at midnight.
        (json!({"rate": "2/d", "algorithm": "fixed_window"}), "86400"),
        (json!({"rate": "2/m", "algorithm": "sliding_window"}), "68"),
    ] {
        let response = refused(with(limit.clone(), "headers", json!({"standard": false})), || from("anna"));
        assert_eq!(response.status(), 429);
        assert_eq!(response.header("retry-after").as_deref(), Some(retry_after), "{limit}");
        assert_eq!(response.header("ratelimit"), None);
    }
}

#[test]
fn what_retry_after_says_is_enough() {
    for limit in [
        json!({"rate": "7/m"}),
        json!({"rate": "7/m", "algorithm": "fixed_window"}),
        json!({"rate": "7/m", "algorithm": "sliding_window"}),
    ] {
        let mut proxy = proxy(per_client(limit.clone()));
        proxy.advance(seconds(17));
        assert_eq!(passed(&mut proxy, 20, || from("anna")), 7);
        let response = proxy.send(from("anna")).response().unwrap();
        proxy.advance(seconds(response.header("retry-after").unwrap().parse().unwrap()));
        assert_eq!(proxy.send(from("anna")).status(), 200, "{limit}");
    }
}

#[test]
fn the_standard_fields_are_those_of_the_draft() {
    let response = refused(per_client(json!({"rate": "60/m", "burst": 30})), || from("anna"));
    assert_eq!(response.header("ratelimit-policy").as_deref(), Some(r#""client";q=30;w=30"#));
    assert_eq!(response.header("ratelimit").as_deref(), Some(r#""client";r=0;t=30"#));
    assert_eq!(response.header("x-ratelimit-limit"), None);
}

#[test]
fn the_legacy_fields_are_a_switch() {
    let headers = json!({"standard": false, "legacy": true});
    let response = refused(with(json!({"rate": "60/m", "burst": 30}), "headers", headers), || from("anna"));
    assert_eq!(response.header("x-ratelimit-limit").as_deref(), Some("30"));
    assert_eq!(response.header("x-ratelimit-remaining").as_deref(), Some("0"));
    assert_eq!(response.header("x-ratelimit-reset").as_deref(), Some("30"));
    assert_eq!(response.header("ratelimit"), None);
}

#[test]
fn what_passes_has_the_fields_only_if_asked_for() {
    let limit = json!({"rate": "4/m"});
    let silent = proxy(per_client(limit.clone())).send(from("anna")).response().unwrap();
    assert_eq!(silent.header("ratelimit"), None);
    let mut proxy = proxy(with(limit, "headers", json!({"on": "all", "legacy": true})));
    let remaining = |response: gatewright_testing::message::Response| response.header("x-ratelimit-remaining").unwrap();
    assert_eq!(remaining(proxy.send(from("anna")).response().unwrap()), "3");
    let response = proxy.send(from("anna")).response().unwrap();
    assert_eq!(response.header("ratelimit").as_deref(), Some(r#""client";r=2;t=30"#));
    assert_eq!(response.header("ratelimit-policy").as_deref(), Some(r#""client";q=4;w=60"#));
}

#[test]
fn a_grpc_client_gets_resource_exhausted() {
    let request = || from("anna").with_header("content-type", "application/grpc").with_header("te", "trailers");
    let mut proxy = proxy(per_client(json!({"rate": "1/m"})));
    proxy.send(request());
    let response = proxy.send(request()).response().unwrap();
    assert_eq!(response.header("grpc-status").as_deref(), Some("8"));
    assert_eq!(response.header("retry-after").as_deref(), Some("60"));
}

#[test]
fn status_and_body_can_be_chosen() {
    let refusal = json!({"status": 503, "body": "{\"error\":\"slow down\"}", "content_type": "application/json"});
    let response = refused(with(json!({"rate": "1/m"}), "refusal", refusal), || from("anna"));
    assert_eq!(response.status(), 503);
    assert_eq!(response.text(), r#"{"error":"slow down"}"#);
    assert_eq!(response.header("content-type").as_deref(), Some("application/json"));
}

#[test]
fn the_event_names_the_rule() {
    let mut proxy = proxy(per_client(json!({"rate": "1/m"})));
    proxy.send(from("anna"));
    let details = proxy.send(from("anna")).details();
    assert_eq!(details.as_deref(), Some("gatewright.rate-limit.deny.over_limit.client"));
}
