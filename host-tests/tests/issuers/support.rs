//! The policy in an Envoy of two workers.

use std::time::Duration;

use gatewright_host::build::{self, Target};
use gatewright_host::envoy::{Configuration, Envoy, EnvoyBuilder, Listener, Route, WasmFilter};
use gatewright_host::net::wait::Deadline;
use gatewright_testing::message::Request;
use serde_json::{Value, json};

use crate::tokens::ISSUER;

pub(crate) const WORKERS: u32 = 2;

/// A provider whose keys the cluster `idp` serves. Times are short, because Envoy's are real.
pub(crate) fn remote(settings: &Value) -> Value {
    let mut source = json!({
        "upstream": "idp",
        "uri": "https://idp.example/jwks.json",
        "timeout": "500ms",
        "refresh_interval": "1s",
        "min_refresh_interval": "1s",
    });
    lay(&mut source, settings);
    provider(&json!({"jwks": {"remote": source}}))
}

/// A provider with these settings.
pub(crate) fn provider(settings: &Value) -> Value {
    let mut provider = json!({"name": "main", "issuer": ISSUER});
    lay(&mut provider, settings);
    provider
}

/// The filter on all requests, which are answered 200 behind it.
pub(crate) fn listener(providers: &[Value]) -> Listener {
    let module = build::module("jwt-auth", Target::Wasip1).unwrap();
    let config = json!({"policy": {"providers": providers}});
    let filter = WasmFilter::new("jwt-auth", &module).configuration(Configuration::Struct(config));
    Listener::new().filter(filter).route(Route::prefix("/").direct_response(200, "ok"))
}

/// An Envoy of two workers with this provider.
pub(crate) fn builder(provider: Value) -> EnvoyBuilder {
    Envoy::builder(listener(&[provider])).concurrency(WORKERS)
}

/// A request with this token.
pub(crate) fn request(token: &str) -> Request {
    Request::get("/").with_header("authorization", format!("Bearer {token}"))
}

/// The status that a request with this token gets on a connection of its own.
pub(crate) fn status(envoy: &Envoy, token: &str) -> u16 {
    envoy.send(&request(token)).unwrap().status()
}

/// The statuses that so many clients get who send the same request at the same time, each on a connection of its own.
pub(crate) fn statuses_at_once(envoy: &Envoy, request: &Request, count: usize) -> Vec<u16> {
    let start = |_| {
        let mut client = envoy.client().unwrap();
        client.start(request).unwrap();
        client
    };
    let waiting: Vec<_> = (0..count).map(start).collect();
    waiting.into_iter().map(|mut client| client.receive().unwrap().response.status()).collect()
}

/// Waits until each of so many connections in a row gets this status: enough for both workers to have their say.
pub(crate) fn wait_for_status(envoy: &Envoy, token: &str, wanted: u16, limit: Duration) {
    const CONNECTIONS: usize = 12;
    let mut last = 0;
    let all = || {
        let same = (0..CONNECTIONS).all(|_| {
            last = status(envoy, token);
            last == wanted
        });
        same.then_some(())
    };
    if Deadline::after(limit).poll(all).is_none() {
        panic!("still {last} after {limit:?}, not {wanted}");
    }
}

/// A counter or gauge of the policy.
pub(crate) fn metric(envoy: &Envoy, name: &str) -> u64 {
    envoy.stat(&format!("wasmcustom.gatewright.{name}")).unwrap().unwrap_or(0)
}

/// The states that the events about a provider's keys tell, in order.
pub(crate) fn states(envoy: &Envoy, provider: &str) -> Vec<String> {
    let lines = envoy.log_lines().unwrap().into_iter();
    let events = lines.filter_map(|line| serde_json::from_str::<Value>(&line.message).ok());
    let text = |event: &Value, name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let own = events.filter(|event| text(event, "event") == "jwks" && text(event, "provider") == provider);
    own.map(|event| text(&event, "state")).collect()
}

/// Lets real time pass, where what is waited for is that nothing happens.
pub(crate) fn pass(time: Duration) {
    let never = Deadline::after(time).poll(|| None::<()>);
    assert!(never.is_none());
}

pub(crate) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn lay(base: &mut Value, over: &Value) {
    let members = base.as_object_mut().unwrap();
    members.extend(over.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
}
