//! Cases with their numbers.

use super::super::{Concurrency, FixedWindow, Gcra, Limit, SlidingWindow};
use super::model::Bench;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const SECOND: u64 = 1_000_000_000;
const HOUR: i64 = 3_600_000_000_000;

fn admitted(bench: &mut Bench, tries: u32) -> u32 {
    (0..tries).map(|_| u32::from(bench.take(1))).sum()
}

#[test]
fn gcra_lets_a_burst_through_and_then_the_rate() {
    let mut bench = Bench::new(Limit::Gcra(Gcra::new(10, SECOND, 5)));
    assert_eq!(admitted(&mut bench, 20), 5);
    let refusal = bench.limit.take(&mut bench.state, bench.clock, 1).unwrap_err();
    assert_eq!(refusal.retry_after, SECOND / 10);
    bench.pass(SECOND / 10);
    assert_eq!(admitted(&mut bench, 20), 1);
    bench.pass(SECOND);
    assert_eq!(admitted(&mut bench, 20), 5);
}

#[test]
fn a_sliding_window_has_no_border_to_exploit_and_a_fixed_one_has() {
    let quota = 10;
    let sliding = Limit::SlidingWindow(SlidingWindow { quota, period: SECOND });
    let fixed = Limit::FixedWindow(FixedWindow { quota, period: SECOND });
    for (limit, second) in [(sliding, 0), (fixed, 10)] {
        let mut bench = Bench::new(limit);
        bench.pass(SECOND * 9 / 10);
        assert_eq!(admitted(&mut bench, 20), 10);
        bench.pass(SECOND / 5);
        assert_eq!(admitted(&mut bench, 20), second, "{limit:?}");
    }
}

#[test]
fn a_fixed_window_of_a_day_begins_at_midnight_utc() {
    let day = 86_400 * SECOND;
    let mut bench = Bench::new(Limit::FixedWindow(FixedWindow { quota: 1, period: day }));
    bench.pass(3 * 3_600 * SECOND);
    assert!(bench.take(1));
    let refusal = bench.limit.take(&mut bench.state, bench.clock, 1).unwrap_err();
    assert_eq!(refusal.retry_after, 21 * 3_600 * SECOND);
}

#[test]
fn concurrency_frees_what_ends_and_forgets_what_never_does() {
    let mut bench = Bench::new(Limit::Concurrency(Concurrency { quota: 2, max_duration: 60 * SECOND }));
    assert_eq!(admitted(&mut bench, 5), 2);
    bench.put_back(0);
    assert_eq!(admitted(&mut bench, 5), 1);
    bench.pass(59 * SECOND);
    assert_eq!(admitted(&mut bench, 5), 0);
    bench.pass(61 * SECOND);
    assert_eq!(admitted(&mut bench, 5), 2);
}

#[test]
fn a_clock_set_back_by_hours_neither_locks_out_nor_forgets() {
    for limit in [
        Limit::Gcra(Gcra::new(10, SECOND, 10)),
        Limit::SlidingWindow(SlidingWindow { quota: 10, period: SECOND }),
        Limit::FixedWindow(FixedWindow { quota: 10, period: SECOND }),
    ] {
        let mut bench = Bench::new(limit);
        assert_eq!(admitted(&mut bench, 20), 10);
        bench.step(-5 * HOUR);
        assert_eq!(admitted(&mut bench, 20), 0, "{limit:?}");
        bench.pass(2 * SECOND);
        assert_eq!(admitted(&mut bench, 20), 10, "{limit:?}");
    }
}

#[test]
fn a_refund_is_whole_as_long_as_nothing_came_after() {
    for limit in [
        Limit::Gcra(Gcra::new(10, SECOND, 10)),
        Limit::SlidingWindow(SlidingWindow { quota: 10, period: SECOND }),
        Limit::FixedWindow(FixedWindow { quota: 10, period: SECOND }),
        Limit::Concurrency(Concurrency { quota: 10, max_duration: SECOND }),
    ] {
        let mut bench = Bench::new(limit);
        assert!(bench.take(3) && bench.take(4));
        let before = bench.limit.standing(&mut bench.state, bench.clock);
        assert!(bench.take(2));
        bench.put_back(2);
        assert_eq!(bench.limit.standing(&mut bench.state, bench.clock), before, "{limit:?}");
    }
}

#[test]
fn a_cost_above_the_allowance_is_refused_and_charged_only_up_to_it() {
    for limit in [
        Limit::Gcra(Gcra::new(10, SECOND, 10)),
        Limit::SlidingWindow(SlidingWindow { quota: 10, period: SECOND }),
        Limit::FixedWindow(FixedWindow { quota: 10, period: SECOND }),
    ] {
        let mut bench = Bench::new(limit);
        assert!(!bench.take(11));
        assert_eq!(admitted(&mut bench, 1), 1);
        bench.limit.charge(&mut bench.state, bench.clock, 1_000_000);
        assert_eq!(bench.limit.standing(&mut bench.state, bench.clock).remaining, 0, "{limit:?}");
        bench.pass(2 * SECOND);
        assert_eq!(admitted(&mut bench, 20), 10, "{limit:?}");
    }
}

#[test]
fn numbers_at_the_edge_do_not_overflow() {
    for limit in [
        Limit::Gcra(Gcra::new(1, u64::MAX, u32::MAX)),
        Limit::Gcra(Gcra::new(u32::MAX, 1, u32::MAX)),
        Limit::SlidingWindow(SlidingWindow { quota: u32::MAX, period: u64::MAX }),
        Limit::FixedWindow(FixedWindow { quota: u32::MAX, period: u64::MAX }),
        Limit::Concurrency(Concurrency { quota: u32::MAX, max_duration: u64::MAX }),
    ] {
        for now in [0, 1, u64::MAX] {
            let mut bench = Bench::new(limit);
            for cost in [1, u32::MAX] {
                let ticket = limit.take(&mut bench.state, now, cost);
                limit.charge(&mut bench.state, u64::MAX, cost);
                ticket.into_iter().for_each(|ticket| limit.put_back(&mut bench.state, 0, ticket));
                let _standing = limit.standing(&mut bench.state, now);
            }
        }
    }
}

#[test]
fn foreign_bytes_are_read_without_harm() {
    for byte in [1, 0x7f, 0xff] {
        for limit in [
            Limit::Gcra(Gcra::new(10, SECOND, 10)),
            Limit::SlidingWindow(SlidingWindow { quota: 10, period: SECOND }),
            Limit::FixedWindow(FixedWindow { quota: 10, period: SECOND }),
            Limit::Concurrency(Concurrency { quota: 10, max_duration: SECOND }),
        ] {
            let mut bench = Bench::new(limit);
            bench.state.fill(byte);
            let _outcome = bench.take(1);
            limit.charge(&mut bench.state, bench.clock, u32::MAX);
            let _standing = limit.standing(&mut bench.state[..7], bench.clock);
        }
    }
}
