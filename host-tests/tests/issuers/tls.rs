//! An issuer behind TLS: the cluster decides whom it trusts.

use gatewright_host::net::Upstream;
use gatewright_testing::message::Request;
use serde_json::json;

use crate::certificates::{SERVER, file, server};
use crate::support::*;
use crate::tokens::*;

#[test]
fn keys_come_over_tls_from_the_issuer_alone() {
    let idp = Upstream::start_tls(server(), |_: &Request| jwks(&[OLD])).unwrap();
    let source = json!({"first_wait": "2s"});
    let with = |name: &str| builder(remote(&source)).tls_cluster("idp", idp.address(), &file("authority.pem"), name);
    let envoy = with(SERVER).start().unwrap();
    wait_for_status(&envoy, &token(OLD), 200, secs(10));
    let asked = idp.requests().len();
    assert!(asked >= 1);
    drop(envoy);

    // Somebody with a certificate of the same authority, but another name.
    let asked = idp.requests().len();
    let envoy = with("idp.example").start().unwrap();
    assert_eq!(status(&envoy, &token(OLD)), 503);
    assert_eq!(idp.requests().len(), asked, "nothing is sent to a stranger");
}
