//! What a service hears before the message.

use gatewright_host::build::{self, Target};
use gatewright_host::envoy::{Configuration, Envoy, Listener, Route, WasmFilter};
use gatewright_host::net::{GrpcUpstream, Said};
use gatewright_testing::message::Request;
use serde_json::json;

#[test]
fn a_call_names_the_authority_that_is_configured_or_the_cluster() {
    // OVER_LIMIT and nothing else.
    let over_limit = |_: &_| vec![Said::Message(b"\x08\x02".to_vec()), Said::Status(0, String::new())];
    let service = GrpcUpstream::start(over_limit).unwrap();
    for (authority, heard) in [(json!("ratelimit.example:8081"), "ratelimit.example:8081"), (json!(null), "limiter")] {
        let of_service = json!({"cluster": "limiter", "authority": authority, "domain": "edge", "timeout": "10s",
            "breaker": {"window": "10s"}});
        let policy = json!({"rules": [{"name": "all", "global": {}}], "service": of_service});
        let module = build::module("rate-limit", Target::Wasip1).unwrap();
        let filter =
            WasmFilter::new("rate-limit", &module).configuration(Configuration::Struct(json!({"policy": policy})));
        let listener = Listener::new().filter(filter).route(Route::prefix("/").direct_response(200, "ok"));
        let envoy = Envoy::builder(listener).h2_cluster("limiter", service.address()).start().unwrap();
        assert_eq!(envoy.send(&Request::get("/")).unwrap().status(), 429);
        let last = service.heard().pop().unwrap();
        assert_eq!(last.authority, heard);
        assert_eq!(last.path, "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit");
    }
}
