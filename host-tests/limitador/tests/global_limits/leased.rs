//! One call for a batch of requests.

use std::time::Duration;

use serde_json::json;

use crate::deployment::{Backend, envoy, load, metric};

const LIMIT: u64 = 200;
const WINDOW_SECONDS: u64 = 2;
const BATCH: u64 = 50;
const CLIENTS: usize = 2;
/// Requests of each client, and the time between two: 4 clients make 1,000 in a second, 10 times the limit.
const REQUESTS: u32 = 2000;
const PAUSE: Duration = Duration::from_millis(4);

#[test]
fn two_proxies_stay_inside_the_formula_with_one_call_in_a_hundred_requests() {
    let backend = Backend::start(LIMIT.cast_signed(), WINDOW_SECONDS);
    let lease = json!({"mode": "leased", "lease": {"max": BATCH, "expiry": "500ms"}});
    let envoys = [0, 1].map(|_| envoy(&backend, "5000ms", lease.clone(), "closed"));
    let envoys = [&envoys[0], &envoys[1]];
    let (got, took) = timed(|| load(&envoys, CLIENTS, REQUESTS, PAUSE));
    let counts = backend.engine.counts();
    assert_eq!((got.undecided, counts.errors, got.total()), (0, 0, 2 * CLIENTS as u64 * u64::from(REQUESTS)));
    assert!(got.passed <= counts.hits, "{got:?} of {counts:?}: more than was granted");
    // The engine's windows begin with a request; it lets pass together what looks together: a batch of the other proxy.
    let windows = took.as_secs() / WINDOW_SECONDS + 1;
    assert!(counts.hits <= windows * (LIMIT + BATCH), "{counts:?} in {windows} windows");
    assert!(got.passed <= windows * LIMIT + 2 * BATCH + windows * BATCH, "{got:?} in {windows} windows");
    assert!(got.passed >= (windows - 2) * LIMIT, "{got:?} in {windows} windows: tokens are lost");
    assert!(counts.calls * 100 <= got.total(), "{counts:?} for {} requests", got.total());
    assert_eq!(metric(&envoys, "service.calls"), counts.calls);
}

#[expect(clippy::disallowed_methods, reason = "real proxies keep real time")]
fn timed<T>(run: impl FnOnce() -> T) -> (T, Duration) {
    let started = std::time::Instant::now();
    (run(), started.elapsed())
}
