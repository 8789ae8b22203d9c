//! A service that gives no answer.

use gatewright_testing::proxy::{GrpcAnswer, Proxy, World, race};
use serde_json::{Value, json};

use super::service::Rls;
use super::{from, metric, ms, per_client, policy, proxy, statuses};

fn modes() -> [Value; 2] {
    [json!({}), json!({"mode": "leased"})]
}

fn with_fallback(mut global: Value, fallback: Value) -> Value {
    global["fallback"] = fallback;
    policy(per_client(global))
}

/// Sends a request and lets time pass until it is over; how long that took, in milliseconds, and its status.
fn timed(proxy: &mut Proxy, client: &str) -> (u64, u16) {
    let exchange = proxy.send(from(client));
    for passed in 0..200 {
        if !exchange.is_pending() {
            return (passed, exchange.status());
        }
        proxy.advance(ms(1));
    }
    panic!("it hangs");
}

#[test]
fn without_an_answer_failure_mode_decides_and_it_is_no_denial() {
    for global in modes() {
        for (failure_mode, status) in [("closed", 503), ("open", 200)] {
            let service = Rls::new(9);
            let config = json!({"policy": policy(per_client(global.clone())), "failure_mode": failure_mode});
            let builder = Proxy::builder().config(config.to_string()).grpc_upstream("rls", service.answer());
            let mut proxy = builder.policy::<rate_limit::RateLimit>("rate-limit").unwrap();
            service.answer_instead(Some(GrpcAnswer::status(14, "gone")));
            assert_eq!(statuses(&mut proxy, "anna", 2), [status; 2]);
            assert_eq!((metric(&proxy, "enforce.fault"), metric(&proxy, "enforce.deny")), (2, 0));
            assert!(proxy.logs().iter().any(|line| line.message.contains(r#""verdict":"fault","reason":"callout""#)));
        }
    }
}

#[test]
fn a_service_that_hangs_costs_one_timeout_in_each_window() {
    for global in modes() {
        let service = Rls::new(1000);
        service.answer_instead(Some(GrpcAnswer::never()));
        let mut proxy = proxy(with_fallback(global, json!([])), &service);
        assert_eq!(timed(&mut proxy, "anna"), (20, 200));
        for _ in 0..50 {
            assert_eq!(timed(&mut proxy, "anna"), (0, 200), "the breaker is open");
        }
        assert_eq!(service.calls().len(), 1);
        proxy.advance(ms(1000));
        // One request tries; the others do not wait for it.
        let probe = proxy.send(from("bert"));
        assert_eq!(timed(&mut proxy, "carl"), (0, 200));
        proxy.advance(ms(20));
        assert_eq!((probe.status(), service.calls().len()), (200, 2));
        assert_eq!(timed(&mut proxy, "anna"), (0, 200));
        assert_eq!(metric(&proxy, "service.errors"), 2);
        assert_eq!(metric(&proxy, "service.breaker_opened"), 1);
        assert_eq!(metric(&proxy, "service.breaker_skipped"), 52);
        assert_eq!(metric(&proxy, "service.fallback"), 54);
        let warnings = proxy.logs().iter().filter(|line| line.message.contains("gave no answer")).count();
        assert_eq!(warnings, 1, "once, not for each request");
    }
}

#[test]
fn a_service_that_is_back_is_asked_again() {
    for global in modes() {
        let service = Rls::new(5);
        service.answer_instead(Some(GrpcAnswer::status(14, "gone")));
        let mut proxy = proxy(policy(per_client(global)), &service);
        assert_eq!(statuses(&mut proxy, "anna", 3), [503; 3]);
        service.answer_instead(None);
        assert_eq!(statuses(&mut proxy, "anna", 1), [503], "not before the window is over");
        proxy.advance(ms(1000));
        assert_eq!(statuses(&mut proxy, "anna", 7), [200, 200, 200, 200, 200, 429, 429]);
        assert!(proxy.logs().iter().any(|line| line.message.contains("`rls` answers again")));
    }
}

#[test]
fn the_breaker_is_shared_by_the_workers() {
    let service = Rls::new(5);
    service.answer_instead(Some(GrpcAnswer::status(14, "gone")));
    let mut proxy = super::start(Proxy::builder().workers(4), policy(per_client(json!({}))), &service);
    (0..8).for_each(|number| assert_eq!(proxy.exchange(from("anna")).on_worker(number % 4).send().status(), 503));
    assert_eq!(service.calls().len(), 1);
}

#[test]
fn so_many_failures_in_a_row_open_the_breaker() {
    let service = Rls::new(100);
    let mut policy = policy(per_client(json!({})));
    policy["service"]["breaker"] = json!({"failures": 3, "window": "5s"});
    let mut proxy = proxy(policy, &service);
    let gone = || Some(GrpcAnswer::status(14, "gone"));
    for _ in 0..4 {
        service.answer_instead(gone());
        assert_eq!(statuses(&mut proxy, "anna", 2), [503; 2]);
        service.answer_instead(None);
        assert_eq!(statuses(&mut proxy, "anna", 1), [200], "two in a row are not three");
    }
    service.answer_instead(gone());
    let before = service.calls().len();
    assert_eq!(statuses(&mut proxy, "anna", 9), [503; 9]);
    assert_eq!(service.calls().len(), before + 3);
    service.answer_instead(None);
    proxy.advance(ms(4999));
    assert_eq!(statuses(&mut proxy, "anna", 1), [503]);
    proxy.advance(ms(1));
    assert_eq!(statuses(&mut proxy, "anna", 1), [200]);
}

#[test]
fn limits_of_this_proxy_stand_in() {
    for global in modes() {
        let service = Rls::new(1);
        service.answer_instead(Some(GrpcAnswer::never()));
        let mut proxy = proxy(with_fallback(global, json!([{"rate": "3/h"}])), &service);
        assert_eq!(timed(&mut proxy, "anna"), (20, 200));
        assert_eq!(statuses(&mut proxy, "anna", 4), [200, 200, 429, 429]);
        assert_eq!(statuses(&mut proxy, "bert", 1), [200]);
        let refused = proxy.send(from("anna")).response().unwrap();
        assert_eq!(refused.header("ratelimit-policy").as_deref(), Some("\"client\";q=3;w=3600"));
        assert_eq!(metric(&proxy, "enforce.fault"), 0);
    }
}

#[test]
fn a_stated_limit_holds_even_if_another_rule_has_none_and_fails_open() {
    let service = Rls::new(100);
    service.answer_instead(Some(GrpcAnswer::status(14, "gone")));
    let rules = json!([
        {"name": "open", "global": {}},
        {"name": "client", "key": [{"header": "x-client"}], "global": {"fallback": [{"rate": "2/h"}]}},
    ]);
    let config = json!({"policy": policy(rules), "failure_mode": "open"});
    let builder = Proxy::builder().config(config.to_string()).grpc_upstream("rls", service.answer());
    let mut proxy = builder.policy::<rate_limit::RateLimit>("rate-limit").unwrap();
    assert_eq!(statuses(&mut proxy, "anna", 4), [200, 200, 429, 429]);
}

#[test]
fn what_is_no_answer_is_a_failure() {
    for answer in [
        GrpcAnswer::message(""),
        GrpcAnswer::message("\x08\x07"),
        GrpcAnswer::message(vec![0xff; 100]),
        GrpcAnswer::message(vec![0; 70_000]),
    ] {
        let service = Rls::new(9);
        service.answer_instead(Some(answer));
        let mut proxy = proxy(policy(per_client(json!({}))), &service);
        assert_eq!(statuses(&mut proxy, "anna", 1), [503]);
        assert_eq!(metric(&proxy, "service.errors"), 1);
    }
}

#[test]
fn a_cluster_that_does_not_exist_is_a_failure() {
    let service = Rls::new(9);
    let mut policy = policy(per_client(json!({})));
    policy["service"]["cluster"] = json!("nobody");
    assert_eq!(statuses(&mut proxy(policy, &service), "anna", 2), [503; 2]);
}

#[test]
fn a_lease_serves_while_the_service_is_gone_until_it_expires() {
    let service = Rls::new(1000);
    let mut proxy =
        proxy(policy(per_client(json!({"mode": "leased", "lease": {"max": 50, "expiry": "2s"}}))), &service);
    assert_eq!(statuses(&mut proxy, "anna", 20), [200; 20]);
    service.answer_instead(Some(GrpcAnswer::status(14, "gone")));
    let left = service.used("x-client=anna") as usize - 20;
    assert!(left > 10, "{left}");
    assert_eq!(statuses(&mut proxy, "anna", left), vec![200; left]);
    assert_eq!(statuses(&mut proxy, "anna", 1), [503]);
}

#[test]
fn of_workers_that_race_after_the_window_one_tries() {
    for seed in 0..40 {
        let service = Rls::new(5);
        let world = World::new(seed);
        world.grpc_upstream("rls", service.answer());
        let config = json!({"policy": policy(per_client(json!({})))}).to_string();
        let build = |index: usize| {
            let builder = Proxy::builder().world(&world).first_worker(index).config(config.clone());
            builder.policy::<rate_limit::RateLimit>("rate-limit").unwrap()
        };
        service.answer_instead(Some(GrpcAnswer::status(14, "gone")));
        assert_eq!(statuses(&mut build(0), "anna", 2), [503; 2]);
        world.set_now(world.now_nanos() + 1_000_000_000);
        service.answer_instead(Some(GrpcAnswer::never()));
        let run = |index: usize, proxy: &mut Proxy| {
            let exchange = proxy.exchange(from("anna")).on_worker(index).send();
            usize::from(exchange.is_pending())
        };
        let trying: usize = race(seed, 4, build, run).iter().sum();
        assert_eq!((trying, service.calls().len()), (1, 2), "seed {seed}");
    }
}
