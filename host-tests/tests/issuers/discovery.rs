//! Keys by way of OpenID Provider metadata.

use gatewright_testing::message::Response;
use serde_json::json;

use crate::issuer::Issuer;
use crate::support::*;
use crate::tokens::*;

const METADATA: &str = "/.well-known/openid-configuration";

fn metadata(issuer: &str, jwks_uri: &str) -> Response {
    ok(json!({"issuer": issuer, "jwks_uri": jwks_uri}).to_string())
}

#[test]
fn the_metadata_names_the_set_and_must_be_the_issuers() {
    let idp = Issuer::down();
    let own = metadata(ISSUER, "https://idp.example/keys");
    idp.serve_each([(METADATA, own.clone().into()), ("/keys", jwks(&[OLD]).into())]);
    let source = json!({"upstream": "idp", "timeout": "500ms", "refresh_interval": "1s", "min_refresh_interval": "1s"});
    let provider = provider(&json!({"jwks": {"discovery": source}}));
    let envoy = builder(provider).cluster("idp", idp.address()).start().unwrap();
    wait_for_status(&envoy, &token(OLD), 200, secs(10));
    let paths: Vec<_> = idp.requests().iter().take(2).map(|request| request.path()).collect();
    assert_eq!(paths, [METADATA, "/keys"]);

    // Metadata of somebody else, and a set at somebody else's address, are not followed.
    let keys = || ("", jwks(&[NEW]).into());
    for wrong in
        [metadata("https://evil.example", "https://idp.example/keys"), metadata(ISSUER, "https://evil.example/keys")]
    {
        let before = metric(&envoy, "jwks.failures");
        idp.serve_each([(METADATA, wrong.into()), keys()]);
        pass(ms(2_500));
        assert!(metric(&envoy, "jwks.failures") > before);
        assert_eq!((status(&envoy, &token(OLD)), status(&envoy, &token(NEW))), (200, 401));
    }
    idp.serve_each([(METADATA, own.into()), keys()]);
    wait_for_status(&envoy, &token(NEW), 200, secs(5));
}
