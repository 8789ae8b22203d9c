//! Issuers that fail, and documents that are no key sets. Each has a provider of its own, and all fail at the same time.

use gatewright_host::envoy::Envoy;
use gatewright_host::net::Answer;
use gatewright_host::net::wait::Deadline;
use gatewright_testing::message::Response;
use serde_json::{Value, json};

use crate::issuer::Issuer;
use crate::support::*;
use crate::tokens::*;

/// How long good keys are used after their refresh was due.
const STALE_IF_ERROR: u64 = 4;

/// What an issuer may do instead of serving keys; nothing is that it was killed.
fn failures() -> Vec<(&'static str, Option<Answer>)> {
    let keys = || document(&[NEW]);
    let secret = json!({"keys": [{"kty": "oct", "kid": OLD, "alg": "HS256", "k": "A".repeat(43)}]});
    let sized = |size: usize| format!(r#"{{"keys": [], "x": "{}"}}"#, "a".repeat(size));
    vec![
        ("killed", None),
        ("hangs", Some(Answer::Hang)),
        ("resets", Some(Answer::Reset)),
        ("slow", Some(Answer::After(secs(2), Box::new(jwks(&[NEW]).into())))),
        ("cut", Some(Answer::Truncated(jwks(&[NEW])))),
        ("no-http", Some(Answer::Raw(b"\x00\x01keys".to_vec()))),
        (
            "redirects",
            Some(Response::new(302).with_header("location", "https://evil.example/").with_body(keys()).into()),
        ),
        ("error-500", Some(Response::new(500).with_body(keys()).into())),
        ("huge", Some(ok(sized(10 << 20)).into())),
        (
            "html",
            Some(Response::new(200).with_header("content-type", "text/html").with_body("<html>Login</html>").into()),
        ),
        ("nothing", Some(ok("").into())),
        ("no-keys", Some(ok(r#"{"keys": []}"#).into())),
        ("other-types", Some(ok(r#"{"keys": [1, null, "a", {"kty": 7}]}"#).into())),
        ("not-a-list", Some(ok(r#"{"keys": {"kty": "EC"}}"#).into())),
        ("deep", Some(ok("[".repeat(100_000)).into())),
        ("bytes", Some(ok(vec![0xff; 1_000]).into())),
        ("secret", Some(ok(secret.to_string()).into())),
    ]
}

#[test]
fn good_keys_outlive_every_failure_until_their_bound_and_issuers_that_come_back_are_found() {
    let failures = failures();
    let names: Vec<&str> = failures.iter().map(|(name, _)| *name).collect();
    let issuers: Vec<_> = failures.iter().map(|_| Issuer::serving(jwks(&[OLD]))).collect();
    let envoy = start(&failures, &issuers);
    for name in &names {
        wait_for_status(&envoy, &good(name, OLD), 200, secs(20));
    }
    let bound = Deadline::after(secs(STALE_IF_ERROR));
    for ((_, failure), issuer) in failures.iter().zip(&issuers) {
        match failure {
            Some(answer) => issuer.serve(answer.clone()),
            None => issuer.kill(),
        }
    }
    pass(ms(2_500));
    names.iter().for_each(|name| assert_stale_keys_are_used(&envoy, name));
    assert!(!bound.has_passed(), "the machine is too slow for this test");
    names.iter().for_each(|name| assert_keys_end(&envoy, name));
    issuers.iter().for_each(|issuer| issuer.serve(jwks(&[NEW])));
    names.iter().for_each(|name| assert_recovered(&envoy, name));
}

fn assert_stale_keys_are_used(envoy: &Envoy, name: &str) {
    assert_eq!(metric(envoy, &format!("jwks.stale.{name}")), 1, "{name} is known to be stale");
    assert_eq!(status(envoy, &good(name, OLD)), 200, "{name}");
}

/// The last good fetch began at most 1.1 s before the issuer failed, and was fresh for at most as long.
fn assert_keys_end(envoy: &Envoy, name: &str) {
    wait_for_status(envoy, &good(name, OLD), 503, secs(STALE_IF_ERROR + 2));
    // Told by the next fetch that fails.
    let told = || states(envoy, name).iter().any(|state| state == "expired").then_some(());
    assert!(Deadline::after(secs(3)).poll(told).is_some(), "{name}: {:?}", states(envoy, name));
}

fn assert_recovered(envoy: &Envoy, name: &str) {
    wait_for_status(envoy, &good(name, NEW), 200, secs(10));
    assert_eq!(status(envoy, &good(name, OLD)), 401, "{name}");
    assert_eq!(metric(envoy, &format!("jwks.stale.{name}")), 0, "{name}");
    assert_eq!(states(envoy, name), ["fresh", "stale", "expired", "fresh"], "{name}");
}

fn start(failures: &[(&str, Option<Answer>)], issuers: &[Issuer]) -> Envoy {
    let providers: Vec<Value> = failures.iter().map(|(name, _)| provider_of(name)).collect();
    let builder = Envoy::builder(listener(&providers)).concurrency(WORKERS);
    let clusters = failures.iter().zip(issuers);
    clusters.fold(builder, |builder, ((name, _), issuer)| builder.cluster(name, issuer.address())).start().unwrap()
}

fn provider_of(name: &str) -> Value {
    let source = json!({
        "upstream": name,
        "uri": format!("https://{name}.example/jwks.json"),
        "timeout": "500ms",
        "refresh_interval": "1s",
        "min_refresh_interval": "1s",
        "stale_if_error": format!("{STALE_IF_ERROR}s"),
        "first_wait": "100ms",
    });
    json!({"name": name, "issuer": issuer_of(name), "jwks": {"remote": source}})
}

fn issuer_of(name: &str) -> String {
    format!("https://{name}.example")
}

fn good(name: &str, key: &str) -> String {
    token_of(&issuer_of(name), key, key)
}
