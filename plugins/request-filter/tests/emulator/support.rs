//! What these tests have in common.

use gatewright_testing::message::Request;
use gatewright_testing::proxy::{Exchange, Proxy, World};
use request_filter::RequestFilter;
use serde_json::{Value, json};

pub(crate) fn proxy(policy: &Value) -> Proxy {
    let config = json!({ "policy": policy }).to_string();
    let world = World::default();
    let proxy = Proxy::builder().world(&world).config(config.as_str()).policy::<RequestFilter>("request-filter");
    proxy.unwrap_or_else(|_| panic!("{:?}", world.logs().iter().map(|line| line.message.clone()).collect::<Vec<_>>()))
}

/// A proxy with these rules and no others.
pub(crate) fn rules(rules: &Value) -> Proxy {
    proxy(&json!({ "rules": rules }))
}

pub(crate) fn get(path: &str) -> Request {
    Request::get(path)
}

/// Status and what the access log says.
pub(crate) fn outcome(exchange: &Exchange) -> (u16, String) {
    let details = exchange.details().filter(|details| details != "via_upstream").unwrap_or_default();
    (exchange.status(), details.trim_start_matches("gatewright.request-filter.deny.").to_owned())
}
