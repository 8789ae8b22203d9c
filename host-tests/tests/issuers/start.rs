//! A proxy that starts, and an issuer that is there, slow, or not there yet.

use gatewright_host::net::Answer;

use crate::issuer::Issuer;
use crate::support::*;
use crate::tokens::*;
use serde_json::json;

#[test]
fn one_worker_fetches_for_all_and_requests_wait_for_it() {
    let idp = Issuer::serving(Answer::After(ms(800), Box::new(jwks(&[OLD]).into())));
    let envoy = builder(remote(&json!({"timeout": "5s", "refresh_interval": "1h"})))
        .cluster("idp", idp.address())
        .start()
        .unwrap();
    assert_eq!(statuses_at_once(&envoy, &request(&token(OLD)), 16), [200; 16]);
    pass(ms(500));
    let requests = idp.requests();
    assert_eq!(requests.len(), 1, "one GET for {WORKERS} workers");
    let seen = |name: &str| requests.first().and_then(|request| request.header(name)).unwrap_or_default();
    assert_eq!((seen(":method").as_str(), seen(":path").as_str(), seen("host").as_str()), ("GET", "/jwks.json", ""));
    assert_eq!(seen(":authority"), "idp.example");
    assert_eq!(metric(&envoy, "jwks.fetches"), 1);
}

#[test]
fn requests_wait_for_the_first_keys_no_longer_than_told_and_an_issuer_that_comes_late_is_found() {
    let idp = Issuer::down();
    let envoy = builder(remote(&json!({"first_wait": "300ms"}))).cluster("idp", idp.address()).start().unwrap();
    let good = token(OLD);
    let limit = gatewright_host::net::wait::Deadline::after(secs(3));
    assert_eq!(status(&envoy, &good), 503, "not decided");
    assert!(!limit.has_passed());
    assert_eq!(status(&envoy, "no.to.ken"), 401, "decided without keys");
    idp.serve(jwks(&[OLD]));
    wait_for_status(&envoy, &good, 200, secs(8));
    assert_eq!(states(&envoy, "main"), ["missing", "fresh"]);
}
