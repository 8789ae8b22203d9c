//! The exchanges that are watched.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatewright_host::build::workspace_root;
use gatewright_testing::message::{Request, Response};
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
    /// Sent in turn with `request`, where the same again would be another exchange.
    pub(crate) other: Option<Request>,
    pub(crate) status: u16,
}

impl Exchange {
    /// What is sent next, after `sent` requests.
    pub(crate) fn request(&self, sent: usize) -> Request {
        self.other.as_ref().filter(|_| sent % 2 == 1).unwrap_or(&self.request).clone()
    }

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
        request_filter(),
        response_cache(),
        gateway(),
    ];
    exchanges.into_iter().flatten().collect()
}

/// The `proxy-wasm` crate's, then ours.
fn empty() -> Vec<Exchange> {
    let exchange =
        |package, config| Exchange { package, what: "nothing", config, request: request(), other: None, status: 200 };
    vec![exchange("guest-baseline", json!({})), exchange("guest-empty", json!({"policy": {}}))]
}

fn api_key_settings() -> Value {
    // The key is `secret`.
    json!({"header": "x-api-key", "keys": ["2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"]})
}

fn api_key(package: &'static str, config: Value) -> Vec<Exchange> {
    let exchange = |what, key: Option<&str>, status| {
        let request = key.into_iter().fold(request(), |request, key| request.with_header("x-api-key", key));
        Exchange { package, what, config: config.clone(), request, other: None, status }
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
        Exchange { package: "jwt-auth", what, config: jwt_config(), request, other: None, status }
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
        unseen("RS256 token not seen before", Algorithm::RS256, "rsa-2048"),
        unseen("ES256 token not seen before", Algorithm::ES256, "p-256"),
        // Of those that are verified in wasm; PS256 and the like have a salt in each signature and never cost the same twice.
        unseen("EdDSA token not seen before", Algorithm::EdDSA, "ed25519"),
    ]
}

/// Two tokens in turn, of which only one is remembered.
fn unseen(what: &'static str, algorithm: Algorithm, key: &str) -> Exchange {
    let mut config = jwt_config();
    let policy = config.get_mut("policy").and_then(Value::as_object_mut).unwrap();
    policy.insert("token_cache".to_owned(), json!({"max_tokens": 1}));
    let bearer = |expires| request().with_header("authorization", format!("Bearer {}", token(algorithm, key, expires)));
    Exchange { package: "jwt-auth", what, config, request: bearer(3600), other: Some(bearer(3601)), status: 200 }
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
        Algorithm::EdDSA => EncodingKey::from_ed_pem(&pem),
        _ => EncodingKey::from_rsa_pem(&pem),
    };
    let signature = crypto::sign(input.as_bytes(), &key.unwrap(), algorithm).unwrap();
    format!("{input}.{signature}")
}

fn key_file(name: &str) -> Vec<u8> {
    fs::read(workspace_root().join("plugins/jwt-auth/tests/keys").join(name)).unwrap()
}

/// A client within its limit, counted exactly and in lots; within two limits; and one over its limit.
fn rate_limit() -> Vec<Exchange> {
    let exchange = |what, rates: &[&str], lots: Value, cost: Value, status| {
        let limits: Vec<Value> = rates.iter().map(|rate| json!({"rate": rate})).collect();
        let rule =
            json!({"name": "client", "key": [{"header": "x-client"}], "limits": limits, "lots": lots, "cost": cost});
        let request = request().with_header("x-client", "anna");
        Exchange {
            package: "rate-limit",
            what,
            config: json!({"policy": {"rules": [rule]}}),
            request,
            other: None,
            status,
        }
    };
    // A cost that no allowance has room for is refused from the first request on.
    let mut refused = exchange("over the limit", &["1/d"], Value::Null, json!({"header": "x-cost"}), 429);
    refused.request = refused.request.with_header("x-cost", "2");
    vec![
        exchange("within the limit, exact", &["1000000/s"], Value::Null, json!({"fixed": 1}), 200),
        exchange("within two limits, exact", &["1000000/s", "60000000/m"], Value::Null, json!({"fixed": 1}), 200),
        exchange("within the limit, in lots", &["1000000/s"], json!({"size": 1000}), json!({"fixed": 1}), 200),
        refused,
    ]
}

