//! Callouts that go wrong: a fault each, never a pass.

use std::time::Duration;

use gatewright_host::net::Answer;
use gatewright_host::scenario::{Host, Route, SERVICE};
use gatewright_testing::message::{Request, Response};

use crate::setup::{status, steps, still_serves, trouble};

on_both!(that_hang, that_are_given_up_before_they_end, to_a_dead_upstream, that_end_badly, that_edit_the_route);

fn that_hang(host: Host) {
    let mut stage = trouble().upstream("idp", |_| Answer::Hang).start(host).unwrap();
    assert_eq!(status(&mut *stage, &steps("call /hang 100")), 503);
    assert_eq!(status(&mut *stage, &steps("forward; call /hang 100")), 503);
    assert_eq!(stage.requests(SERVICE).len(), 1);
    still_serves(&mut *stage, &Request::get("/"));
}

fn that_are_given_up_before_they_end(host: Host) {
    let late = |_: &Request| Answer::After(Duration::from_millis(400), Box::new(Response::new(200).into()));
    let mut stage = trouble().upstream("idp", late).start(host).unwrap();
    assert_eq!(status(&mut *stage, &steps("call-within 50 /late 5000")), 503);
    stage.advance(Duration::from_millis(600));
    assert_eq!(stage.requests("idp").len(), 1);
    assert_eq!(stage.requests(SERVICE).len(), 0);
    still_serves(&mut *stage, &Request::get("/"));
    assert_eq!(status(&mut *stage, &steps("sleep 20; call-within 5000 /late 5000; sleep 20")), 200);
}

fn to_a_dead_upstream(host: Host) {
    let mut stage = trouble().dead_upstream("idp").start(host).unwrap();
    for _ in 0..3 {
        assert_eq!(status(&mut *stage, &steps("call / 5000")), 503);
    }
    assert_eq!(stage.requests(SERVICE).len(), 0);
    still_serves(&mut *stage, &Request::get("/"));
}

fn that_end_badly(host: Host) {
    let scene = trouble().upstream("idp", |request| match request.path().as_str() {
        "/reset" => Answer::Reset,
        "/cut" => Answer::Truncated(Response::new(200).with_body("123456")),
        "/refused" => Response::new(500).into(),
        _ => Response::new(204).into(),
    });
    let mut stage = scene.start(host).unwrap();
    for path in ["/reset", "/cut", "/refused"] {
        assert_eq!(status(&mut *stage, &steps(&format!("call {path} 5000"))), 503, "{path}");
    }
    assert_eq!(status(&mut *stage, &steps("call /fine 5000; call /fine 5000")), 200);
    still_serves(&mut *stage, &Request::get("/"));
}

/// An edit after a callout reaches the upstream, and may move the request to another route: that is noticed.
fn that_edit_the_route(host: Host) {
    let scene = trouble()
        .upstream("idp", |_| Response::new(204).into())
        .upstream("other", |_| Response::new(200).into())
        .route(Route::prefix("/").with_header("x-pick", "other").named("other").to("other"))
        .route(Route::prefix("/").named("first"));
    let mut stage = scene.start(host).unwrap();
    assert_eq!(status(&mut *stage, &steps("call / 5000; set x-pick other; forward")), 200);
    assert_eq!((stage.requests("other").len(), stage.requests(SERVICE).len()), (1, 0));
    let log = stage.log().unwrap();
    assert!(log.iter().any(|line| line.contains("moved to another route")), "{log:?}");
    still_serves(&mut *stage, &Request::get("/"));
}
