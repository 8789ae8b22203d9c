//! What a configuration may not say.

use gatewright_testing::message::Request;
use gatewright_testing::proxy::Proxy;
use rate_limit::RateLimit;
use serde_json::{Value, json};

use super::{passed, start};

fn error(config: Value) -> String {
    let proxy = Proxy::builder().config(config.to_string()).policy::<RateLimit>("rate-limit");
    proxy.err().map_or_else(String::new, |error| error.to_string())
}

/// A rule with one good limit, and these fields over it.
fn rule(fields: Value) -> Value {
    let mut rule = json!({"name": "r", "limits": [{"rate": "10/s"}]});
    rule.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({"policy": {"rules": [rule]}})
}

fn limit(limit: Value) -> Value {
    rule(json!({"limits": [limit]}))
}

#[test]
fn a_mistake_is_named_with_its_place() {
    let two = json!({"name": "r", "limits": [{"rate": "1/s"}]});
    let cases = [
        (json!({"policy": {"rules": []}}), "policy.rules: found 0 rules; write 1 to 32"),
        (json!({"policy": {"rules": [two, two]}}), "policy.rules[1].name: `r` is the name of rules[0] already"),
        (rule(json!({"name": "a b"})), "policy.rules[0].name: write 1 to 64 letters, digits, `_`, `.` or `-`"),
        (rule(json!({"limits": []})), "policy.rules[0].limits: found an empty list; name at least one limit"),
        (rule(json!({"limit": 1})), "policy.rules[0].limit: "),
        (limit(json!({})), "policy.rules[0].limits[0]: says neither a rate nor a concurrency"),
        (limit(json!({"rate": "1/s", "concurrency": 1})), "policy.rules[0].limits[0]: says a rate and a concurrency"),
        (limit(json!({"rate": "1/fortnight"})), "policy.rules[0].limits[0].rate: "),
        (limit(json!({"rate": "1/s", "burst": 0})), "policy.rules[0].limits[0].burst: 0 would let nothing pass"),
        (
            limit(json!({"rate": "1/d", "burst": 1_000_000})),
            "policy.rules[0].limits[0].burst: would take more than 36,500 days",
        ),
        (
            limit(json!({"rate": "1/s", "algorithm": "fixed_window", "burst": 2})),
            "policy.rules[0].limits[0].burst: belongs to",
        ),
        (limit(json!({"concurrency": 0})), "policy.rules[0].limits[0].concurrency: 0 would let nothing pass"),
        (limit(json!({"concurrency": 1, "burst": 1})), "policy.rules[0].limits[0].burst: belongs to a rate"),
        (
            limit(json!({"concurrency": 1, "max_duration": "0s"})),
            "policy.rules[0].limits[0].max_duration: 0s would forget",
        ),
        (limit(json!({"rate": "1/s", "max_duration": "1s"})), "policy.rules[0].limits[0].max_duration: belongs to"),
        (rule(json!({"key": ["moon"]})), "policy.rules[0].key[0]: "),
        (
            rule(json!({"key": [{"client_ip": {"ipv6_prefix": 129}}]})),
            "policy.rules[0].key[0].client_ip.ipv6_prefix: found 129",
        ),
        (
            rule(json!({"key": ["host"], "overrides": [{"when": [], "limits": []}]})),
            "policy.rules[0].overrides[0].when: found 0 values",
        ),
        (
            rule(json!({"key": [{"client_ip": {}}], "overrides": [{"when": ["10.0.0.0/99"], "limits": []}]})),
            "policy.rules[0].overrides[0].when[0]: ",
        ),
        (rule(json!({"cost": {"fixed": 0}})), "policy.rules[0].cost.fixed: found 0"),
        (rule(json!({"cost": {"fixed": 11}})), "policy.rules[0].cost.fixed: is more than a limit allows at once"),
        (rule(json!({"cost": {"body": "0B"}})), "policy.rules[0].cost.body (in bytes): found 0"),
        (rule(json!({"cost": {"body": "1KiB", "header": "x"}})), "policy.rules[0].cost.body: goes not with `header`"),
        (rule(json!({"lots": {"size": 1}})), "policy.rules[0].lots.size: found 1"),
        (rule(json!({"queue": "2m"})), "policy.rules[0].queue (in ms): found 120000"),
        (rule(json!({"penalty": {"statuses": [401]}, "queue": "1s"})), "policy.rules[0].penalty: goes with none of"),
        (
            rule(json!({"penalty": {"statuses": [401]}, "limits": [{"concurrency": 1}]})),
            "policy.rules[0].penalty: a concurrency counts every request",
        ),
    ];
    for (config, expected) in cases {
        let found = error(config.clone());
        assert!(found.contains(expected), "{config}\n{found}");
    }
}

#[test]
fn the_whole_must_fit_together() {
    let with = |field: &str, value: Value| {
        let mut config = rule(json!({}));
        config["policy"][field] = value;
        config
    };
    assert!(error(with("refusal", json!({"status": 200}))).contains("refusal.status: 200 is no refusal"));
    assert!(error(with("memory", json!("1B"))).contains("memory: write at least"));
    let mut routes = with("memory", json!("1MiB"));
    routes["routes"] = json!([{"match": {"path": "/a"}, "policy": {"memory": "2MiB"}}]);
    assert!(error(routes).contains("memory: is "));
}

#[test]
fn routes_have_limits_of_their_own() {
    let mut config = rule(json!({"name": "all", "limits": [{"rate": "5/h"}]}));
    config["routes"] = json!([{"match": {"path": "/strict"},
        "policy": {"rules": [{"name": "strict", "limits": [{"rate": "1/h"}]}]}}]);
    let mut proxy = start(Proxy::builder(), config);
    assert_eq!(passed(&mut proxy, 9, || Request::get("/strict")), 1);
    assert_eq!(passed(&mut proxy, 9, || Request::get("/")), 5);
}
