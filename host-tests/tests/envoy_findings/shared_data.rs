//! Shared data: how long it lives, and when a version counts.

use std::time::Duration;

use gatewright_host::envoy::{Configuration, FailurePolicy};
use gatewright_host::scenario::{Scene, Stage};
use gatewright_testing::message::Request;

use crate::setup::{found, probe, start};

#[test]
fn workers_share_data() {
    let mut stage = start(Scene { workers: 2, ..probe() });
    assert_eq!(share(&mut *stage, "share key value"), "ok");
    for _ in 0..8 {
        // Connections of their own, so over both workers.
        assert_eq!(share(&mut *stage, "share key"), "value");
    }
}

#[test]
fn shared_data_survives_updates_and_reloads() {
    let configuration = |text: &str| Configuration::Text(text.into());
    let failure_policy = FailurePolicy::Reload(Duration::from_millis(10));
    let mut stage = start(Scene { failure_policy, ..probe() }.configuration(configuration("first")));
    assert_eq!(share(&mut *stage, "share key value"), "ok");

    assert_eq!(stage.configure(&configuration("second")).unwrap(), Ok(()));
    assert_eq!(share(&mut *stage, "share key"), "value", "after an update");
    assert!(stage.configure(&configuration("refuse")).unwrap().is_err());
    assert_eq!(share(&mut *stage, "share key"), "value", "after a refused update");

    let crash = Request::get("/").with_header("x-probe-request-headers", "panic");
    assert_eq!(stage.answer(&crash).unwrap().status(), 503);
    stage.advance(Duration::from_millis(50));
    assert_eq!(share(&mut *stage, "share key"), "value", "after the VM died");
}

/// What the store of the SDK builds on: a version that no value has creates, and never overwrites.
#[test]
fn any_version_creates_a_missing_key_and_only_the_right_one_changes_it() {
    const MISMATCH: &str = "status 8";
    let mut stage = start(probe());
    assert_eq!(share(&mut *stage, "share-if key first 4294967295"), "ok", "absent");
    assert_eq!(share(&mut *stage, "share-if key second 4294967295"), MISMATCH, "present");
    assert_eq!(share(&mut *stage, "share key"), "first");
    assert_eq!(share(&mut *stage, "share-if key third 0"), "ok", "0 is unconditional");
    assert_eq!(share(&mut *stage, "share key"), "third");
}

fn share(stage: &mut dyn Stage, command: &str) -> String {
    found(stage, "/", command)[0].rsplit_once('=').unwrap().1.to_owned()
}
