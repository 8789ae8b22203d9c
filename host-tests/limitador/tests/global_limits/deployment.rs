//! What the tests run: a Redis, the engine before it, Envoys that ask the engine, and clients of theirs.
#![expect(clippy::disallowed_methods, reason = "real proxies keep real time")]

use std::time::{Duration, Instant};

use gatewright_host::build::{self, Target};
use gatewright_host::envoy::{Configuration, Envoy, Listener, Route, WasmFilter};
use gatewright_limitador::{Limit, Limitador, Redis};
use gatewright_testing::message::Request;
use serde_json::{Value, json};

pub(crate) const DOMAIN: &str = "edge";
pub(crate) const BREAKER: Duration = Duration::from_millis(300);

/// A Redis and the engine before it.
pub(crate) struct Backend {
    pub(crate) redis: Redis,
    pub(crate) engine: Limitador,
}

impl Backend {
    /// With one limit for each value of the descriptor's `tenant`.
    pub(crate) fn start(most: i64, seconds: u64) -> Self {
        let redis = Redis::start().unwrap();
        let engine = Limitador::start(&redis.url(), vec![limit(most, seconds)]).unwrap();
        Self { redis, engine }
    }
}

pub(crate) fn limit(most: i64, seconds: u64) -> Limit {
    Limit::new(DOMAIN, most, seconds, Vec::<String>::new(), ["tenant"])
}

/// An Envoy whose rate-limit asks the engine. `timeout` is of a call; `global` and `failure_mode` as in its configuration.
pub(crate) fn envoy(backend: &Backend, timeout: &str, global: Value, failure_mode: &str) -> Envoy {
    let mut rule = json!({"name": "tenant", "key": [{"header": "x-tenant"}], "global": global});
    rule["global"]["descriptor_keys"] = json!(["tenant"]);
    let breaker = json!({"window": format!("{}ms", BREAKER.as_millis().max(timeout_ms(timeout)))});
    let service = json!({"cluster": "limitador", "domain": DOMAIN, "timeout": timeout, "breaker": breaker});
    let config = json!({"policy": {"rules": [rule], "service": service}, "failure_mode": failure_mode});
    let module = build::module("rate-limit", Target::Wasip1).unwrap();
    let filter = WasmFilter::new("rate-limit", &module).configuration(Configuration::Struct(config));
    let listener = Listener::new().filter(filter).route(Route::prefix("/").direct_response(200, "ok"));
    let builder = Envoy::builder(listener).concurrency(2).wasm_log_level("info");
    builder.h2_cluster("limitador", backend.engine.address()).start().unwrap()
}

fn timeout_ms(timeout: &str) -> u128 {
    timeout.strip_suffix("ms").map_or(60_000, |millis| millis.parse().unwrap())
}

/// How often each status came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Statuses {
    pub(crate) passed: u64,
    pub(crate) refused: u64,
    pub(crate) undecided: u64,
}

impl Statuses {
    pub(crate) fn total(self) -> u64 {
        self.passed + self.refused + self.undecided
    }

    fn add(&mut self, status: u16) {
        match status {
            200 => self.passed += 1,
            429 => self.refused += 1,
            503 => self.undecided += 1,
            other => panic!("status {other}"),
        }
    }

    fn sum(all: impl Iterator<Item = Self>) -> Self {
        all.fold(Self::default(), |sum, next| Self {
            passed: sum.passed + next.passed,
            refused: sum.refused + next.refused,
            undecided: sum.undecided + next.undecided,
        })
    }
}

/// Sends `requests` on each of `clients` connections to each Envoy, all at once, `pause` between two of a connection at least.
pub(crate) fn load(envoys: &[&Envoy], clients: usize, requests: u32, pause: Duration) -> Statuses {
    let client = |envoy: &Envoy| {
        let (mut client, mut statuses) = (envoy.client().unwrap(), Statuses::default());
        let started = Instant::now();
        for number in 0..requests {
            std::thread::sleep((pause * number).saturating_sub(started.elapsed()));
            statuses.add(client.send(&request()).unwrap().response.status());
        }
        statuses
    };
    std::thread::scope(|scope| {
        let everyone = envoys.iter().flat_map(|envoy| std::iter::repeat_n(*envoy, clients));
        let threads: Vec<_> = everyone.map(|envoy| scope.spawn(move || client(envoy))).collect();
        Statuses::sum(threads.into_iter().map(|thread| thread.join().unwrap()))
    })
}

/// One request: its status, and how long it took.
pub(crate) fn timed(envoy: &Envoy) -> (u16, Duration) {
    let started = Instant::now();
    let status = envoy.send(&request()).unwrap().status();
    (status, started.elapsed())
}

/// Sends a request now and then until one has this status; how long that took. Panics after 15 seconds.
pub(crate) fn until(envoy: &Envoy, status: u16) -> Duration {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(15) {
        if timed(envoy).0 == status {
            return started.elapsed();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("no {status} within 15 s");
}

/// A counter of the policy, over all Envoys. Those of a wasm module reach the admin interface a little later.
pub(crate) fn metric(envoys: &[&Envoy], name: &str) -> u64 {
    let name = format!("wasmcustom.gatewright.rate-limit.{name}");
    envoys.iter().map(|envoy| envoy.stat(&name).unwrap().unwrap_or(0)).sum()
}

fn request() -> Request {
    Request::get("/").with_header("x-tenant", "anna")
}
