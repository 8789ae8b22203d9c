//! Several workers, one limit: interleaved at every host call, by seed, with compare-and-swaps that fail for no reason.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::mem::ManuallyDrop;
use std::time::Duration;

use gatewright_testing::message::Request;
use gatewright_testing::proxy::{Answer, Builder, Proxy, World, race};
use rate_limit::RateLimit;
use serde_json::{Value, json};

const WORKERS: [usize; 4] = [1, 2, 4, 8];
const REQUESTS: u32 = 24;

fn worker(world: &World, index: usize, config: &Value) -> Proxy {
    let builder: Builder = Proxy::builder().world(world).first_worker(index).config(config.to_string());
    builder.policy::<RateLimit>("rate-limit").unwrap()
}

/// What each worker admitted of `REQUESTS`.
fn admitted(seed: u64, workers: usize, mismatches: f64, policy: &Value) -> (Vec<u32>, World) {
    let world = World::new(seed);
    let config = json!({"policy": policy});
    // The hasher's seed and the first bucket are there before the race: it is about counting.
    drop(worker(&world, 0, &config));
    world.inject_cas_mismatches(mismatches);
    let run = |index: usize, proxy: &mut Proxy| {
        let mut send = || proxy.exchange(Request::get("/")).on_worker(index).send().status();
        (0..REQUESTS).filter(|_| send() == 200).count() as u32
    };
    (race(seed, workers, |index| worker(&world, index, &config), run), world)
}

fn rule(limit: Value) -> Value {
    json!({"rules": [{"name": "r", "limits": [limit]}]})
}

#[test]
fn admission_is_exact_whatever_the_interleaving() {
    for limit in [
        json!({"rate": "17/h"}),
        json!({"rate": "17/h", "algorithm": "fixed_window"}),
        json!({"rate": "17/h", "algorithm": "sliding_window"}),
    ] {
        for workers in WORKERS {
            for seed in 0..12 {
                let (admitted, _) = admitted(seed, workers, 0.2, &rule(limit.clone()));
                assert_eq!(admitted.iter().sum::<u32>(), 17, "{limit}, {workers} workers, seed {seed}: {admitted:?}");
            }
        }
    }
}

#[test]
fn all_or_nothing_never_admits_one_too_many_and_loses_nothing() {
    // The first limit refuses some of what the second would take, and the other way round; in the end both must be exact.
    let policy = json!({"rules": [
        {"name": "a", "limits": [{"rate": "11/h"}]},
        {"name": "b", "limits": [{"rate": "7/h", "algorithm": "fixed_window"}]},
    ]});
    let only_first = rule(json!({"rate": "11/h"}));
    for workers in WORKERS {
        for seed in 0..12 {
            let (admitted, world) = admitted(seed, workers, 0.1, &policy);
            assert_eq!(admitted.iter().sum::<u32>(), 7, "{workers} workers, seed {seed}: {admitted:?}");
            // What the refused took from the first rule was given back: 4 are left.
            let mut policy = only_first.clone();
            policy["rules"][0]["name"] = json!("a");
            let mut proxy = worker(&world, 0, &json!({"policy": policy}));
            let left = (0..REQUESTS).filter(|_| proxy.send(Request::get("/")).status() == 200).count();
            assert_eq!(left, 4, "{workers} workers, seed {seed}");
        }
    }
}

#[test]
fn concurrency_is_exact_and_every_place_comes_back() {
    let policy = rule(json!({"concurrency": 2}));
    for workers in WORKERS {
        for seed in 0..12 {
            let (admitted, world) = admitted(seed, workers, 0.1, &policy);
            // Each request is over at once: two workers never meet a third, and of many some always pass.
            let sum = admitted.iter().sum::<u32>();
            let all = REQUESTS * workers as u32;
            assert!(
                if workers > 2 { sum >= REQUESTS } else { sum == all },
                "{workers} workers, seed {seed}: {admitted:?}"
            );
            assert_eq!(world.metric("gatewright.rate-limit.contended").unwrap_or(0), 0);
            let mut proxy = worker(&world, 0, &json!({"policy": policy}));
            assert!((0..5).all(|_| proxy.send(Request::get("/")).status() == 200), "{workers} workers, seed {seed}");
        }
    }
}

