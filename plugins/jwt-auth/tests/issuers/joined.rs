//! Tokens of issuers on their way through the rest of the policy: memory, places, requirements, bindings, what the upstream gets.

use gatewright_testing::message::Request;
use gatewright_testing::proxy::{Answer, Proxy};
use jwt_auth::JwtAuth;
use jwt_auth::jose::base64url;
use serde_json::{Value, json};

use crate::support::*;

const OPAQUE: &str = "2YotnFZFEjr1zCsicMWpAA";

/// A provider whose opaque tokens the issuer answers for, with more settings laid over.
fn asked(more: &Value) -> Value {
    let mut provider = json!({"name": "main", "issuer": ISSUER, "introspection": {"upstream": "idp",
        "uri": "https://idp.example/introspect", "client_id": "gate", "client_secret": "s3cret"}});
    provider.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    provider
}

fn policy(providers: &Value, more: &Value) -> String {
    let mut policy = json!({ "providers": providers });
    policy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "policy": policy }).to_string()
}

fn proxy(idp: &Idp, config: String) -> Proxy {
    let idp = idp.clone();
    let builder = Proxy::builder().config(config).upstream("idp", move |request| idp.answer(request));
    builder.policy::<JwtAuth>("jwt-auth").unwrap()
}

fn active(fields: &Value) -> Idp {
    let mut body = json!({"active": true, "sub": "anna"});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    Idp::new(ok(body.to_string()))
}

fn reason(proxy: &Proxy) -> String {
    let events = proxy.logs().into_iter().filter_map(|line| serde_json::from_str::<Value>(&line.message).ok());
    let last = events.rev().find(|event| event["event"] == "decision").unwrap();
    last["reason"].as_str().unwrap_or_default().to_owned()
}

/// Status and reason for an opaque token of which the issuer says this.
fn verdict(provider: &Value, settings: &Value, answer: &Value) -> (u16, String) {
    let mut proxy = proxy(&active(answer), policy(&json!([asked(provider)]), settings));
    let status = status(&mut proxy, 0, OPAQUE);
    (status, reason(&proxy))
}

#[test]
fn a_remembered_token_dies_with_its_key() {
    let idp = Idp::new(jwks(&[OLD]));
    let mut proxy = running(&idp, 1);
    assert_eq!([0, 0].map(|_| status(&mut proxy, 0, &token(OLD))), [200, 200]);
    idp.serve(jwks(&[NEW]));
    proxy.advance(secs(400));
    assert_eq!(status(&mut proxy, 0, &token(OLD)), 401);
}

#[test]
fn a_remembered_token_is_no_decision_once_the_keys_are_too_old() {
    let idp = Idp::new(jwks(&[OLD]));
    let mut proxy = running(&idp, 1);
    let token = token(OLD);
    assert_eq!(status(&mut proxy, 0, &token), 200);
    idp.serve(Answer::refused());
    proxy.advance(secs(1_800));
    assert_eq!(status(&mut proxy, 0, &token), 200);
    proxy.advance(secs(3_600));
    let late = send(&mut proxy, 0, &token);
    proxy.advance(secs(3));
    assert_eq!(late.status(), 503);
}

#[test]
fn a_token_without_an_id_is_not_forged_for_good() {
    let idp = Idp::new(jwks(&[OLD]));
    let mut proxy = running(&idp, 1);
    let nameless = token_with(&json!({"alg": "ES256"}), NEW);
    // No set has its key yet, also not the one that this makes the proxy fetch.
    let early = send(&mut proxy, 0, &nameless);
    proxy.advance(secs(11));
    assert_eq!(early.status(), 401);
    // The regular refresh is minutes away.
    idp.serve(jwks(&[NEW]));
    let later = send(&mut proxy, 0, &nameless);
    proxy.advance(ms(10));
    assert_eq!(later.status(), 200);
}

#[test]
fn an_issuers_answer_meets_requirements_or_does_not() {
    let scope = json!({"requires": {"scopes": ["read"]}});
    assert_eq!(verdict(&json!({}), &scope, &json!({"scope": "read write"})).0, 200);
    let refused = |status: u16, reason: &str| (status, reason.to_owned());
    assert_eq!(verdict(&json!({}), &scope, &json!({"scope": "write"})), refused(403, "insufficient_scope"));
    let required = json!({"required_claims": ["client_id"]});
    assert_eq!(verdict(&required, &json!({}), &json!({"client_id": "shop"})).0, 200);
    assert_eq!(verdict(&required, &json!({}), &json!({})), refused(401, "claim_missing"));
    let revoked = json!({"revoked": [{"sub": "anna"}]});
    assert_eq!(verdict(&json!({}), &revoked, &json!({})).0, 401);
    assert_eq!(verdict(&json!({}), &revoked, &json!({"sub": "berta"})).0, 200);
    let elsewhere = json!({"from_headers": [{"name": "x-token"}]});
    assert_eq!(verdict(&elsewhere, &json!({}), &json!({})), refused(401, "token_missing"));
}

