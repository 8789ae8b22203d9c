//! Keys found by way of OpenID Provider metadata.

use std::sync::{Arc, Mutex};

use gatewright_testing::message::{Request, Response};
use gatewright_testing::proxy::{Answer, Proxy};
use serde_json::{Value, json};

use crate::support::*;

const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// A proxy before an issuer with this metadata, and the paths that it was asked for.
fn discovering(source: &Value, metadata: &Value) -> (Proxy, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (seen, metadata) = (asked.clone(), metadata.to_string());
    let answer = move |name: &str, request: &Request| {
        seen.lock().unwrap().push(format!("{name} {}{}", request.header(":authority").unwrap(), request.path()));
        let response = match request.path().as_str() {
            WELL_KNOWN => ok(metadata.clone()),
            "/keys" => jwks(&[OLD]),
            _ => Response::new(404),
        };
        Answer::delay(ms(10), response)
    };
    let (idp, keys) = (answer.clone(), answer);
    let builder = Proxy::builder().workers(2).main_thread().config(config(&json!({"discovery": source})));
    let builder = builder.upstream("idp", move |request| idp("idp", request));
    let mut proxy = start(builder.upstream("keys", move |request| keys("keys", request)));
    proxy.advance(ms(50));
    let asked_so_far = asked.clone();
    (proxy, asked_so_far)
}

#[test]
fn the_metadata_names_the_keys() {
    let metadata = json!({"issuer": ISSUER, "jwks_uri": "https://idp.example/keys", "other": [1]});
    let (mut proxy, asked) = discovering(&json!({"upstream": "idp"}), &metadata);
    assert_eq!([0, 1].map(|worker| status(&mut proxy, worker, &token(OLD))), [200; 2]);
    let expected = [format!("idp idp.example{WELL_KNOWN}"), "idp idp.example/keys".to_owned()];
    assert_eq!(*asked.lock().unwrap(), expected);
    proxy.advance(secs(340));
    assert_eq!(asked.lock().unwrap().len(), 4, "both again, once");
}

#[test]
fn keys_elsewhere_need_to_be_configured() {
    let metadata = json!({"issuer": ISSUER, "jwks_uri": "https://keys.example/keys"});
    let source = json!({"upstream": "idp", "jwks_origin": "https://keys.example", "jwks_upstream": "keys"});
    let (mut proxy, asked) = discovering(&source, &metadata);
    assert_eq!(status(&mut proxy, 1, &token(OLD)), 200);
    assert_eq!(asked.lock().unwrap()[1], "keys keys.example/keys");
    let (mut proxy, asked) = discovering(&json!({"upstream": "idp"}), &metadata);
    let early = send(&mut proxy, 1, &token(OLD));
    proxy.advance(ms(2_100));
    assert_eq!(early.status(), 503);
    assert!(asked.lock().unwrap().iter().all(|call| call.ends_with(WELL_KNOWN)));
}

#[test]
fn metadata_of_another_issuer_is_not_followed() {
    let metadata = json!({"issuer": "https://evil.example", "jwks_uri": "https://idp.example/keys"});
    let (mut proxy, asked) = discovering(&json!({"upstream": "idp"}), &metadata);
    let early = send(&mut proxy, 0, &token(OLD));
    proxy.advance(ms(2_100));
    assert_eq!(early.status(), 503);
    assert!(asked.lock().unwrap().iter().all(|call| call.ends_with(WELL_KNOWN)));
    assert_eq!(events(&proxy)[0], ("missing".to_owned(), "the metadata's `issuer` is not the provider's".to_owned()));
}

#[test]
fn one_source_and_only_one_is_configured() {
    let refused = |jwks: Value| {
        let idp = Idp::new(Answer::refused());
        let world = gatewright_testing::proxy::World::new(1);
        let builder = builder(&idp, 1).world(&world).config(config(&jwks));
        assert!(builder.policy::<jwt_auth::JwtAuth>("jwt-auth").is_err());
        world.logs().last().unwrap().message.clone()
    };
    let place = |message: &str, part: &str| assert!(message.contains(part), "{message}");
    place(&refused(json!({})), "providers[0].jwks: no source; write one of");
    let both = json!({"inline": {"keys": []}, "remote": {"upstream": "idp", "uri": "https://a/"}});
    place(&refused(both), "providers[0].jwks: more than one source");
    place(&refused(json!({"inline": {"keys": []}})), "providers[0].jwks.inline: no key in it");
    place(
        &refused(json!({"remote": {"upstream": "idp", "uri": "x"}})),
        "providers[0].jwks.remote.uri: \"x\" is no endpoint",
    );
    place(
        &refused(json!({"remote": {"upstream": "idp", "uri": "https://a/", "timeout": "5"}})),
        "jwks.remote.timeout: \"5\" is not a duration; write \"5s\"",
    );
    place(&refused(json!({"discovery": {"upstream": "idp", "uri": "x"}})), "providers[0].jwks.discovery.uri: ");
}

#[test]
fn an_inline_set_of_keys_that_cannot_be_used_verifies_nothing() {
    let weak = json!({"inline": {"keys": [{"kty": "RSA", "kid": "old", "n": "AQAB", "e": "AQAB"}]}});
    let idp = Idp::new(Answer::refused());
    let mut proxy = builder(&idp, 1).config(config(&weak)).policy::<jwt_auth::JwtAuth>("jwt-auth").unwrap();
    assert!(proxy.logs().iter().any(|line| line.message.contains("`n` has 17 bits; use at least 2048")));
    assert_eq!(send(&mut proxy, 0, &token(OLD)).status(), 401);
}
