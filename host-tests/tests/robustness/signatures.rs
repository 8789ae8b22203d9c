//! jwt-auth and who verifies: the host where it can, the policy where it cannot.

use gatewright_host::scenario::{Host, Scene, Stage};
use gatewright_testing::message::Request;

use crate::setup::{jwt_auth, status};
use crate::tokens::{mint, tampered};

on_both!(every_algorithm_admits_its_own_and_nothing_else);

/// Algorithm, key, and whether Envoy's `verify_signature` can do it.
const ALGORITHMS: [(&str, &str, bool); 6] = [
    ("RS256", "rsa-2048", true),
    ("ES256", "p-256", true),
    ("ES384", "p-384", true),
    ("PS256", "rsa-2048", false),
    ("EdDSA", "ed25519", false),
    ("ES512", "p-521", false),
];

fn every_algorithm_admits_its_own_and_nothing_else(host: Host) {
    let mut stage = jwt_auth().start(host).unwrap();
    for (algorithm, key, _) in ALGORITHMS {
        let token = mint(algorithm, key);
        assert_eq!(verdict(&mut *stage, &token), 200, "{algorithm}");
        assert_eq!(verdict(&mut *stage, &tampered(&token)), 401, "{algorithm}, tampered");
    }
}

/// The verdicts are the same without the host's help.
#[test]
fn the_host_verifies_what_it_can_and_the_policy_the_rest() {
    let mut with = jwt_auth().start(Host::Wasmtime).unwrap();
    let mut without = Scene { verify_signature: false, ..jwt_auth() }.start(Host::Wasmtime).unwrap();
    for (algorithm, key, by_host) in ALGORITHMS {
        let token = mint(algorithm, key);
        for (token, expected) in [(token.clone(), 200), (tampered(&token), 401)] {
            let before = with.host_calls("proxy_call_foreign_function").unwrap();
            assert_eq!(verdict(&mut *with, &token), expected, "{algorithm}");
            let asked = with.host_calls("proxy_call_foreign_function").unwrap() - before;
            assert_eq!(asked > 0, by_host, "{algorithm} asks the host");
            assert_eq!(verdict(&mut *without, &token), expected, "{algorithm} in the policy");
        }
    }
}

fn verdict(stage: &mut dyn Stage, token: &str) -> u16 {
    status(stage, &Request::get("/").with_header("authorization", format!("Bearer {token}")))
}
