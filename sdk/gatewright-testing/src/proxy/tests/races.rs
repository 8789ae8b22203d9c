use gatewright_core::host::Host;

use super::*;

/// Adds 1 to a shared number, with or without compare-and-swap.
fn counting(swap: bool) -> impl Fn(&VmHost) -> Scripted + 'static {
    move |host| {
        let host = host.clone();
        Scripted::new().on_request_headers(move |_, _, _| {
            for _ in 0..1000 {
                let (value, version) = host.shared_data(b"n").unwrap_or((vec![0], 0));
                if host.set_shared_data(b"n", &[value[0] + 1], if swap { version } else { 0 }).is_ok() {
                    break;
                }
            }
            Ok(0)
        })
    }
}

/// What a shared number is after three workers added to it four times each, and the host calls that took.
fn race_once(seed: u64, swap: bool) -> (u8, u64) {
    let world = World::new(seed);
    world.set_shared_data("", b"n", &[0]);
    let build = |index| start_with(Proxy::builder().world(&world).first_worker(index), counting(swap));
    let statuses = race(seed, 3, build, |index, proxy| {
        (0..4).map(|_| proxy.exchange(Request::get("/")).on_worker(index).send().status()).collect::<Vec<_>>()
    });
    assert_eq!(statuses, vec![vec![200; 4]; 3]);
    (world.shared_data("", b"n").unwrap().0[0], world.host_calls().total().calls)
}

#[test]
fn a_race_repeats_by_its_seed() {
    let outcomes: Vec<_> = (0..8).map(|seed| race_once(seed, true)).collect();
    assert_eq!(outcomes, (0..8).map(|seed| race_once(seed, true)).collect::<Vec<_>>());
    assert!(outcomes.iter().any(|outcome| *outcome != outcomes[0]), "no two seeds differ: {outcomes:?}");
}

#[test]
fn a_race_shows_lost_updates_that_compare_and_swap_prevents() {
    assert!((0..8).all(|seed| race_once(seed, true).0 == 12));
    assert!((0..8).any(|seed| race_once(seed, false).0 < 12));
}

#[test]
fn a_failed_assertion_in_a_race_is_passed_on_and_ends_it() {
    let result = std::panic::catch_unwind(|| {
        race(0, 3, |_| (), |index, ()| assert_ne!(index, 1));
    });
    assert!(result.is_err());
}
