use serde_json::json;

use super::*;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn provider(name: &str, issuer: &str) -> Value {
    json!({"name": name, "issuer": issuer, "jwks": {"inline": "{\"keys\": []}"}})
}

fn config(fields: Value) -> Config {
    serde_json::from_value(fields).unwrap()
}

fn error(fields: Value) -> String {
    config(fields).check().unwrap_err().to_string()
}

#[test]
fn the_defaults_are_bearer_8_kib_and_a_minute() {
    let config = config(json!({"providers": [provider("a", "https://a")]}));
    assert!(config.check().is_ok());
    assert_eq!(config.from_headers[0].name.as_str(), "authorization");
    assert_eq!(config.from_headers[0].scheme.as_deref(), Some("Bearer"));
    assert_eq!(config.max_token_size.as_usize(), 8192);
    let provider = &config.providers[0];
    assert_eq!(provider.clock_skew.as_std().as_secs(), 60);
    assert!(provider.require_expiration);
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
    let realm = error(json!({"providers": [provider("a", "https://a")], "realm": "a\"b"}));
    assert_eq!(realm, "realm: write printable ASCII without quotes and backslashes");
}

#[test]
fn a_key_set_without_a_usable_key_is_refused() {
    let error = InlineJwks::Text("{\"keys\": []}".to_owned()).parse().unwrap_err().to_string();
    assert!(error.starts_with("jwks.inline: no usable key"), "{error}");
    let error = InlineJwks::Text("{".to_owned()).parse().unwrap_err().to_string();
    assert!(error.starts_with("jwks.inline: "), "{error}");
}
