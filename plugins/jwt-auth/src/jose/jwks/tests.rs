use serde_json::{Value, json};

use super::{Jwks, JwksError, MAX_CANDIDATES, MAX_KEYS, MAX_SIZE};
use crate::jose::Algorithm;
use crate::jose::testing::{jwk, jwks};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn parse(keys: &[Value]) -> (Jwks, Vec<super::Warning>) {
    Jwks::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

fn named(id: &str, new_id: Option<&str>) -> Value {
    let mut key = jwk(id);
    key.remove("kid");
    if let Some(new_id) = new_id {
        key.insert("kid".into(), new_id.into());
    }
    Value::Object(key)
}

#[test]
fn a_bad_key_does_not_spoil_the_rest() {
    let mut private = jwk("rsa-2048");
    private.insert("d".into(), "AQAB".into());
    let odd = json!({"kty": "EC", "crv": "secp256k1", "kid": "é".repeat(100)});
    let (set, warnings) = parse(&[json!(7), odd, json!({}), Value::Object(private), named("p-256", Some("good"))]);
    assert_eq!(set.len(), 2);
    let told: Vec<_> =
        warnings.iter().map(|warning| (warning.index, warning.skipped, warning.key_id.clone())).collect();
    let long = Some("é".repeat(64));
    assert_eq!(told, [(0, true, None), (1, true, long), (2, true, None), (3, false, Some("rsa-2048".into()))]);
    assert!(warnings[1].reason.contains("`crv`") && warnings[3].reason.contains("`d`"), "{warnings:?}");
    assert!(set.knows("good") && !set.knows("bad"));
}

#[test]
fn a_document_must_be_a_key_set_within_limits() {
    for text in ["", "{", "null", "[]", r#"{"keys":[],"keys":[]}"#, r#"{"keys":[{"kty":"oct","kty":"RSA"}]}"#] {
        assert!(matches!(Jwks::parse(text.as_bytes()), Err(JwksError::Json(_))), "{text}");
    }
    for text in ["{}", r#"{"keys":{}}"#, r#"{"keys":null}"#, r#"{"error":"try later"}"#] {
        assert_eq!(Jwks::parse(text.as_bytes()).unwrap_err(), JwksError::NoKeys, "{text}");
    }
    let many = |count: usize| format!(r#"{{"keys":[{}]}}"#, vec!["0"; count].join(","));
    assert_eq!(Jwks::parse(many(MAX_KEYS + 1).as_bytes()).unwrap_err(), JwksError::TooManyKeys(MAX_KEYS + 1));
    let (set, warnings) = Jwks::parse(many(MAX_KEYS).as_bytes()).unwrap();
    assert!(set.is_empty() && warnings.len() == MAX_KEYS);
    let padded = |size: usize| format!(r#"{{"keys":[]{}}}"#, " ".repeat(size - 11));
    assert!(Jwks::parse(padded(MAX_SIZE).as_bytes()).is_ok());
    assert_eq!(Jwks::parse(padded(MAX_SIZE + 1).as_bytes()).unwrap_err(), JwksError::TooLarge(MAX_SIZE + 1));
}

#[test]
fn with_a_kid_equal_ones_are_tried_or_else_those_without() {
    let (set, _) = parse(&[
        named("p-256", Some("a")),
        named("p-256-other", Some("a")),
        named("rsa-2048", Some("a")),
        named("p-256", Some("b")),
        named("p-256", None),
    ]);
    assert!(!set.knows("A"));
    let count = |algorithm, id| set.candidates(algorithm, id).count();
    assert_eq!(count(Algorithm::Es256, Some("a")), 2);
    assert_eq!(count(Algorithm::Rs256, Some("a")), 1);
    assert_eq!(count(Algorithm::Es384, Some("a")), 0);
    assert_eq!(count(Algorithm::Hs256, Some("a")), 0);
    assert_eq!(count(Algorithm::Es256, Some("A")), 1, "the one that says nothing else");
    assert_eq!(count(Algorithm::Es256, Some("")), 1);
    assert_eq!(count(Algorithm::Rs256, Some("A")), 0);
    assert_eq!(count(Algorithm::Es256, None), 4);
}

#[test]
fn without_a_kid_all_that_fit_are_tried() {
    let set = jwks();
    for (algorithm, ids) in [
        (Algorithm::Es256, &["p-256", "p-256-other"][..]),
        (Algorithm::Ps384, &["rsa-2048", "rsa-2048-other", "rsa-3072-e3"]),
        (Algorithm::EdDsa, &["ed25519"]),
        (Algorithm::Hs512, &["secret-64"]),
    ] {
        let found: Vec<_> = set.candidates(algorithm, None).filter_map(|key| key.id()).collect();
        assert_eq!(found, ids);
    }
}

#[test]
fn a_token_cannot_have_a_whole_set_tried() {
    let keys = vec![named("p-256", Some("a")); 100];
    let (set, _) = parse(&keys);
    assert_eq!(set.candidates(Algorithm::Es256, None).count(), MAX_CANDIDATES);
    assert_eq!(set.candidates(Algorithm::Es256, Some("a")).count(), MAX_CANDIDATES);
}

proptest::proptest! {
    #[test]
    fn documents_never_panic(text in r#"\{"keys":\[(\{|\}|"kty":|"RSA"|"EC"|"oct"|"k":|,|"kid":|"AQAB"|1|null){0,20}\]?\}?"#) {
        let _ = Jwks::parse(text.as_bytes());
    }
}
