//! Requests that need keys that are not there yet.

use gatewright_testing::proxy::Answer;
use serde_json::json;

use crate::support::*;

#[test]
fn a_request_waits_for_the_first_keys_and_passes() {
    let idp = Idp::new(Answer::delay(ms(300), jwks(&[OLD])));
    let mut proxy = start(builder(&idp, 2));
    let early: Vec<_> = [0, 1, 1].into_iter().map(|worker| send(&mut proxy, worker, &token(OLD))).collect();
    let bad = send(&mut proxy, 0, &forged(OLD).replace('.', ".e30."));
    assert_eq!(bad.status(), 401, "what is refused without keys does not wait");
    proxy.advance(ms(290));
    assert!(early.iter().all(|exchange| exchange.is_pending()));
    proxy.advance(ms(30));
    assert_eq!(early.iter().map(|exchange| exchange.status()).collect::<Vec<_>>(), [200; 3]);
    assert_eq!(idp.count(), 1);
}

#[test]
fn a_request_that_waits_in_vain_could_not_be_decided() {
    for (mode, expected) in [("closed", 503), ("open", 200)] {
        let idp = Idp::new(Answer::never());
        let mut config: serde_json::Value = serde_json::from_str(&remote()).unwrap();
        config["failure_mode"] = json!(mode);
        let mut proxy = start(builder(&idp, 2).config(config.to_string()));
        let early = send(&mut proxy, 1, &token(OLD));
        proxy.advance(ms(1_999));
        assert!(early.is_pending());
        proxy.advance(ms(2));
        assert_eq!(early.status(), expected);
    }
}

#[test]
fn keys_that_come_after_some_failures_are_used_at_once() {
    let idp = Idp::new(Answer::refused());
    let mut proxy = running(&idp, 2);
    let early = send(&mut proxy, 1, &token(OLD));
    idp.serve(jwks(&[OLD]));
    assert!(early.is_pending());
    proxy.advance(ms(1_200));
    assert_eq!((early.status(), idp.count()), (200, 2));
    let states: Vec<_> = events(&proxy).into_iter().map(|(state, _)| state).collect();
    assert_eq!(states, ["missing", "fresh"]);
}

#[test]
fn clients_that_go_away_leave_nothing_behind() {
    let idp = Idp::new(Answer::never());
    let mut proxy = start(builder(&idp, 1));
    // More than may wait, were each not to leave.
    for _ in 0..1_100 {
        let early = send(&mut proxy, 0, &token(OLD));
        assert!(early.is_pending());
        proxy.abort(&early);
    }
    idp.serve(jwks(&[OLD]));
    let last = send(&mut proxy, 0, &token(OLD));
    assert!(last.is_pending());
    proxy.advance(secs(1));
    proxy.abort(&last);
    proxy.advance(secs(10));
    assert_eq!(status(&mut proxy, 0, &token(OLD)), 200);
}

#[test]
fn no_more_than_a_bounded_number_of_requests_is_held() {
    let idp = Idp::new(Answer::never());
    let mut proxy = start(builder(&idp, 1));
    let good = token(OLD);
    let mut waiting = Vec::new();
    for _ in 0..1_024 {
        waiting.push(send(&mut proxy, 0, &good));
        proxy.advance(ms(1));
    }
    assert!(waiting.iter().all(|exchange| exchange.is_pending()));
    assert_eq!(status(&mut proxy, 0, &good), 503);
    proxy.advance(secs(3));
    assert!(waiting.iter().all(|exchange| exchange.status() == 503));
}
