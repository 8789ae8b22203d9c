//! Bodies: when they come, and what the host does not do about them.

use std::time::Duration;

use gatewright_host::net::{Answer, Ending};
use gatewright_host::scenario::{SERVICE, Scene};
use gatewright_testing::message::{Request, Response};

use crate::setup::{probe, results, start};

#[test]
fn a_pause_in_headers_stops_body_callbacks_unless_allowed() {
    let request = Request::post("/", "hello")
        .with_header("x-probe-request-headers", "pause")
        .with_header("x-probe-request-body", "buffer; body request");
    let mut stage = start(probe());
    assert_eq!(results(&stage.answer(&request).unwrap()), ["body request=hello"]);

    let patience = Duration::from_millis(500);
    let mut stage = start(Scene { allow_on_headers_stop_iteration: false, patience, ..probe() });
    let error = stage.send(&request).unwrap_err().to_string();
    assert!(error.contains("read timeout"), "{error}");
    assert_eq!(stage.requests(SERVICE).len(), 0);
}

#[test]
fn content_length_is_not_fixed_when_a_body_is_replaced() {
    let scene = Scene { patience: Duration::from_millis(500), ..probe() };
    let answer = |_: &Request| Response::new(200).with_header("content-length", "2").with_body("ok").into();
    let mut stage = start(scene.upstream(SERVICE, answer));
    let request = Request::get("/").with_header("x-probe-response-body", "buffer; replace-body response x");
    let received = stage.send(&request).unwrap();
    assert_eq!(received.response.header("content-length").as_deref(), Some("2"));
    assert_eq!(received.response.text(), "x");
    assert_ne!(received.ending, Ending::Complete, "the client waits for a byte that never comes");
}

#[test]
fn a_body_above_the_buffer_limit_is_413_once_buffered() {
    let mut stage = start(Scene { buffer_limit: 16_384, ..probe() });
    let mut send = |size: usize, command: &str| {
        let request = Request::post("/", vec![b'x'; size]).with_header("x-probe-request-body", command);
        stage.answer(&request).unwrap().status()
    };
    assert_eq!(send(10_000, "buffer"), 200);
    assert_eq!(send(100_000, "buffer"), 413);
    assert_eq!(send(100_000, ""), 200, "streamed, there is no limit");
}

#[test]
fn trailers_pass_both_ways() {
    let response = || Response::new(200).with_body("a").with_body("b").with_trailer("x-sum", "2");
    let mut stage = start(probe().upstream(SERVICE, move |_| response().into()));
    let request = Request::post("/", "x").with_body("y").with_trailer("x-sum", "1");
    let response = stage.answer(&request).unwrap();
    assert_eq!(response.text(), "ab");
    assert_eq!(response.trailers, [(b"x-sum".to_vec(), b"2".to_vec())]);
    let seen = stage.requests(SERVICE);
    assert_eq!(seen[0].body_bytes(), b"xy");
    assert_eq!(seen[0].trailers, [(b"x-sum".to_vec(), b"1".to_vec())]);
}

#[test]
fn a_response_that_ends_early_is_cut_and_one_that_never_begins_is_503() {
    let scene = probe().upstream(SERVICE, |request| match request.path().as_str() {
        "/cut" => Answer::Truncated(Response::new(200).with_body("123456")),
        _ => Answer::Reset,
    });
    let mut stage = start(scene);
    let cut = stage.send(&Request::get("/cut")).unwrap();
    assert!(cut.was_cut());
    assert_eq!((cut.response.status(), cut.response.text().as_str()), (200, "123"));
    assert_eq!(stage.answer(&Request::get("/reset")).unwrap().status(), 503);
}

#[test]
fn a_held_response_that_ends_early_is_given_up_for_a_502() {
    let cut = |_: &Request| Answer::Truncated(Response::new(200).with_body("123456"));
    let mut stage = start(probe().upstream(SERVICE, cut));
    let request = Request::get("/")
        .with_header("x-probe-response-headers", "pause")
        .with_header("x-probe-response-body", "buffer");
    let response = stage.answer(&request).unwrap();
    let body = "upstream connect error or disconnect/reset before headers. reset reason: protocol error";
    assert_eq!((response.status(), response.text().as_str()), (502, body));
}
