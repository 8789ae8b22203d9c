//! One call for a batch of requests.

use gatewright_testing::proxy::{GrpcAnswer, Proxy, World, race};
use rate_limit::RateLimit;
use serde_json::{Value, json};

use super::service::Rls;
use super::{from, metric, ms, per_client, policy, proxy, statuses};

fn leased(max: u32) -> Value {
    policy(per_client(json!({"mode": "leased", "lease": {"max": max, "expiry": "1s"}})))
}

#[test]
fn never_more_than_the_service_granted_and_far_fewer_calls() {
    let service = Rls::new(300);
    let mut proxy = proxy(leased(100), &service);
    let mut passed = 0;
    for _ in 0..3000 {
        passed += u64::from(proxy.send(from("anna")).status() == 200);
        proxy.advance(ms(1));
    }
    assert_eq!(passed, 300);
    assert_eq!(service.used("x-client=anna"), 300);
    assert!(service.calls().len() <= 30, "{} calls for 3,000 requests", service.calls().len());
    assert_eq!(metric(&proxy, "enforce.deny"), 2700);
}

#[test]
fn a_refusal_without_a_call_says_when_to_come_back() {
    let service = Rls::new(1);
    let mut proxy = proxy(leased(10), &service);
    statuses(&mut proxy, "anna", 2);
    let calls = service.calls().len();
    proxy.advance(ms(10_000));
    let refused = proxy.send(from("anna")).response().unwrap();
    assert_eq!((refused.status(), refused.header("retry-after").as_deref()), (429, Some("20")));
    assert_eq!(refused.header("ratelimit").as_deref(), Some("\"client\";r=0;t=20"));
    assert_eq!(service.calls().len(), calls);
    service.reset();
    proxy.advance(ms(20_000));
    assert_eq!(statuses(&mut proxy, "anna", 1), [200]);
}

#[test]
fn workers_share_a_lease() {
    let service = Rls::new(1000);
    let mut proxy = super::start(Proxy::builder().workers(4), leased(64), &service);
    for request in 0..800 {
        assert_eq!(proxy.exchange(from("anna")).on_worker(request % 4).send().status(), 200);
    }
    assert!(service.calls().len() <= 16, "{} calls", service.calls().len());
    // What lies in the lease is all that was asked for too much.
    let used = service.used("x-client=anna");
    assert!((800..864).contains(&used), "{used}");
}

#[test]
fn one_flight_at_a_time_and_others_wait_for_it() {
    let service = Rls::new(1000);
    let mut answer = service.answer();
    let builder = Proxy::builder().workers(2).config(json!({"policy": leased(64)}).to_string());
    let builder = builder.grpc_upstream("rls", move |call| -> GrpcAnswer { answer(call).after(ms(15)) });
    let mut proxy = builder.policy::<RateLimit>("rate-limit").unwrap();
    let waiting: Vec<_> = (0..20).map(|number| proxy.exchange(from("anna")).on_worker(number % 2).send()).collect();
    assert_eq!(service.calls().len(), 1, "19 wait for the first one's call");
    proxy.advance(ms(200));
    assert!(waiting.iter().all(|exchange| exchange.status() == 200));
    assert!(service.calls().len() <= 4, "{} calls", service.calls().len());
    assert_eq!(metric(&proxy, "service.errors"), 0);
}

#[test]
fn a_client_that_leaves_takes_nobodys_flight_with_it() {
    let service = Rls::new(1000);
    service.answer_instead(Some(GrpcAnswer::never()));
    let mut proxy = proxy(leased(64), &service);
    let first = proxy.send(from("anna"));
    let second = proxy.send(from("anna"));
    assert_eq!(service.calls().len(), 1);
    service.answer_instead(None);
    proxy.abort(&first);
    proxy.advance(ms(5));
    assert_eq!(second.status(), 200, "it went itself");
    assert_eq!(service.calls().len(), 2);
}

