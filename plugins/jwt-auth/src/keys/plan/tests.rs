use serde_json::{Value, json};

use super::*;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn with(mut base: Value, field: &str, value: Value) -> Value {
    base[field] = value;
    base
}

fn remote(field: &str, value: Value) -> Result<Plan, ConfigError> {
    let base = json!({"upstream": "idp", "uri": "https://idp.example/jwks.json"});
    let config: RemoteJwks = serde_json::from_value(with(base, field, value)).unwrap();
    Plan::of_remote(&config)
}

fn discovery(field: &str, value: Value, issuer: &str) -> Result<Plan, ConfigError> {
    let config: DiscoveredJwks = serde_json::from_value(with(json!({"upstream": "idp"}), field, value)).unwrap();
    Plan::of_discovery(&config, issuer)
}

#[test]
fn the_defaults_are_those_of_the_documentation() {
    let plan = remote("timeout", json!("5s")).unwrap();
    let times = plan.times;
    let seconds =
        [times.timeout, times.refresh_interval, times.min_refresh_interval, times.stale_if_error, times.first_wait];
    assert_eq!(seconds.map(|time| time.as_secs()), [5, 300, 10, 3600, 2]);
    assert_eq!((plan.max_bytes, plan.fetch_limit().as_secs()), (1 << 20, 5));
}

#[test]
fn what_cannot_work_is_refused_with_its_place() {
    let error = |field: &str, value: Value| remote(field, value).unwrap_err().to_string();
    assert!(error("uri", json!("/jwks.json")).starts_with("uri: \"/jwks.json\" is no endpoint"));
    assert_eq!(error("timeout", json!("0s")), "timeout: write a duration from \"1ms\" to \"60s\"");
    assert_eq!(error("timeout", json!("61s")), "timeout: write a duration from \"1ms\" to \"60s\"");
    assert!(error("min_refresh_interval", json!("999ms")).starts_with("min_refresh_interval: write \"1s\" or more"));
    assert_eq!(error("refresh_interval", json!("9s")), "refresh_interval: write at least `min_refresh_interval`");
    assert!(error("first_wait", json!("2m")).starts_with("first_wait: write \"60s\" or less"));
    assert_eq!(error("max_bytes", json!("2MiB")), "max_bytes: write a size from \"1B\" to \"1MiB\"");
    assert_eq!(error("max_bytes", json!("0B")), "max_bytes: write a size from \"1B\" to \"1MiB\"");
}

#[test]
fn metadata_is_where_openid_connect_has_it_unless_configured() {
    let metadata = |plan: Plan| match plan.origin {
        Origin::Discovery(discovery) => discovery.metadata.endpoint,
        Origin::Document(_) => panic!("no discovery"),
    };
    let well_known = Endpoint::parse("https://idp.example/realms/a/.well-known/openid-configuration").unwrap();
    for issuer in ["https://idp.example/realms/a", "https://idp.example/realms/a/"] {
        assert_eq!(metadata(discovery("uri", Value::Null, issuer).unwrap()), well_known);
    }
    let elsewhere = discovery("uri", json!("http://localhost:8080/meta"), "https://idp.example").unwrap();
    assert_eq!(metadata(elsewhere), Endpoint::parse("http://localhost:8080/meta").unwrap());
    let error = discovery("uri", Value::Null, "accounts").unwrap_err().to_string();
    assert!(error.starts_with("uri: \"accounts/.well-known"), "{error}");
    let error = discovery("jwks_origin", json!("keys.example"), "https://idp.example").unwrap_err().to_string();
    assert!(error.starts_with("jwks_origin: "), "{error}");
}

#[test]
fn plans_share_state_only_if_they_are_equal() {
    let id = remote("timeout", json!("5s")).unwrap().id();
    assert_eq!((id.len(), &remote("max_bytes", json!("1MiB")).unwrap().id()), (32, &id));
    for (field, value) in
        [("uri", json!("https://idp.example/other")), ("stale_if_error", json!("2h")), ("upstream", json!("b"))]
    {
        assert_ne!(remote(field, value).unwrap().id(), id, "{field}");
    }
    let ids = ["https://a", "https://b"].map(|issuer| discovery("uri", json!("https://x/"), issuer).unwrap().id());
    assert_ne!(ids[0], ids[1]);
}
