//! Shared data: whom it belongs to, and how long it lives.

use std::time::Duration;

use gatewright_host::envoy::{
    Configuration, Deployment, Envoy, EnvoyDeployment, FailurePolicy, HttpFilter, Listener, Route, Update,
};
use gatewright_testing::message::Request;

use crate::setup::{probe, results, start};

#[test]
fn shared_data_belongs_to_the_vm_id() {
    let on = |name: &str, vm_id: &str| [HttpFilter::from(probe(name).vm_id(vm_id))];
    let listener = Listener::new()
        .filter(HttpFilter::filter_chain())
        .route(Route::path("/a1").cluster("main").filter_chain(on("one", "a")))
        .route(Route::path("/a2").cluster("main").filter_chain(on("two", "a")))
        .route(Route::path("/b").cluster("main").filter_chain(on("three", "b")));
    let proxy = start(Envoy::builder(listener).concurrency(2));
    assert_eq!(share(&proxy, "/a1", "share key value"), "ok");
    for _ in 0..8 {
        // Connections of their own, so over both workers.
        assert_eq!(share(&proxy, "/a2", "share key"), "value", "another plugin of the same vm_id");
    }
    assert_eq!(share(&proxy, "/b", "share key"), "none", "another vm_id");
}

#[test]
fn shared_data_survives_updates_and_reloads() {
    let with = |text: &str| {
        let filter = probe("probe")
            .configuration(Configuration::Text(text.into()))
            .failure_policy(FailurePolicy::Reload(Duration::from_millis(10)));
        Listener::new().filter(filter).route(Route::prefix("/").cluster("main"))
    };
    let mut proxy = start(Envoy::builder(with("first")).dynamic());
    assert_eq!(share(&proxy, "/", "share key value"), "ok");

    assert_eq!(proxy.envoy.update(&with("second")).unwrap(), Update::Accepted);
    assert_eq!(share(&proxy, "/", "share key"), "value", "after an update");
    assert!(matches!(proxy.envoy.update(&with("refuse")).unwrap(), Update::Rejected(_)));
    assert_eq!(share(&proxy, "/", "share key"), "value", "after a refused update");

    let crash = Request::get("/").with_header("x-probe-request-headers", "panic");
    assert_eq!(proxy.send(&crash).unwrap().status(), 503);
    let up = |_| (proxy.send(&Request::get("/")).unwrap().status() == 200).then_some(());
    (0..2_000).find_map(up).expect("the VM was made anew");
    assert_eq!(share(&proxy, "/", "share key"), "value", "after the VM died");
}

fn share(proxy: &EnvoyDeployment, path: &str, command: &str) -> String {
    let response = proxy.send(&Request::get(path).with_header("x-probe-request-headers", command)).unwrap();
    let found = results(&response);
    found[0].rsplit_once('=').unwrap().1.to_owned()
}
