//! What kills a guest, and what is left of it then.

use std::rc::Rc;

use gatewright_host::wasm::GuestOptions;
use gatewright_testing::guest::Guest;

use crate::{Recorder, guest, module};

/// A guest whose tick does this, ticked once: what it died of.
fn tick(imports: &str, body: &str) -> String {
    let functions = format!(r#"(func $tick (export "proxy_on_tick") (param i32) {body})"#);
    let (mut guest, _) = guest(imports, &functions);
    guest.on_tick(1).unwrap_err().0
}

#[test]
fn each_kind_of_trap_says_what_happened_and_where() {
    assert_eq!(
        tick("", "unreachable"),
        "wasm trap: wasm `unreachable` instruction executed (in proxy_on_tick, at `tick`)"
    );
    let out_of_bounds = tick("", "(i32.store (i32.const 65533) (i32.const 1))");
    assert!(out_of_bounds.contains("out of bounds memory access (in proxy_on_tick"), "{out_of_bounds}");
    let overflow = tick("", "(call $tick (i32.const 1))");
    assert!(overflow.contains("call stack exhausted (in proxy_on_tick"), "{overflow}");
    let exit =
        tick(r#"(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))"#, "(call $exit (i32.const 3))");
    assert_eq!(exit, "the guest called proc_exit(3) (in proxy_on_tick, at `tick`)");
}

#[test]
fn a_loop_without_end_runs_out_of_fuel() {
    let module = module("", r#"(func (export "proxy_on_tick") (param i32) (loop $again (br $again)))"#);
    let options = GuestOptions { fuel: 10_000, ..GuestOptions::default() };
    let mut guest = module.guest_with(Rc::new(Recorder::default()), &options).unwrap();
    let died = guest.on_tick(1).unwrap_err().0;
    assert!(died.contains("all fuel consumed"), "{died}");
    let used = guest.stats().read().callback("proxy_on_tick").fuel;
    assert!((10_000..10_010).contains(&used), "{used}");
}

#[test]
fn fuel_is_per_callback() {
    let body = "(local i32) (loop $again
        (br_if $again (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 500))))";
    let module = module("", &format!(r#"(func (export "proxy_on_tick") (param i32) {body})"#));
    let options = GuestOptions { fuel: 5_000, ..GuestOptions::default() };
    let mut guest = module.guest_with(Rc::new(Recorder::default()), &options).unwrap();
    for _ in 0..10 {
        guest.on_tick(1).unwrap();
    }
    let tally = guest.stats().read().callback("proxy_on_tick");
    assert_eq!((tally.calls, tally.fuel), (10, 10 * tally.last_fuel));
    assert!(tally.fuel > 5_000, "{tally:?}");
}

#[test]
fn memory_stops_growing_at_the_limit_without_a_trap() {
    let grow = r#"(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
        (memory.grow (local.get 1)))"#;
    let (mut guest, _) = guest("", grow);
    assert_eq!(guest.on_request_headers(2, (1 << 14) - 1, false), Ok(1), "to 1 GiB");
    assert_eq!(guest.stats().read().memory_bytes, 1 << 30);
    assert_eq!(guest.on_request_headers(2, 1, false), Ok(u32::MAX), "one page more");
    assert_eq!(guest.stats().read().memory_bytes, 1 << 30);
}

#[test]
fn a_dead_guest_stays_dead() {
    let functions = r#"(func (export "proxy_on_tick") (param i32) unreachable)
        (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const 0))"#;
    let (mut guest, _) = guest("", functions);
    assert_eq!(guest.on_request_headers(2, 0, false), Ok(0));
    let first = guest.on_tick(1).unwrap_err().0;
    let later = guest.on_request_headers(2, 0, false).unwrap_err().0;
    assert!(later.starts_with("proxy_on_request_headers of a dead VM") && later.contains(&first), "{later}");
    assert!(guest.on_log(2).is_err(), "also callbacks that it does not export");
}

#[test]
fn a_guest_that_dies_in_its_allocator_dies() {
    let wasm = wat::parse_str(
        r#"(module
        (import "env" "proxy_get_property" (func $get (param i32 i32 i32 i32) (result i32)))
        (func (export "proxy_abi_version_0_2_1"))
        (memory (export "memory") 1)
        (func (export "malloc") (param i32) (result i32) unreachable)
        (func (export "proxy_on_tick") (param i32)
            (drop (call $get (i32.const 0) (i32.const 1) (i32.const 16) (i32.const 20)))))"#,
    );
    let module = gatewright_host::wasm::WasmModule::from_bytes(&wasm.unwrap()).unwrap();
    let mut guest = module.guest(Rc::new(Recorder::default())).unwrap();
    let died = guest.on_tick(1).unwrap_err().0;
    assert!(died.contains("unreachable"), "{died}");
}
