//! Leases of several proxies against a service that counts a fixed window, and a list of what was admitted.

mod model;

use proptest::prelude::*;

use self::model::{Model, Shape};
use super::*;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const SECOND: u64 = 1_000_000_000;
const MS: u64 = 1_000_000;
const START: u64 = 1_767_225_600 * SECOND;
const TERMS: Terms = Terms { max: 100, expiry: SECOND, flight: SECOND };

fn fetched(lease: &mut Lease, now: u64, cost: u32) -> Flight {
    match lease.take(TERMS, now, cost) {
        Step::Fetch(flight) => flight,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_key_never_seen_asks_for_its_cost_and_batches_grow_with_the_rate() {
    let mut lease = Lease::default();
    let mut batches = Vec::new();
    for now in (START..).step_by(MS as usize).take(400) {
        match lease.take(TERMS, now, 1) {
            Step::Served(_) => {}
            Step::Fetch(flight) => {
                batches.push(flight.batch);
                lease.granted(TERMS, now, flight, 1, None);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(batches, [1, 8, 64, 100, 100, 100, 100]);
}

#[test]
fn a_slow_key_asks_for_what_it_needs() {
    let mut lease = Lease { batch: 100, served: 100, granted_at: START, until: START + SECOND, ..Lease::default() };
    // One in five seconds: half a lease's time needs less than one.
    assert_eq!(fetched(&mut lease, START + 5 * SECOND, 1).batch, 10);
    let flight = Flight { batch: 10, id: lease.flight };
    lease.granted(TERMS, START + 5 * SECOND, flight, 1, None);
    assert_eq!(fetched(&mut lease, START + 10 * SECOND, 1).batch, 1);
    assert_eq!(fetched(&mut Lease::default(), START, 7).batch, 7, "the cost at least");
}

#[test]
fn one_flight_at_a_time_until_it_lands_or_takes_too_long() {
    let mut lease = Lease::default();
    let flight = fetched(&mut lease, START, 1);
    assert_eq!(lease.take(TERMS, START + MS, 1), Step::Wait);
    assert!(lease.is_in_flight(TERMS, START + MS));
    let mut landed = lease;
    assert!(landed.land(flight));
    assert!(!landed.land(flight));
    assert!(matches!(landed.take(TERMS, START + MS, 1), Step::Fetch(_)));
    let late = fetched(&mut lease, START + SECOND, 1);
    assert!(!lease.land(flight), "another flight is on its way");
    assert!(lease.land(late));
}

#[test]
fn a_denial_is_remembered_for_the_cost_and_more() {
    let mut lease = Lease::default();
    let flight = fetched(&mut lease, START, 5);
    assert_eq!(lease.denied(START, flight, 5, 3 * SECOND), 3 * SECOND);
    assert_eq!(lease.take(TERMS, START + SECOND, 5), Step::Denied(2 * SECOND));
    assert_eq!(lease.take(TERMS, START + SECOND, 9), Step::Denied(2 * SECOND));
    assert!(matches!(lease.take(TERMS, START + SECOND, 4), Step::Fetch(_)), "less may still fit");
    let mut lease = Lease::default();
    let flight = fetched(&mut lease, START, 1);
    assert_eq!(lease.denied(START, flight, 1, u64::MAX), MAX_DENIAL, "a limit may be raised");
    assert!(matches!(lease.take(TERMS, START + MAX_DENIAL, 1), Step::Fetch(_)));
}

#[test]
fn what_is_left_ends_with_the_lease_and_with_the_services_window() {
    for (reset, until) in [(None, SECOND), (Some(MS), MS), (Some(9 * SECOND), SECOND)] {
        let mut lease = Lease::default();
        let flight = Flight { batch: 10, id: 0 };
        lease.granted(TERMS, START, flight, 1, reset);
        assert!(matches!(lease.clone().take(TERMS, START + until - 1, 1), Step::Served(_)));
        assert!(matches!(lease.take(TERMS, START + until, 1), Step::Fetch(_)), "{reset:?}");
    }
}

#[test]
fn tokens_go_back_into_their_own_lease_only() {
    let mut lease = Lease::default();
    let granted_at = lease.granted(TERMS, START, Flight { batch: 4, id: 0 }, 1, None);
    lease.put_back(TERMS, START + MS, 1, granted_at);
    assert_eq!(lease.left, 4);
    lease.put_back(TERMS, START + MS, 1, granted_at);
    assert_eq!(lease.left, 4, "never more than was granted");
    lease.put_back(TERMS, START + SECOND, 1, granted_at);
    assert_eq!(lease.left, 0);
    let later = lease.granted(TERMS, START + SECOND, Flight { batch: 4, id: 0 }, 4, None);
    lease.put_back(TERMS, START + SECOND, 1, granted_at);
    assert_eq!((lease.left, later), (0, START + SECOND));
}

#[test]
fn a_clock_set_back_ends_everything_and_denies_nobody() {
    let mut lease = Lease::default();
    lease.granted(TERMS, START, Flight { batch: 9, id: 0 }, 1, None);
    let flight = Flight { batch: 1, id: lease.flight };
    lease.denied(START, flight, 1, 30 * SECOND);
    assert!(matches!(lease.take(TERMS, START - 3600 * SECOND, 1), Step::Fetch(_)));
    let mut in_flight = Lease::default();
    fetched(&mut in_flight, START, 1);
    assert!(matches!(in_flight.take(TERMS, START - 3600 * SECOND, 1), Step::Fetch(_)));
}

#[test]
fn a_state_is_read_as_it_was_written() {
    let lease =
        Lease { left: 1, batch: 2, served: 3, denied_cost: 4, denied_until: 5, granted_at: 6, until: 7, flight: 8 };
    let mut bytes = [0; STATE_BYTES];
    lease.write(&mut bytes);
    assert_eq!(Lease::read(&bytes), lease);
    assert_eq!(Lease::read(&[0; STATE_BYTES]), Lease::default());
}

#[test]
fn at_ten_times_the_limit_one_request_in_a_hundred_asks_at_most_or_two_of_a_service_that_tells_nothing() {
    let shape = |proxies, quota, seconds, hints| Shape {
        proxies,
        quota,
        period: seconds * SECOND,
        terms: TERMS,
        latency: 2 * MS,
        hints,
    };
    let with_hints = [(1, 100, 1), (2, 200, 2), (4, 500, 5), (4, 1000, 10)];
    let without = [(1, 200, 2), (2, 500, 5), (4, 1000, 10)];
    let all = with_hints.map(|case| (case, true)).into_iter().chain(without.map(|case| (case, false)));
    for ((proxies, quota, seconds), hints) in all {
        let mut model = Model::new(shape(proxies, quota, seconds, hints));
        // The limit is 100 in a second; 1,000 come, for 40 seconds.
        for request in 0..40_000u64 {
            model.pass(MS);
            model.request((request % proxies as u64) as usize, 1);
        }
        model.check();
        let case = format!("{quota} in {seconds} s, {proxies} proxies, hints {hints}");
        let share = if hints { 100 } else { 50 };
        assert!(model.calls * share <= 40_000, "{} calls: {case}", model.calls);
        let admitted: u64 = model.admitted.iter().map(|(_, cost)| u64::from(*cost)).sum();
        assert!(admitted >= 100 * 40 * 9 / 10, "{admitted} admitted: {case}");
    }
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Pass(u64),
    Request(usize, u32),
    /// The answer to the next call is lost; the service counted it.
    Lose,
}

fn shape() -> impl Strategy<Value = Shape> {
    let terms = (2u32..30, 1u64..3000).prop_map(|(max, expiry)| Terms { max, expiry: expiry * MS, flight: 300 * MS });
    let service = (1u32..60, 100u64..5000, 0u64..90, any::<bool>());
    (1usize..4, terms, service).prop_map(|(proxies, terms, (quota, period, latency, hints))| Shape {
        proxies,
        quota,
        period: period * MS,
        terms,
        latency: latency * MS,
        hints,
    })
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let pause = prop_oneof![Just(0), 0..20 * MS, 0..2 * SECOND];
    let event = prop_oneof![
        4 => pause.prop_map(Event::Pass),
        12 => (0usize..4, 1u32..4).prop_map(|(proxy, cost)| Event::Request(proxy, cost)),
        1 => Just(Event::Lose),
    ];
    prop::collection::vec(event, 1..200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_more_than_the_formula_whatever_happens(shape in shape(), events in events()) {
        let mut model = Model::new(shape);
        for event in events {
            match event {
                Event::Pass(nanos) => model.pass(nanos),
                Event::Request(proxy, cost) => model.request(proxy % shape.proxies, cost),
                Event::Lose => model.lose = true,
            }
        }
        model.pass(SECOND);
        model.check();
    }
}
