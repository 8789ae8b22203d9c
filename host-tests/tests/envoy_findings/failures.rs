//! What a panic does, to whom, under each failure policy.

use std::time::Duration;

use gatewright_host::envoy::FailurePolicy;
use gatewright_host::net::Answer;
use gatewright_host::scenario::{SERVICE, Scene, Stage};
use gatewright_testing::message::{Request, Response};

use crate::setup::{found, probe, start};

#[test]
fn the_proxy_wasm_crate_panics_on_an_unexpected_status_and_kills_the_vm() {
    let mut stage = start(probe());
    let request = Request::get("/").with_header("x-probe-response-headers", "crate-header :path");
    assert_eq!(stage.answer(&request).unwrap().status(), 503);
    assert!(logged(&*stage, "unexpected status: 2"));
    assert_eq!(stage.answer(&Request::get("/")).unwrap().status(), 503, "nor does anyone else get through");
}

#[test]
fn the_proxy_wasm_crate_panics_on_a_header_that_is_not_utf8() {
    let mut stage = start(probe());
    let request =
        Request::get("/").with_header("x-odd", [0xfc]).with_header("x-probe-request-headers", "crate-headers");
    assert_eq!(stage.answer(&request).unwrap().status(), 503);
    assert!(logged(&*stage, "Utf8Error"));
    assert_eq!(stage.answer(&Request::get("/")).unwrap().status(), 503);
}

#[test]
fn fail_closed_answers_503_from_then_on_but_other_workers_serve() {
    let mut stage = start(Scene { workers: 2, ..probe() });
    assert_eq!(crash(&mut *stage), 503);
    let statuses: Vec<u16> = (0..64).map(|_| stage.answer(&Request::get("/")).unwrap().status()).collect();
    assert!(statuses.contains(&503), "the worker whose VM died");
    assert!(statuses.contains(&200), "the other worker");
}

#[test]
fn fail_open_passes_later_requests_without_the_plugin() {
    let mut stage = start(Scene { failure_policy: FailurePolicy::Open, ..probe() });
    assert_eq!(found(&mut *stage, "/", "config"), ["config="]);
    assert_eq!(crash(&mut *stage), 503, "the request that crashed");
    let response = stage.answer(&Request::get("/").with_header("x-probe-request-headers", "config")).unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.header("x-probe"), None, "the plugin did not run");
}

#[test]
fn fail_reload_makes_the_vm_anew_after_the_back_off() {
    let mut stage = start(reloading(Duration::from_millis(10)));
    assert_eq!(crash(&mut *stage), 503);
    stage.advance(Duration::from_millis(50));
    assert_eq!(found(&mut *stage, "/", "config"), ["config="]);
    assert_eq!(stage.stat("wasm.probe.vm_reload_success").unwrap(), Some(1));
}

#[test]
fn the_back_off_of_a_reload_is_counted_from_the_last_load() {
    let mut stage = start(reloading(Duration::from_secs(60)));
    assert_eq!(crash(&mut *stage), 503);
    assert_eq!(stage.answer(&Request::get("/")).unwrap().status(), 503);
    assert_eq!(stage.stat("wasm.probe.vm_reload_backoff").unwrap(), Some(1));
    assert_eq!(stage.stat("wasm.probe.vm_reload_success").unwrap().unwrap_or(0), 0);
}

#[test]
fn a_panic_after_the_response_headers_cuts_the_response() {
    let mut stage = start(probe());
    let received = stage.send(&Request::get("/").with_header("x-probe-response-body", "buffer; panic")).unwrap();
    assert_eq!(received.response.status(), 200);
    assert!(received.was_cut(), "{received:?}");
}

/// The VM died in one exchange; another one of its exchanges was with the upstream.
#[test]
fn an_exchange_under_way_fails_when_it_goes_on_even_where_later_ones_pass() {
    for failure_policy in [FailurePolicy::Closed, FailurePolicy::Open, FailurePolicy::Reload(Duration::from_millis(10))]
    {
        let slow = |_: &Request| Answer::After(Duration::from_millis(300), Box::new(Response::new(200).into()));
        let mut stage = start(Scene { failure_policy, ..probe() }.upstream(SERVICE, slow));
        let crash = Request::get("/").with_header("x-probe-request-headers", "panic");
        let [first, second] = stage.meanwhile(&Request::get("/"), SERVICE, &crash).unwrap();
        assert_eq!(second.unwrap().response.status(), 503);
        assert_eq!(first.unwrap().response.status(), 503, "{failure_policy:?}");
    }
}

/// Nobody lets it go on any more: it waits until the client or a timeout of the proxy gives up.
#[test]
fn an_exchange_that_is_held_when_the_vm_dies_is_never_answered() {
    for failure_policy in [FailurePolicy::Closed, FailurePolicy::Open, FailurePolicy::Reload(Duration::from_millis(10))]
    {
        let patience = Duration::from_millis(700);
        let late = |_: &Request| Answer::After(Duration::from_millis(200), Box::new(Response::new(200).into()));
        let mut stage = start(Scene { failure_policy, patience, ..probe() }.upstream("service", late));
        let held = Request::get("/").with_header("x-probe-request-headers", "call service / 5000");
        let crash = Request::get("/").with_header("x-probe-request-headers", "panic");
        let [held, crashed] = stage.meanwhile(&held, "service", &crash).unwrap();
        assert_eq!(crashed.unwrap().response.status(), 503);
        let error = held.unwrap_err().to_string();
        assert!(error.contains("read timeout"), "{error}");
        assert_eq!(stage.requests(SERVICE).len(), 0);
    }
}

fn reloading(backoff: Duration) -> Scene {
    Scene { failure_policy: FailurePolicy::Reload(backoff), ..probe() }
}

fn crash(stage: &mut dyn Stage) -> u16 {
    stage.answer(&Request::get("/").with_header("x-probe-request-headers", "panic")).unwrap().status()
}

fn logged(stage: &dyn Stage, text: &str) -> bool {
    stage.log().unwrap().iter().any(|line| line.contains(text))
}
