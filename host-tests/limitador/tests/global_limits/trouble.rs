//! Redis killed, hung, restarted empty; the service killed.

use std::time::Duration;

use gatewright_host::envoy::Envoy;
use gatewright_limitador::Limitador;
use serde_json::{Value, json};

use crate::deployment::{BREAKER, Backend, envoy, limit, metric, timed, until};

const LIMIT: i64 = 1000;
const TIMEOUT: Duration = Duration::from_millis(150);
/// What a request may take beyond what it waits for, on a busy machine.
const SLACK: Duration = Duration::from_millis(600);
/// How long recovery may take: the breaker's window, and the engine's own way back to Redis.
const RECOVERY: Duration = Duration::from_secs(10);

/// An Envoy that refuses what it cannot decide, and one with a limit of its own for that time.
struct Pair {
    closed: Envoy,
    fallback: Envoy,
}

impl Pair {
    fn start(backend: &Backend, mode: &str) -> Self {
        let with = |global: Value| envoy(backend, &format!("{}ms", TIMEOUT.as_millis()), global, "closed");
        Self {
            closed: with(json!({"mode": mode, "lease": lease(mode)})),
            fallback: with(json!({"mode": mode, "lease": lease(mode), "fallback": [{"rate": "5/d"}]})),
        }
    }

    fn serves(&self) {
        assert_eq!((timed(&self.closed).0, timed(&self.fallback).0), (200, 200));
    }

    /// Without the service: nothing hangs, each decides as configured, and the breaker spares nearly all requests the wait.
    fn does_without(&self, spent: &mut u64) {
        until(&self.closed, 503);
        let (statuses, times): (Vec<_>, Vec<_>) = (0..20).map(|_| timed(&self.closed)).unzip();
        assert_eq!(statuses, [503; 20]);
        let slowest = times.iter().max().unwrap();
        assert!(*slowest < TIMEOUT + SLACK, "{times:?}");
        let waited = times.iter().filter(|time| **time >= TIMEOUT).count();
        assert!(waited <= 5, "{times:?}: the breaker is not open");
        let (passed, times): (Vec<_>, Vec<_>) = (0..20).map(|_| timed(&self.fallback)).unzip();
        let passed = passed.iter().filter(|status| **status == 200).count() as u64;
        *spent += passed;
        // A lease may still have tokens; the fallback's allowance is for all troubles together.
        assert!(*spent <= 5 + 2 * 8, "{passed} more passed");
        assert!(times.iter().all(|time| *time < TIMEOUT + SLACK), "{times:?}");
    }

    fn recovers(&self) {
        assert!(until(&self.closed, 200) < RECOVERY);
        assert!(until(&self.fallback, 200) < RECOVERY);
    }
}

fn lease(mode: &str) -> Value {
    if mode == "leased" { json!({"max": 8, "expiry": "100ms"}) } else { Value::Null }
}

#[test]
fn exact_limits_survive_the_loss_of_redis_and_of_the_service() {
    survive("exact");
}

#[test]
fn leased_limits_survive_the_loss_of_redis_and_of_the_service() {
    survive("leased");
}

fn survive(mode: &str) {
    let mut backend = Backend::start(LIMIT, 3600);
    let pair = Pair::start(&backend, mode);
    let mut spent = 0;
    pair.serves();

    backend.redis.hang();
    pair.does_without(&mut spent);
    backend.redis.resume();
    pair.recovers();

    backend.redis.kill();
    pair.does_without(&mut spent);
    let before = backend.engine.counts().hits;
    backend.redis.restart_empty().unwrap();
    pair.recovers();
    assert!(backend.engine.counts().hits > before, "the counters begin anew");

    let address = backend.engine.address();
    drop(std::mem::replace(&mut backend.engine, Limitador::start(&backend.redis.url(), Vec::new()).unwrap()));
    pair.does_without(&mut spent);
    backend.engine = Limitador::start_at(address, &backend.redis.url(), vec![limit(LIMIT, 3600)]).unwrap();
    pair.recovers();

    let envoys = [&pair.closed, &pair.fallback];
    assert!(metric(&envoys, "service.breaker_opened") >= 6, "one for each trouble and proxy");
    assert!(metric(&[&pair.fallback], "service.fallback") > 0);
    assert_eq!(metric(&[&pair.fallback], "enforce.fault"), 0);
    assert!(metric(&[&pair.closed], "enforce.fault") >= 60);
    assert!(BREAKER >= TIMEOUT);
}
