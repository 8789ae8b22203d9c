//! What makes two requests share a counter.

use gatewright::prelude::*;
use gatewright::{Chain, Identity, Module};
use gatewright_testing::message::Request as Sent;
use gatewright_testing::native_module;
use gatewright_testing::proxy::{Connection, PeerCertificate, Proxy, Route};
use rate_limit::RateLimit;
use serde_json::{Value, json};

use super::{passed, passed_from, proxy, start};

fn keyed(part: Value) -> Value {
    json!({"rules": [{"name": "key", "key": [part], "limits": [{"rate": "2/h"}]}]})
}

/// Two requests of one client, one after the other, pass; a third does not; the other's does.
fn assert_tells_apart(part: Value, one: impl Fn() -> Sent, other: impl Fn() -> Sent) {
    let mut proxy = proxy(keyed(part.clone()));
    assert_eq!(passed(&mut proxy, 3, one), 2, "{part}");
    assert_eq!(passed(&mut proxy, 3, other), 2, "{part}");
}

fn assert_same(part: Value, one: impl Fn() -> Sent, other: impl Fn() -> Sent) {
    let mut proxy = proxy(keyed(part.clone()));
    assert_eq!(passed(&mut proxy, 1, one), 1, "{part}");
    assert_eq!(passed(&mut proxy, 3, other), 1, "{part}");
}

#[test]
fn parts_of_the_request_tell_clients_apart() {
    let with = |name: &'static str, value: &'static str| move || Sent::get("/").with_header(name, value);
    assert_tells_apart(json!({"header": "x-a"}), with("x-a", "1"), with("x-a", "2"));
    assert_tells_apart(json!({"header": "x-a"}), with("x-a", ""), || Sent::get("/"));
    assert_tells_apart(json!({"cookie": "sid"}), with("cookie", "a=1; sid=1"), with("cookie", "sid=2; a=1"));
    assert_tells_apart(json!({"query": "user"}), || Sent::get("/?user=anna"), || Sent::get("/?user=bert"));
    assert_tells_apart(json!("method"), || Sent::get("/"), || Sent::post("/", ""));
    assert_tells_apart(json!("host"), || Sent::get("/").with_host("a.test"), || Sent::get("/").with_host("b.test"));
}

#[test]
fn one_client_has_one_counter_whatever_else_differs() {
    let with = |name: &'static str, value: &'static str| move || Sent::get("/").with_header(name, value);
    assert_same(json!({"header": "x-a"}), with("x-b", "1"), with("x-b", "2"));
    assert_same(json!({"query": "user"}), || Sent::get("/a?user=anna"), || Sent::get("/b?x=1&u%73er=%61nna"));
    assert_same(json!({"cookie": "sid"}), with("cookie", "sid=anna"), with("cookie", "a=1; sid = \"anna\""));
    assert_same(json!("host"), || Sent::get("/").with_host("a.test"), || Sent::get("/").with_host("A.test:8080"));
    assert_same(json!({"constant": "x"}), || Sent::get("/a"), || Sent::post("/b", ""));
    let repeated = |value: &'static str| move || Sent::get("/").with_header("x-a", "anna").with_header("x-a", value);
    assert_same(json!({"header": "x-a"}), repeated("1"), repeated("2"));
}

#[test]
fn a_key_of_several_parts_does_not_mix_them_up() {
    let mut proxy = proxy(json!({"rules": [
        {"name": "key", "key": [{"header": "x-a"}, {"header": "x-b"}], "limits": [{"rate": "1/h"}]},
    ]}));
    let request = |a: &str, b: &str| Sent::get("/").with_header("x-a", a).with_header("x-b", b);
    for (a, b) in [("ab", "c"), ("a", "bc"), ("", "abc"), ("abc", "")] {
        assert_eq!(proxy.send(request(a, b)).status(), 200, "{a} {b}");
        assert_eq!(proxy.send(request(a, b)).status(), 429, "{a} {b}");
    }
}

#[test]
fn clients_are_addresses_and_ipv6_networks() {
    let mut one = proxy(keyed(json!({"client_ip": {}})));
    assert_eq!(passed_from(&mut one, "10.0.0.1:1111", 1), 1);
    assert_eq!(passed_from(&mut one, "10.0.0.1:2222", 3), 1);
    assert_eq!(passed_from(&mut one, "10.0.0.2:1111", 3), 2);
    assert_eq!(passed_from(&mut one, "[2001:db8:0:1::1]:1", 1), 1);
    assert_eq!(passed_from(&mut one, "[2001:db8:0:1:ffff::2]:1", 3), 1);
    assert_eq!(passed_from(&mut one, "[2001:db8:0:2::1]:1", 3), 2);
}

