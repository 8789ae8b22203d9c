//! What a panic does, to whom, under each failure policy.

use std::time::Duration;

use gatewright_host::envoy::{Deployment, Envoy, EnvoyDeployment, FailurePolicy, Listener, Route};
use gatewright_testing::message::Request;

use crate::setup::{deploy, probe, results, start};

#[test]
fn the_proxy_wasm_crate_panics_on_an_unexpected_status_and_kills_the_vm() {
    let proxy = deploy(probe("probe"));
    let request = Request::get("/").with_header("x-probe-response-headers", "crate-header :path");
    assert_eq!(proxy.send(&request).unwrap().status(), 503);
    proxy.envoy.wait_for_log(|line| line.message.contains("unexpected status: 2")).unwrap();
    assert_eq!(proxy.send(&Request::get("/")).unwrap().status(), 503, "nor does anyone else get through");
}

#[test]
fn the_proxy_wasm_crate_panics_on_a_header_that_is_not_utf8() {
    let proxy = deploy(probe("probe"));
    let request =
        Request::get("/").with_header("x-odd", [0xfc]).with_header("x-probe-request-headers", "crate-headers");
    assert_eq!(proxy.send(&request).unwrap().status(), 503);
    proxy.envoy.wait_for_log(|line| line.message.contains("Utf8Error")).unwrap();
    assert_eq!(proxy.send(&Request::get("/")).unwrap().status(), 503);
}

#[test]
fn fail_closed_answers_503_from_then_on_but_other_workers_serve() {
    let listener = Listener::new().filter(probe("probe")).route(Route::prefix("/").cluster("main"));
    let proxy = start(Envoy::builder(listener).concurrency(2));
    assert_eq!(crash(&proxy), 503);
    let statuses: Vec<u16> = (0..64).map(|_| proxy.send(&Request::get("/")).unwrap().status()).collect();
    assert!(statuses.contains(&503), "the worker whose VM died");
    assert!(statuses.contains(&200), "the other worker");
}

#[test]
fn fail_open_passes_later_requests_without_the_plugin() {
    let proxy = deploy(probe("probe").failure_policy(FailurePolicy::Open));
    let probed = Request::get("/").with_header("x-probe-request-headers", "config");
    assert_eq!(results(&proxy.send(&probed).unwrap()), ["config="]);
    assert_eq!(crash(&proxy), 503, "the request that crashed");
    let response = proxy.send(&probed).unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(results(&response), [""; 0], "the plugin did not run");
}

#[test]
fn fail_reload_makes_the_vm_anew_after_the_back_off() {
    let proxy = deploy(probe("probe").failure_policy(FailurePolicy::Reload(Duration::from_millis(10))));
    let probed = Request::get("/").with_header("x-probe-request-headers", "config");
    assert_eq!(crash(&proxy), 503);
    // 503 until the back-off is over.
    let response = (0..2_000).map(|_| proxy.send(&probed).unwrap()).find(|response| response.status() == 200);
    assert_eq!(results(&response.unwrap()), ["config="]);
    assert_eq!(proxy.stat("wasm.probe.vm_reload_success").unwrap(), Some(1));
}

#[test]
fn a_panic_after_the_response_headers_cuts_the_response() {
    let proxy = deploy(probe("probe"));
    let request = Request::get("/").with_header("x-probe-response-body", "buffer; panic");
    let received = proxy.envoy.exchange(&request).unwrap();
    assert_eq!(received.response.status(), 200);
    assert!(received.was_cut(), "{received:?}");
}

fn crash(proxy: &EnvoyDeployment) -> u16 {
    proxy.send(&Request::get("/").with_header("x-probe-request-headers", "panic")).unwrap().status()
}
