//! jwt-auth's corpus of attacks, `plugins/jwt-auth/tests/corpus`, in a real Envoy.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "../../../plugins/jwt-auth/tests/emulator/corpus/case.rs"]
mod case;
#[path = "../../../plugins/jwt-auth/tests/emulator/support.rs"]
#[expect(dead_code, reason = "most of it is for tests in the emulator")]
mod support;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gatewright_host::build::{self, Target};
use gatewright_host::envoy::{Configuration, Envoy, Listener, Route, WasmFilter};
use gatewright_host::net::Upstream;
use gatewright_host::net::wait::Deadline;
use gatewright_testing::message::{Request, Response};

use case::{Case, Corpus};

/// What a client may send to seem to be somebody: the names under which the policy tells the upstream who it is, in any spelling.
const CLAIMED: [&str; 2] = ["x-user", "x_user"];
const DENIED: &str = "gatewright.jwt-auth.deny.";

#[test]
fn every_token_meets_its_fate() {
    let now = now();
    let corpus = Corpus::at(now);
    let upstream = Upstream::start(|_: &Request| Response::new(200)).unwrap();
    let envoy = start(&corpus, &upstream);
    // Twice: what is remembered of a token changes nothing.
    let cases = || corpus.cases.iter().filter(|case| !case.exact);
    let sent: Vec<&Case> = cases().chain(cases()).collect();
    let mut wrong = Vec::new();
    for case in &sent {
        let request = CLAIMED.iter().fold(case.request(now), |request, name| request.with_header(name, "root"));
        let before = upstream.requests().len();
        let received = envoy.exchange(&request).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let status = received.response.status();
        let (passed, answered) = (upstream.requests().len() > before, !received.was_cut());
        let challenged = received.response.header("www-authenticate").is_some();
        let good = case.expect.is_empty();
        if (status, passed, answered, challenged) != (case.status(), good, true, !good) {
            wrong.push(format!("{}: {status}, not {} ({})", case.name, case.status(), case.rule));
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert_eq!(reasons(&envoy, sent.len()), sent.iter().map(|case| case.expect.clone()).collect::<Vec<_>>());
    for request in upstream.requests() {
        let claimed = |name: &[u8]| CLAIMED.iter().any(|claimed| claimed.as_bytes() == name);
        let users: Vec<_> = request.headers.iter().filter(|(name, _)| claimed(name)).map(|(_, value)| value).collect();
        assert!(users.is_empty() || users == [b"anna"], "{users:?}");
        assert_eq!(request.header("authorization"), None);
    }
}

fn start(corpus: &Corpus, upstream: &Upstream) -> Envoy {
    let module = build::module("jwt-auth", Target::Wasip1).unwrap();
    let filter = WasmFilter::new("jwt-auth", &module).configuration(Configuration::Struct(corpus.config()));
    let listener = Listener::new()
        .filter(filter)
        .route(Route::prefix("/").cluster("upstream"))
        .access_log("%RESPONSE_CODE_DETAILS%");
    Envoy::builder(listener).wasm_log_level("warn").cluster("upstream", upstream.address()).start().unwrap()
}

/// Why each request was refused, in order; empty for one that was not.
fn reasons(envoy: &Envoy, count: usize) -> Vec<String> {
    let complete = || Some(envoy.access_log().unwrap()).filter(|lines| lines.len() >= count);
    let lines = Deadline::after(Duration::from_secs(10)).poll(complete).expect("a line for each request");
    lines.iter().map(|line| line.strip_prefix(DENIED).unwrap_or_default().to_owned()).collect()
}

#[expect(clippy::disallowed_methods, reason = "Envoy follows the real clock, and tokens for it must too")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
