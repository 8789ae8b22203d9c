//! Clients that go away.

use gatewright_host::net::Answer;
use gatewright_testing::message::Request;

use crate::setup::{probe, start};

#[test]
fn a_client_that_aborts_during_a_callout_is_logged_without_a_response() {
    let mut stage = start(probe().upstream("service", |_| Answer::Hang));
    let request = Request::get("/aborted")
        .with_header("x-probe-request-headers", "call service / 5000")
        .with_header("x-probe-log", "header request :path; header response :status");
    stage.abort(&request, "service").unwrap();
    let log = stage.log().unwrap();
    assert!(log.iter().any(|line| line == "header request :path=/aborted"), "{log:?}");
    assert!(log.iter().any(|line| line.starts_with("header response :status=status ")), "{log:?}");
}
