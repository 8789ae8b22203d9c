//! New configurations, while the issuer is there or not.

use gatewright_testing::proxy::{Answer, Proxy};
use serde_json::{Value, json};

use crate::support::*;

/// A configuration whose settings of the key set are these.
fn with(settings: &Value) -> String {
    let mut source = json!({"upstream": "idp", "uri": "https://idp.example/jwks.json"});
    source.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    config(&json!({ "remote": source }))
}

fn reconfigured(proxy: &mut Proxy, settings: &Value) {
    proxy.configure(with(settings)).unwrap();
    proxy.advance(ms(50));
}

fn statuses(proxy: &mut Proxy, key: &str) -> [u16; 2] {
    [0, 1].map(|worker| status(proxy, worker, &token(key)))
}

#[test]
fn settings_that_change_while_the_issuer_is_down_keep_its_keys() {
    let idp = Idp::new(jwks(&[OLD]));
    let mut proxy = running(&idp, 2);
    idp.serve(Answer::refused());
    proxy.advance(secs(3_600));
    assert_eq!(statuses(&mut proxy, OLD), [200; 2]);
    reconfigured(&mut proxy, &json!({"stale_if_error": "6h"}));
    assert_eq!(statuses(&mut proxy, OLD), [200; 2], "at once");
    proxy.advance(secs(3 * 3_600));
    assert_eq!(statuses(&mut proxy, OLD), [200; 2], "for as long as it says now");
    reconfigured(&mut proxy, &json!({"stale_if_error": "1h", "timeout": "1s"}));
    assert_eq!(statuses(&mut proxy, OLD), [503; 2], "and no longer");
    idp.serve(jwks(&[NEW]));
    proxy.advance(secs(15));
    assert_eq!((statuses(&mut proxy, NEW), statuses(&mut proxy, OLD)), ([200; 2], [401; 2]));
}

#[test]
fn keys_are_taken_over_from_the_last_settings_not_from_older_ones() {
    let idp = Idp::new(jwks(&[OLD]));
    let mut proxy = running(&idp, 2);
    idp.serve(jwks(&[NEW]));
    reconfigured(&mut proxy, &json!({"refresh_interval": "10m"}));
    assert_eq!(statuses(&mut proxy, NEW), [200; 2]);
    idp.serve(Answer::refused());
    proxy.advance(secs(20));
    reconfigured(&mut proxy, &json!({}));
    assert_eq!((statuses(&mut proxy, NEW), statuses(&mut proxy, OLD)), ([200; 2], [401; 2]));
    idp.serve(jwks(&[OLD]));
    proxy.advance(secs(20));
    assert_eq!(statuses(&mut proxy, OLD), [200; 2], "and later fetches count again");
}

#[test]
fn keys_of_another_address_are_not_taken_over() {
    let idp = Idp::new(jwks(&[OLD]));
    let mut proxy = running(&idp, 2);
    idp.serve(Answer::refused());
    reconfigured(&mut proxy, &json!({"uri": "https://idp.example/other.json"}));
    let waiting = send(&mut proxy, 0, &token(OLD));
    proxy.advance(secs(3));
    assert_eq!(waiting.status(), 503);
}

#[test]
fn a_new_configuration_asks_the_issuer_once_and_only_if_it_asks_differently() {
    let idp = Idp::new(jwks(&[OLD]));
    let mut proxy = running(&idp, 2);
    reconfigured(&mut proxy, &json!({}));
    assert_eq!(idp.count(), 1);
    reconfigured(&mut proxy, &json!({"timeout": "4s"}));
    assert_eq!(idp.count(), 2);
}
