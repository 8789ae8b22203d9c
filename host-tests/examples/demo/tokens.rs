//! Tokens of an issuer that exists for this demo only.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use gatewright_host::build::workspace_root;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

/// The issuer.
pub(crate) const ISSUER: &str = "https://issuer.example";

/// Tokens to play with.
pub(crate) struct Tokens {
    /// For the orders service, RS256.
    pub(crate) orders: String,
    /// For the admin service, ES256.
    pub(crate) admin: String,
    /// Was good until an hour ago.
    pub(crate) expired: String,
    /// Signed by somebody else's key under our key's name.
    pub(crate) forged: String,
    /// From an issuer that nobody here trusts.
    pub(crate) stranger: String,
}

impl Tokens {
    pub(crate) fn mint() -> Result<Self> {
        let now = now()?;
        let claims =
            |audience: &str, expires: u64| json!({"iss": ISSUER, "sub": "ann", "aud": audience, "exp": expires});
        let orders = claims("orders", now + 3600);
        let stranger = json!({"iss": "https://stranger.example", "sub": "eve", "aud": "orders", "exp": now + 3600});
        Ok(Self {
            orders: sign(Algorithm::RS256, "rsa-2048", "rsa-2048", &orders)?,
            admin: sign(Algorithm::ES256, "p-256", "p-256", &claims("admin", now + 3600))?,
            expired: sign(Algorithm::RS256, "rsa-2048", "rsa-2048", &claims("orders", now - 3600))?,
            forged: sign(Algorithm::RS256, "rsa-2048", "rsa-2048-other", &orders)?,
            stranger: sign(Algorithm::RS256, "rsa-2048", "rsa-2048", &stranger)?,
        })
    }
}

/// The issuer's public keys.
pub(crate) fn jwks() -> Result<Value> {
    let text = read("jwks.json")?;
    let all: Value = serde_json::from_slice(&text)?;
    let published = ["rsa-2048", "p-256"];
    let keys = all.get("keys").and_then(Value::as_array).into_iter().flatten().cloned();
    let is_published = |key: &Value| published.iter().any(|kid| key.get("kid").is_some_and(|found| found == kid));
    let keys = keys.filter(is_published);
    Ok(json!({"keys": keys.collect::<Vec<_>>()}))
}

fn sign(algorithm: Algorithm, key_id: &str, key: &str, claims: &Value) -> Result<String> {
    let pem = read(&format!("{key}.pem"))?;
    let key = match algorithm {
        Algorithm::ES256 => EncodingKey::from_ec_pem(&pem)?,
        _ => EncodingKey::from_rsa_pem(&pem)?,
    };
    let header = Header { kid: Some(key_id.to_owned()), ..Header::new(algorithm) };
    Ok(encode(&header, claims, &key)?)
}

fn read(name: &str) -> Result<Vec<u8>> {
    let path = workspace_root().join("plugins/jwt-auth/tests/keys").join(name);
    fs::read(&path).with_context(|| format!("reading {}", path.display()))
}

#[expect(clippy::disallowed_methods, reason = "a real Envoy keeps real time")]
fn now() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}
