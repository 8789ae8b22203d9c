//! Callouts: how failures look to a plugin.

use std::time::Duration;

use gatewright_host::envoy::{Deployment, Envoy, EnvoyDeployment, Listener, Route};
use gatewright_host::net::{Answer, Upstream};
use gatewright_testing::message::{Request, Response};

use crate::setup::{deploy, probe, results, start};

#[test]
fn a_dead_or_slow_upstream_answers_a_callout_with_a_status_of_the_hosts_own() {
    let service = Upstream::start(|request: &Request| match request.path().as_str() {
        "/slow" => Answer::After(Duration::from_secs(5), Box::new(Response::new(200).into())),
        "/hang" => Answer::Hang,
        "/reset" => Answer::Reset,
        _ => Response::new(204).into(),
    })
    .unwrap();
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let listener = Listener::new().filter(probe("probe")).route(Route::prefix("/").cluster("main"));
    let proxy = start(Envoy::builder(listener).cluster("service", service.address()).cluster("dead", dead));

    assert_eq!(call(&proxy, "service / 5000"), "204");
    assert_eq!(call(&proxy, "dead / 5000"), "503");
    assert_eq!(call(&proxy, "service /reset 5000"), "503");
    assert_eq!(call(&proxy, "service /slow 50"), "504");
    assert_eq!(call(&proxy, "service /hang 50"), "504");
    assert_eq!(service.requests().len(), 4);
}

#[test]
fn a_callout_to_an_unknown_cluster_is_a_bad_argument() {
    assert_eq!(call(&deploy(probe("probe")), "nowhere / 1000"), "status 2");
}

fn call(proxy: &EnvoyDeployment, call: &str) -> String {
    let request = Request::get("/").with_header("x-probe-request-headers", format!("call {call}"));
    let found = results(&proxy.send(&request).unwrap());
    let text = found[0].strip_prefix("call=").unwrap();
    text.split(" headers=").next().unwrap().to_owned()
}