/// Hygiene alone, seventy patterns, every built-in rule, a refusal, and a body.
fn request_filter() -> Vec<Exchange> {
    let exchange = |what, policy: Value, status| Exchange {
        package: "request-filter",
        what,
        config: json!({"policy": policy}),
        request: request(),
        other: None,
        status,
    };
    let rule = |id: String, when: Value| json!({"id": id, "action": "deny", "when": when});
    let pattern = |number: u32| json!({"regex": format!(r"(?i)\bunion{number}\b\s+select\b")});
    let on_path = (0..50).map(|number| rule(format!("p{number}"), json!({"path": pattern(number)})));
    let on_agent = (0..20).map(|number| {
        rule(format!("u{number}"), json!({"headers": [{"name": "user-agent", "regex": format!("scan{number}[a-z]+")}]}))
    });
    let seventy = on_path.chain(on_agent).collect::<Vec<_>>();
    let groups = json!({
        "sql_injection": "deny", "cross_site_scripting": "deny", "path_traversal": "deny", "command_injection": "deny",
        "template_injection": "deny", "ssrf": "deny", "scanners": "deny", "secrets_in_urls": "deny",
    });
    let mut body =
        exchange("JSON body, read by every built-in rule", json!({"body": {"inspect": true}, "groups": groups}), 200);
    body.request = order();
    vec![
        body,
        exchange("hygiene", json!({}), 200),
        exchange("seventy patterns", json!({ "rules": seventy }), 200),
        exchange("every built-in rule", json!({ "groups": groups }), 200),
        exchange("refused by a rule", json!({"rules": [rule("r".into(), json!({"path": {"prefix": "/api"}}))]}), 403),
    ]
}

/// A hit, a part of one, and an answer that may not be stored.
fn response_cache() -> Vec<Exchange> {
    let exchange = |what, path| Exchange {
        package: "response-cache",
        what,
        config: json!({"policy": {}}),
        request: request_to(path),
        other: None,
        status: 200,
    };
    let mut part = exchange("a range of a hit", "/cached");
    part.request = part.request.with_header("range", "bytes=0-99");
    part.status = 206;
    vec![exchange("hit", "/cached"), part, exchange("not to be stored", "/api/v1/orders/42")]
}

/// One policy, and all four on a cache hit.
fn gateway() -> Vec<Exchange> {
    let limits = json!([{"rate": "1000000/s"}]);
    let rule = json!({"name": "client", "key": [{"header": "x-client"}], "limits": limits, "lots": {"size": 1000}});
    let limit = json!({"use": "rate-limit", "policy": {"rules": [rule]}});
    let mut jwt = jwt_config();
    jwt.as_object_mut().unwrap().insert("use".to_owned(), "jwt-auth".into());
    let all = json!([limit, {"use": "request-filter", "policy": {}}, jwt, {"use": "response-cache", "policy": {}}]);
    let exchange = |what, policies: &Value, request| Exchange {
        package: "gateway",
        what,
        config: json!({"policies": policies}),
        request,
        other: None,
        status: 200,
    };
    let bearer = format!("Bearer {}", token(Algorithm::RS256, "rsa-2048", 3600));
    let client = |path| request_to(path).with_header("x-client", "anna");
    let mut refused = exchange("four policies, no token", &all, client("/cached"));
    refused.status = 401;
    vec![
        exchange("one policy", &json!([limit]), client("/api/v1/orders/42")),
        exchange("four policies, hit", &all, client("/cached").with_header("authorization", &bearer)),
        exchange("four policies, not to be stored", &all, client("/orders/42").with_header("authorization", &bearer)),
        refused,
    ]
}

/// What a browser's request looks like behind a proxy.
fn request() -> Request {
    request_to("/api/v1/orders/42?expand=items")
}

fn request_to(path: &str) -> Request {
    like_a_browser(Request::get(path))
}

/// The same with a body of half a kilobyte.
fn order() -> Request {
    let item =
        |number: u32| json!({"sku": format!("BK-{number:04}"), "quantity": number, "note": "gift wrapped, please"});
    let order = json!({"customer": "5d41402a", "items": (1..8).map(item).collect::<Vec<_>>()}).to_string();
    let length = order.len().to_string();
    like_a_browser(Request::post("/api/v1/orders", order))
        .with_header("content-type", "application/json")
        .with_header("content-length", length)
}

fn like_a_browser(request: Request) -> Request {
    request
        .with_host("api.example.com")
        .with_header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
        .with_header("accept", "application/json")
        .with_header("accept-encoding", "gzip, deflate, br")
        .with_header("accept-language", "en-US,en;q=0.5")
        .with_header("x-forwarded-proto", "https")
        .with_header("x-request-id", "5f4dcc3b-5aa7-4d61-8327-deb882cf99aa")
}

/// What the upstream answers: what may be stored where the path says so.
pub(crate) fn answer(request: &Request) -> Response {
    let may_be_stored = request.path().starts_with("/cached");
    let part = may_be_stored && request.header("range").is_some();
    let response = Response::new(if part { 206 } else { 200 }).with_header("content-type", "application/json");
    if !may_be_stored {
        return response.with_header("cache-control", "no-store");
    }
    let response = response.with_header("cache-control", "public, max-age=600").with_header("etag", "\"one\"");
    if part {
        return response.with_header("content-range", "bytes 0-99/1024").with_body("x".repeat(100));
    }
    response.with_body("x".repeat(1024))
}
