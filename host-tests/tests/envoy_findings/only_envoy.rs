//! What concerns Envoy's own configuration, not how it runs a plugin.

use gatewright_host::build::{self, Target};
use gatewright_host::envoy::{Envoy, EnvoyBuilder, HttpFilter, Listener, Route, WasmFilter};
use gatewright_host::net::{Answer, Upstream};
use gatewright_testing::message::{Request, Response};
use serde_json::json;

use crate::setup::results;

/// The probe as a filter of this name.
pub(crate) fn filter(name: &str) -> WasmFilter {
    WasmFilter::new(name, &build::module("guest-probe", Target::Wasip1).unwrap())
}

/// An Envoy before an upstream that answers `ok`, as cluster `main`.
pub(crate) fn start(builder: EnvoyBuilder) -> (Envoy, Upstream) {
    let upstream = Upstream::start(|_: &Request| Response::new(200).with_body("ok")).unwrap();
    (builder.cluster("main", upstream.address()).start().unwrap(), upstream)
}

#[test]
fn typed_per_filter_config_is_refused() {
    let message = "envoy.extensions.filters.http.wasm.v3.Wasm";
    let route = Route::prefix("/").direct_response(200, "");
    let route = route.filter_config("probe", message, filter("probe").typed_config());
    let error = Envoy::builder(Listener::new().filter(filter("probe")).route(route)).start().unwrap_err();
    let text = format!("{error:#}");
    assert!(text.contains("doesn't support virtual host or route specific configurations"), "{text}");
}

#[test]
fn a_disabled_filter_is_turned_on_by_a_route() {
    let on = Route::prefix("/on").cluster("main");
    let on = on.filter_config("probe", "envoy.config.route.v3.FilterConfig", json!({"config": {}}));
    let listener = Listener::new()
        .filter(HttpFilter::from(filter("probe")).disabled())
        .route(on)
        .route(Route::prefix("/").cluster("main"));
    let (envoy, _upstream) = start(Envoy::builder(listener));
    let ran = |path: &str| {
        let request = Request::get(path).with_header("x-probe-request-headers", "config");
        !results(&envoy.send(&request).unwrap()).is_empty()
    };
    assert!(ran("/on"));
    assert!(!ran("/off"));
}

#[test]
fn an_answer_with_an_unknown_transfer_encoding_is_a_502_before_any_filter_sees_it() {
    let bytes = b"HTTP/1.1 200 OK\r\ntransfer-encoding: x\r\ncache-control: max-age=60\r\n\r\nok";
    let upstream = Upstream::start(|_: &Request| Answer::Raw(bytes.to_vec())).unwrap();
    let listener = Listener::new().route(Route::prefix("/").cluster("main"));
    let envoy = Envoy::builder(listener).cluster("main", upstream.address()).start().unwrap();
    let response = envoy.send(&Request::get("/")).unwrap();
    assert_eq!((response.status(), response.header("cache-control")), (502, None));
    assert!(response.text().contains("protocol error"), "{}", response.text());
}

#[test]
fn shared_data_belongs_to_the_vm_id() {
    let on = |name: &str, vm_id: &str| [HttpFilter::from(filter(name).vm_id(vm_id))];
    let listener = Listener::new()
        .filter(HttpFilter::filter_chain())
        .route(Route::path("/a1").cluster("main").filter_chain(on("one", "a")))
        .route(Route::path("/a2").cluster("main").filter_chain(on("two", "a")))
        .route(Route::path("/b").cluster("main").filter_chain(on("three", "b")));
    let (envoy, _upstream) = start(Envoy::builder(listener).concurrency(2));
    let share = |path: &str, command: &str| {
        let request = Request::get(path).with_header("x-probe-request-headers", command);
        results(&envoy.send(&request).unwrap())[0].rsplit_once('=').unwrap().1.to_owned()
    };
    assert_eq!(share("/a1", "share key value"), "ok");
    for _ in 0..8 {
        // Connections of their own, so over both workers.
        assert_eq!(share("/a2", "share key"), "value", "another plugin of the same vm_id");
    }
    assert_eq!(share("/b", "share key"), "none", "another vm_id");
}
