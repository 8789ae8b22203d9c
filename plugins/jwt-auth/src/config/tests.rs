use serde_json::{Value, json};

use super::*;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn provider(name: &str, issuer: &str) -> Value {
    json!({"name": name, "issuer": issuer, "jwks": {"inline": "{\"keys\": []}"}})
}

/// A provider with one more setting.
fn with(field: &str, value: Value) -> Value {
    let mut provider = provider("a", "https://a");
    provider[field] = value;
    json!({ "providers": [provider] })
}

fn config(fields: Value) -> Config {
    serde_json::from_value(fields).unwrap()
}

fn error(fields: Value) -> String {
    config(fields).check().unwrap_err().to_string()
}

#[test]
fn the_defaults_are_strict() {
    let config = config(json!({"providers": [provider("a", "https://a")]}));
    assert!(config.check().is_ok());
    assert_eq!((config.max_token_size.as_usize(), config.token_cache.max_tokens), (8192, 10_000));
    let provider = &config.providers[0];
    assert_eq!((provider.clock_skew.as_std().as_secs(), provider.dpop.proof_max_age.as_std().as_secs()), (60, 60));
    assert!(provider.require_expiration && !provider.forward && !provider.dpop.required);
}

#[test]
fn what_cannot_work_is_refused() {
    assert_eq!(error(json!({"providers": []})), "providers: found an empty list; name at least one provider");
    let two = |a: Value, b: Value| error(json!({"providers": [a, b]}));
    assert_eq!(
        two(provider("a", "https://a"), provider("b", "https://a")),
        "providers[1].issuer: `https://a` is the issuer of providers[0] already"
    );
    assert_eq!(
        two(provider("a", "https://a"), provider("a", "https://b")),
        "providers[1].name: `a` is the name of providers[0] already"
    );
    let bare = error(json!({"providers": [{"name": "a", "issuer": "https://a"}]}));
    assert_eq!(bare, "providers[0]: found neither `jwks` nor `introspection`; write one of them");
    let opaque = |name: &str| {
        let introspection =
            json!({"upstream": "idp", "uri": "https://idp.example/", "client_id": "a", "client_secret": "b"});
        json!({"name": name, "issuer": format!("https://{name}"), "introspection": introspection})
    };
    let second = two(opaque("a"), opaque("b"));
    assert!(second.starts_with("providers[1].introspection: providers[0] has one already"), "{second}");
    let realm = error(json!({"providers": [provider("a", "https://a")], "realm": "a\"b"}));
    assert_eq!(realm, "realm: write printable ASCII without quotes and backslashes");
}

#[test]
fn headers_for_the_upstream_are_new_ones() {
    for name in ["authorization", "Content-Length", "cookie", "host"] {
        let error = error(with("claim_to_headers", json!([{"claim": "sub", "header": name}])));
        assert!(error.starts_with("providers[0].claim_to_headers[0].header: "), "{error}");
    }
    let mut both = with("from_headers", json!([{"name": "x-token"}]));
    both["providers"][0]["forward_payload_header"] = json!("X-Token");
    assert!(error(both).starts_with("providers[0].forward_payload_header: `x-token` carries tokens"));
}

#[test]
fn a_header_for_the_upstream_says_one_thing() {
    let twice = json!([{"claim": "sub", "header": "x-user"}, {"claim": "tier", "header": "x-tier"}, {"claim": "name", "header": "X-User"}]);
    let error_of = |fields| error(fields).split_once("; ").unwrap().0.to_owned();
    let expected = |index: usize| {
        format!(
            "providers[0].claim_to_headers[{index}].header: `x-{}` gets something else too",
            ["user", "tier"][index]
        )
    };
    assert_eq!(error_of(with("claim_to_headers", twice.clone())), expected(0));
    let mut payload = with("claim_to_headers", json!([twice[0], twice[1]]));
    assert!(config(payload.clone()).check().is_ok());
    payload["providers"][0]["forward_payload_header"] = json!("x-tier");
    assert_eq!(error_of(payload), expected(1));
}

#[test]
fn times_that_tokens_cannot_say_are_refused() {
    for (field, value, path) in [
        ("clock_skew", json!("1500ms"), "clock_skew"),
        ("max_lifetime", json!("500ms"), "max_lifetime"),
        ("dpop", json!({"proof_max_age": "1ms"}), "dpop.proof_max_age"),
    ] {
        assert!(error(with(field, value)).starts_with(&format!("providers[0].{path}: write whole seconds")), "{path}");
    }
    assert!(config(with("max_lifetime", json!("1000ms"))).check().is_ok());
}

#[test]
fn a_place_has_a_plain_name() {
    assert!(error(with("from_params", json!(["ok", "a b"]))).starts_with("providers[0].from_params[1]: "));
    assert!(error(with("from_cookies", json!([""]))).starts_with("providers[0].from_cookies[0]: "));
}

#[test]
fn tokens_that_must_be_bound_have_a_place_to_be_in() {
    let mut required = with("from_cookies", json!(["t"]));
    required["providers"][0]["dpop"] = json!({"required": true});
    assert!(error(required.clone()).starts_with("providers[0].dpop.required: no place"));
    required["providers"][0]["from_headers"] = json!([{"name": "authorization", "value_prefix": "dpop "}]);
    assert!(config(required).check().is_ok());
}

#[test]
fn requirements_name_these_providers() {
    let error = error(json!({"providers": [provider("a", "https://a")], "requires": {"any_of": [{"provider": "b"}]}}));
    assert_eq!(error, "requires.any_of[0].provider: `b` is no provider here; write one of `a`");
}
