//! Tokens and key sets of the test keys.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatewright_testing::message::Response;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

/// The two keys that issuers here rotate.
pub(crate) const OLD: &str = "p-256";
pub(crate) const NEW: &str = "p-256-other";
pub(crate) const ISSUER: &str = "https://idp.example";

/// A good token of this key.
pub(crate) fn token(key: &str) -> String {
    token_of(ISSUER, key, key)
}

/// A good token of this issuer, signed with a key, that names a key.
pub(crate) fn token_of(issuer: &str, key: &str, kid: &str) -> String {
    sign(&json!({"alg": "ES256", "kid": kid}), &claims(issuer), key)
}

/// The claims of a good token of this issuer.
pub(crate) fn claims(issuer: &str) -> Value {
    // 2100
    json!({"iss": issuer, "sub": "anna", "exp": 4_102_444_800_u64})
}

/// A token of this header and these claims, signed with a key.
pub(crate) fn sign(header: &Value, claims: &Value, key: &str) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let input = format!("{header}.{claims}");
    let key = EncodingKey::from_ec_pem(file(&format!("{key}.pem")).as_bytes()).unwrap();
    let signature = crypto::sign(input.as_bytes(), &key, Algorithm::ES256).unwrap();
    format!("{input}.{signature}")
}

/// The first part of a token that names a key.
pub(crate) fn header_naming(kid: &str) -> String {
    URL_SAFE_NO_PAD.encode(json!({"alg": "ES256", "kid": kid}).to_string())
}

/// A key set of these test keys.
pub(crate) fn document(ids: &[&str]) -> String {
    let all: Value = serde_json::from_str(&file("jwks.json")).unwrap();
    let all = all.pointer("/keys").and_then(Value::as_array).unwrap();
    let named = |id: &&str| all.iter().find(|key| key.get("kid").is_some_and(|kid| kid == id)).unwrap();
    json!({"keys": ids.iter().map(named).collect::<Vec<_>>()}).to_string()
}

/// An answer with a key set of these test keys.
pub(crate) fn jwks(ids: &[&str]) -> Response {
    ok(document(ids))
}

/// An answer in JSON.
pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Response {
    Response::new(200).with_header("content-type", "application/json").with_body(body)
}

/// Seconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "Envoy follows the real clock, and tokens for it must too")]
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn file(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/jwt-auth/tests/keys");
    fs::read_to_string(folder.join(name)).unwrap()
}
