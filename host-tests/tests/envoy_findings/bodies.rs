//! Bodies: when they come, and what the host does not do about them.

use std::time::Duration;

use gatewright_host::envoy::{Deployment, Envoy, Listener, Route};
use gatewright_host::net::{Answer, Client, Ending};
use gatewright_testing::message::{Request, Response};

use crate::setup::{deploy, probe, results, start, start_with};

#[test]
fn a_pause_in_headers_stops_body_callbacks_unless_allowed() {
    let request = Request::post("/", "hello")
        .with_header("x-probe-request-headers", "pause")
        .with_header("x-probe-request-body", "buffer; body request");
    let proxy = deploy(probe("probe").allow_on_headers_stop_iteration(true));
    assert_eq!(results(&proxy.send(&request).unwrap()), ["body request=hello"]);

    let proxy = deploy(probe("probe").allow_on_headers_stop_iteration(false));
    let mut client = Client::connect_with(proxy.envoy.address(), Duration::from_millis(500)).unwrap();
    let error = client.send(&request).unwrap_err().to_string();
    assert!(error.contains("read timeout"), "{error}");
    assert_eq!(proxy.upstream_requests().len(), 0);
}

#[test]
fn content_length_is_not_fixed_when_a_body_is_replaced() {
    let proxy = deploy(probe("probe"));
    let request = Request::get("/").with_header("x-probe-response-body", "buffer; replace-body response x");
    let mut client = Client::connect_with(proxy.envoy.address(), Duration::from_millis(500)).unwrap();
    let received = client.send(&request).unwrap();
    assert_eq!(received.response.header("content-length").as_deref(), Some("2"));
    assert_eq!(received.response.text(), "x");
    assert_ne!(received.ending, Ending::Complete, "the client waits for a byte that never comes");
}

#[test]
fn a_body_above_the_buffer_limit_is_413_once_buffered() {
    let filter = probe("probe");
    let listener =
        Listener::new().filter(filter).route(Route::prefix("/").cluster("main")).per_connection_buffer_limit(16_384);
    let proxy = start(Envoy::builder(listener));
    let send = |size: usize, command: &str| {
        let request = Request::post("/", vec![b'x'; size]).with_header("x-probe-request-body", command);
        proxy.send(&request).unwrap().status()
    };
    assert_eq!(send(10_000, "buffer"), 200);
    assert_eq!(send(100_000, "buffer"), 413);
    assert_eq!(send(100_000, ""), 200, "streamed, there is no limit");
}

#[test]
fn trailers_pass_both_ways_and_a_truncated_answer_is_cut() {
    let listener = Listener::new().filter(probe("probe")).route(Route::prefix("/").cluster("main"));
    let proxy = start_with(Envoy::builder(listener), |request| match request.path().as_str() {
        "/cut" => Answer::Truncated(Response::new(200).with_body("123456")),
        "/reset" => Answer::Reset,
        _ => Response::new(200).with_body("a").with_body("b").with_trailer("x-sum", "2").into(),
    });
    let request = Request::post("/", "x").with_body("y").with_trailer("x-sum", "1");
    let response = proxy.send(&request).unwrap();
    assert_eq!(response.text(), "ab");
    assert_eq!(response.trailers, [(b"x-sum".to_vec(), b"2".to_vec())]);
    let seen = proxy.upstream_requests();
    assert_eq!(seen[0].body_bytes(), b"xy");
    assert_eq!(seen[0].trailers, [(b"x-sum".to_vec(), b"1".to_vec())]);

    let cut = proxy.envoy.exchange(&Request::get("/cut")).unwrap();
    assert!(cut.was_cut());
    assert_eq!((cut.response.status(), cut.response.text().as_str()), (200, "123"));
    assert_eq!(proxy.send(&Request::get("/reset")).unwrap().status(), 503);
}
