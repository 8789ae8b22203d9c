//! Issuers that fail, and documents that are no key sets.

use gatewright_testing::message::Response;
use gatewright_testing::proxy::{Answer, Proxy};
use serde_json::json;

use crate::support::*;

/// What an issuer may do instead of serving keys.
fn failures() -> Vec<(&'static str, Answer)> {
    let secret = json!({"keys": [{"kty": "oct", "kid": "p-256", "alg": "HS256", "k": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]});
    vec![
        ("refuses connections", Answer::refused()),
        ("resets", Answer::failed()),
        ("times out", Answer::timeout()),
        ("hangs", Answer::never()),
        ("is slow", Answer::delay(secs(7), jwks(&[NEW]))),
        ("cuts its answer", Answer::truncated(jwks(&[NEW]))),
        (
            "redirects",
            Response::new(302).with_header("location", "https://evil.example/").with_body(document(&[NEW])).into(),
        ),
        ("answers 500 with keys", Response::new(500).with_body(document(&[NEW])).into()),
        ("answers 204", Response::new(204).into()),
        ("answers 206", Response::new(206).with_body(document(&[NEW])).into()),
        ("serves 10 MB", ok(format!("{{\"keys\": [], \"x\": \"{}\"}}", "a".repeat(10 << 20))).into()),
        ("serves HTML", ok("<html><body>Login</body></html>").into()),
        ("serves nothing", ok("").into()),
        ("serves no keys", ok(r#"{"keys": []}"#).into()),
        ("serves other types", ok(r#"{"keys": [1, null, "a", {"kty": 7}]}"#).into()),
        ("serves a repeated member", ok(document(&[NEW]).replace("{\"keys\"", "{\"keys\":[],\"keys\"")).into()),
        ("serves depth", ok("[".repeat(100_000)).into()),
        ("serves bytes", ok(vec![0xff; 1000]).into()),
        ("serves a secret", ok(secret.to_string()).into()),
    ]
}

fn advance_until_stale(proxy: &mut Proxy) {
    // A third of an hour past the last possible refresh.
    proxy.advance(secs(330 + 1200));
}

#[test]
fn good_keys_outlive_every_failure_until_their_bound() {
    for (name, failure) in failures() {
        let idp = Idp::new(jwks(&[OLD]));
        let mut proxy = running(&idp, 2);
        idp.serve(failure);
        advance_until_stale(&mut proxy);
        for worker in [0, 1] {
            assert_eq!(status(&mut proxy, worker, &token(OLD)), 200, "{name}");
            let other = send(&mut proxy, worker, &token(NEW));
            proxy.advance(secs(3));
            assert_eq!(other.status(), 401, "{name}");
        }
        assert_eq!(proxy.metric("gatewright.jwks.stale.main"), Some(1), "{name}");
        proxy.advance(secs(3600));
        for worker in [0, 1] {
            assert_eq!(status(&mut proxy, worker, &token(OLD)), 503, "{name}");
        }
        idp.serve(jwks(&[OLD, NEW]));
        proxy.advance(secs(17));
        assert_eq!([0, 1].map(|worker| status(&mut proxy, worker, &token(NEW))), [200; 2], "{name}");
        assert_eq!(proxy.metric("gatewright.jwks.stale.main"), Some(0), "{name}");
    }
}

#[test]
fn each_change_of_state_is_logged_once() {
    let idp = Idp::new(jwks(&[OLD]));
    let mut proxy = running(&idp, 4);
    idp.serve(Response::new(500));
    proxy.advance(secs(2 * 3600));
    idp.serve(jwks(&[OLD]));
    proxy.advance(secs(600));
    let events = events(&proxy);
    let states: Vec<_> = events.iter().map(|(state, _)| state.as_str()).collect();
    assert_eq!(states, ["fresh", "stale", "expired", "fresh"]);
    assert_eq!(
        (events[1].1.as_str(), events[2].1.as_str()),
        ("the answer's status is 500", "the answer's status is 500")
    );
}

#[test]
fn a_state_that_changes_while_a_fetch_is_under_way_is_logged_once() {
    // Each fetch takes five seconds to fail, and another one begins ten seconds later: the keys end within some of them.
    for bound in 3_600..3_616 {
        let idp = Idp::new(jwks(&[OLD]));
        let source =
            json!({"upstream": "idp", "uri": "https://idp.example/jwks.json", "stale_if_error": format!("{bound}s")});
        let mut proxy = start(builder(&idp, 2).config(config(&json!({ "remote": source }))));
        proxy.advance(ms(50));
        idp.serve(Answer::never());
        proxy.advance(secs(2 * 3600));
        let states: Vec<_> = events(&proxy).into_iter().map(|(state, _)| state).collect();
        assert_eq!(states, ["fresh", "stale", "expired"], "{bound}");
    }
}

#[test]
fn a_failing_issuer_is_asked_with_growing_pauses() {
    let idp = Idp::new(Answer::refused());
    let mut proxy = running(&idp, 4);
    proxy.advance(secs(7));
    assert!((3..=4).contains(&idp.count()), "1, 2 and 4 s apart: {}", idp.count());
    let before = idp.count();
    proxy.advance(secs(600));
    let later = idp.count() - before;
    assert!((50..=70).contains(&later), "10 s apart: {later}");
}

#[test]
fn a_set_larger_than_configured_is_not_read() {
    let idp = Idp::new(jwks(&[OLD]));
    let source = json!({"remote": {"upstream": "idp", "uri": "https://idp.example/jwks.json", "max_bytes": "1KiB"}});
    let mut proxy = start(builder(&idp, 1).config(config(&source)));
    proxy.advance(ms(50));
    let padded = |length: usize| {
        let keys = document(&[NEW]);
        let padding = " ".repeat(length - keys.len());
        ok(keys + &padding)
    };
    for (length, expected) in [(1_025, 401), (1_024, 200)] {
        idp.serve(padded(length));
        proxy.advance(secs(20));
        let exchange = send(&mut proxy, 0, &token_with(&json!({"alg": "ES256"}), NEW));
        proxy.advance(ms(50));
        assert_eq!(exchange.status(), expected, "{length} bytes");
    }
}

#[test]
fn a_secret_among_public_keys_is_left_out_and_the_rest_is_used() {
    let idp = Idp::new(jwks(&[OLD, "secret-64"]));
    let mut proxy = running(&idp, 1);
    assert_eq!(status(&mut proxy, 0, &token(OLD)), 200);
    let warned = events(&proxy).iter().any(|(_, message)| message.starts_with("`oct` keys are not used"));
    assert!(warned);
}

#[test]
fn steps_of_the_clock_neither_lose_keys_nor_prolong_them_beyond_reason() {
    let hour = 3_600_000_000_000;
    for step in [-24 * hour, -hour, hour / 2, 2 * hour, 24 * hour] {
        let idp = Idp::new(Answer::delay(ms(20), jwks(&[OLD])));
        let mut proxy = running(&idp, 2);
        let now = proxy.world().now_nanos();
        proxy.world().set_now(now.checked_add_signed(step).unwrap());
        let sent: Vec<_> = [0, 1].into_iter().map(|worker| send(&mut proxy, worker, &token(OLD))).collect();
        proxy.advance(secs(1));
        assert!(sent.iter().all(|exchange| exchange.status() == 200), "{step}");
        proxy.advance(secs(20));
        let fetched = idp.count();
        assert_eq!(fetched, 2, "the clock does not say any more how old the keys are: {step}");
        proxy.advance(secs(400));
        assert!((3..=4).contains(&idp.count()), "{step}: {}", idp.count());
        idp.serve(Answer::refused());
        proxy.advance(secs(2 * 3600));
        assert_eq!(status(&mut proxy, 0, &token(OLD)), 503, "{step}");
    }
}