#[test]
fn never_more_are_in_flight_than_may_be() {
    let config = json!({"policy": rule(json!({"concurrency": 5}))});
    for workers in WORKERS {
        for seed in 0..12 {
            let world = World::new(seed);
            world.upstream("upstream", |_| Answer::never());
            drop(worker(&world, 0, &config));
            world.inject_cas_mismatches(0.2);
            // A worker that ends would end its exchanges, and free their places for the others.
            let build = |index| ManuallyDrop::new(worker(&world, index, &config));
            let run = |index: usize, proxy: &mut ManuallyDrop<Proxy>| {
                let mut pending = || proxy.exchange(Request::get("/")).on_worker(index).send().is_pending();
                (0..6).filter(|_| pending()).count()
            };
            let in_flight = race(seed, workers, build, run);
            assert_eq!(in_flight.iter().sum::<usize>(), 5, "{workers} workers, seed {seed}: {in_flight:?}");
        }
    }
}

#[test]
fn lots_never_admit_more_and_withhold_no_more_than_they_say() {
    let size = 5;
    let mut policy = rule(json!({"rate": "60/h"}));
    policy["rules"][0]["lots"] = json!({"size": size, "expiry": "1s"});
    for workers in [1, 2, 4] {
        for seed in 0..24 {
            let (admitted, _) = admitted(seed, workers, 0.1, &policy);
            let sum = admitted.iter().sum::<u32>();
            let asked = REQUESTS * workers as u32;
            let least = asked.min(60 - (size - 1) * workers as u32);
            assert!((least..=60).contains(&sum), "{workers} workers, seed {seed}: {admitted:?}");
        }
    }
}

#[test]
fn lots_save_host_calls() {
    let calls = |lots: Option<u32>| {
        let mut policy = rule(json!({"rate": "10000/h"}));
        if let Some(size) = lots {
            policy["rules"][0]["lots"] = json!({"size": size});
        }
        let world = World::new(1);
        let mut proxy = worker(&world, 0, &json!({"policy": policy}));
        world.reset_host_calls();
        (0..320).for_each(|_| assert_eq!(proxy.send(Request::get("/")).status(), 200));
        world.host_calls().of("proxy_get_shared_data").calls + world.host_calls().of("proxy_set_shared_data").calls
    };
    assert_eq!(calls(None), 640);
    assert_eq!(calls(Some(32)), 20);
}

#[test]
fn a_lot_expires_and_ends_with_the_calendars_window() {
    let mut policy = rule(json!({"rate": "8/m", "algorithm": "fixed_window"}));
    policy["rules"][0]["lots"] = json!({"size": 100, "expiry": "20s"});
    let world = World::new(1);
    let mut proxy = worker(&world, 0, &json!({"policy": policy}));
    let passed = |proxy: &mut Proxy, requests: u32| {
        (0..requests).filter(|_| proxy.send(Request::get("/")).status() == 200).count()
    };
    proxy.advance(Duration::from_secs(55));
    assert_eq!(passed(&mut proxy, 1), 1);
    proxy.advance(Duration::from_secs(5));
    assert_eq!(passed(&mut proxy, 50), 8, "the rest of the old window's lot is not served on top");
}

#[test]
fn contention_ends_as_configured_and_is_counted() {
    for (setting, status) in [(json!(null), 503), (json!("deny"), 429), (json!("allow"), 200)] {
        let mut policy = rule(json!({"rate": "10/h"}));
        if setting.is_string() {
            policy["when_contended"] = setting;
        }
        let world = World::new(1);
        let mut proxy = worker(&world, 0, &json!({"policy": policy}));
        world.inject_cas_mismatches(1.0);
        world.reset_host_calls();
        // A key that does not exist takes any version: the fault shows as one all the same.
        assert_eq!(proxy.send(Request::get("/")).status(), status);
        assert!(world.host_calls().of("proxy_set_shared_data").calls <= 32);
        assert_eq!(world.metric("gatewright.rate-limit.contended"), Some(1));
    }
}

#[test]
fn a_host_that_fails_is_a_fault_and_never_a_denial() {
    let world = World::new(1);
    let mut proxy = worker(&world, 0, &json!({"policy": rule(json!({"rate": "10/h"}))}));
    world.fail_calls("proxy_get_shared_data", gatewright::host::Status::InternalFailure);
    assert_eq!(proxy.send(Request::get("/")).status(), 503);
    assert_eq!(world.metric("gatewright.rate-limit.enforce.fault"), Some(1));
    world.clear_faults();
    assert_eq!(proxy.send(Request::get("/")).status(), 200);
}
