//! Tokens that only their holder can use.

use std::time::Duration;

use gatewright_testing::message::Request;
use gatewright_testing::proxy::{Connection, PeerCertificate, Proxy};
use jwt_auth::JwtAuth;
use jwt_auth::jose::{base64url, thumbprint};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{NOW, bearer, config, jwk, proxy, reason, response, sign, token};

const CERTIFICATE: &[u8] = b"certificate";

fn connection(certificate: &[u8]) -> Connection {
    let digest = Sha256::digest(certificate).iter().map(|byte| format!("{byte:02x}")).collect();
    Connection::default().with_certificate(PeerCertificate { sha256_digest: digest, ..PeerCertificate::default() })
}

fn with_certificate(settings: &Value, claims: &Value, connection: Connection) -> String {
    let mut proxy = proxy(&config(settings, &json!({})));
    let request = bearer("/", &token(claims));
    proxy.exchange(request).from(connection).send();
    reason(&proxy)
}

#[test]
fn a_token_goes_with_its_certificate() {
    let bound = json!({"cnf": {"x5t#S256": base64url::encode(&Sha256::digest(CERTIFICATE))}});
    let none = json!({});
    assert_eq!(with_certificate(&none, &bound, connection(CERTIFICATE)), "");
    assert_eq!(with_certificate(&none, &bound, connection(b"another")), "certificate_binding");
    assert_eq!(with_certificate(&none, &bound, Connection::default()), "certificate_binding");
    assert_eq!(with_certificate(&none, &none, connection(CERTIFICATE)), "");
    let required = json!({"require_certificate_bound": true});
    assert_eq!(with_certificate(&required, &none, connection(CERTIFICATE)), "certificate_binding_missing");
    assert_eq!(with_certificate(&required, &bound, connection(CERTIFICATE)), "");
}

#[test]
fn a_binding_that_is_not_understood_is_not_met() {
    for cnf in [json!({}), json!({"kid": "x"}), json!("x"), json!({"x5t#S256": 1}), json!(null)] {
        // `null` is a claim like any other wrong one, but the helper would leave it out.
        let claims = if cnf.is_null() { json!({"cnf": []}) } else { json!({ "cnf": cnf }) };
        assert_eq!(with_certificate(&json!({}), &claims, connection(CERTIFICATE)), "confirmation_unknown", "{claims}");
    }
}

/// A token bound to the second P-256 key.
fn bound() -> String {
    let thumbprint = thumbprint::of_jwk(jwk("p-256-other").as_object().unwrap()).unwrap();
    token(&json!({"cnf": {"jkt": thumbprint}}))
}

fn public(key: &str) -> Value {
    let mut public = jwk(key);
    public.as_object_mut().unwrap().retain(|name, _| ["kty", "crv", "x", "y", "n", "e", "k"].contains(&name.as_str()));
    public
}

/// A proof for `GET http://test.example/orders` and this token, with changes to header and claims; null removes.
fn proof(token: &str, header_changes: &Value, claim_changes: &Value) -> String {
    proof_by("p-256-other", token, header_changes, claim_changes)
}

fn proof_by(key: &str, token: &str, header_changes: &Value, claim_changes: &Value) -> String {
    let mut header = json!({"alg": "ES256", "typ": "dpop+jwt"});
    if header_changes.get("jwk").is_none() {
        header["jwk"] = public(key);
    }
    let mut claims = json!({
        "jti": "1", "htm": "GET", "htu": "http://test.example/orders", "iat": NOW,
        "ath": base64url::encode(&Sha256::digest(token)),
    });
    for (base, changes) in [(&mut header, header_changes), (&mut claims, claim_changes)] {
        for (name, value) in changes.as_object().unwrap() {
            base[name] = value.clone();
        }
        base.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    }
    sign(&header, key, &claims)
}

fn request(token: &str, proof: &str) -> Request {
    Request::get("/orders?page=1").with_header("authorization", format!("DPoP {token}")).with_header("dpop", proof)
}

