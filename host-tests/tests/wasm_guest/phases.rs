//! Start-up, its restrictions, and callbacks that a guest leaves out.

use std::rc::Rc;

use gatewright_host::wasm::{GuestOptions, WasmModule};
use gatewright_testing::guest::{Guest, Trap};

use crate::{PLUGIN, Recorder, guest, module};

const LOG: &str = r#"(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
    (import "env" "proxy_get_current_time_nanoseconds" (func $time (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))"#;

/// A function that logs the data at this address, one byte.
fn logs(name: &str, parameters: &str, at: u32) -> String {
    format!(
        r#"(data (i32.const {at}) "{}") (func (export "{name}") {parameters}
            (drop (call $log (i32.const 2) (i32.const {at}) (i32.const {})))"#,
        name,
        name.len()
    ) + if parameters.contains("result") { "(i32.const 0))" } else { ")" }
}

#[test]
fn a_reactor_initializes_then_runs_main() {
    let functions =
        logs("_initialize", "", 100) + &logs("main", "(param i32 i32) (result i32)", 200) + &logs("_start", "", 300);
    let (guest, host) = guest(LOG, &functions);
    assert_eq!(host.calls(), ["log Info _initialize", "log Info main"]);
    assert_eq!(guest.stats().read().host_call("proxy_log"), 2);
}

#[test]
fn a_command_starts() {
    let (_, host) = guest(LOG, &(logs("main", "", 100) + &logs("_start", "", 300)));
    assert_eq!(host.calls(), ["log Info _start"]);
}

#[test]
fn start_up_may_not_call_the_proxy() {
    for (function, call) in [("_initialize", "$time"), ("_start", "$time")] {
        let body = format!(r#"(func (export "{function}") (drop (call {call} (i32.const 16))))"#);
        let error = module(LOG, &body).guest(Rc::new(Recorder::default())).err().unwrap();
        let trap = error.downcast_ref::<Trap>().unwrap();
        let expected = "restricted_callback: proxy_get_current_time_nanoseconds may not be called during start-up";
        assert!(trap.0.starts_with(expected) && trap.0.contains(function), "{trap}");
    }
    let main = r#"(func (export "_initialize"))
        (func (export "main") (result i32) (call $time (i32.const 16)))"#;
    assert!(module(LOG, main).guest(Rc::new(Recorder::default())).is_err());
}

#[test]
fn start_up_may_log_and_ask_for_time_and_randomness() {
    let body = r#"(func (export "_initialize")
        (drop (call $log (i32.const 2) (i32.const 0) (i32.const 0)))
        (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 16)))
        (drop (call $random (i32.const 16) (i32.const 8))))
        (func (export "proxy_on_tick") (param i32) (drop (call $time (i32.const 16))))"#;
    let (mut guest, _) = guest(LOG, body);
    assert_eq!(guest.on_tick(1), Ok(()), "after start-up the time is allowed");
}

#[test]
fn an_allocator_may_not_call_the_proxy() {
    let wasm = wat::parse_str(format!(
        r#"(module {LOG}
        (import "env" "proxy_get_property" (func $get (param i32 i32 i32 i32) (result i32)))
        (func (export "proxy_abi_version_0_2_1"))
        (memory (export "memory") 1)
        (func (export "malloc") (param i32) (result i32) (drop (call $time (i32.const 16))) (i32.const 4096))
        (func (export "proxy_on_tick") (param i32)
            (drop (call $get (i32.const 0) (i32.const 1) (i32.const 16) (i32.const 20)))))"#
    ));
    let module = WasmModule::from_bytes(&wasm.unwrap()).unwrap();
    let mut guest = module.guest(Rc::new(Recorder::default())).unwrap();
    let died = guest.on_tick(1).unwrap_err().0;
    assert!(died.contains("restricted_callback") && died.contains("memory allocation"), "{died}");
}

