//! One call for each request.

use std::time::Duration;

use gatewright_limitador::Counts;
use serde_json::json;

use crate::deployment::{Backend, envoy, load, metric};

const LIMIT: u64 = 100;
const CLIENTS: usize = 4;

#[test]
fn what_the_service_said_is_what_the_clients_got() {
    let backend = Backend::start(LIMIT.cast_signed(), 3600);
    // Long enough for a busy machine: no call may be given up here.
    let envoys = [0, 1].map(|_| envoy(&backend, "10000ms", json!({"mode": "exact"}), "closed"));
    let envoys = [&envoys[0], &envoys[1]];
    let got = load(&envoys, CLIENTS, 50, Duration::ZERO);
    let Counts { calls, ok, hits, over_limit, errors } = backend.engine.counts();
    assert_eq!((got.passed, got.refused, got.undecided), (ok, over_limit, 0));
    assert_eq!((calls, got.total(), hits, errors), (400, 400, ok, 0));
    assert_eq!((metric(&envoys, "service.calls"), metric(&envoys, "service.over_limit")), (calls, over_limit));
    assert_eq!((metric(&envoys, "enforce.allow"), metric(&envoys, "enforce.deny")), (ok, over_limit));
    // The engine looks and then counts: those who look at the same time pass together, at most as many as there are clients.
    assert!((LIMIT..LIMIT + 2 * CLIENTS as u64).contains(&ok), "{ok}");
}
