//! The exchanges that are watched.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatewright_host::build::workspace_root;
use gatewright_testing::message::Request;
use gatewright_testing::proxy::World;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

/// One kind of exchange.
pub(crate) struct Exchange {
    /// Whose module handles it.
    pub(crate) package: &'static str,
    what: &'static str,
    pub(crate) config: Value,
    pub(crate) request: Request,
    pub(crate) status: u16,
}

impl Exchange {
    pub(crate) fn name(&self) -> String {
        format!("{}: {}", self.package, self.what)
    }
}

/// All of them.
pub(crate) fn all() -> Vec<Exchange> {
    let (by_hand, with_sdk) = (api_key_settings(), json!({"policy": api_key_settings()}));
    let exchanges = [
        empty(),
        api_key("guest-callbacks", by_hand),
        api_key("api-key", with_sdk),
        jwt_auth(),
        rate_limit(),
        response_cache(),
    ];
    exchanges.into_iter().flatten().collect()
}

/// The `proxy-wasm` crate's, then ours.
fn empty() -> Vec<Exchange> {
    let exchange = |package, config| Exchange { package, what: "nothing", config, request: request(), status: 200 };
    vec![exchange("guest-baseline", json!({})), exchange("guest-empty", json!({"policy": {}}))]
}

fn api_key_settings() -> Value {
    // The key is `secret`.
    json!({"header": "x-api-key", "keys": ["2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"]})
}

fn api_key(package: &'static str, config: Value) -> Vec<Exchange> {
    let exchange = |what, key: Option<&str>, status| {
        let request = key.into_iter().fold(request(), |request, key| request.with_header("x-api-key", key));
        Exchange { package, what, config: config.clone(), request, status }
    };
    vec![
        exchange("no key", None, 401),
        exchange("unknown key", Some("guess"), 403),
        exchange("known key, response edited", Some("secret"), 200),
    ]
}

fn jwt_auth() -> Vec<Exchange> {
    let exchange = |what, token: Option<String>, status| {
        let value = token.map(|token| format!("Bearer {token}"));
        let request = value.into_iter().fold(request(), |request, value| request.with_header("authorization", value));
        Exchange { package: "jwt-auth", what, config: jwt_config(), request, status }
    };
    let later = 3600;
    let good = token(Algorithm::RS256, "rsa-2048", later);
    let (input, signature) = good.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { "B" } else { "A" };
    let forged = format!("{input}.{first}{}", signature.chars().skip(1).collect::<String>());
    vec![
        exchange("no token", None, 401),
        exchange("good RS256 token", Some(token(Algorithm::RS256, "rsa-2048", later)), 200),
        exchange("good ES256 token", Some(token(Algorithm::ES256, "p-256", later)), 200),
        exchange("bad signature", Some(forged), 401),
        exchange("expired token", Some(token(Algorithm::RS256, "rsa-2048", -later)), 401),
    ]
}

fn jwt_config() -> Value {
    let keys: Value = serde_json::from_slice(&key_file("jwks.json")).unwrap();
    json!({"policy": {"providers": [{
        "name": "main", "issuer": "https://issuer.example", "audiences": ["orders"], "jwks": {"inline": keys},
    }]}})
}

/// A token with the claims of an ordinary access token, which expires this many seconds from now.
fn token(algorithm: Algorithm, key: &str, expires: i64) -> String {
    let now = i64::try_from(World::default().now_nanos() / 1_000_000_000).unwrap();
    let header = json!({"alg": format!("{algorithm:?}"), "kid": key, "typ": "at+jwt"});
    let claims = json!({
        "iss": "https://issuer.example", "aud": ["orders", "billing"], "sub": "5d41402a-bc4b-4a76-b971-9d911017c592",
        "client_id": "web", "scope": "orders:read orders:write profile", "iat": now, "exp": now + expires,
        "jti": "a8f5f167-f44f-4964-e6c9-98dee827110c",
    });
    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let input = format!("{}.{}", encode(header), encode(claims));
    let pem = key_file(&format!("{key}.pem"));
    let key = match algorithm {
        Algorithm::ES256 => EncodingKey::from_ec_pem(&pem),
        _ => EncodingKey::from_rsa_pem(&pem),
    };
    let signature = crypto::sign(input.as_bytes(), &key.unwrap(), algorithm).unwrap();
    format!("{input}.{signature}")
}

fn key_file(name: &str) -> Vec<u8> {
    fs::read(workspace_root().join("plugins/jwt-auth/tests/keys").join(name)).unwrap()
}

/// A client within its limit, counted exactly and in lots, and one over it.
fn rate_limit() -> Vec<Exchange> {
    let exchange = |what, rate: &str, lots: Value, cost: Value, status| {
        let limits = json!([{"rate": rate}]);
        let rule =
            json!({"name": "client", "key": [{"header": "x-client"}], "limits": limits, "lots": lots, "cost": cost});
        let request = request().with_header("x-client", "anna");
        Exchange { package: "rate-limit", what, config: json!({"policy": {"rules": [rule]}}), request, status }
    };
    // A cost that no allowance has room for is refused from the first request on.
    let mut refused = exchange("over the limit", "1/d", Value::Null, json!({"header": "x-cost"}), 429);
    refused.request = refused.request.with_header("x-cost", "2");
    vec![
        exchange("within the limit, exact", "1000000/s", Value::Null, json!({"fixed": 1}), 200),
        exchange("within the limit, in lots", "1000000/s", json!({"size": 1000}), json!({"fixed": 1}), 200),
        refused,
    ]
}

/// What is stored by the first request and sent to the others, what is not stored, and what removes what is stored.
fn response_cache() -> Vec<Exchange> {
    let exchange = |what, policy: Value, request| Exchange {
        package: "response-cache",
        what,
        config: json!({"policy": policy}),
        request,
        status: 200,
    };
    vec![
        exchange("stored, then sent", json!({"ttl": {"default": "1d"}}), request()),
        exchange("not to be stored", json!({}), request()),
        exchange("an unsafe request", json!({}), unsafe_request()),
    ]
}

/// What a browser's request looks like behind a proxy.
fn request() -> Request {
    behind_a_proxy(Request::get("/api/v1/orders/42?expand=items"))
}

fn unsafe_request() -> Request {
    behind_a_proxy(Request::new("DELETE", "/api/v1/orders/42?expand=items"))
}

fn behind_a_proxy(request: Request) -> Request {
    request
        .with_host("api.example.com")
        .with_header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
        .with_header("accept", "application/json")
        .with_header("accept-encoding", "gzip, deflate, br")
        .with_header("accept-language", "en-US,en;q=0.5")
        .with_header("x-forwarded-proto", "https")
        .with_header("x-request-id", "5f4dcc3b-5aa7-4d61-8327-deb882cf99aa")
}
