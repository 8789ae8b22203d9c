//! What passes and what does not.

use std::time::Duration;

use gatewright_testing::message::{Request, Response};
use gatewright_testing::proxy::{Answer, Proxy};
use serde_json::json;

use super::{from, passed, per_client, proxy, seconds, start};

#[test]
fn a_rate_is_kept_for_each_client() {
    let mut proxy = proxy(per_client(json!({"rate": "10/s", "burst": 5})));
    assert_eq!(passed(&mut proxy, 20, || from("anna")), 5);
    assert_eq!(passed(&mut proxy, 20, || from("bert")), 5);
    proxy.advance(Duration::from_millis(200));
    assert_eq!(passed(&mut proxy, 20, || from("anna")), 2);
    proxy.advance(seconds(10));
    assert_eq!(passed(&mut proxy, 20, || from("anna")), 5);
}

#[test]
fn every_limit_of_every_rule_holds_and_a_refusal_costs_nothing() {
    let mut proxy = proxy(json!({"rules": [
        {"name": "all", "limits": [{"rate": "6/m", "algorithm": "fixed_window"}]},
        {"name": "client", "key": [{"header": "x-client"}],
         "limits": [{"rate": "4/m", "algorithm": "sliding_window"}, {"rate": "1/s", "burst": 2}]},
    ]}));
    assert_eq!(passed(&mut proxy, 50, || from("anna")), 2);
    // Refused 48 times, and still only 2 of the 6 are gone.
    assert_eq!(passed(&mut proxy, 50, || from("bert")), 2);
    assert_eq!(passed(&mut proxy, 50, || from("carl")), 2);
    assert_eq!(passed(&mut proxy, 50, || from("dora")), 0);
    proxy.advance(seconds(60));
    assert_eq!(passed(&mut proxy, 50, || from("anna")), 2);
    proxy.advance(seconds(5));
    assert_eq!(passed(&mut proxy, 50, || from("anna")), 0, "the sliding window still holds the first two");
    proxy.advance(seconds(3));
    assert_eq!(passed(&mut proxy, 50, || from("anna")), 2);
}

#[test]
fn concurrency_counts_until_the_exchange_is_over_however_it_ends() {
    let builder = Proxy::builder().upstream("upstream", |_: &Request| Answer::never());
    let mut proxy = start(builder, json!({"policy": per_client(json!({"concurrency": 2}))}));
    let first = proxy.send(from("anna"));
    let second = proxy.send(from("anna"));
    assert!(first.is_pending() && second.is_pending());
    assert_eq!(proxy.send(from("anna")).status(), 429);
    assert!(proxy.send(from("bert")).is_pending());
    proxy.abort(&first);
    let third = proxy.send(from("anna"));
    assert!(third.is_pending());
    assert_eq!(proxy.send(from("anna")).status(), 429);
    proxy.respond_headers(&second, Response::new(200), false);
    assert_eq!(proxy.send(from("anna")).status(), 429, "the body is still on its way");
    proxy.respond_body(&second, "done", true);
    assert!(proxy.send(from("anna")).is_pending());
}

#[test]
fn a_refused_request_holds_no_place() {
    let mut proxy = proxy(json!({"rules": [
        {"name": "places", "limits": [{"concurrency": 1}]},
        {"name": "rate", "limits": [{"rate": "1/s"}]},
    ]}));
    assert_eq!(proxy.send(Request::get("/")).status(), 200);
    assert_eq!(passed(&mut proxy, 5, || Request::get("/")), 0);
    proxy.advance(seconds(1));
    assert_eq!(proxy.send(Request::get("/")).status(), 200);
}

#[test]
fn a_request_costs_what_it_says_within_bounds() {
    let mut proxy = proxy(json!({"rules": [
        {"name": "cost", "limits": [{"rate": "10/s"}], "cost": {"header": "x-cost", "max": 5, "fixed": 2}},
    ]}));
    let costing = |cost: &'static str| move || Request::get("/").with_header("x-cost", cost);
    assert_eq!(passed(&mut proxy, 1, costing("3")), 1);
    assert_eq!(passed(&mut proxy, 1, costing("1000")), 1);
    assert_eq!(passed(&mut proxy, 1, costing("many")), 1);
    assert_eq!(passed(&mut proxy, 1, costing("0")), 0);
    proxy.advance(seconds(1));
    assert_eq!(passed(&mut proxy, 20, costing("0")), 10);
    proxy.advance(seconds(1));
    assert_eq!(passed(&mut proxy, 20, || Request::get("/")), 5);
}

