//! Settings that differ by route.

use gatewright_core::host::Status;
use gatewright_testing::proxy::Route;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::policies::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Name {
    name: String,
}

/// Tells which settings applied, and what the path's variable was.
struct Names(Name);
impl Policy for Names {
    type Config = Name;

    fn new(config: Name, _: &Setup) -> Result<Self, ConfigError> {
        Ok(Self(config))
    }

    async fn handle(&self, mut request: Request, cx: &Context) -> Result<Flow, Fault> {
        request.set_header("x-name", self.0.name.as_str());
        request.set_header("x-id", cx.path_variable("id").unwrap_or("none"));
        Ok(request.forward().into())
    }
}

const CONFIG: &str = r#"{
    "policy": {"name": "every"},
    "routes": [
        {"match": {"path": "/orders/**"}, "policy": {"name": "orders"}},
        {"match": {"path": "/orders/{id}"}, "policy": {"name": "order"}},
        {"match": {"path": "/orders/new", "methods": ["POST"]}, "policy": {"name": "new"}},
        {"match": {"host": "*.internal.example"}, "mode": "off"},
        {"match": {"headers": [{"name": "x-tenant", "exact": "a"}]}, "policy": {"name": "tenant"}},
        {"match": {"route_name": "named"}, "policy": {"name": "by route name"}},
        {"match": {"metadata": {"tier": "gold"}}, "policy": {"name": "by metadata"}}
    ]
}"#;

fn names(request: Sent) -> (Option<String>, Option<String>) {
    let routes = [
        Route::prefix("/named").named("named"),
        Route::prefix("/gold").metadata("gatewright", "tier", "gold"),
        Route::prefix("/"),
    ];
    let mut proxy = with::<Names>(Proxy::builder().routes(routes), CONFIG);
    let upstream = proxy.send(request).upstream_request().unwrap();
    (upstream.header("x-name"), upstream.header("x-id"))
}

#[test]
fn the_most_specific_match_wins() {
    let cases = [
        (Sent::get("/"), Some("every"), "none"),
        (Sent::get("/orders/7"), Some("order"), "7"),
        (Sent::get("/orders/7?a=b"), Some("order"), "7"),
        (Sent::get("/orders/7/lines"), Some("orders"), "none"),
        (Sent::post("/orders/new", ""), Some("new"), "none"),
        (Sent::get("/orders/new"), Some("order"), "new"),
        (Sent::get("/x").with_header("x-tenant", "a"), Some("tenant"), "none"),
        (Sent::get("/x").with_header("x-tenant", "a").with_header("x-tenant", "b"), Some("every"), "none"),
        (Sent::get("/named/x"), Some("by route name"), "none"),
        (Sent::get("/gold/x"), Some("by metadata"), "none"),
    ];
    for (request, name, id) in cases {
        let shown = format!("{request:?}");
        assert_eq!(names(request), (name.map(str::to_owned), Some(id.to_owned())), "{shown}");
    }
    assert_eq!(names(Sent::get("/x").with_host("db.internal.example")), (None, None), "off");
}

#[test]
fn a_route_that_cannot_be_told_is_a_fault_before_any_policy_runs() {
    let mut proxy = proxy::<Names>(CONFIG);
    proxy.world().fail_calls("proxy_get_property", Status::InternalFailure);
    let exchange = proxy.send(Sent::get("/"));
    assert_eq!((exchange.status(), exchange.details().as_deref()), (503, Some("gatewright.policy.fault.other")));
    proxy.world().clear_faults();
    proxy.world().fail_calls("proxy_get_header_map_pairs", Status::InternalFailure);
    assert_eq!(proxy.send(Sent::get("/")).details().as_deref(), Some("gatewright.policy.fault.message"));
}

#[test]
fn without_routes_nothing_is_asked() {
    let mut proxy = proxy::<Names>(r#"{"policy": {"name": "every"}}"#);
    proxy.world().set_log_level(gatewright_core::host::LogLevel::Info);
    proxy.world().reset_host_calls();
    proxy.send(Sent::get("/"));
    assert_eq!(proxy.host_calls().of("proxy_get_property").calls, 0);
}

policy!(Surroundings, Phases::REQUEST_HEADERS, |mut request, cx| {
    request.set_header("x-route", cx.route_name().unwrap_or_default());
    request.set_header("x-source", cx.source_address().map(|address| address.ip().to_string()).unwrap_or_default());
    let metadata = cx.route_metadata("limits")?.unwrap_or_default();
    request.set_header("x-metadata", metadata.to_string());
    let peer = cx.peer().and_then(|peer| peer.uri_san);
    Ok(if peer.is_none() { Reply::forbidden("no_peer").into() } else { request.forward().into() })
});

#[test]
fn properties_are_typed() {
    use gatewright_testing::proxy::{Connection, PeerCertificate};
    let route =
        Route::prefix("/").named("r").metadata("limits", "rate", 5).metadata("limits", "none", serde_json::Value::Null);
    let peer = PeerCertificate { uri_san: Some("spiffe://a/b".to_owned()), ..PeerCertificate::default() };
    let connection = Connection {
        source_address: "192.0.2.7:1234".to_owned(),
        peer_certificate: Some(peer),
        ..Connection::default()
    };
    let mut proxy = with::<Surroundings>(Proxy::builder().routes([route]).connection(connection), "{}");
    let upstream = proxy.send(Sent::get("/")).upstream_request().unwrap();
    assert_eq!(
        (upstream.header("x-route").as_deref(), upstream.header("x-source").as_deref()),
        (Some("r"), Some("192.0.2.7"))
    );
    assert_eq!(upstream.header("x-metadata").as_deref(), Some(r#"{"none":null,"rate":5}"#));
}

#[test]
fn a_property_that_the_host_fails_to_give_is_a_fault_and_no_denial() {
    let mut proxy = proxy::<Surroundings>("{}");
    assert_eq!(proxy.send(Sent::get("/")).status(), 403, "there is no certificate");
    proxy.world().fail_calls("proxy_get_property", Status::InternalFailure);
    assert_eq!(proxy.send(Sent::get("/")).status(), 503);
}
