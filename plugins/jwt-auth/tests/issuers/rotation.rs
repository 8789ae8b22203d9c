//! An issuer that changes its keys.

use gatewright_testing::proxy::Answer;
use serde_json::json;

use crate::support::*;

#[test]
fn no_good_token_is_refused_while_keys_rotate_with_overlap() {
    for workers in [1, 2, 4] {
        let idp = Idp::new(Answer::delay(ms(30), jwks(&[OLD])));
        let mut proxy = running(&idp, workers);
        let (mut sent, mut old_refused) = (Vec::new(), None);
        let [old, new] = [OLD, NEW].map(token);
        for tick in 0..1_600_u64 {
            // 500 ms each. The new key is in use as soon as it is published; the old one is withdrawn 100 s later.
            match tick {
                200 => idp.serve(Answer::delay(ms(30), jwks(&[OLD, NEW]))),
                400 => idp.serve(Answer::delay(ms(30), jwks(&[NEW]))),
                _ => {}
            }
            let worker = tick as usize % workers;
            if tick < 400 {
                sent.push(send(&mut proxy, worker, &old));
            }
            if tick >= 200 {
                sent.push(send(&mut proxy, worker, &new));
            }
            if tick >= 400 && old_refused.is_none() && status(&mut proxy, worker, &old) == 401 {
                old_refused = Some(tick - 400);
            }
            proxy.advance(ms(500));
        }
        assert!(sent.iter().all(|exchange| exchange.status() == 200), "{workers} workers");
        let after = old_refused.unwrap();
        assert!(after <= 660, "the old key was used for {after} ticks more");
        assert!(idp.count() <= 6, "{} requests", idp.count());
        let last = send(&mut proxy, 0, &token(OLD));
        proxy.advance(ms(100));
        assert_eq!(last.status(), 401);
    }
}

#[test]
fn a_token_of_a_new_key_waits_for_one_fetch_and_passes() {
    let idp = Idp::new(jwks(&[OLD]));
    let mut proxy = running(&idp, 2);
    proxy.advance(secs(100));
    idp.serve(Answer::delay(ms(100), jwks(&[NEW])));
    let waiting: Vec<_> = (0..10).map(|n| send(&mut proxy, n % 2, &token(NEW))).collect();
    assert!(waiting.iter().all(|exchange| exchange.is_pending()));
    assert_eq!(status(&mut proxy, 0, &token(OLD)), 200, "who needs no new key does not wait");
    proxy.advance(ms(150));
    assert_eq!(waiting.iter().map(|exchange| exchange.status()).collect::<Vec<_>>(), [200; 10]);
    assert_eq!(idp.count(), 2);
    assert_eq!([0, 1].map(|worker| status(&mut proxy, worker, &token(OLD))), [401; 2], "the old key is unknown now");
    assert_eq!(idp.count(), 2, "and nobody is asked: ten seconds are not over");
}

#[test]
fn a_flood_of_invented_ids_neither_floods_the_issuer_nor_waits() {
    for workers in [1, 4] {
        let idp = Idp::new(jwks(&[OLD]));
        let mut proxy = running(&idp, workers);
        let mut pending = 0;
        for n in 0..1_000 {
            let exchange = send(&mut proxy, n % workers, &forged(&format!("invented {n}")));
            pending += usize::from(exchange.is_pending());
            proxy.advance(ms(30));
            assert_eq!(exchange.status(), 401);
        }
        // 30 s: the first fetch and one every ten seconds.
        assert_eq!(idp.count(), 1 + 3, "{workers} workers");
        assert!(pending <= 3, "{pending} waited");
        assert_eq!(status(&mut proxy, 0, &token(OLD)), 200);
    }
}

#[test]
fn an_id_that_was_not_found_is_not_asked_for_again_for_a_while() {
    let idp = Idp::new(jwks(&[OLD]).with_header("cache-control", "max-age=3600"));
    let mut proxy = running(&idp, 1);
    for _ in 0..59 {
        send(&mut proxy, 0, &forged("gone"));
        proxy.advance(secs(1));
    }
    assert_eq!(idp.count(), 2);
    proxy.advance(secs(1));
    send(&mut proxy, 0, &forged("gone"));
    proxy.advance(secs(1));
    assert_eq!(idp.count(), 3);
}

#[test]
fn a_token_without_an_id_makes_the_proxy_look_for_new_keys_too() {
    let idp = Idp::new(jwks(&[OLD]));
    let mut proxy = running(&idp, 2);
    idp.serve(jwks(&[NEW]));
    let nameless = token_with(&json!({"alg": "ES256"}), NEW);
    let exchange = send(&mut proxy, 1, &nameless);
    proxy.advance(ms(10));
    assert_eq!((exchange.status(), idp.count()), (200, 2));
}

#[test]
fn a_token_whose_id_no_key_has_makes_the_proxy_look_even_if_keys_without_id_were_tried() {
    let nameless = |id: &str| ok(document(&[id]).replace("\"kid\"", "\"x-kid\""));
    let idp = Idp::new(nameless(OLD));
    let mut proxy = running(&idp, 2);
    assert_eq!(status(&mut proxy, 0, &token(OLD)), 200);
    idp.serve(nameless(NEW));
    let exchange = send(&mut proxy, 1, &token(NEW));
    proxy.advance(ms(10));
    assert_eq!((exchange.status(), idp.count()), (200, 2));
}

#[test]
fn an_issuer_that_hangs_refuses_nobody_but_who_needs_it() {
    let idp = Idp::new(jwks(&[OLD]));
    let mut proxy = running(&idp, 2);
    idp.serve(Answer::never());
    let unknown = send(&mut proxy, 1, &token(NEW));
    proxy.advance(ms(1_900));
    assert!(unknown.is_pending());
    assert_eq!(status(&mut proxy, 1, &token(OLD)), 200);
    proxy.advance(ms(200));
    assert_eq!(
        unknown.status(),
        401,
        "the keys at hand decide: no fault, or failure_mode open would let any forgery in"
    );
}

#[test]
fn a_token_that_comes_before_its_key_passes_once_the_key_is_published() {
    let idp = Idp::new(jwks(&[OLD]));
    let mut proxy = running(&idp, 2);
    for _ in 0..3 {
        assert_eq!(status(&mut proxy, 0, &token(NEW)), 401);
    }
    assert_eq!(idp.count(), 2, "asked once, in vain");
    idp.serve(jwks(&[OLD, NEW]));
    proxy.advance(secs(61));
    let exchange = send(&mut proxy, 0, &token(NEW));
    proxy.advance(ms(10));
    assert_eq!((exchange.status(), idp.count()), (200, 3), "a minute later, not only after five");
}
