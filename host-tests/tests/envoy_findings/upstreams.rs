//! How a plugin tells an upstream's answer from what the proxy says in its place.

use gatewright_host::net::Answer;
use gatewright_host::scenario::SERVICE;
use gatewright_testing::message::{Request, Response};

use crate::setup::{probe, start};

/// `response.flags` as it is while the response's headers pass.
fn flags(answer: impl Fn() -> Answer + Send + Sync + 'static) -> (u16, String) {
    let mut stage = start(probe().upstream(SERVICE, move |_| answer()));
    let request = Request::get("/").with_header("x-probe-response-headers", "property response/flags");
    let response = stage.answer(&request).unwrap();
    (response.status(), response.header("x-probe").unwrap())
}

#[test]
fn the_response_flags_say_that_an_upstream_gave_no_answer() {
    let (status, found) = flags(|| Answer::Reset);
    assert_eq!((status, found.as_str()), (503, "property response/flags=0x4000000000000000"), "UC");
}

#[test]
fn they_are_empty_on_an_upstreams_own_error() {
    let (status, found) = flags(|| Response::new(503).into());
    assert_eq!((status, found.as_str()), (503, "property response/flags=0x0000000000000000"));
}
