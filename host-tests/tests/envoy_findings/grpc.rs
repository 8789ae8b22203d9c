//! gRPC from a plugin: a callout, and a stream that lives as long as the plugin.

use gatewright_host::envoy::{Configuration, Envoy, Listener, Route};
use gatewright_host::net::{GrpcUpstream, Heard, Said, Upstream};
use gatewright_testing::message::Request;

use crate::only_envoy::{filter, start};
use crate::setup::results;

#[test]
fn a_grpc_callout_gives_status_and_message() {
    let service = GrpcUpstream::start(|heard: &Heard| match heard.message.as_slice() {
        b"deny" => vec![Said::Status(7, "no".into())],
        other => vec![Said::Message([b"got ", other].concat()), Said::Status(0, String::new())],
    })
    .unwrap();
    let (envoy, _upstream) = with(&service, "");
    let call = |text: &str| {
        let command = format!("grpc service test.Echo/Say {text}");
        results(&envoy.send(&Request::get("/").with_header("x-probe-request-headers", command)).unwrap())
    };
    assert_eq!(call("hello"), ["grpc=0 got hello"]);
    assert_eq!(call("deny"), ["grpc=7"]);
    let heard = Heard { authority: "service".into(), path: "/test.Echo/Say".into(), message: b"hello".to_vec() };
    assert_eq!(service.heard()[0], heard);

    drop(service);
    assert_eq!(call("hello"), ["grpc=14"], "unavailable");
}

#[test]
fn a_root_contexts_grpc_stream_hears_events_in_every_vm_and_can_be_opened_again() {
    let service = GrpcUpstream::start(|_: &Heard| vec![Said::Message(b"welcome".to_vec())]).unwrap();
    let address = service.address();
    let (envoy, _upstream) = with(&service, "watch service");
    wait_for(&envoy, "watched=welcome", 3);
    // A worker each, and the main thread's.
    assert_eq!(service.broadcast(&Said::Message(b"event".to_vec())), 3);
    wait_for(&envoy, "watched=event", 3);

    drop(service);
    envoy.wait_for_log(|line| line.message.starts_with("watch closed=")).unwrap();
    let _again = GrpcUpstream::start_at(address, |_: &Heard| vec![Said::Message(b"back".to_vec())]).unwrap();
    wait_for(&envoy, "watched=back", 3);
}

fn with(service: &GrpcUpstream, configuration: &str) -> (Envoy, Upstream) {
    let filter = filter("probe").configuration(Configuration::Text(configuration.into()));
    let listener = Listener::new().filter(filter).route(Route::prefix("/").cluster("main"));
    start(Envoy::builder(listener).concurrency(2).h2_cluster("service", service.address()))
}

fn wait_for(envoy: &Envoy, message: &str, times: usize) {
    envoy.wait_for_logs(times, |line| line.message == message).unwrap();
}
