//! One call for each request.

use gatewright_testing::message::{Request, Response};
use gatewright_testing::proxy::{Answer, GrpcAnswer, Proxy};
use serde_json::json;

use super::service::{Call, Rls, field};
use super::{from, metric, ms, per_client, policy, proxy, start, statuses};

#[test]
fn what_the_service_lets_pass_passes_and_nothing_else() {
    let service = Rls::new(3);
    let mut proxy = proxy(policy(per_client(json!({}))), &service);
    assert_eq!(statuses(&mut proxy, "anna", 5), [200, 200, 200, 429, 429]);
    assert_eq!(statuses(&mut proxy, "bert", 1), [200]);
    assert_eq!(service.said(), (4, 2));
    assert_eq!((metric(&proxy, "service.calls"), metric(&proxy, "service.over_limit")), (6, 2));
    assert_eq!((metric(&proxy, "enforce.allow"), metric(&proxy, "enforce.deny")), (4, 2));
    let first = Call { domain: "edge".into(), descriptors: vec![("x-client=anna".into(), 1)] };
    assert_eq!(service.calls()[0], first);
}

#[test]
fn a_refusal_tells_what_the_service_told() {
    let service = Rls::new(1);
    let mut proxy = proxy(policy(per_client(json!({}))), &service);
    statuses(&mut proxy, "anna", 1);
    service.add(&[field(3, "X-Told", "by the service"), field(3, "ratelimit", "theirs"), field(4, "x-up", "1")]);
    let refused = proxy.send(from("anna")).response().unwrap();
    let header = |name: &str| refused.header(name);
    assert_eq!(header("retry-after").as_deref(), Some("30"));
    assert_eq!(header("ratelimit-policy").as_deref(), Some("\"client\";q=1;w=60"));
    assert_eq!(header("x-told").as_deref(), Some("by the service"));
    assert_eq!(header("ratelimit").as_deref(), Some("theirs"), "the service knows better");
    assert_eq!(header("x-up"), None);
}

#[test]
fn without_a_status_the_services_retry_after_counts() {
    let service = Rls::new(0);
    service.tell_nothing();
    service.add(&[field(3, "Retry-After", "17")]);
    let mut proxy = proxy(policy(per_client(json!({}))), &service);
    let refused = proxy.send(from("anna")).response().unwrap();
    assert_eq!((refused.status(), refused.header("retry-after").as_deref()), (429, Some("17")));
    service.add(&[]);
    let refused = proxy.send(from("anna")).response().unwrap();
    assert_eq!(refused.header("retry-after").as_deref(), Some("1"));
}

#[test]
fn fields_for_the_upstream_replace_what_the_client_sent_under_their_names() {
    let service = Rls::new(9);
    service.add(&[field(4, "x-tier", "gold"), field(4, "x-tier", "eu"), field(3, "x-seen", "yes")]);
    let builder = Proxy::builder().upstream("upstream", |_| Answer::response(Response::new(200)));
    let mut proxy = start(builder, policy(per_client(json!({}))), &service);
    let exchange = proxy.send(from("anna").with_header("x-tier", "forged"));
    let upstream = exchange.upstream_request().unwrap();
    let tiers: Vec<_> =
        upstream.headers.iter().filter(|(name, _)| name == b"x-tier").map(|(_, value)| value.clone()).collect();
    assert_eq!(tiers, [b"gold".to_vec(), b"eu".to_vec()]);
    assert_eq!(exchange.response().unwrap().header("x-seen").as_deref(), Some("yes"));
}

#[test]
fn all_rules_are_asked_for_in_one_call_with_their_costs() {
    let service = Rls::new(10);
    let rules = json!([
        {"name": "all", "global": {}},
        {"name": "client", "key": [{"header": "x-client"}, "method"], "cost": {"header": "x-cost", "fixed": 2},
         "global": {"descriptor_keys": ["tenant", "verb"]}},
        {"name": "free", "key": [{"client_ip": {}}], "global": {},
         "overrides": [{"when": ["127.0.0.0/8"], "limits": []}]},
    ]);
    let mut proxy = proxy(policy(rules), &service);
    assert_eq!(proxy.send(from("anna").with_header("x-cost", "7")).status(), 200);
    assert_eq!(proxy.send(from("anna")).status(), 200);
    assert_eq!(proxy.send(from("anna")).status(), 429, "10 of tenant anna would be 11");
    let descriptors: Vec<_> = service.calls().into_iter().map(|call| call.descriptors).collect();
    let asked = |hits| vec![("generic_key=all".to_owned(), 1), ("tenant=anna;verb=GET".to_owned(), hits)];
    assert_eq!(descriptors, [asked(7), asked(2), asked(2)]);
    assert_eq!(service.used("generic_key=all"), 2);
}

