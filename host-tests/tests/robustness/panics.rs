//! A policy that panics: who is hurt, and how it goes on under each failure policy.

use std::time::Duration;

use gatewright_host::envoy::FailurePolicy;
use gatewright_host::net::{Answer, Ending};
use gatewright_host::scenario::{Host, SERVICE, Scene, Stage};
use gatewright_testing::message::{Request, Response};

use crate::setup::{body, status, steps, trouble};

on_both!(
    in_every_phase_and_reloaded_after_each,
    while_an_exchange_is_forgotten,
    closed_means_closed,
    open_means_without_the_policy,
    reload_waits_for_the_back_off,
);

/// Longer than the back-off.
const BACKOFF: Duration = Duration::from_millis(20);
const REST: Duration = Duration::from_millis(60);

/// A panic after a callout or a timer is one of the plugin, not of the exchange, which nobody answers any more.
fn in_every_phase_and_reloaded_after_each(host: Host) {
    let mut stage = scene(FailurePolicy::Reload(BACKOFF)).start(host).unwrap();
    let phases = [
        ("panic", "503"),
        ("body 100; panic", "503"),
        ("panic-in-body", "503"),
        ("trailers x-sum; panic", "503"),
        ("call / 5000; panic", "nothing"),
        ("sleep 10; panic", "nothing"),
        ("forward; panic", "503"),
        ("forward; body 100; panic", "503"),
        ("forward; trailers x-sum; panic", "503"),
        ("forward; call / 5000; panic", "nothing"),
        ("forward; panic-in-body", "200 cut"),
    ];
    for (crashes, (told, expected)) in (1..).zip(phases) {
        stage.advance(REST);
        // A piece that arrives after the VM's death would get the 503 that a held exchange never gets.
        let request = match expected {
            "nothing" => steps(told),
            _ => Request::post("/", "0123456789").with_trailer("x-sum", "10").with_header("x-trouble", told),
        };
        assert_eq!(outcome(&mut *stage, &request), expected, "{told}");
        stage.advance(REST);
        let refusal = stage.answer(&steps("reply 403")).unwrap();
        assert_eq!(refusal.status(), 403, "the policy runs again after {told}");
        assert_eq!(stage.stat("wasm.trouble.vm_reload_success").unwrap(), Some(crashes), "{told}");
    }
    assert!(!stage.crashes().unwrap().is_empty());
}

fn while_an_exchange_is_forgotten(host: Host) {
    let mut stage = scene(FailurePolicy::Reload(BACKOFF)).upstream("idp", |_| Answer::Hang).start(host).unwrap();
    stage.advance(REST);
    stage.abort(&steps("panic-at-end; call /hang 5000"), "idp").unwrap();
    let log = stage.log().unwrap();
    assert!(log.iter().any(|line| line.contains("told to panic in the end")), "{log:?}");
    stage.advance(REST);
    assert_eq!(status(&mut *stage, &steps("reply 403")), 403);
    assert_eq!(stage.stat("wasm.trouble.vm_reload_success").unwrap(), Some(1));
}

fn closed_means_closed(host: Host) {
    let mut stage = scene(FailurePolicy::Closed).start(host).unwrap();
    assert_eq!(status(&mut *stage, &Request::get("/")), 200);
    assert_eq!(status(&mut *stage, &steps("panic")), 503);
    stage.advance(REST);
    for _ in 0..10 {
        assert_eq!(status(&mut *stage, &Request::get("/")), 503);
    }
    assert_eq!(stage.requests(SERVICE).len(), 1);
    let log = stage.log().unwrap();
    assert!(log.iter().any(|line| line.contains("told to panic in a step")), "{log:?}");
}

fn open_means_without_the_policy(host: Host) {
    let mut stage = scene(FailurePolicy::Open).start(host).unwrap();
    assert_eq!(status(&mut *stage, &steps("reply 403")), 403);
    assert_eq!(status(&mut *stage, &steps("panic")), 503, "the request that crashed");
    for _ in 0..10 {
        assert_eq!(status(&mut *stage, &steps("reply 403")), 200);
    }
    assert_eq!(stage.requests(SERVICE).len(), 10);
}

fn reload_waits_for_the_back_off(host: Host) {
    let mut stage = scene(FailurePolicy::Reload(Duration::from_secs(60))).start(host).unwrap();
    assert_eq!(status(&mut *stage, &steps("panic")), 503);
    for _ in 0..3 {
        assert_eq!(status(&mut *stage, &Request::get("/")), 503);
    }
    assert_eq!(stage.stat("wasm.trouble.vm_reload_backoff").unwrap(), Some(3));
}

fn scene(failure_policy: FailurePolicy) -> Scene {
    let idp = |_: &Request| -> Answer { Response::new(204).into() };
    Scene { failure_policy, patience: Duration::from_millis(1_500), ..trouble() }
        .upstream(SERVICE, body)
        .upstream("idp", idp)
}

fn outcome(stage: &mut dyn Stage, request: &Request) -> String {
    let Ok(received) = stage.send(request) else { return "nothing".into() };
    let status = received.response.status();
    if received.ending == Ending::Complete { status.to_string() } else { format!("{status} cut") }
}
