//! A new configuration while the issuer is down: the keys that the proxy has go on.

use gatewright_host::envoy::{Envoy, Update};
use serde_json::{Value, json};

use crate::issuer::Issuer;
use crate::support::*;
use crate::tokens::*;

fn updated(envoy: &mut Envoy, provider: Value) {
    assert_eq!(envoy.update(&listener(&[provider])).unwrap(), Update::Accepted);
}

#[test]
fn keys_survive_a_new_configuration_while_the_issuer_is_down() {
    let idp = Issuer::serving(jwks(&[OLD]));
    let settings = json!({"refresh_interval": "10s", "min_refresh_interval": "1s"});
    let builder = builder(remote(&settings)).cluster("idp", idp.address()).dynamic();
    let mut envoy = builder.start().unwrap();
    wait_for_status(&envoy, &token(OLD), 200, secs(10));
    idp.kill();

    // Something else changes.
    let mut other = remote(&settings);
    other.as_object_mut().unwrap().insert("subjects".into(), json!(["anna", "ben"]));
    updated(&mut envoy, other);
    wait_for_status(&envoy, &token(OLD), 200, ms(500));

    // What is written about the keys themselves changes, as in a night in which the issuer is down.
    updated(
        &mut envoy,
        remote(&json!({"refresh_interval": "10s", "min_refresh_interval": "1s", "stale_if_error": "6h"})),
    );
    wait_for_status(&envoy, &token(OLD), 200, ms(500));

    // Keys of another address are other keys.
    updated(&mut envoy, remote(&json!({"uri": "https://idp.example/other.json", "first_wait": "100ms"})));
    assert_eq!(status(&envoy, &token(OLD)), 503);
    idp.serve(jwks(&[NEW]));
    wait_for_status(&envoy, &token(NEW), 200, secs(8));
}
