//! What the policy does, on the emulated proxy.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking, in its helpers too")]

mod answers;
mod body;
mod configuration;
mod keys;
mod limits;
mod response;

use std::time::Duration;

use gatewright_testing::message::Request;
use gatewright_testing::proxy::{Builder, Connection, Proxy};
use rate_limit::RateLimit;
use serde_json::{Value, json};

/// A proxy with these settings of the policy.
fn proxy(policy: Value) -> Proxy {
    start(Proxy::builder(), json!({"policy": policy}))
}

fn start(builder: Builder, config: Value) -> Proxy {
    builder.config(config.to_string()).policy::<RateLimit>("rate-limit").unwrap()
}

/// One rule with this limit, keyed by `x-client`.
fn per_client(limit: Value) -> Value {
    json!({"rules": [{"name": "client", "key": [{"header": "x-client"}], "limits": [limit]}]})
}

fn from(client: &str) -> Request {
    Request::get("/").with_header("x-client", client)
}

/// How many of so many requests pass.
fn passed(proxy: &mut Proxy, requests: u32, request: impl Fn() -> Request) -> u32 {
    (0..requests).map(|_| u32::from(proxy.send(request()).status() == 200)).sum()
}

fn passed_from(proxy: &mut Proxy, address: &str, requests: u32) -> u32 {
    let connection = Connection::from_address(address);
    let send = |_| u32::from(proxy.exchange(Request::get("/")).from(connection.clone()).send().status() == 200);
    (0..requests).map(send).sum()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