#[test]
fn a_queue_delays_instead_of_refusing_as_long_as_it_may() {
    let rule = json!({"name": "queue", "limits": [{"rate": "10/s", "burst": 1}], "queue": "250ms"});
    let mut proxy = proxy(json!({"rules": [rule]}));
    assert_eq!(proxy.send(Request::get("/")).status(), 200);
    let waiting: Vec<_> = (0..4).map(|_| proxy.send(Request::get("/"))).collect();
    assert!(waiting.iter().all(|exchange| exchange.is_pending()));
    let statuses = |proxy: &mut Proxy, millis| {
        proxy.advance(Duration::from_millis(millis));
        let mut statuses: Vec<_> = waiting.iter().map(|exchange| exchange.status()).collect();
        statuses.sort_unstable();
        statuses
    };
    assert_eq!(statuses(&mut proxy, 100), [0, 0, 0, 200]);
    // The last two would have to wait for longer than 250 ms in all.
    assert_eq!(statuses(&mut proxy, 100), [200, 200, 429, 429]);
    assert_eq!(proxy.metric("gatewright.rate-limit.queued"), Some(4));
}

#[test]
fn a_waiting_client_that_leaves_takes_nothing() {
    let rule = json!({"name": "queue", "limits": [{"rate": "10/s", "burst": 1}], "queue": "250ms"});
    let mut proxy = proxy(json!({"rules": [rule]}));
    assert_eq!(proxy.send(Request::get("/")).status(), 200);
    let waiting = proxy.send(Request::get("/"));
    proxy.abort(&waiting);
    proxy.advance(Duration::from_millis(100));
    assert_eq!(proxy.send(Request::get("/")).status(), 200);
}

#[test]
fn in_shadow_mode_nothing_is_refused_delayed_or_told() {
    let rule = json!({"name": "shadow", "limits": [{"rate": "1/s"}], "queue": "10s"});
    let config = json!({"mode": "shadow", "policy": {"rules": [rule], "headers": {"on": "all"}}});
    let mut proxy = start(Proxy::builder(), config);
    for _ in 0..5 {
        let exchange = proxy.send(Request::get("/"));
        assert_eq!(exchange.status(), 200);
        assert_eq!(exchange.response().unwrap().header("ratelimit"), None);
    }
    assert_eq!(proxy.metric("gatewright.rate-limit.shadow.deny"), Some(4));
}

#[test]
fn a_share_of_the_keys_is_enforced_and_always_the_same() {
    let rule =
        json!({"name": "share", "key": [{"header": "x-client"}], "limits": [{"rate": "1/d"}], "enforced": "30%"});
    let mut proxy = proxy(json!({"rules": [rule]}));
    let clients: Vec<_> = (0..400).map(|number| format!("client-{number}")).collect();
    let round = |proxy: &mut Proxy| -> Vec<bool> {
        clients.iter().map(|client| proxy.send(from(client)).status() == 429).collect()
    };
    assert!(!round(&mut proxy).contains(&true));
    let refused = round(&mut proxy);
    let share = refused.iter().filter(|refused| **refused).count();
    assert!((80..160).contains(&share), "{share} of 400");
    assert_eq!(round(&mut proxy), refused);
    assert_eq!(proxy.metric("gatewright.rate-limit.not_enforced"), Some(2 * (400 - share as u64)));
}

#[test]
fn counters_outlive_a_configuration_that_moves_and_adds_rules() {
    let old = json!({"name": "old", "key": [{"header": "x-client"}], "limits": [{"rate": "3/h"}]});
    let new = json!({"name": "new", "limits": [{"rate": "1000/h"}]});
    let mut proxy = proxy(json!({"rules": [old]}));
    assert_eq!(passed(&mut proxy, 10, || from("anna")), 3);
    proxy.configure(json!({"policy": {"rules": [new, old]}}).to_string()).unwrap();
    assert_eq!(passed(&mut proxy, 10, || from("anna")), 0);
    assert_eq!(passed(&mut proxy, 10, || from("bert")), 3);
    let mut changed = old.clone();
    changed["limits"][0]["rate"] = json!("4/h");
    proxy.configure(json!({"policy": {"rules": [changed]}}).to_string()).unwrap();
    assert_eq!(passed(&mut proxy, 10, || from("anna")), 4, "another limit is another counter");
    proxy.configure(json!({"policy": {"rules": [old]}}).to_string()).unwrap();
    assert_eq!(passed(&mut proxy, 10, || from("anna")), 0, "and the old one is remembered");
}

#[test]
fn limits_of_other_keys_can_differ_or_be_none() {
    let mut proxy = proxy(json!({"rules": [{
        "name": "tiers", "key": [{"header": "x-tier"}, {"client_ip": {}}], "limits": [{"rate": "2/h"}],
        "overrides": [
            {"when": ["gold", "*"], "limits": [{"rate": "5/h"}]},
            {"when": ["*", "127.0.0.0/8"], "limits": []},
        ],
    }]}));
    let tier = |tier: &'static str| move || Request::get("/").with_header("x-tier", tier);
    assert_eq!(passed(&mut proxy, 10, tier("gold")), 5);
    assert_eq!(passed(&mut proxy, 10, tier("silver")), 10, "an allow list");
    assert_eq!(super::passed_from(&mut proxy, "10.0.0.1:1", 10), 2);
}
