//! What a configuration may not say.

use gatewright_testing::proxy::Proxy;
use rate_limit::RateLimit;
use serde_json::{Value, json};

use super::{per_client, policy};

fn error(policy: Value) -> String {
    let proxy = Proxy::builder().config(json!({"policy": policy}).to_string()).policy::<RateLimit>("rate-limit");
    proxy.err().map_or_else(String::new, |error| error.to_string())
}

fn with_service(fields: Value) -> Value {
    let mut policy = policy(per_client(json!({})));
    policy["service"].as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    policy
}

fn with_rule(fields: Value) -> Value {
    let mut policy = policy(per_client(json!({})));
    policy["rules"][0].as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    policy
}

#[test]
fn a_mistake_is_named_with_its_place() {
    let global = |global: Value| policy(per_client(global));
    let cases = [
        (json!({"rules": per_client(json!({}))}), "policy.rules[0].global: needs a service to ask; write `service: {"),
        (with_service(json!({"domain": ""})), "policy.service.domain: write 1 to 256 bytes"),
        (with_service(json!({"timeout": "0s"})), "policy.service.timeout: found 0s; write 1ms to 1m"),
        (with_service(json!({"cluster": "http://rls"})), "policy.service.cluster: \"http://rls\" is a URL"),
        (
            with_service(json!({"breaker": {"window": "10ms"}})),
            "policy.service.breaker.window: found 10ms; write at least the timeout, 20ms",
        ),
        (with_service(json!({"breaker": {"failures": 0}})), "policy.service.breaker.failures: 0 would never ask"),
        (global(json!({"mode": "often"})), "policy.rules[0].global.mode: unknown value `often`"),
        (global(json!({"lease": {}})), "policy.rules[0].global.lease: belongs to `mode: leased`"),
        (global(json!({"mode": "leased", "lease": {"max": 1}})), "policy.rules[0].global.lease.max: found 1; write"),
        (
            global(json!({"mode": "leased", "lease": {"expiry": "2m"}})),
            "policy.rules[0].global.lease.expiry: found 2m; write 1ms to 1m",
        ),
        (global(json!({"descriptor_keys": []})), "policy.rules[0].global.descriptor_keys: found 0 keys for a key of 1"),
        (global(json!({"descriptor_keys": [""]})), "policy.rules[0].global.descriptor_keys[0]: write 1 to 256 bytes"),
        (
            global(json!({"fallback": [{"rate": "1/s"}, {}]})),
            "policy.rules[0].global.fallback[1]: says neither a rate nor a concurrency",
        ),
        (
            with_rule(json!({"queue": "1s"})),
            "policy.rules[0].global: goes with none of lots, queue, settle and penalty",
        ),
        (
            with_rule(json!({"cost": {"fixed": 5}, "global": {"fallback": [{"rate": "4/s"}]}})),
            "policy.rules[0].cost.fixed: is more than a limit allows at once",
        ),
    ];
    for (policy, expected) in cases {
        let found = error(policy.clone());
        assert!(found.contains(expected), "{policy}\n{found}");
    }
    assert_eq!(error(with_rule(json!({"cost": {"fixed": 1000}}))), "", "the service knows the limit, not the policy");
}