#[test]
fn addresses_and_odd_values_are_sent_as_text() {
    let service = Rls::new(100);
    let key = json!([{"client_ip": {"trusted_hops": 1}}, {"header": "x-client"}, {"constant": "c"}]);
    let mut proxy = proxy(policy(json!([{"name": "r", "key": key, "global": {}}])), &service);
    let last = |request: Request, proxy: &mut Proxy| {
        proxy.send(request);
        service.calls().last().unwrap().descriptors[0].0.clone()
    };
    let at = |address: &str| Request::get("/").with_header("x-forwarded-for", address);
    assert_eq!(last(at("192.0.2.7"), &mut proxy), "remote_address=192.0.2.7;x-client=;generic_key=c");
    assert_eq!(
        last(at("2001:db8::77").with_header("x-client", "a").with_header("x-client", "b"), &mut proxy),
        "remote_address=2001:db8::/64;x-client=*;generic_key=c"
    );
    let long = last(at("192.0.2.7").with_header("x-client", "x".repeat(5000)), &mut proxy);
    assert!(long.len() < 150, "{long}");
    let other = last(at("192.0.2.7").with_header("x-client", "x".repeat(5001)), &mut proxy);
    assert_ne!(long, other);
}

#[test]
fn limits_of_this_proxy_hold_first_and_get_back_what_the_service_refuses() {
    let service = Rls::new(2);
    let rules = json!([
        {"name": "here", "limits": [{"rate": "4/d"}]},
        {"name": "client", "key": [{"header": "x-client"}], "limits": [{"rate": "3/d"}], "global": {}},
    ]);
    let mut proxy = proxy(policy(rules), &service);
    assert_eq!(statuses(&mut proxy, "anna", 4), [200, 200, 429, 429]);
    assert_eq!(service.calls().len(), 4, "refused by the service, so nothing was charged here");
    assert_eq!(statuses(&mut proxy, "bert", 3), [200, 200, 429]);
    assert_eq!(service.calls().len(), 6, "4 of `here` are used up: the service is not asked");
    let refused = proxy.send(from("carl")).response().unwrap();
    assert!(refused.header("ratelimit-policy").unwrap().contains("here"));
}

#[test]
fn a_share_of_the_keys_is_enforced() {
    let service = Rls::new(0);
    let rules = json!([{"name": "r", "key": [{"header": "x-client"}], "enforced": "30%", "global": {}}]);
    let mut proxy = proxy(policy(rules), &service);
    let refused = |proxy: &mut Proxy| -> Vec<bool> {
        (0..300).map(|number| statuses(proxy, &format!("client-{number}"), 1) == [429]).collect()
    };
    let first = refused(&mut proxy);
    let count = first.iter().filter(|refused| **refused).count();
    assert!((55..125).contains(&count), "{count} of 300");
    assert_eq!(refused(&mut proxy), first);
    assert_eq!(metric(&proxy, "not_enforced"), 2 * (300 - count as u64));
}

#[test]
fn shadow_mode_asks_and_refuses_nobody() {
    let service = Rls::new(1);
    let mut config = json!({"policy": policy(per_client(json!({}))), "mode": "shadow"});
    config["policy"]["headers"] = json!({"on": "all"});
    let builder = Proxy::builder().config(config.to_string()).grpc_upstream("rls", service.answer());
    let mut proxy = builder.policy::<rate_limit::RateLimit>("rate-limit").unwrap();
    assert_eq!(statuses(&mut proxy, "anna", 3), [200; 3]);
    assert_eq!((service.said(), metric(&proxy, "shadow.deny")), ((1, 2), 2));
}

#[test]
fn those_who_pass_are_told_how_they_stand_with_the_service() {
    let service = Rls::new(9);
    let mut policy = policy(per_client(json!({})));
    policy["headers"] = json!({"on": "all", "legacy": true});
    let mut proxy = proxy(policy, &service);
    let passed = proxy.send(from("anna")).response().unwrap();
    assert_eq!(passed.header("ratelimit").as_deref(), Some("\"client\";r=8;t=30"));
    assert_eq!(passed.header("ratelimit-policy").as_deref(), Some("\"client\";q=9;w=60"));
    assert_eq!(passed.header("x-ratelimit-limit").as_deref(), Some("9"));
}

#[test]
fn calls_name_the_authority_that_is_configured() {
    let service = Rls::new(9);
    let mut answer = service.answer();
    let mut policy = policy(per_client(json!({})));
    policy["service"]["authority"] = json!("ratelimit.example:8081");
    let builder = Proxy::builder().config(json!({"policy": policy}).to_string());
    let builder = builder.grpc_upstream("rls", move |call| {
        assert_eq!(call.authority.as_deref(), Some("ratelimit.example:8081"));
        answer(call)
    });
    let mut proxy = builder.policy::<rate_limit::RateLimit>("rate-limit").unwrap();
    assert_eq!(proxy.send(from("anna")).status(), 200);
}

#[test]
fn requests_wait_for_an_answer_side_by_side() {
    let service = Rls::new(9);
    let slow = service.clone();
    let mut answer = slow.answer();
    let builder = Proxy::builder().config(json!({"policy": policy(per_client(json!({})))}).to_string());
    let builder = builder.grpc_upstream("rls", move |call| -> GrpcAnswer { answer(call).after(ms(10)) });
    let mut proxy = builder.policy::<rate_limit::RateLimit>("rate-limit").unwrap();
    let waiting: Vec<_> = (0..4).map(|_| proxy.send(from("anna"))).collect();
    assert!(waiting.iter().all(|exchange| exchange.is_pending()));
    assert_eq!(service.calls().len(), 4);
    proxy.advance(ms(10));
    assert!(waiting.iter().all(|exchange| exchange.status() == 200));
}