#[test]
fn a_binding_in_an_issuers_answer_counts() {
    for (bound, reason) in [
        (json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}), "dpop_scheme"),
        (json!({"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}), "certificate_binding"),
        (json!({"other": "x"}), "confirmation_unknown"),
    ] {
        let found = verdict(&json!({}), &json!({}), &json!({ "cnf": bound }));
        assert_eq!(found, (401, reason.to_owned()));
    }
}

#[test]
fn the_upstream_gets_what_the_issuer_says_and_not_the_token() {
    let settings =
        json!({"claim_to_headers": [{"claim": "sub", "header": "x-user"}], "forward_payload_header": "x-claims"});
    let mut proxy = proxy(&active(&json!({})), policy(&json!([asked(&settings)]), &json!({})));
    let request =
        Request::get("/").with_header("authorization", format!("Bearer {OPAQUE}")).with_header("x-user", "root");
    let seen = proxy.send(request).upstream_request().unwrap();
    assert_eq!((seen.header("x-user").as_deref(), seen.header("authorization")), (Some("anna"), None));
    let claims = base64url::decode(seen.header("x-claims").unwrap().as_bytes()).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&claims).unwrap(), json!({"active": true, "sub": "anna"}));
}

#[test]
fn a_provider_may_have_tokens_of_both_kinds() {
    let idp = active(&json!({"sub": "opaque"}));
    let keys =
        json!({"jwks": {"inline": document(&[OLD])}, "claim_to_headers": [{"claim": "sub", "header": "x-user"}]});
    let mut proxy = proxy(&idp, policy(&json!([asked(&keys)]), &json!({})));
    let mut user = |token: &str| send(&mut proxy, 0, token).upstream_request().unwrap().header("x-user");
    assert_eq!(user(&token(OLD)).as_deref(), Some("u"));
    assert_eq!(idp.count(), 0, "nobody is asked about a token that says itself what it is");
    assert_eq!(user(OPAQUE).as_deref(), Some("opaque"));
}

#[test]
fn a_token_of_three_parts_is_nothing_to_ask_about() {
    let idp = active(&json!({}));
    let mut proxy = proxy(&idp, policy(&json!([asked(&json!({}))]), &json!({})));
    assert_eq!(status(&mut proxy, 0, &token(OLD)), 401);
    assert_eq!((idp.count(), reason(&proxy)), (0, "issuer".to_owned()));
    // Longer than the limit, it is not asked about either.
    assert_eq!(status(&mut proxy, 0, &"a".repeat(8_193)), 401);
    assert_eq!((idp.count(), reason(&proxy)), (0, "token_too_large".to_owned()));
}

#[test]
fn an_issuer_is_not_shown_tokens_from_places_of_others() {
    let idp = active(&json!({}));
    let other = json!({"name": "other", "issuer": "https://other", "jwks": {"inline": document(&[OLD])},
        "from_headers": [{"name": "x-other"}]});
    let mut proxy = proxy(&idp, policy(&json!([other, asked(&json!({}))]), &json!({})));
    assert_eq!(proxy.send(Request::get("/").with_header("x-other", OPAQUE)).status(), 401);
    assert_eq!(idp.count(), 0);
    assert_eq!(status(&mut proxy, 0, OPAQUE), 200);
}

#[test]
fn routes_with_the_same_provider_share_its_answers() {
    let idp = active(&json!({"scope": "read"}));
    let config = json!({"policy": {"providers": [asked(&json!({}))]}, "routes": [
        {"match": {"path": "/read"}, "policy": {"requires": {"scopes": ["read"]}}},
    ]});
    let mut proxy = proxy(&idp, config.to_string());
    for path in ["/", "/read"] {
        let request = Request::get(path).with_header("authorization", format!("Bearer {OPAQUE}"));
        assert_eq!(proxy.send(request).status(), 200);
    }
    assert_eq!(idp.count(), 1);
}