#[test]
fn a_guest_that_loops_at_start_up_runs_out_of_fuel() {
    let module = module("", r#"(func (export "_initialize") (loop $again (br $again)))"#);
    let options = GuestOptions { fuel: 1_000, ..GuestOptions::default() };
    let error = module.guest_with(Rc::new(Recorder::default()), &options).err().unwrap();
    assert!(error.to_string().contains("all fuel consumed"), "{error}");
}

#[test]
fn a_callback_that_is_missing_lets_everything_pass() {
    let (mut guest, host) = guest("", "");
    assert_eq!(guest.on_context_create(1, 0), Ok(()));
    assert_eq!((guest.on_vm_start(1, 0), guest.on_configure(1, 0)), (Ok(true), Ok(true)));
    assert_eq!((guest.on_request_headers(2, 0, true), guest.on_request_body(2, 0, true)), (Ok(0), Ok(0)));
    assert_eq!((guest.on_request_trailers(2, 0), guest.on_response_trailers(2, 0)), (Ok(0), Ok(0)));
    assert_eq!((guest.on_response_headers(2, 0, true), guest.on_response_body(2, 0, true)), (Ok(0), Ok(0)));
    assert_eq!((guest.on_done(2), guest.on_log(2), guest.on_delete(2)), (Ok(true), Ok(()), Ok(())));
    assert!(!guest.exports("proxy_on_request_headers"));
    assert_eq!((host.calls(), guest.stats().read().fuel()), (vec![], 0));
}

/// A guest that exports one callback with these parameters, and returns all of them added up by powers of ten.
fn adder(name: &str, parameters: usize) -> (gatewright_host::wasm::WasmGuest, Rc<Recorder>) {
    let sum = (0..parameters).fold("(i32.const 0)".to_owned(), |sum, index| {
        format!("(i32.add (i32.mul {sum} (i32.const 10)) (local.get {index}))")
    });
    let parameters = " i32".repeat(parameters);
    guest("", &format!(r#"(func (export "{name}") (param{parameters}) (result i32) {sum})"#))
}

#[test]
fn arguments_and_raw_results_of_callbacks() {
    assert_eq!(adder("proxy_on_request_headers", 3).0.on_request_headers(2, 4, true), Ok(241));
    assert_eq!(adder("proxy_on_request_body", 3).0.on_request_body(2, 5, false), Ok(250));
    assert_eq!(adder("proxy_on_request_trailers", 2).0.on_request_trailers(2, 6), Ok(26));
    assert_eq!(adder("proxy_on_response_headers", 3).0.on_response_headers(3, 4, false), Ok(340));
    assert_eq!(adder("proxy_on_response_body", 3).0.on_response_body(3, 5, true), Ok(351));
    assert_eq!(adder("proxy_on_response_trailers", 2).0.on_response_trailers(3, 6), Ok(36));
    assert_eq!(adder("proxy_on_configure", 2).0.on_configure(0, 0), Ok(false));
    assert_eq!(adder("proxy_on_vm_start", 2).0.on_vm_start(0, 0), Ok(false));
    let (mut guest, _) = adder("proxy_on_done", 1);
    assert_eq!((guest.on_done(0), guest.on_done(2), guest.exports("proxy_on_done")), (Ok(false), Ok(true), true));
}

#[test]
fn abi_0_1_0_has_no_end_of_stream_in_header_callbacks() {
    let wasm = PLUGIN.replace("0_2_1", "0_1_0");
    let headers = r#"(func (export "proxy_on_request_headers") (param i32 i32) (result i32) (local.get 1))"#;
    let module = WasmModule::from_bytes(&wat::parse_str(format!("(module {wasm} {headers})")).unwrap()).unwrap();
    let mut guest = module.guest(Rc::new(Recorder::default())).unwrap();
    assert_eq!(guest.on_request_headers(2, 9, true), Ok(9));
}

#[test]
fn boxed_guests_can_share_their_counters() {
    let options = GuestOptions::default();
    let works = module("", r#"(func (export "proxy_on_tick") (param i32))"#);
    for _ in 0..2 {
        works.boxed(Recorder::default(), &options).unwrap().on_tick(1).unwrap();
    }
    assert_eq!(options.stats.read().callback("proxy_on_tick").calls, 2);
    let dies = module("", r#"(func (export "_initialize") unreachable)"#);
    let died = dies.boxed(Recorder::default(), &options).err().unwrap();
    assert!(died.0.starts_with("wasm trap: wasm `unreachable`"), "{died}");
    let wrong = module("", r#"(func (export "proxy_on_tick"))"#);
    let refused = wrong.boxed(Recorder::default(), &options).err().unwrap();
    assert!(refused.0.contains("export proxy_on_tick has type"), "{refused}");
}

#[test]
fn counters_can_be_reset() {
    let (mut guest, _) = adder("proxy_on_done", 1);
    let stats = guest.stats();
    guest.on_done(1).unwrap();
    let before = stats.reset();
    assert_eq!(before.callback("proxy_on_done").calls, 1);
    assert!(before.callback("proxy_on_done").fuel > 0);
    assert_eq!((stats.read().fuel(), stats.read().memory_bytes), (0, 65536));
}
