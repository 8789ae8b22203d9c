//! jwt-auth against Envoy's `jwt_authn`, on the same tokens.

use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatewright_host::envoy::{Configuration, HttpFilter};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

use super::{Bar, Group, Request, Row, Server, answering, key_file, wasm};
use crate::load::Vary;

/// Different tokens in rotation.
pub(super) const TOKENS: u64 = 1000;

/// An algorithm with the key of the tests that signs with it.
#[derive(Clone, Copy)]
pub(super) struct Signer(Algorithm, &'static str);

pub(super) const RS256: Signer = Signer(Algorithm::RS256, "rsa-2048");
const ES256: Signer = Signer(Algorithm::ES256, "p-256");
const PS256: Signer = Signer(Algorithm::PS256, "rsa-2048");
const EDDSA: Signer = Signer(Algorithm::EdDSA, "ed25519");

/// Tokens that were seen before, or at least some of them.
pub(crate) fn seen() -> Result<Group> {
    let (one, many) = (RS256.tokens(1)?, RS256.tokens(TOKENS)?);
    let both = |side: &str| {
        let request =
            |variant: String, tokens: &Vary| Request::new(&variant).varying("authorization", Rc::clone(tokens));
        vec![request(format!("{side}, the same"), &one), request(format!("{side}, {TOKENS} tokens"), &many)]
    };
    let servers = vec![
        answering(vec![], vec![Request::new("no filter").varying("authorization", Rc::clone(&one))])?,
        answering(vec![native(RS256, Some(&json!({})), true)?], both("jwt_authn, default cache"))?,
        answering(
            vec![native(RS256, Some(&json!({"jwt_cache_size": 2000})), true)?],
            both("jwt_authn, cache of 2,000"),
        )?,
        answering(vec![ours(RS256, &json!({}))?], both("jwt-auth, default cache"))?,
        answering(vec![ours(RS256, &json!({"max_tokens": 2000}))?], both("jwt-auth, cache of 2,000"))?,
    ];
    let row = |ours: &str, native: &str, bar, about| {
        Row::new(&format!("jwt-auth, {ours}"), &format!("jwt_authn, {native}"), Some(Bar::Ratio(bar)), about)
    };
    let rows = vec![
        Row::new("jwt_authn, default cache, the same", "no filter", None, "Envoy's own filter"),
        Row::new("jwt-auth, default cache, the same", "no filter", None, "ours"),
        row(
            "default cache, 1000 tokens",
            "default cache, 1000 tokens",
            0.45,
            "the defaults of both: Envoy's holds 100 tokens",
        ),
        row("cache of 2,000, the same", "cache of 2,000, the same", 1.15, "one token, found in the cache"),
        row(
            "cache of 2,000, 1000 tokens",
            "cache of 2,000, 1000 tokens",
            1.15,
            "a thousand tokens, found in the cache",
        ),
    ];
    Ok(Group { title: "JWT, tokens seen before (RS256)", servers, rows })
}

/// Tokens whose signature has to be verified.
pub(crate) fn unseen() -> Result<Group> {
    let mut servers = Vec::new();
    for signer in [RS256, ES256, PS256, EDDSA] {
        servers.extend(pair(signer)?);
    }
    let row = |name: &str, bar: Option<f64>, about| {
        Row::new(&format!("jwt-auth, {name}"), &format!("jwt_authn, {name}"), bar.map(Bar::Ratio), about)
    };
    let rows = vec![
        row("RS256", Some(0.95), "the proxy verifies for us"),
        row("ES256", Some(1.0), "the proxy verifies for us"),
        row("PS256", None, "verified in wasm: the proxy has no function for it"),
        row("EdDSA", None, "verified in wasm: the proxy has no function for it"),
    ];
    Ok(Group { title: "JWT, tokens not seen before", servers, rows })
}

/// Envoy's filter without a cache, and ours with one that holds nothing for long.
fn pair(signer: Signer) -> Result<[Server; 2]> {
    let (name, tokens) = (format!("{:?}", signer.0), signer.tokens(TOKENS)?);
    let request =
        |side: &str| vec![Request::new(&format!("{side}, {name}")).varying("authorization", Rc::clone(&tokens))];
    Ok([
        answering(vec![native(signer, None, true)?], request("jwt_authn"))?,
        answering(vec![ours(signer, &json!({"max_tokens": 1}))?], request("jwt-auth"))?,
    ])
}

pub(super) fn native(signer: Signer, cache: Option<&Value>, forward: bool) -> Result<HttpFilter> {
    let mut provider = json!({
        "issuer": "https://issuer.example", "audiences": ["orders"], "forward": forward,
        "local_jwks": {"inline_string": signer.key_set()?.to_string()},
    });
    if let (Some(fields), Some(cache)) = (provider.as_object_mut(), cache) {
        fields.insert("jwt_cache_config".to_owned(), cache.clone());
    }
    let rule = json!({"match": {"prefix": "/"}, "requires": {"provider_name": "main"}});
    let message = "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication";
    Ok(HttpFilter::new(
        "envoy.filters.http.jwt_authn",
        message,
        json!({"providers": {"main": provider}, "rules": [rule]}),
    ))
}

fn ours(signer: Signer, cache: &Value) -> Result<HttpFilter> {
    wasm("jwt-auth", Configuration::Struct(json!({"policy": policy(signer, cache, true)?})))
}

pub(super) fn policy(signer: Signer, cache: &Value, forward: bool) -> Result<Value> {
    let provider = json!({
        "name": "main", "issuer": "https://issuer.example", "audiences": ["orders"], "forward": forward,
        "jwks": {"inline": signer.key_set()?},
    });
    Ok(json!({"providers": [provider], "token_cache": cache}))
}

impl Signer {
    /// `authorization` fields with so many tokens, one after the other.
    pub(super) fn tokens(self, count: u64) -> Result<Vary> {
        let tokens: Vec<String> = (0..count).map(|number| self.token(number)).collect::<Result<_>>()?;
        Ok(Rc::new(move |number| {
            let token = usize::try_from(number % count).ok().and_then(|index| tokens.get(index));
            format!("Bearer {}", token.map_or("", String::as_str))
        }))
    }

    /// The one key that both sides get.
    fn key_set(self) -> Result<Value> {
        let mut keys: Value = serde_json::from_slice(&key_file("jwks.json")?)?;
        let list = keys.get_mut("keys").and_then(Value::as_array_mut).context("jwks.json has no keys")?;
        list.retain(|key| key.get("kid").is_some_and(|id| id == self.1));
        Ok(keys)
    }

    #[expect(clippy::disallowed_methods, reason = "a real Envoy has the real time")]
    fn token(self, number: u64) -> Result<String> {
        let Self(algorithm, key) = self;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let header = json!({"alg": format!("{algorithm:?}"), "kid": key, "typ": "at+jwt"});
        let claims = json!({
            "iss": "https://issuer.example", "aud": ["orders", "billing"], "sub": "5d41402a-bc4b-4a76-b971-9d911017c592",
            "client_id": "web", "scope": "orders:read orders:write profile", "iat": now, "exp": now + 24 * 3600,
            "jti": format!("a8f5f167-f44f-4964-e6c9-{number:012}"),
        });
        let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", encode(header), encode(claims));
        let pem = key_file(&format!("{key}.pem"))?;
        let key = match algorithm {
            Algorithm::ES256 => EncodingKey::from_ec_pem(&pem)?,
            Algorithm::EdDSA => EncodingKey::from_ed_pem(&pem)?,
            _ => EncodingKey::from_rsa_pem(&pem)?,
        };
        Ok(format!("{input}.{}", crypto::sign(input.as_bytes(), &key, algorithm)?))
    }
}
