//! Limits that a rate limit service keeps, on the emulated proxy.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod configuration;
mod exact;
mod leased;
mod service;
mod trouble;

use std::time::Duration;

use gatewright_testing::message::Request;
use gatewright_testing::proxy::{Builder, Proxy};
use rate_limit::RateLimit;
use serde_json::{Value, json};

use self::service::Rls;

/// A policy with these rules and the service.
fn policy(rules: Value) -> Value {
    json!({"rules": rules, "service": {"cluster": "rls", "domain": "edge", "timeout": "20ms"}})
}

/// One rule, keyed by `x-client`.
fn per_client(global: Value) -> Value {
    json!([{"name": "client", "key": [{"header": "x-client"}], "global": global}])
}

fn start(builder: Builder, policy: Value, service: &Rls) -> Proxy {
    let builder = builder.config(json!({"policy": policy}).to_string()).grpc_upstream("rls", service.answer());
    builder.policy::<RateLimit>("rate-limit").unwrap()
}

fn proxy(policy: Value, service: &Rls) -> Proxy {
    start(Proxy::builder(), policy, service)
}

fn from(client: &str) -> Request {
    Request::get("/").with_header("x-client", client)
}

fn statuses(proxy: &mut Proxy, client: &str, requests: usize) -> Vec<u16> {
    (0..requests).map(|_| proxy.send(from(client)).status()).collect()
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn metric(proxy: &Proxy, name: &str) -> u64 {
    proxy.metric(&format!("gatewright.rate-limit.{name}")).unwrap_or(0)
}