fn outcome(proxy: &mut Proxy, request: Request) -> String {
    proxy.send(request);
    reason(proxy)
}

#[test]
fn a_token_goes_with_a_proof() {
    let mut proxy = proxy(&config(&json!({}), &json!({})));
    let token = bound();
    let exchange = proxy.send(request(&token, &proof(&token, &json!({}), &json!({}))));
    assert_eq!((exchange.status(), reason(&proxy).as_str()), (200, ""));
    let sent = exchange.upstream_request().unwrap();
    assert_eq!((sent.header("authorization"), sent.header("dpop")), (None, None));
}

#[test]
fn every_part_of_a_proof_counts() {
    let mut proxy = proxy(&config(&json!({"clock_skew": "10s"}), &json!({})));
    let token = bound();
    for (number, (header, claims, expected)) in [
        (json!({"typ": "jwt"}), json!({}), "dpop_type"),
        (json!({"typ": null}), json!({}), "dpop_type"),
        (json!({"jwk": null}), json!({}), "dpop_key"),
        (json!({"jwk": "x"}), json!({}), "dpop_key"),
        (json!({"jwk": public("p-256")}), json!({}), "dpop_signature"),
        (json!({"crit": ["x"], "x": 1}), json!({}), "dpop_malformed"),
        (json!({}), json!({"jti": null}), "dpop_id"),
        (json!({}), json!({"jti": ""}), "dpop_id"),
        (json!({}), json!({"jti": "x".repeat(1025)}), "dpop_id"),
        (json!({}), json!({"htm": "POST"}), "dpop_method"),
        (json!({}), json!({"htm": "get"}), "dpop_method"),
        (json!({}), json!({"htm": null}), "dpop_method"),
        (json!({}), json!({"htu": "https://test.example/orders"}), "dpop_address"),
        (json!({}), json!({"htu": "http://test.example/other"}), "dpop_address"),
        (json!({}), json!({"htu": "http://evil.example/orders"}), "dpop_address"),
        (json!({}), json!({"htu": null}), "dpop_address"),
        (json!({}), json!({"htu": "http://TEST.example:80/orders?x=1"}), ""),
        (json!({}), json!({"ath": null}), "dpop_token"),
        (json!({}), json!({"ath": base64url::encode(&Sha256::digest("x"))}), "dpop_token"),
        (json!({}), json!({"iat": null}), "dpop_time"),
        (json!({}), json!({"iat": NOW + 10}), ""),
        (json!({}), json!({"iat": NOW + 11}), "dpop_time"),
        (json!({}), json!({"iat": NOW - 70}), ""),
        (json!({}), json!({"iat": NOW - 71}), "dpop_time"),
        (json!({}), json!({"exp": NOW - 10}), "dpop_time"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut claims = claims;
        if claims.get("jti").is_none() {
            claims["jti"] = json!(number.to_string());
        }
        let proof = proof(&token, &header, &claims);
        assert_eq!(outcome(&mut proxy, request(&token, &proof)), expected, "{header} {claims}");
    }
}

#[test]
fn a_proof_shows_a_public_key_and_no_secret() {
    let mut proxy = proxy(&config(&json!({}), &json!({})));
    let token = bound();
    let mut private = public("p-256-other");
    private["d"] = json!("AAAA");
    assert_eq!(outcome(&mut proxy, request(&token, &proof(&token, &json!({"jwk": private}), &json!({})))), "dpop_key");
    let secret = json!({"alg": "HS256", "jwk": {"kty": "oct", "k": base64url::encode(&[b'k'; 64])}});
    let proof = proof_by(&"k".repeat(64), &token, &secret, &json!({}));
    assert_eq!(outcome(&mut proxy, request(&token, &proof)), "dpop_algorithm");
}

#[test]
fn a_proof_by_another_key_is_none() {
    let mut proxy = proxy(&config(&json!({}), &json!({})));
    let token = bound();
    let other = proof_by("p-256", &token, &json!({}), &json!({}));
    assert_eq!(outcome(&mut proxy, request(&token, &other)), "dpop_binding");
}

#[test]
fn a_bound_token_is_no_bearer_token_and_a_free_one_needs_no_proof() {
    let mut proxy = proxy(&config(&json!({}), &json!({})));
    let (bound, free) = (bound(), token(&json!({})));
    assert_eq!(outcome(&mut proxy, bearer("/orders", &bound)), "dpop_scheme");
    assert_eq!(
        outcome(&mut proxy, bearer("/orders", &bound).with_header("dpop", proof(&bound, &json!({}), &json!({})))),
        "dpop_scheme"
    );
    assert_eq!(outcome(&mut proxy, request(&free, &proof(&free, &json!({}), &json!({})))), "dpop_binding_missing");
    let good = proof(&bound, &json!({}), &json!({}));
    let twice = request(&bound, &good).with_header("dpop", &good);
    assert_eq!(outcome(&mut proxy, twice), "dpop_several");
    let without = Request::get("/orders").with_header("authorization", format!("DPoP {bound}"));
    assert_eq!(outcome(&mut proxy, without), "dpop_missing");
}

#[test]
fn the_challenge_names_the_scheme_and_the_algorithms() {
    let algorithms = r#"algs="RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA""#;
    let mut proxy = proxy(&config(&json!({"dpop": {"required": true}}), &json!({})));
    let missing = response(&proxy.send(Request::get("/")));
    assert_eq!(missing.header_values("www-authenticate"), [format!(r#"DPoP realm="api", {algorithms}"#)]);
    let token = bound();
    let wrong = response(&proxy.send(request(&token, "x")));
    let expected = format!(r#"DPoP realm="api", error="invalid_dpop_proof", {algorithms}"#);
    assert_eq!((wrong.status(), wrong.header_values("www-authenticate")), (401, vec![expected]));
}

#[test]
fn clients_may_know_the_service_by_another_name() {
    let settings = json!({"dpop": {"external_origin": "https://api.example"}});
    let mut proxy = proxy(&config(&settings, &json!({})));
    let token = bound();
    let theirs = proof(&token, &json!({}), &json!({"htu": "https://api.example/orders"}));
    assert_eq!(outcome(&mut proxy, request(&token, &theirs)), "");
    let ours = proof(&token, &json!({}), &json!({"jti": "2"}));
    assert_eq!(outcome(&mut proxy, request(&token, &ours)), "dpop_address");
}

#[test]
fn a_proof_is_used_once_on_all_workers() {
    let mut proxy = Proxy::builder()
        .workers(2)
        .config(config(&json!({}), &json!({})).to_string())
        .policy::<JwtAuth>("jwt-auth")
        .unwrap();
    let token = bound();
    let (one, other) = (proof(&token, &json!({}), &json!({})), proof(&token, &json!({}), &json!({"jti": "2"})));
    let on = |proxy: &mut Proxy, worker: usize, proof: &str| {
        proxy.exchange(request(&token, proof)).on_worker(worker).send();
        reason(proxy)
    };
    assert_eq!(on(&mut proxy, 0, &one), "");
    assert_eq!(on(&mut proxy, 0, &one), "dpop_replayed");
    assert_eq!(on(&mut proxy, 1, &one), "dpop_replayed");
    assert_eq!(on(&mut proxy, 1, &other), "");
    // As long as it could be used it is remembered; then it is too old.
    for _ in 0..20 {
        proxy.advance(Duration::from_secs(10));
        let reason = on(&mut proxy, 1, &one);
        assert!(reason == "dpop_replayed" || reason == "dpop_time", "{reason}");
    }
}

#[test]
fn a_table_that_fails_decides_nothing() {
    let mut proxy = proxy(&config(&json!({}), &json!({})));
    let token = bound();
    proxy.world().fail_nth_call("proxy_set_shared_data", 2, gatewright::host::Status::InternalFailure);
    let exchange = proxy.send(request(&token, &proof(&token, &json!({}), &json!({}))));
    assert_eq!((exchange.status(), reason(&proxy).as_str()), (503, "store"));
}
