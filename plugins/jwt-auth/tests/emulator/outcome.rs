//! What the upstream gets.

use gatewright_testing::message::Request;
use serde_json::{Value, json};

use crate::support::{bearer, claims, config, proxy, token};
use jwt_auth::jose::base64url;

fn settings() -> Value {
    json!({
        "claim_to_headers": [
            {"claim": "sub", "header": "x-user"},
            {"claim": "org.id", "header": "x-org"},
            {"claim": "roles", "header": "x-roles"},
            {"claim": ["a.b"], "header": "x-literal"},
        ],
        "forward_payload_header": "x-payload",
    })
}

#[test]
fn claims_become_headers() {
    let mut proxy = proxy(&config(&settings(), &json!({})));
    let more = json!({"org": {"id": 7}, "roles": ["a", "b"], "a.b": true});
    // The second time from memory.
    for _ in 0..2 {
        let sent = proxy.send(bearer("/", &token(&more))).upstream_request().unwrap();
        assert_eq!(sent.header("x-user").as_deref(), Some("anna"));
        assert_eq!(sent.header("x-org").as_deref(), Some("7"));
        assert_eq!(sent.header("x-roles"), Some(base64url::encode(br#"["a","b"]"#)));
        assert_eq!(sent.header("x-literal").as_deref(), Some("true"));
        let payload = base64url::decode(sent.header("x-payload").unwrap().as_bytes()).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&payload).unwrap(), claims(&more));
        assert_eq!(sent.header("authorization"), None);
    }
}

#[test]
fn what_a_client_sends_under_these_names_is_gone() {
    let mut proxy = proxy(&config(&settings(), &json!({"requires": {"optional": {}}})));
    let forged = |request: Request| {
        let names = ["x-user", "x_user", "X-Org", "x-payload", "x-literal", "x_Literal"];
        names.iter().fold(request, |request, name| request.with_header(name, "admin")).with_header("x-user", "root")
    };
    let without = proxy.send(forged(Request::get("/"))).upstream_request().unwrap();
    let with = proxy.send(forged(bearer("/", &token(&json!({}))))).upstream_request().unwrap();
    for sent in [&without, &with] {
        let names: Vec<_> = sent.headers.iter().filter(|(_, value)| value == b"admin" || value == b"root").collect();
        assert!(names.is_empty(), "{names:?}");
    }
    assert_eq!(without.header("x-user"), None);
    let users: Vec<_> = with.headers.iter().filter(|(name, _)| name == b"x-user").collect();
    assert_eq!(users, [&(b"x-user".to_vec(), b"anna".to_vec())]);
}

#[test]
fn a_value_that_is_no_header_value_does_not_go() {
    let mut proxy = proxy(&config(&settings(), &json!({})));
    for sub in ["a\r\nx-admin: 1", "a\u{1}", " a"] {
        let sent = proxy.send(bearer("/", &token(&json!({ "sub": sub })))).upstream_request().unwrap();
        assert_eq!((sent.header("x-user"), sent.header("x-admin")), (None, None), "{sub:?}");
    }
}
