//! An issuer that changes its keys while requests come without pause.

use gatewright_host::envoy::Envoy;
use gatewright_host::net::wait::Deadline;

use crate::issuer::Issuer;
use crate::support::*;
use crate::tokens::*;
use crate::traffic::Traffic;
use serde_json::json;

#[test]
fn no_good_token_is_refused_while_keys_rotate_and_the_old_key_ends() {
    let idp = Issuer::serving(jwks(&[OLD]));
    let envoy = builder(remote(&json!({}))).cluster("idp", idp.address()).start().unwrap();
    let [old, new] = [OLD, NEW].map(token);
    wait_for_status(&envoy, &old, 200, secs(10));

    let began = idp.count();
    let traffic = Traffic::start(&envoy, 8, vec![request(&old)]);
    pass(ms(1_500));
    // The new key is in use as soon as it is published.
    idp.serve(jwks(&[OLD, NEW]));
    traffic.send(vec![request(&old), request(&new)]);
    pass(ms(2_500));
    // The issuer withdraws the old key: from now on its tokens are not good any more.
    traffic.send(vec![request(&new)]);
    pass(ms(300));
    idp.serve(jwks(&[NEW]));
    pass(ms(2_500));
    let sent = traffic.answers();
    let fetched = idp.count() - began;
    assert_eq!(traffic.stop().iter().map(|(status, _)| *status).collect::<Vec<_>>(), [200], "of {sent} answers");
    assert!(sent > 500, "only {sent} requests");
    assert!(both_workers_served(&envoy));
    wait_for_status(&envoy, &old, 401, secs(2));
    wait_for_status(&envoy, &new, 200, secs(1));
    // 6.8 s: a refresh each second, a tenth more or less, and at most one for the new key's name.
    assert!((5..=9).contains(&fetched), "{fetched} fetches");
    assert_eq!(metric(&envoy, "jwks.failures"), 0);
}

#[test]
fn a_key_that_is_new_is_found_when_a_token_names_it() {
    let idp = Issuer::serving(jwks(&[OLD]));
    let envoy = builder(remote(&json!({"refresh_interval": "1h"}))).cluster("idp", idp.address()).start().unwrap();
    wait_for_status(&envoy, &token(OLD), 200, secs(10));
    idp.serve(jwks(&[NEW]));
    let limit = Deadline::after(secs(2));
    assert_eq!(status(&envoy, &token(NEW)), 200);
    assert!(!limit.has_passed());
    // It was remembered as good, by both workers.
    wait_for_status(&envoy, &token(OLD), 401, secs(3));
    assert!((2..=3).contains(&idp.count()), "{} requests", idp.count());
}

fn both_workers_served(envoy: &Envoy) -> bool {
    let stats = envoy.stats().unwrap();
    let of = |worker: &str| {
        let own = |(name, _): &&(String, u64)| name.starts_with("listener.") && name.ends_with(worker);
        stats.iter().find(own).map_or(0, |(_, count)| *count)
    };
    of("worker_0.downstream_cx_total") > 0 && of("worker_1.downstream_cx_total") > 0
}
