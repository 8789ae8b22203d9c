//! Tokens that the issuer is asked about.

use gatewright_host::envoy::Envoy;
use gatewright_host::net::Answer;
use gatewright_testing::message::Response;
use serde_json::{Value, json};

use crate::issuer::Issuer;
use crate::support::*;
use crate::tokens::*;

fn active(exp: u64) -> Response {
    ok(json!({"active": true, "sub": "anna", "exp": exp}).to_string())
}

fn introspected(settings: &Value) -> Value {
    let mut config = json!({"upstream": "idp", "uri": "https://idp.example/introspect", "client_id": "gateway", "client_secret": "s3cret", "timeout": "1s"});
    config.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    provider(&json!({"introspection": config, "clock_skew": "0s"}))
}

#[test]
fn each_worker_asks_once_for_all_requests_and_again_after_exp() {
    let idp = Issuer::down();
    let envoy = builder(introspected(&json!({}))).cluster("idp", idp.address()).start().unwrap();
    let exp = now() + 3;
    idp.serve(Answer::After(ms(400), Box::new(active(exp).into())));
    assert_eq!(statuses_at_once(&envoy, &request("opaque-1"), 24), [200; 24]);
    let asked = idp.count();
    assert!((1..=2).contains(&asked), "{asked} questions for {WORKERS} workers");
    assert_eq!(status(&envoy, "opaque-1"), 200);
    assert!((1..=2).contains(&idp.count()));

    let first = idp.requests().into_iter().next().unwrap();
    assert_eq!(first.header("authorization").as_deref(), Some("Basic Z2F0ZXdheTpzM2NyZXQ="));
    assert_eq!(String::from_utf8(first.body_bytes()).unwrap(), "token=opaque-1&token_type_hint=access_token");

    // Not longer than its `exp`, whatever the settings say.
    idp.serve(ok(r#"{"active": false}"#));
    wait_for_status(&envoy, "opaque-1", 401, secs(6));
    assert!(now() >= exp, "refused before its end");
    assert_not_logged(&envoy, &["opaque-1", "s3cret", "Z2F0ZXdheTpzM2NyZXQ"]);
}

#[test]
fn an_issuer_that_does_not_answer_clearly_is_no_denial() {
    let idp = Issuer::down();
    let envoy = builder(introspected(&json!({"timeout": "300ms"}))).cluster("idp", idp.address()).start().unwrap();
    assert_eq!(status(&envoy, "opaque-0"), 503, "nobody there");
    let unclear = [
        Answer::Hang,
        Answer::Reset,
        Answer::Truncated(active(now() + 60)),
        Response::new(302).with_header("location", "https://evil.example/").into(),
        Response::new(401).into(),
        Response::new(500).with_body(r#"{"active": true}"#).into(),
        ok("<html>").into(),
        ok(r#"{"active": "true"}"#).into(),
        ok(vec![b' '; 10 << 20]).into(),
    ];
    for (number, answer) in unclear.into_iter().enumerate() {
        idp.serve(answer);
        assert_eq!(status(&envoy, &format!("opaque-{number}")), 503, "{number}");
    }
    idp.serve(active(now() + 60));
    assert_eq!(status(&envoy, "opaque-1"), 200);
}

fn assert_not_logged(envoy: &Envoy, secrets: &[&str]) {
    let log: String = envoy.log_lines().unwrap().into_iter().map(|line| line.message).collect();
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} is logged");
    }
}
