//! Callouts: how failures look to a plugin, and to which context answers come.

use std::io::Write;
use std::time::Duration;

use gatewright_host::net::Answer;
use gatewright_host::scenario::Scene;
use gatewright_testing::message::{Request, Response};

use crate::setup::{found, probe, start};

#[test]
fn a_dead_or_slow_upstream_answers_a_callout_with_a_status_of_the_hosts_own() {
    let scene = probe().dead_upstream("dead").upstream("service", |request| match request.path().as_str() {
        "/slow" => Answer::After(Duration::from_secs(5), Box::new(Response::new(200).into())),
        "/hang" => Answer::Hang,
        "/reset" => Answer::Reset,
        "/cut" => Answer::Truncated(Response::new(200).with_body("123456")),
        _ => Response::new(204).into(),
    });
    let mut stage = start(scene);
    let mut call = |call: &str| {
        let found = found(&mut *stage, "/", &format!("call {call}"));
        let text = found[0].strip_prefix("call=").unwrap();
        text.split(" headers=").next().unwrap().to_owned()
    };
    assert_eq!(call("service / 5000"), "204");
    assert_eq!(call("dead / 5000"), "503");
    assert_eq!(call("service /reset 5000"), "503");
    assert_eq!(call("service /slow 50"), "504");
    assert_eq!(call("service /hang 50"), "504");
    assert_eq!(call("service /cut 5000"), "status 2", "no headers at all");
    assert_eq!(stage.requests("service").len(), 5);
}

#[test]
fn a_callout_to_an_unknown_cluster_is_a_bad_argument() {
    assert_eq!(found(&mut *start(probe()), "/", "call nowhere / 1000"), ["call=status 2"]);
}

#[test]
fn an_answer_comes_to_the_root_context() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&wat::parse_str(CALLER).unwrap()).unwrap();
    let scene = Scene::new("caller", file.path()).upstream("service", |_| Response::new(204).into());
    let mut stage = start(scene);
    assert_eq!(stage.answer(&Request::get("/")).unwrap().status(), 200);
    let log = stage.log().unwrap();
    assert!(log.iter().any(|line| line == "root"), "{log:?}");
    assert!(!log.iter().any(|line| line == "exchange"), "{log:?}");
}

/// Calls `service` in each exchange, and logs to which context the answer comes.
const CALLER: &str = r#"(module
    (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
    (import "env" "proxy_http_call" (func $call (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_set_effective_context" (func $enter (param i32) (result i32)))
    (import "env" "proxy_continue_stream" (func $continue (param i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "root")
    (data (i32.const 16) "exchange")
    (data (i32.const 32) "service")
    (data (i32.const 64) "\03\00\00\00\07\00\00\00\03\00\00\00\05\00\00\00\01\00\00\00\0a\00\00\00\07\00\00\00:method\00GET\00:path\00/\00:authority\00service\00")
    (global $free (mut i32) (i32.const 4096))
    (global $root (mut i32) (i32.const 0))
    (global $exchange (mut i32) (i32.const 0))
    (func (export "proxy_abi_version_0_2_1"))
    (func (export "malloc") (param $size i32) (result i32)
        (global.get $free)
        (global.set $free (i32.add (global.get $free) (local.get $size))))
    (func (export "proxy_on_context_create") (param $id i32) (param $parent i32)
        (if (local.get $parent)
            (then (global.set $exchange (local.get $id)))
            (else (global.set $root (local.get $id)))))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
        (drop (call $call (i32.const 32) (i32.const 7) (i32.const 64) (i32.const 67)
            (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1000) (i32.const 8)))
        (i32.const 1))
    (func (export "proxy_on_http_call_response") (param $context i32) (param i32 i32 i32 i32)
        (if (i32.eq (local.get $context) (global.get $root))
            (then (drop (call $log (i32.const 2) (i32.const 0) (i32.const 4)))))
        (if (i32.eq (local.get $context) (global.get $exchange))
            (then (drop (call $log (i32.const 2) (i32.const 16) (i32.const 8)))))
        (drop (call $enter (global.get $exchange)))
        (drop (call $continue (i32.const 0)))))"#;
