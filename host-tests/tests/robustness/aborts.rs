//! Clients that go away.

use gatewright_host::net::Answer;
use gatewright_host::scenario::{Host, SERVICE};
use gatewright_testing::message::Request;

use crate::setup::{jwt_auth, steps, still_serves, trouble, with_token};

on_both!(during_a_callout, during_a_callout_about_the_response, while_the_upstream_thinks);

fn during_a_callout(host: Host) {
    let mut stage = trouble().upstream("idp", |_| Answer::Hang).start(host).unwrap();
    for _ in 0..3 {
        stage.abort(&steps("call /hang 300"), "idp").unwrap();
    }
    assert_eq!(stage.requests(SERVICE).len(), 0);
    // The calls end while others are served.
    stage.advance(std::time::Duration::from_millis(500));
    still_serves(&mut *stage, &Request::get("/"));
}

fn during_a_callout_about_the_response(host: Host) {
    let mut stage = trouble().upstream("idp", |_| Answer::Hang).start(host).unwrap();
    stage.abort(&steps("forward; call /hang 300"), "idp").unwrap();
    assert_eq!(stage.requests(SERVICE).len(), 1);
    stage.advance(std::time::Duration::from_millis(500));
    still_serves(&mut *stage, &Request::get("/"));
}

fn while_the_upstream_thinks(host: Host) {
    let scene = jwt_auth().upstream(SERVICE, |request| match request.path().as_str() {
        "/hang" => Answer::Hang,
        _ => gatewright_testing::message::Response::new(200).into(),
    });
    let mut stage = scene.start(host).unwrap();
    let mut request = with_token();
    request.headers.retain(|(name, _)| name != b":path");
    request.headers.push((b":path".to_vec(), b"/hang".to_vec()));
    stage.abort(&request, SERVICE).unwrap();
    still_serves(&mut *stage, &with_token());
}
