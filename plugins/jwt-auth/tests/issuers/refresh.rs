//! One fetch per proxy, however many workers it has.

use gatewright_testing::proxy::Answer;
use serde_json::json;

use crate::support::*;

#[test]
fn one_fetch_serves_all_workers() {
    for workers in [1, 2, 4] {
        let idp = Idp::new(jwks(&[OLD]));
        let mut proxy = running(&idp, workers);
        for worker in 0..workers {
            assert_eq!(status(&mut proxy, worker, &token(OLD)), 200);
            assert_eq!(status(&mut proxy, worker, &token(NEW)), 401);
        }
        assert_eq!(idp.count(), 2, "the first fetch, and one for an unknown kid");
    }
}

#[test]
fn every_refresh_is_one_request() {
    for workers in [1, 2, 4] {
        let idp = Idp::new(Answer::delay(ms(20), jwks(&[OLD])));
        let (mut proxy, good) = (running(&idp, workers), token(OLD));
        // 5,100 s, more than keys are used without a refresh, of intervals that are 300 s, a tenth more or less.
        for _ in 0..1_700 {
            proxy.advance(secs(3));
            assert_eq!(status(&mut proxy, workers - 1, &good), 200);
        }
        assert!((16..=19).contains(&idp.count()), "{} requests with {workers} workers", idp.count());
        assert_eq!(proxy.metric("gatewright.jwks.fetches"), Some(idp.count() as u64));
    }
}

#[test]
fn a_slow_answer_is_waited_for_by_all() {
    let idp = Idp::new(Answer::delay(secs(4), jwks(&[OLD])));
    let mut proxy = start(builder(&idp, 4));
    proxy.advance(ms(4_010));
    assert_eq!(idp.count(), 1);
    assert_eq!([0, 1, 2, 3].map(|worker| status(&mut proxy, worker, &token(OLD))), [200; 4]);
}

#[test]
fn the_request_is_as_configured() {
    let idp = Idp::new(jwks(&[OLD]));
    running(&idp, 1);
    let [request] = <[_; 1]>::try_from(idp.requests()).unwrap();
    let header = |name: &str| request.header(name).unwrap();
    assert_eq!((header(":method"), header(":scheme")), ("GET".into(), "https".into()));
    assert_eq!((header(":authority"), header(":path")), ("idp.example".into(), "/jwks.json".into()));
}

#[test]
fn the_issuer_decides_how_long_its_keys_are_fresh_within_bounds() {
    for (cache_control, seconds) in [("max-age=60", 60), ("max-age=0", 10), ("max-age=999999", 3600), ("no-store", 300)]
    {
        let idp = Idp::new(jwks(&[OLD]).with_header("cache-control", cache_control));
        let mut proxy = running(&idp, 2);
        proxy.advance(secs(seconds * 9 / 10 - 1));
        assert_eq!(idp.count(), 1, "{cache_control}");
        proxy.advance(secs(seconds * 2 / 10 + 2));
        assert_eq!(idp.count(), 2, "{cache_control}");
    }
}

#[test]
fn a_configuration_with_the_same_source_takes_the_keys_that_are_there() {
    let idp = Idp::new(jwks(&[OLD]));
    let mut proxy = running(&idp, 2);
    idp.serve(Answer::refused());
    let mut changed: serde_json::Value = serde_json::from_str(&remote()).unwrap();
    changed["policy"]["realm"] = json!("other");
    proxy.configure(changed.to_string()).unwrap();
    assert_eq!([0, 1].map(|worker| status(&mut proxy, worker, &token(OLD))), [200; 2]);
    proxy.advance(secs(30));
    assert_eq!(idp.count(), 1);
}

#[test]
fn routes_with_the_same_source_share_it_in_each_worker() {
    let idp = Idp::new(jwks(&[OLD]));
    let mut config: serde_json::Value = serde_json::from_str(&remote()).unwrap();
    let route = |n: usize| json!({"match": {"path": format!("/{n}")}, "policy": {"realm": format!("r{n}")}});
    config["routes"] = (0..20).map(route).collect();
    let mut proxy = start(builder(&idp, 1).config(config.to_string()));
    proxy.advance(ms(50));
    let request = gatewright_testing::message::Request::get("/7");
    let request = request.with_header("authorization", format!("Bearer {}", token(OLD)));
    assert_eq!((proxy.send(request).status(), idp.count()), (200, 1));
    let queues = proxy.host_calls().of("proxy_register_shared_queue").calls;
    assert_eq!(queues, 2, "one task in the worker and one in the main thread, not one per route");
}

#[test]
fn the_shared_data_does_not_grow() {
    let idp = Idp::new(jwks(&[OLD]));
    let mut proxy = running(&idp, 4);
    let keys = |proxy: &gatewright_testing::proxy::Proxy| proxy.world().shared_data_usage("").0;
    let before = keys(&proxy);
    for round in 0..20 {
        idp.serve(jwks(&[[OLD, NEW][round % 2]]));
        send(&mut proxy, round % 4, &forged(&format!("kid {round}")));
        proxy.advance(secs(400));
    }
    assert!(idp.count() > 20);
    assert_eq!(keys(&proxy), before);
}