#[test]
fn a_batch_that_is_too_large_becomes_smaller_until_it_fits() {
    let service = Rls::new(75);
    let mut proxy = proxy(leased(64), &service);
    // 1, 8, then 64 would be 73; the next 64 does not fit, and the service says that 2 are left.
    assert_eq!(statuses(&mut proxy, "anna", 80).iter().filter(|status| **status == 200).count(), 75);
    assert_eq!(service.used("x-client=anna"), 75);
}

#[test]
fn what_another_rule_refuses_goes_back_into_the_lease() {
    let service = Rls::new(10);
    let rules = json!([
        {"name": "first", "global": {"mode": "leased", "lease": {"max": 10, "expiry": "1m"}}},
        {"name": "client", "key": [{"header": "x-client"}], "cost": {"header": "x-cost"}, "global": {}},
    ]);
    let mut proxy = proxy(policy(rules), &service);
    // 1, then 8 at once for the lease: 7 of them are left.
    assert_eq!(statuses(&mut proxy, "anna", 2), [200; 2]);
    for _ in 0..50 {
        assert_eq!(proxy.send(from("anna").with_header("x-cost", "11")).status(), 429);
    }
    assert_eq!(service.used("generic_key=first"), 9, "one token went to and fro");
    assert_eq!(statuses(&mut proxy, "anna", 9), [200, 200, 200, 200, 200, 200, 200, 200, 429]);
}

#[test]
fn a_flood_of_leases_gives_nobody_a_fresh_allowance() {
    let service = Rls::new(1000);
    let mut leases = leased(10);
    leases["memory"] = json!("16KiB");
    let mut config = json!({"policy": leases, "routes": [{"match": {"path": "/here"}, "policy": {
        "rules": [{"name": "here", "key": [{"header": "x-client"}], "limits": [{"rate": "10/d"}]}],
    }}]});
    config["policy"]["service"]["breaker"] = json!({"failures": 1000});
    let builder = Proxy::builder().config(config.to_string()).grpc_upstream("rls", service.answer());
    let mut proxy = builder.policy::<RateLimit>("rate-limit").unwrap();
    let here = |proxy: &mut Proxy, client: &str| {
        proxy.send(gatewright_testing::message::Request::get("/here").with_header("x-client", client)).status()
    };
    let clients: Vec<_> = (0..8).map(|number| format!("client-{number}")).collect();
    for client in &clients {
        assert_eq!((0..8).map(|_| here(&mut proxy, client)).collect::<Vec<_>>(), [200; 8]);
    }
    for number in 0..5000 {
        assert_eq!(statuses(&mut proxy, &format!("flood-{number}"), 1), [200]);
    }
    for client in &clients {
        assert_eq!((0..3).map(|_| here(&mut proxy, client)).collect::<Vec<_>>(), [200, 200, 429], "{client}");
    }
}

#[test]
fn interleaved_workers_with_conflicts_never_pass_more_than_was_granted() {
    for workers in [1, 2, 4, 8] {
        for seed in 0..8 {
            let service = Rls::new(37);
            let world = World::new(seed);
            world.grpc_upstream("rls", service.answer());
            let config = json!({"policy": leased(8)}).to_string();
            let build = |index: usize| {
                Proxy::builder()
                    .world(&world)
                    .first_worker(index)
                    .config(config.clone())
                    .policy::<RateLimit>("rate-limit")
                    .unwrap()
            };
            drop(build(0));
            world.inject_cas_mismatches(0.2);
            let passed = race(seed, workers, build, |index, proxy| {
                let mut send = || proxy.exchange(from("anna")).on_worker(index).send();
                let exchanges: Vec<_> = (0..24).map(|_| send()).collect();
                // Those who wait for another worker's flight need the clock.
                proxy.advance(ms(100));
                exchanges.iter().filter(|exchange| exchange.upstream_request().is_some()).count() as u64
            });
            let passed: u64 = passed.iter().sum();
            assert!(passed <= service.used("x-client=anna"), "{workers} workers, seed {seed}: {passed}");
            assert!(service.used("x-client=anna") <= 37);
            assert!(passed >= 37.min(24 * workers as u64) - 8, "{workers} workers, seed {seed}: {passed}");
        }
    }
}
