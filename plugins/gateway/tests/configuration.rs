//! What is wrong with a gateway's configuration is named where it was written.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use gateway::MODULE;
use gatewright_testing::message::Request;
use gatewright_testing::native_module;
use gatewright_testing::proxy::{Proxy, World};
use serde_json::{Value, json};

fn start(config: &Value) -> Result<Proxy, String> {
    let world = World::default();
    let builder = Proxy::builder().world(&world).config(config.to_string());
    builder.start(native_module(MODULE)).map_err(|_| world.logs().into_iter().map(|line| line.message).collect())
}

fn refused(policies: Value, routes: Value) -> String {
    let error = start(&json!({"policies": policies, "routes": routes})).err().unwrap();
    error.rsplit_once("configuration refused: ").unwrap().1.to_owned()
}

fn limit(rate: &str) -> Value {
    json!({"rules": [{"name": "all", "limits": [{"rate": rate}]}]})
}

#[test]
fn an_entry_says_which_policy_it_is() {
    let error = refused(json!([{"policy": {}}]), json!([]));
    assert!(error.starts_with("policies[0].use: missing; write one of `jwt-auth`, `rate-limit`"), "{error}");
    let error = refused(json!([{"use": "rate-limits"}]), json!([]));
    assert!(error.starts_with("policies[0].use: this module has no policy of that name; write one of"), "{error}");
    let error = refused(json!([{"use": 5}]), json!([]));
    assert!(error.starts_with("policies[0].use: found 5, expected a string"), "{error}");
}

#[test]
fn names_tell_policies_apart() {
    let two = json!([{"use": "rate-limit", "policy": limit("1/s")}, {"use": "rate-limit", "policy": limit("1/s")}]);
    let error = refused(two, json!([]));
    assert!(error.starts_with("policies[1].name: `rate-limit` is the name of policies[0] already"), "{error}");
    let error = refused(json!([{"use": "rate-limit", "name": "per user", "policy": limit("1/s")}]), json!([]));
    assert!(error.starts_with("policies[0].name: a name is 1 to 64 letters"), "{error}");
}

#[test]
fn there_is_at_least_one_policy_and_not_very_many() {
    assert_eq!(refused(json!([]), json!([])), "policies: found 0 policies; write 1 to 32");
    let many: Vec<Value> = (0..33).map(|number| json!({"use": "rate-limit", "name": format!("n{number}")})).collect();
    assert_eq!(refused(many.into(), json!([])), "policies: found 33 policies; write 1 to 32");
}

#[test]
fn a_policys_own_errors_have_its_path() {
    let error = refused(json!([{"use": "rate-limit", "policy": limit("often")}]), json!([]));
    assert!(error.starts_with("policies[0].policy.rules[0].limits[0].rate: "), "{error}");
    let error = refused(json!([{"use": "rate-limit", "polcy": {}}]), json!([]));
    assert!(error.starts_with("policies[0].polcy: unknown field"), "{error}");
    let own = json!([{"match": {"path": "/a"}, "policy": limit("often")}]);
    let error = refused(json!([{"use": "rate-limit", "policy": limit("1/s"), "routes": own}]), json!([]));
    assert!(error.starts_with("policies[0].routes[0].policy.rules[0].limits[0].rate: "), "{error}");
}

#[test]
fn errors_of_common_routes_are_named_where_they_were_written() {
    let own = json!([{"match": {"path": "/a"}, "mode": "off"}]);
    let policies = json!([{"use": "rate-limit", "policy": limit("1/s"), "routes": own}]);
    let route = |policies: Value| json!([{"match": {"path": "/b"}, "policies": {}}, {"match": {"path": "/c"}, "policies": policies}]);
    let error = refused(policies.clone(), route(json!({"rate-limit": {"policy": limit("often")}})));
    assert!(error.starts_with("routes[1].policies.rate-limit.policy.rules[0].limits[0].rate: "), "{error}");
    let error = refused(policies.clone(), route(json!({"rate-limt": {}})));
    assert_eq!(error, "routes[1].policies.rate-limt: no policy has this name; the names are `rate-limit`");
    let error = refused(policies.clone(), route(json!({"rate-limit": {"match": {}}})));
    assert_eq!(error, "routes[1].policies.rate-limit.match: stands once, beside `policies`");
    let bad = json!([{"match": {"hots": "a"}, "policies": {"rate-limit": {}}}]);
    let error = refused(policies, bad);
    assert!(error.starts_with("routes[0].match.hots: unknown field"), "{error}");
}

#[test]
fn two_of_a_kind_count_apart() {
    let policies = json!([
        {"use": "rate-limit", "name": "wide", "policy": limit("3/d")},
        {"use": "rate-limit", "name": "narrow", "policy": limit("2/d"),
         "routes": [{"match": {"path": "/free"}, "mode": "off"}]},
    ]);
    let mut proxy = start(&json!({"policies": policies})).unwrap();
    let statuses = ["/", "/", "/", "/free"].map(|path| proxy.send(Request::get(path)).status());
    // The third is refused by the inner one, after the outer one has counted it.
    assert_eq!(statuses, [200, 200, 429, 429]);
    assert_eq!(proxy.metric("gatewright.narrow.enforce.deny"), Some(1));
    assert_eq!(proxy.metric("gatewright.wide.enforce.deny"), Some(1));
}
