//! Upstreams that reset.

use gatewright_host::net::Answer;
use gatewright_host::scenario::{Host, Route};
use gatewright_testing::message::{Request, Response};

use crate::setup::{jwt_auth, status, steps, still_serves, trouble, with_token};
use crate::tokens;

on_both!(before_the_response, in_the_middle_of_the_response, while_the_policy_holds_the_response);

fn before_the_response(host: Host) {
    let scene = jwt_auth().upstream("resets", |_| Answer::Reset);
    let scene = scene.route(Route::prefix("/reset").to("resets")).route(Route::prefix("/"));
    let mut stage = scene.start(host).unwrap();
    let request = Request::get("/reset").with_header("authorization", format!("Bearer {}", tokens::good()));
    assert_eq!(status(&mut *stage, &request), 503);
    assert_eq!(status(&mut *stage, &Request::get("/reset")), 401, "an upstream in trouble opens nothing");
    assert_eq!(stage.requests("resets").len(), 1);
    still_serves(&mut *stage, &with_token());
}

fn in_the_middle_of_the_response(host: Host) {
    let mut stage = breaking().start(host).unwrap();
    let received = stage.send(&request("forward; set x-seen yes")).unwrap();
    assert!(received.was_cut());
    let seen = received.response.header("x-seen");
    assert_eq!((received.response.status(), seen.as_deref()), (200, Some("yes")));
    still_serves(&mut *stage, &Request::get("/"));
}

fn while_the_policy_holds_the_response(host: Host) {
    let mut stage = breaking().start(host).unwrap();
    let response = stage.answer(&request("forward; body 1000; replace whole")).unwrap();
    assert_eq!(response.status(), 502, "half a body is none: {}", response.text());
    still_serves(&mut *stage, &Request::get("/"));
}

/// `/break` breaks off.
fn breaking() -> gatewright_host::scenario::Scene {
    let scene = trouble().upstream("breaks", |_| Answer::Truncated(Response::new(200).with_body("0123456789")));
    scene.route(Route::prefix("/break").to("breaks")).route(Route::prefix("/"))
}

fn request(told: &str) -> Request {
    let mut request = steps(told);
    request.headers.retain(|(name, _)| name != b":path");
    request.headers.push((b":path".to_vec(), b"/break".to_vec()));
    request
}
