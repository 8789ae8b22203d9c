//! Tokens that are bound to the client's certificate (RFC 8705), and proofs that are used twice (RFC 9449).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatewright_host::envoy::{Envoy, Tls};
use gatewright_host::net::Client;
use gatewright_testing::message::Request;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::certificates::{certificate, client, file};
use crate::support::*;
use crate::tokens::*;

fn inline(settings: &Value) -> Value {
    let mut all = json!({"jwks": {"inline": document(&[OLD])}});
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    provider(&all)
}

fn bound_to(confirmation: &Value) -> String {
    let mut claims = claims(ISSUER);
    claims.as_object_mut().unwrap().insert("cnf".into(), confirmation.clone());
    sign(&json!({"alg": "ES256", "kid": OLD}), &claims, OLD)
}

fn digest(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(bytes))
}

#[test]
fn a_token_goes_with_the_certificate_of_its_connection() {
    let tls = Tls::new(&file("server.pem"), &file("server.key")).client_ca(&file("authority.pem"));
    let listener = listener(&[inline(&json!({"require_certificate_bound": true}))]).tls(tls);
    let envoy = Envoy::builder(listener).start().unwrap();
    let status = |certificate: [&str; 2], token: &str| {
        let connection = client(certificate[0], certificate[1]);
        Client::connect_tls(envoy.address(), connection).unwrap().send(&request(token)).unwrap().response.status()
    };
    let (own, other) = (["client.pem", "client.key"], ["server.pem", "server.key"]);
    let bound = bound_to(&json!({"x5t#S256": digest(certificate("client.pem"))}));
    assert_eq!(status(own, &bound), 200);
    assert_eq!(status(other, &bound), 401, "another client's");
    assert_eq!(status(own, &token(OLD)), 401, "not bound");
}

#[test]
fn a_proof_is_used_once_by_whichever_worker() {
    let envoy = builder(inline(&json!({}))).start().unwrap();
    let key: Value = serde_json::from_str(&document(&[NEW])).unwrap();
    let key = key.pointer("/keys/0").unwrap();
    let member = |name: &str| key.get(name).unwrap().clone();
    // RFC 7638 §3.2: members in this order.
    let public = json!({"crv": member("crv"), "kty": member("kty"), "x": member("x"), "y": member("y")});
    let bound = bound_to(&json!({"jkt": digest(public.to_string())}));
    let header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": public});
    for round in 0..5 {
        let htu = "http://test.example/";
        let proof = json!({"jti": round.to_string(), "htm": "GET", "htu": htu, "iat": now(), "ath": digest(&bound)});
        let proof = sign(&header, &proof, NEW);
        let request =
            Request::get("/").with_header("authorization", format!("DPoP {bound}")).with_header("dpop", proof);
        // At the same time, so that both workers get some.
        let statuses = statuses_at_once(&envoy, &request, 12);
        let passed = statuses.iter().filter(|status| **status == 200).count();
        assert_eq!((passed, statuses.iter().filter(|status| **status == 401).count()), (1, 11), "{statuses:?}");
    }
}
