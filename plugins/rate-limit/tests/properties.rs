//! Random histories on the emulated proxy against naive models: reconfiguration, and the error of lots.
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking, in its helpers too")]

use std::collections::HashMap;
use std::time::Duration;

use gatewright_testing::message::Request;
use gatewright_testing::proxy::{Proxy, World};
use proptest::prelude::*;
use rate_limit::RateLimit;
use serde_json::{Value, json};

const CLIENTS: [&str; 3] = ["anna", "bert", "carl"];
const NAMES: [&str; 3] = ["a", "b", "c"];

#[derive(Clone, Debug)]
enum Event {
    Request(usize),
    /// Milliseconds.
    Pass(u64),
    /// Which rules there are from now on, in this order: name, and how many in a minute.
    Configure(Vec<(usize, u32)>),
}

/// Rules of different names, at least one.
fn rules() -> impl Strategy<Value = Vec<(usize, u32)>> {
    let order = Just(vec![0usize, 1, 2]).prop_shuffle();
    (order, prop::collection::vec(1u32..4, 3), 1usize..=3)
        .prop_map(|(order, quotas, count)| order.into_iter().zip(quotas).take(count).collect())
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        12 => (0..CLIENTS.len()).prop_map(Event::Request),
        3 => (0u64..40_000).prop_map(Event::Pass),
        2 => rules().prop_map(Event::Configure),
    ];
    prop::collection::vec(event, 1..80)
}

fn config(rules: &[(usize, u32)]) -> String {
    let rule = |(name, quota): &(usize, u32)| {
        let limit = json!({"rate": format!("{quota}/m"), "algorithm": "fixed_window"});
        json!({"name": NAMES[*name], "key": [{"header": "x-client"}], "limits": [limit]})
    };
    json!({"policy": {"rules": rules.iter().map(rule).collect::<Vec<_>>(), "memory": "1MiB"}}).to_string()
}

fn passes(proxy: &mut Proxy, client: &str) -> bool {
    proxy.send(Request::get("/").with_header("x-client", client)).status() == 200
}

/// In lots: how many at once, how long they last, and the limit.
#[derive(Clone, Debug)]
struct Lots {
    workers: usize,
    size: u32,
    expiry_ms: u64,
    limit: Value,
    /// What exact counting could admit in so many nanoseconds.
    most: fn(u64) -> u64,
}

const SECOND: u64 = 1_000_000_000;

fn lots() -> impl Strategy<Value = Lots> {
    let limits = prop_oneof![
        Just((json!({"rate": "10/s", "burst": 20}), (|nanos| 20 + nanos * 10 / SECOND) as fn(u64) -> u64)),
        Just((
            json!({"rate": "20/s", "algorithm": "sliding_window"}),
            // Two windows that meet, and so on.
            (|nanos| 20 * (nanos / SECOND + 1)) as fn(u64) -> u64
        )),
    ];
    (1usize..4, 2u32..12, 10u64..800, limits).prop_map(|(workers, size, expiry_ms, (limit, most))| Lots {
        workers,
        size,
        expiry_ms,
        limit,
        most,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Counters belong to a rule's name and its limit: whatever else changes, they go on, and no window admits more.
    #[test]
    fn counters_outlive_any_change_of_the_configuration(first in rules(), events in events()) {
        let world = World::new(7);
        let mut active = first;
        let mut proxy = Proxy::builder().world(&world).config(config(&active)).policy::<RateLimit>("rate-limit").unwrap();
        let mut counted: HashMap<(usize, u32, usize, u64), u32> = HashMap::new();
        for event in events {
            match event {
                Event::Pass(millis) => proxy.advance(Duration::from_millis(millis)),
                Event::Configure(rules) => {
                    proxy.configure(config(&rules)).unwrap();
                    active = rules;
                }
                Event::Request(client) => {
                    let minute = world.now_nanos() / (60 * SECOND);
                    let slots: Vec<_> = active.iter().map(|(name, quota)| (*name, *quota, client, minute)).collect();
                    let free = slots.iter().all(|slot| counted.get(slot).copied().unwrap_or(0) < slot.1);
                    prop_assert_eq!(passes(&mut proxy, CLIENTS[client]), free, "{:?}", &active);
                    if free {
                        slots.into_iter().for_each(|slot| *counted.entry(slot).or_default() += 1);
                    }
                }
            }
        }
    }

    /// In any stretch of time no more passes than exact counting could admit in that stretch and the `expiry` together.
    #[test]
    fn lots_stay_inside_their_error(
        lots in lots(),
        arrivals in prop::collection::vec((0usize..4, prop_oneof![3 => Just(0u64), 2 => 0u64..60, 1 => 0u64..1500]), 1..250),
    ) {
        let rule = json!({
            "name": "r",
            "limits": [lots.limit],
            "lots": {"size": lots.size, "expiry": format!("{}ms", lots.expiry_ms)},
        });
        let world = World::new(7);
        let config = json!({"policy": {"rules": [rule], "memory": "1MiB"}}).to_string();
        let builder = Proxy::builder().world(&world).workers(lots.workers).config(config);
        let mut proxy = builder.policy::<RateLimit>("rate-limit").unwrap();
        let mut admitted = Vec::new();
        for (worker, pause) in arrivals {
            proxy.advance(Duration::from_millis(pause));
            let exchange = proxy.exchange(Request::get("/")).on_worker(worker % lots.workers).send();
            if exchange.status() == 200 {
                admitted.push(world.now_nanos());
            }
        }
        for (last, until) in admitted.iter().enumerate() {
            for (first, from) in admitted.iter().enumerate().take(last + 1) {
                let most = (lots.most)(until - from + lots.expiry_ms * SECOND / 1000);
                let found = (last - first + 1) as u64;
                prop_assert!(found <= most, "{found} in {} ns, at most {most}: {lots:?}", until - from);
            }
        }
    }
}
