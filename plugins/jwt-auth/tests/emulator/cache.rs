//! What a worker remembers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gatewright_testing::proxy::Proxy;
use jwt_auth::JwtAuth;
use serde_json::{Value, json};

use crate::support::{NOW, bearer, claims, config, provider, sign, verdict};

/// A proxy that counts the signatures that it is asked to verify, and finds them all `valid` or not.
fn counting(config: &Value, valid: bool) -> (Proxy, Arc<AtomicUsize>) {
    let builder = Proxy::builder().config(config.to_string());
    let proxy = builder.policy::<JwtAuth>("jwt-auth").unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    proxy.world().foreign("verify_signature", move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(if valid { vec![8, 1] } else { Vec::new() })
    });
    (proxy, count)
}

fn rs256(more: &Value) -> String {
    sign(&json!({"alg": "RS256", "kid": "rsa-2048"}), "rsa-2048", &claims(more))
}

fn verified(proxy: &mut Proxy, count: &AtomicUsize, token: &str) -> (usize, String) {
    let before = count.load(Ordering::Relaxed);
    let (_, reason) = verdict(proxy, bearer("/", token));
    (count.load(Ordering::Relaxed) - before, reason)
}

#[test]
fn a_token_is_verified_once() {
    let (mut proxy, count) = counting(&config(&json!({}), &json!({})), true);
    let (one, other) = (rs256(&json!({})), rs256(&json!({"sub": "berta"})));
    assert_eq!(verified(&mut proxy, &count, &one), (1, String::new()));
    assert_eq!(verified(&mut proxy, &count, &one), (0, String::new()));
    assert_eq!(verified(&mut proxy, &count, &other), (1, String::new()));
    assert_eq!(verified(&mut proxy, &count, &one), (0, String::new()));
}

#[test]
fn a_forged_token_is_verified_once() {
    let (mut proxy, count) = counting(&config(&json!({}), &json!({})), false);
    let token = rs256(&json!({}));
    assert_eq!(verified(&mut proxy, &count, &token), (1, "signature".to_owned()));
    assert_eq!(verified(&mut proxy, &count, &token), (0, "signature".to_owned()));
}

#[test]
fn a_remembered_token_expires_all_the_same() {
    let (mut proxy, count) = counting(&config(&json!({"clock_skew": "0s"}), &json!({})), true);
    let token = rs256(&json!({"exp": NOW + 10}));
    assert_eq!(verified(&mut proxy, &count, &token), (1, String::new()));
    proxy.advance(Duration::from_secs(9));
    assert_eq!(verified(&mut proxy, &count, &token), (0, String::new()));
    proxy.advance(Duration::from_secs(1));
    assert_eq!(verified(&mut proxy, &count, &token), (0, "expired".to_owned()));
}

#[test]
fn no_more_are_remembered_than_set() {
    for settings in [json!({"max_tokens": 2}), json!({"max_bytes": "3KiB"})] {
        let (mut proxy, count) = counting(&config(&json!({}), &json!({ "token_cache": settings })), true);
        let tokens: Vec<_> = (0..8).map(|number| rs256(&json!({ "jti": number.to_string() }))).collect();
        for token in tokens.iter().chain(&tokens) {
            assert_eq!(verified(&mut proxy, &count, token).0, 1, "{settings}");
        }
        assert_eq!(verified(&mut proxy, &count, &tokens[7]).0, 0, "{settings}");
    }
    let (mut proxy, count) = counting(&config(&json!({}), &json!({"token_cache": {"max_tokens": 0}})), true);
    let token = rs256(&json!({}));
    assert_eq!([0, 1].map(|_| verified(&mut proxy, &count, &token).0), [1, 1]);
}

#[test]
fn routes_share_what_they_agree_on_and_nothing_else() {
    let base = json!({"providers": [provider("main", &json!({"audiences": ["a"]}))]});
    let narrow = json!({"providers": [provider("main", &json!({"audiences": ["b"]}))]});
    let config = json!({"policy": base, "routes": [
        {"match": {"path": "/same"}, "policy": {"requires": {"scopes": ["s"]}}},
        {"match": {"path": "/other"}, "policy": narrow},
    ]});
    let (mut proxy, count) = counting(&config, true);
    let token = rs256(&json!({"aud": "a"}));
    assert_eq!(verified(&mut proxy, &count, &token), (1, String::new()));
    let mut at = |path: &str| {
        let before = count.load(Ordering::Relaxed);
        let (_, reason) = verdict(&mut proxy, bearer(path, &token));
        (count.load(Ordering::Relaxed) - before, reason)
    };
    assert_eq!(at("/same"), (0, "insufficient_scope".to_owned()));
    assert_eq!(at("/other"), (0, "audience".to_owned()));
    assert_eq!(at("/"), (0, String::new()));
}

#[test]
fn a_new_configuration_starts_afresh() {
    let (mut proxy, count) = counting(&config(&json!({}), &json!({})), true);
    let token = rs256(&json!({}));
    assert_eq!(verified(&mut proxy, &count, &token).0, 1);
    proxy.configure(config(&json!({"audiences": ["x"]}), &json!({})).to_string()).unwrap();
    assert_eq!(verified(&mut proxy, &count, &token), (0, "claim_missing".to_owned()));
}