#[test]
fn x_forwarded_for_counts_only_as_far_as_it_is_trusted() {
    let spoofed =
        |first: &'static str| move || Sent::get("/").with_header("x-forwarded-for", format!("{first}, 9.9.9.9"));
    assert_same(json!({"client_ip": {}}), spoofed("1.1.1.1"), spoofed("2.2.2.2"));
    assert_same(json!({"client_ip": {"trusted_hops": 1}}), spoofed("1.1.1.1"), spoofed("2.2.2.2"));
    assert_tells_apart(json!({"client_ip": {"trusted_hops": 2}}), spoofed("1.1.1.1"), spoofed("2.2.2.2"));
}

#[test]
fn a_missing_part_is_a_key_of_its_own_or_leaves_the_rule_out() {
    let rule = |when_missing: &str| {
        json!({"rules": [{"name": "key", "key": [{"header": "x-a"}, "method"],
        "when_missing": when_missing, "limits": [{"rate": "2/h"}]}]})
    };
    assert_eq!(passed(&mut proxy(rule("count")), 5, || Sent::get("/")), 2);
    assert_eq!(passed(&mut proxy(rule("skip")), 5, || Sent::get("/")), 5);
}

#[test]
fn the_route_and_the_variables_of_its_path_can_be_keys() {
    let config = json!({"policy": {"rules": [{"name": "none", "limits": [{"rate": "1000/h"}]}]}, "routes": [
        {"match": {"path": "/users/{id}"}, "policy": keyed(json!({"path_variable": "id"}))},
        {"match": {"path": "/by-route"}, "policy": keyed(json!("route_name"))},
    ]});
    let mut proxy = start(Proxy::builder().routes([Route::prefix("/").named("main")]), config);
    assert_eq!(passed(&mut proxy, 3, || Sent::get("/users/anna?x=1")), 2);
    assert_eq!(passed(&mut proxy, 3, || Sent::get("/users/bert")), 2);
    assert_eq!(passed(&mut proxy, 3, || Sent::get("/by-route")), 2);
}

#[test]
fn a_certificate_can_be_a_key() {
    let mut proxy = proxy(keyed(json!({"certificate": "uri_san"})));
    let mut from = |uri: &str| {
        let certificate = PeerCertificate { uri_san: Some(uri.to_owned()), ..PeerCertificate::default() };
        let connection = Connection::default().with_certificate(certificate);
        proxy.exchange(Sent::get("/")).from(connection).send().status()
    };
    assert_eq!([from("spiffe://a"), from("spiffe://a"), from("spiffe://a"), from("spiffe://b")], [200, 200, 429, 200]);
}

/// Stands for a policy that authenticates: the header is the token.
struct Authenticate;

#[derive(Deserialize, JsonSchema)]
struct NoSettings {}

impl Policy for Authenticate {
    type Config = NoSettings;

    fn new(_: NoSettings, _: &Setup) -> Result<Self, ConfigError> {
        Ok(Self)
    }

    async fn handle(&self, request: Request, cx: &Context) -> Result<Flow, Fault> {
        if let Some(Ok(Value::Object(claims))) = request.header("x-claims").map(serde_json::from_slice) {
            cx.insert(Identity::new("test".into(), claims.into()));
        }
        Ok(request.forward().into())
    }
}

fn authenticated(_: &str, _: Value, setup: &Setup) -> Result<Chain, ConfigError> {
    let outer = Chain::single::<Authenticate>("authenticate", json!({"policy": {}}), setup)?;
    let config = json!({"policy": keyed(json!({"claim": "/org/id"}))});
    Ok(outer.around(Chain::single::<RateLimit>("rate-limit", config, setup)?))
}

#[test]
fn a_claim_that_an_earlier_policy_verified_can_be_a_key() {
    let module = Module { name: "test", phases: Phases::ALL, build: authenticated };
    let mut proxy = Proxy::builder().allow_on_headers_stop_iteration(true).start(native_module(module)).unwrap();
    let with = |claims: &'static str| move || Sent::get("/").with_header("x-claims", claims);
    assert_eq!(passed(&mut proxy, 3, with(r#"{"org": {"id": 7}, "sub": "anna"}"#)), 2);
    assert_eq!(passed(&mut proxy, 3, with(r#"{"org": {"id": 8}, "sub": "anna"}"#)), 2);
    assert_eq!(passed(&mut proxy, 3, || Sent::get("/")), 2);
}

#[test]
fn no_key_is_ever_logged() {
    let mut proxy = proxy(keyed(json!({"header": "authorization"})));
    proxy.world().set_log_level(LogLevel::Trace);
    assert_eq!(passed(&mut proxy, 5, || Sent::get("/").with_header("authorization", "hunter2")), 2);
    assert!(!proxy.logs().is_empty());
    assert!(!proxy.logs().iter().any(|line| line.message.contains("hunter2")));
}
