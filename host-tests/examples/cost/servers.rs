//! The Envoys that are compared.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatewright_host::build::{self, Target, workspace_root};
use gatewright_host::envoy::{Configuration, Envoy, HttpFilter, Listener, Route, WasmFilter};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

/// An Envoy, and what is asked of it.
pub(crate) struct Server {
    pub(crate) envoy: Envoy,
    pub(crate) requests: Vec<Request>,
}

/// One kind of request.
pub(crate) struct Request {
    /// Name in the report.
    pub(crate) variant: &'static str,
    /// Header fields beside the common ones.
    pub(crate) fields: Vec<(&'static str, String)>,
    /// Status of the answer.
    pub(crate) status: u16,
}

/// How many Envoys there are.
pub(crate) const COUNT: usize = 8;

/// The key is `secret`.
const KEY_HASH: &str = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

/// Starts them all.
pub(crate) fn start() -> Result<Vec<Server>> {
    let settings = json!({"header": "x-api-key", "keys": [KEY_HASH]});
    let by_hand = Configuration::Text(settings.to_string());
    let with_sdk = Configuration::Struct(json!({"policy": settings}));
    let nothing = Configuration::Struct(json!({"policy": {}}));
    let good = token()?;
    let bearer = |variant| Request { variant, fields: vec![("authorization", format!("Bearer {good}"))], status: 200 };
    Ok(vec![
        server(None, "warning", vec![plain("no filter")])?,
        server(Some(wasm("guest-baseline", Configuration::None)?), "warning", vec![plain("crate, empty")])?,
        server(Some(wasm("guest-empty", nothing)?), "warning", vec![plain("SDK, empty")])?,
        server(
            Some(wasm("guest-callbacks", by_hand)?),
            "warning",
            vec![key("by hand, allowed", "secret", 200), key("by hand, denied", "guess", 403)],
        )?,
        server(
            Some(wasm("api-key", with_sdk.clone())?),
            "warning",
            vec![key("SDK, allowed", "secret", 200), key("SDK, denied", "guess", 403)],
        )?,
        server(Some(wasm("api-key", with_sdk)?), "info", vec![key("SDK, denied and logged", "guess", 403)])?,
        server(Some(jwt_authn()?), "warning", vec![bearer("jwt_authn")])?,
        server(Some(wasm("jwt-auth", jwt_auth()?)?), "warning", vec![bearer("jwt-auth")])?,
    ])
}

fn plain(variant: &'static str) -> Request {
    Request { variant, fields: Vec::new(), status: 200 }
}

fn key(variant: &'static str, key: &str, status: u16) -> Request {
    Request { variant, fields: vec![("x-api-key", key.to_owned())], status }
}

/// Everything is answered by Envoy itself, so that no upstream's time is counted.
fn server(filter: Option<HttpFilter>, log_level: &str, requests: Vec<Request>) -> Result<Server> {
    let listener = filter.into_iter().fold(Listener::new(), Listener::filter);
    let listener = listener.route(Route::prefix("/").name("all").direct_response(200, "hello"));
    let envoy = Envoy::builder(listener).concurrency(1).wasm_log_level(log_level).start()?;
    Ok(Server { envoy, requests })
}

fn wasm(package: &str, configuration: Configuration) -> Result<HttpFilter> {
    let module = build::module(package, Target::Wasip1)?;
    Ok(WasmFilter::new(package, &module).configuration(configuration).into())
}

fn jwt_authn() -> Result<HttpFilter> {
    let provider = json!({
        "issuer": "https://issuer.example", "audiences": ["orders"], "forward": true,
        "local_jwks": {"inline_string": key_set()?.to_string()},
    });
    let rule = json!({"match": {"prefix": "/"}, "requires": {"provider_name": "main"}});
    let message = "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication";
    Ok(HttpFilter::new(
        "envoy.filters.http.jwt_authn",
        message,
        json!({"providers": {"main": provider}, "rules": [rule]}),
    ))
}

fn jwt_auth() -> Result<Configuration> {
    let provider = json!({
        "name": "main", "issuer": "https://issuer.example", "audiences": ["orders"], "jwks": {"inline": key_set()?},
    });
    Ok(Configuration::Struct(json!({"policy": {"providers": [provider]}})))
}

/// The one RSA key that both get.
fn key_set() -> Result<Value> {
    let mut keys: Value = serde_json::from_slice(&key_file("jwks.json")?)?;
    let list = keys.get_mut("keys").and_then(Value::as_array_mut).context("jwks.json has no keys")?;
    list.retain(|key| key.get("kid").is_some_and(|id| id == "rsa-2048"));
    Ok(keys)
}

#[expect(clippy::disallowed_methods, reason = "a real Envoy has the real time")]
fn token() -> Result<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let header = json!({"alg": "RS256", "kid": "rsa-2048", "typ": "at+jwt"});
    let claims = json!({
        "iss": "https://issuer.example", "aud": ["orders", "billing"], "sub": "5d41402a-bc4b-4a76-b971-9d911017c592",
        "client_id": "web", "scope": "orders:read orders:write profile", "iat": now, "exp": now + 24 * 3600,
        "jti": "a8f5f167-f44f-4964-e6c9-98dee827110c",
    });
    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", encode(header), encode(claims));
    let key = EncodingKey::from_rsa_pem(&key_file("rsa-2048.pem")?)?;
    Ok(format!("{input}.{}", crypto::sign(input.as_bytes(), &key, Algorithm::RS256)?))
}

fn key_file(name: &str) -> Result<Vec<u8>> {
    let path = workspace_root().join("plugins/jwt-auth/tests/keys").join(name);
    fs::read(&path).with_context(|| format!("reading {}", path.display()))
}
