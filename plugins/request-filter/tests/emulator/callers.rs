//! Rules on who calls.

use gatewright::prelude::*;
use gatewright::{Chain, Identity, Module};
use gatewright_testing::message::Request as Sent;
use gatewright_testing::native_module;
use gatewright_testing::proxy::{Connection, PeerCertificate, Proxy};
use request_filter::RequestFilter;
use serde_json::{Value, json};

use crate::support::{get, outcome, rules};

fn refused() -> (u16, String) {
    (403, "rule.r".into())
}

#[test]
fn the_address_is_that_of_the_connection_or_behind_trusted_proxies() {
    let rule = |hops: u8| json!([{"id": "r", "action": "deny", "when": {"client_ip": {"ranges": ["192.0.2.0/24", "2001:db8::/32"], "trusted_hops": hops}}}]);
    let send = |hops, connection: &str, forwarded: &str| {
        let request = get("/").with_header("x-forwarded-for", forwarded);
        outcome(&rules(&rule(hops)).exchange(request).from(Connection::from_address(connection)).send())
    };
    assert_eq!(send(0, "192.0.2.9:1", "10.0.0.1"), refused());
    assert_eq!(send(0, "[2001:db8::1]:1", "10.0.0.1"), refused());
    assert_eq!(send(0, "10.0.0.1:1", "192.0.2.9").0, 200);
    assert_eq!(send(1, "10.0.0.1:1", "192.0.2.9"), refused());
    assert_eq!(send(1, "10.0.0.1:1", "192.0.2.9, 10.0.0.7").0, 200);
}

#[test]
fn a_certificate_is_one_that_the_proxy_verified() {
    let when = json!({"certificate": [{"field": "uri_san", "is": {"prefix": "spiffe://evil/"}}]});
    let mut proxy = rules(&json!([{"id": "r", "action": "deny", "when": when}]));
    let mut send = |uri: &str| {
        let certificate = PeerCertificate { uri_san: Some(uri.to_owned()), ..PeerCertificate::default() };
        outcome(&proxy.exchange(get("/")).from(Connection::default().with_certificate(certificate)).send())
    };
    assert_eq!((send("spiffe://evil/a"), send("spiffe://good/evil/").0), (refused(), 200));
    assert_eq!(proxy.send(get("/")).status(), 200);
}

/// Leaves the claims that a header field has, as a policy that authenticates does.
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
    let when = json!({"claims": [{"name": "roles", "exact": "guest"}, {"name": "/org/id", "exact": "7"}]});
    let config = json!({"policy": {"rules": [{"id": "r", "action": "deny", "when": when}]}});
    Ok(outer.around(Chain::single::<RequestFilter>("request-filter", config, setup)?))
}

#[test]
fn claims_are_those_that_an_earlier_policy_verified() {
    let module = Module { name: "test", phases: Phases::ALL, build: authenticated };
    let mut proxy = Proxy::builder().allow_on_headers_stop_iteration(true).start(native_module(module)).unwrap();
    let mut send = |claims: &str| outcome(&proxy.send(Sent::get("/").with_header("x-claims", claims)));
    assert_eq!(send(r#"{"roles": ["user", "guest"], "org": {"id": 7}}"#), refused());
    assert_eq!(send(r#"{"roles": "guest", "org": {"id": 7}}"#), refused());
    for other in [
        r#"{"roles": ["guest"], "org": {"id": 8}}"#,
        r#"{"roles": ["guests"], "org": {"id": 7}}"#,
        r#"{"roles": "guest"}"#,
        "",
    ] {
        assert_eq!(send(other).0, 200, "{other}");
    }
}

#[test]
fn no_value_of_a_request_is_logged() {
    let when = json!({"values": {"contains": "hunter2"}});
    let mut proxy = rules(&json!([{"id": "r", "action": "deny", "when": when}]));
    proxy.world().set_log_level(LogLevel::Trace);
    assert_eq!(outcome(&proxy.send(get("/?password=hunter2"))), refused());
    assert_eq!(proxy.send(get("/hunter2").with_header("authorization", "Basic hunter2")).status(), 200);
    assert!(!proxy.logs().is_empty());
    assert!(!proxy.logs().iter().any(|line| line.message.contains("hunter2")));
}
