//! How configuration reaches a plugin, per filter and per route.

use gatewright_host::envoy::{Configuration, Deployment, Envoy, HttpFilter, Listener, Route, Update};
use gatewright_testing::message::Request;
use serde_json::json;

use crate::setup::{deploy, probe, result, results, start};

#[test]
fn per_route_config_by_filter_chain() {
    let on = |name: &str, configuration| [HttpFilter::from(probe(name).vm_id("shared").configuration(configuration))];
    let listener = Listener::new()
        .filter(HttpFilter::filter_chain())
        .route(Route::prefix("/a").cluster("main").filter_chain(on("a", Configuration::Text("of a".into()))))
        .route(Route::prefix("/b").cluster("main").filter_chain(on("b", Configuration::Struct(json!({"b": "c"})))))
        .route(Route::prefix("/").cluster("main"));
    let proxy = start(Envoy::builder(listener));
    let config = |path: &str| {
        let request = Request::get(path).with_header("x-probe-request-headers", "config");
        results(&proxy.send(&request).unwrap())
    };
    assert_eq!(config("/a"), ["config=of a"]);
    assert_eq!(config("/b"), ["config=0x0a080a016212031a0163"]);
    assert_eq!(config("/c"), [""; 0], "a route without a filter chain runs no plugin");
    assert_eq!(proxy.upstream_requests().len(), 3);
}

#[test]
fn typed_per_filter_config_is_refused() {
    let message = "envoy.extensions.filters.http.wasm.v3.Wasm";
    let route = Route::prefix("/").direct_response(200, "");
    let route = route.filter_config("probe", message, probe("probe").typed_config());
    let error = Envoy::builder(Listener::new().filter(probe("probe")).route(route)).start().unwrap_err();
    let text = format!("{error:#}");
    assert!(text.contains("doesn't support virtual host or route specific configurations"), "{text}");
}

#[test]
fn a_disabled_filter_is_turned_on_by_a_route() {
    let on = Route::prefix("/on").cluster("main");
    let on = on.filter_config("probe", "envoy.config.route.v3.FilterConfig", json!({"config": {}}));
    let listener = Listener::new()
        .filter(HttpFilter::from(probe("probe")).disabled())
        .route(on)
        .route(Route::prefix("/").cluster("main"));
    let proxy = start(Envoy::builder(listener));
    let ran = |path: &str| {
        let request = Request::get(path).with_header("x-probe-request-headers", "config");
        !results(&proxy.send(&request).unwrap()).is_empty()
    };
    assert!(ran("/on"));
    assert!(!ran("/off"));
}

#[test]
fn struct_config_arrives_as_protobuf() {
    let config = |configuration| {
        let proxy = deploy(probe("probe").configuration(configuration));
        result(&proxy, "request-headers", "config")
    };
    let as_struct = Configuration::Struct(json!({"a": "b"}));
    assert_eq!(config(as_struct), "0x0a080a016112031a0162", "fields: a -> string_value: b");
    assert_eq!(config(Configuration::Text(r#"{"a": "b"}"#.into())), r#"{"a": "b"}"#);
    assert_eq!(config(Configuration::Bytes(vec![0, 0xff])), "0x00ff");
    assert_eq!(config(Configuration::None), "");
}

#[test]
fn a_refused_configuration_stops_the_start() {
    for fatal in ["refuse", "panic"] {
        let filter = probe("probe").configuration(Configuration::Text(fatal.into()));
        let listener = Listener::new().filter(filter).route(Route::prefix("/").direct_response(200, ""));
        for builder in [Envoy::builder(listener.clone()), Envoy::builder(listener).dynamic()] {
            let text = format!("{:#}", builder.start().unwrap_err());
            assert!(text.contains("Unable to create Wasm plugin probe"), "{text}");
        }
    }
}

#[test]
fn a_refused_update_leaves_the_old_configuration_serving() {
    let with = |text: &str| {
        let filter = probe("probe").configuration(Configuration::Text(text.into()));
        Listener::new().filter(filter).route(Route::prefix("/").cluster("main"))
    };
    let mut proxy = start(Envoy::builder(with("first")).dynamic().concurrency(2));
    let config = |proxy: &_| result(proxy, "request-headers", "config");
    assert_eq!(config(&proxy), "first");

    for fatal in ["refuse", "panic"] {
        let Update::Rejected(reason) = proxy.envoy.update(&with(fatal)).unwrap() else {
            panic!("{fatal} was accepted")
        };
        assert!(reason.contains("Unable to create Wasm plugin probe"), "{reason}");
        assert_eq!(config(&proxy), "first");
    }
    assert_eq!(proxy.envoy.update(&with("second")).unwrap(), Update::Accepted);
    assert_eq!(config(&proxy), "second");
    assert_eq!(proxy.envoy.update(&with("second")).unwrap(), Update::Accepted, "unchanged");
}
