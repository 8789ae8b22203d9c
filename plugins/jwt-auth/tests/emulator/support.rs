//! A proxy with the policy in it, and tokens for it. Virtual time starts at [`NOW`].

use gatewright_testing::message::{Request, Response};
use gatewright_testing::proxy::{Exchange, Proxy, StartError};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use jwt_auth::JwtAuth;
use jwt_auth::jose::base64url;
use p521::ecdsa::signature::hazmat::PrehashSigner;
use p521::pkcs8::DecodePrivateKey;
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

/// 2026-01-01T00:00:00Z, in seconds since the Unix epoch.
pub(crate) const NOW: u64 = 1_767_225_600;

/// The public halves of the keys in `tests/keys`.
pub(crate) const JWKS: &str = include_str!("../keys/jwks.json");

/// The settings of a provider with all test keys, and others laid over them.
pub(crate) fn provider(name: &str, settings: &Value) -> Value {
    let mut provider = json!({"name": name, "issuer": issuer(name), "jwks": {"inline": JWKS}});
    lay(&mut provider, settings);
    provider
}

/// What `iss` is in tokens of this provider.
pub(crate) fn issuer(name: &str) -> String {
    format!("https://{name}.example")
}

/// A configuration with one provider, `main`.
pub(crate) fn config(provider_settings: &Value, settings: &Value) -> Value {
    let mut policy = json!({"providers": [provider("main", provider_settings)]});
    lay(&mut policy, settings);
    json!({ "policy": policy })
}

/// A proxy with this configuration.
pub(crate) fn proxy(config: &Value) -> Proxy {
    start(config).unwrap_or_else(|error| panic!("{error:?}"))
}

pub(crate) fn start(config: &Value) -> Result<Proxy, StartError> {
    Proxy::builder().config(config.to_string()).policy::<JwtAuth>("jwt-auth")
}

/// Claims of a good token of `main`, and others laid over them; null removes one.
pub(crate) fn claims(more: &Value) -> Value {
    let mut claims = json!({"iss": issuer("main"), "sub": "anna", "iat": NOW, "exp": NOW + 300});
    lay(&mut claims, more);
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

/// A token with these claims laid over those of a good one, signed with the P-256 key.
pub(crate) fn token(more: &Value) -> String {
    sign(&json!({"alg": "ES256", "kid": "p-256"}), "p-256", &claims(more))
}

/// A token with this header and payload, signed with the test key of this name as the header's `alg` says.
pub(crate) fn sign(header: &Value, key: &str, payload: &Value) -> String {
    let algorithm = header["alg"].as_str().unwrap().to_owned();
    sign_text(&header.to_string(), &payload.to_string(), &algorithm, key)
}

/// The same with texts, whatever they are.
pub(crate) fn sign_text(header: &str, payload: &str, algorithm: &str, key: &str) -> String {
    let input = format!("{}.{}", base64url::encode(header.as_bytes()), base64url::encode(payload.as_bytes()));
    format!("{input}.{}", signature(&input, algorithm, key))
}

/// A signature of any text.
pub(crate) fn signature(input: &str, algorithm: &str, key: &str) -> String {
    if algorithm == "ES512" {
        return sign_es512(input);
    }
    crypto::sign(input.as_bytes(), &signing_key(key), algorithm.parse::<Algorithm>().unwrap()).unwrap()
}

/// A `GET` with this bearer token.
pub(crate) fn bearer(path: &str, token: &str) -> Request {
    Request::get(path).with_header("authorization", format!("Bearer {token}"))
}

/// The response to a request that is answered at once.
pub(crate) fn response(exchange: &Exchange) -> Response {
    exchange.response().expect("the exchange waits")
}

/// The reason in the last decision event.
pub(crate) fn reason(proxy: &Proxy) -> String {
    let mut events = proxy.logs().into_iter().filter(|line| line.message.starts_with(r#"{"event":"decision""#));
    let last: Value = serde_json::from_str(&events.next_back().expect("no event").message).unwrap();
    last["reason"].as_str().unwrap_or_default().to_owned()
}

/// Sends a request and gives the status and the reason.
pub(crate) fn verdict(proxy: &mut Proxy, request: Request) -> (u16, String) {
    let status = proxy.send(request).status();
    (status, reason(proxy))
}

/// `jsonwebtoken` does not know ES512.
fn sign_es512(input: &str) -> String {
    let secret = p521::SecretKey::from_pkcs8_pem(include_str!("../keys/p-521.pem")).unwrap();
    let key = p521::ecdsa::SigningKey::from_slice(&secret.to_bytes()).unwrap();
    let signature: p521::ecdsa::Signature = key.sign_prehash(&Sha512::digest(input)).unwrap();
    base64url::encode(&signature.to_bytes())
}

fn lay(base: &mut Value, over: &Value) {
    for (name, value) in over.as_object().into_iter().flatten() {
        base[name] = value.clone();
    }
}

fn signing_key(name: &str) -> EncodingKey {
    let secret =
        |jwk: &Value| EncodingKey::from_secret(&base64url::decode(jwk["k"].as_str().unwrap().as_bytes()).unwrap());
    match name {
        "rsa-2048" => EncodingKey::from_rsa_pem(include_bytes!("../keys/rsa-2048.pem")),
        "rsa-2048-other" => EncodingKey::from_rsa_pem(include_bytes!("../keys/rsa-2048-other.pem")),
        "rsa-3072-e3" => EncodingKey::from_rsa_pem(include_bytes!("../keys/rsa-3072-e3.pem")),
        "rsa-1024" => EncodingKey::from_rsa_pem(include_bytes!("../keys/rsa-1024.pem")),
        "p-256" => EncodingKey::from_ec_pem(include_bytes!("../keys/p-256.pem")),
        "p-256-other" => EncodingKey::from_ec_pem(include_bytes!("../keys/p-256-other.pem")),
        "p-384" => EncodingKey::from_ec_pem(include_bytes!("../keys/p-384.pem")),
        "ed25519" => EncodingKey::from_ed_pem(include_bytes!("../keys/ed25519.pem")),
        "secret-64" => Ok(secret(&jwk("secret-64"))),
        // Anything else is a secret itself.
        other => Ok(EncodingKey::from_secret(other.as_bytes())),
    }
    .unwrap()
}

/// The public test key of this name.
pub(crate) fn jwk(name: &str) -> Value {
    let set: Value = serde_json::from_str(JWKS).unwrap();
    set["keys"].as_array().unwrap().iter().find(|key| key["kid"] == name).unwrap().clone()
}
