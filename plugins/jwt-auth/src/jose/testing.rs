//! Keys, tokens and a proxy for the tests of this module.

mod fake_host;
mod mint;

pub(super) use fake_host::{Answers, FakeHost};
pub(super) use mint::{mint, sign};

use serde_json::{Map, Value};

use super::{Jwks, Key, base64url};

/// The public halves of the keys in `tests/keys`.
pub(super) const JWKS: &str = include_str!("../../tests/keys/jwks.json");

/// The test keys as a set.
pub(super) fn jwks() -> Jwks {
    let (set, warnings) = Jwks::parse(JWKS.as_bytes()).unwrap();
    assert_eq!(warnings, []);
    set
}

/// The JWK with this `kid`, to be changed by a test.
pub(super) fn jwk(id: &str) -> Map<String, Value> {
    let document: Value = serde_json::from_str(JWKS).unwrap();
    let keys = document["keys"].as_array().unwrap();
    keys.iter().find(|key| key["kid"] == id).unwrap().as_object().unwrap().clone()
}

/// The test key with this `kid`, without the `kid`.
pub(super) fn key(id: &str) -> Key {
    let mut jwk = jwk(id);
    jwk.remove("kid");
    Key::from_jwk(&jwk).unwrap()
}

/// A token of these texts, its signature the three bytes `sig`.
pub(super) fn token_of(header: &str, payload: &str) -> String {
    format!(
        "{}.{}.{}",
        base64url::encode(header.as_bytes()),
        base64url::encode(payload.as_bytes()),
        base64url::encode(b"sig")
    )
}
