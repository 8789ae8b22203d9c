use serde_json::{Map, Value};

use crate::jose::testing::{jwk, key};
use crate::jose::{Algorithm, Key, base64url};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn with(id: &str, name: &str, value: impl Into<Value>) -> Map<String, Value> {
    let mut jwk = jwk(id);
    jwk.insert(name.into(), value.into());
    jwk
}

fn accepted(key: &Key) -> Vec<&'static str> {
    Algorithm::ALL.into_iter().filter(|algorithm| key.accepts(*algorithm)).map(Algorithm::name).collect()
}

#[test]
fn refuses_every_key_that_must_not_be_used_and_says_why() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("../../../tests/vectors/refused-keys.json")).unwrap();
    assert!(vectors.len() > 50);
    for vector in vectors {
        let reason = Key::from_jwk(vector["jwk"].as_object().unwrap()).unwrap_err();
        assert!(reason.contains(vector["reason"].as_str().unwrap()), "{}: {reason}", vector["name"]);
    }
}

#[test]
fn a_key_without_alg_accepts_its_types_algorithms_only() {
    for (id, algorithms) in [
        ("rsa-2048", &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"][..]),
        ("rsa-3072-e3", &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]),
        ("p-256", &["ES256"]),
        ("p-384", &["ES384"]),
        ("p-521", &["ES512"]),
        ("ed25519", &["EdDSA"]),
        ("secret-64", &["HS256", "HS384", "HS512"]),
    ] {
        assert_eq!(accepted(&key(id)), algorithms, "{id}");
    }
}

#[test]
fn alg_of_a_key_allows_that_algorithm_only() {
    for (id, alg) in [("rsa-2048", "RS256"), ("rsa-2048", "PS512"), ("p-384", "ES384"), ("secret-64", "HS384")] {
        assert_eq!(accepted(&Key::from_jwk(&with(id, "alg", alg)).unwrap()), [alg], "{id}");
    }
}

#[test]
fn the_length_of_a_secret_limits_its_algorithms() {
    for (length, algorithms) in [
        (32, &["HS256"][..]),
        (47, &["HS256"]),
        (48, &["HS256", "HS384"]),
        (63, &["HS256", "HS384"]),
        (64, &["HS256", "HS384", "HS512"]),
    ] {
        let key = Key::from_jwk(&with("secret-64", "k", base64url::encode(&vec![7; length]))).unwrap();
        assert_eq!(accepted(&key), algorithms, "{length}");
    }
}

#[test]
fn takes_keys_published_for_signatures() {
    assert!(Key::from_jwk(&with("rsa-2048", "use", "sig")).is_ok());
    assert!(Key::from_jwk(&with("rsa-2048", "key_ops", vec!["sign", "verify"])).is_ok());
}

#[test]
fn a_zero_byte_before_a_modulus_does_not_change_the_key() {
    let plain = key("rsa-2048");
    let mut bytes = base64url::decode(jwk("rsa-2048")["n"].as_str().unwrap().as_bytes()).unwrap();
    bytes.insert(0, 0);
    let padded = Key::from_jwk(&with("rsa-2048", "n", base64url::encode(&bytes))).unwrap();
    assert_eq!(padded.host_argument, plain.host_argument);
}

#[test]
fn writes_the_spki_that_another_library_writes() {
    let vectors: Map<String, Value> = serde_json::from_str(include_str!("../../../tests/vectors/spki.json")).unwrap();
    assert_eq!(vectors.len(), 6);
    for (id, expected) in vectors {
        let standard = expected.as_str().unwrap().trim_end_matches('=').replace('+', "-").replace('/', "_");
        assert_eq!(key(&id).material.spki(), base64url::decode(standard.as_bytes()), "{id}");
    }
}

#[test]
fn does_not_print_a_secret() {
    let key = Key::from_jwk(&with("secret-64", "k", base64url::encode(&[0xab; 64]))).unwrap();
    let printed = format!("{key:?} {key:#?}");
    assert!(printed.contains("secret-64") && printed.contains("Octets"));
    for trace in ["171", "ab, ", "0xab", "q6ur"] {
        assert!(!printed.contains(trace), "{printed}");
    }
}

proptest::proptest! {
    #[test]
    fn members_never_panic(name in "n|e|x|y|k|kty|crv|alg|use|kid", value in "[A-Za-z0-9_-]{0,100}", id in 0..5_usize) {
        let id = ["rsa-2048", "p-256", "p-521", "ed25519", "secret-64"][id];
        let _ = Key::from_jwk(&with(id, &name, value));
    }
}
