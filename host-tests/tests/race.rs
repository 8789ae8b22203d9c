//! Modules in wasmtime race in an order that a seed decides: a VM may lose its turn at every host call.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use gatewright_host::wasm::{GuestOptions, WasmModule};
use gatewright_testing::message::Request;
use gatewright_testing::proxy::{Proxy, World, race};

const VM_ID: &str = "race";
const WORKERS: usize = 4;
const REQUESTS: usize = 5;

/// Counts requests in shared data. `VERSION` is what the write compares with: what the read gave, or 0 for no comparison.
fn counter(version: &str) -> WasmModule {
    let text = COUNTER.replace("VERSION", version);
    WasmModule::from_bytes(&wat::parse_str(text).unwrap()).unwrap()
}

/// What was counted when all workers were done.
fn count(module: &WasmModule, seed: u64) -> u32 {
    let world = World::new(seed);
    world.set_shared_data(VM_ID, b"n", &0u32.to_le_bytes());
    let build = |worker: usize| {
        let module = module.clone();
        let guest = move |host| module.boxed(host, &GuestOptions::default());
        Proxy::builder().world(&world).first_worker(worker).vm_id(VM_ID).start(guest).unwrap()
    };
    let send = |worker: usize, proxy: &mut Proxy| {
        for _ in 0..REQUESTS {
            assert_eq!(proxy.exchange(Request::get("/")).on_worker(worker).send().status(), 200);
        }
    };
    race(seed, WORKERS, build, send);
    let (value, _) = world.shared_data(VM_ID, b"n").unwrap();
    u32::from_le_bytes(value.try_into().unwrap())
}

#[test]
fn no_update_is_lost_by_compare_and_swap() {
    let module = counter("(i32.load (i32.const 24))");
    for seed in 0..40 {
        assert_eq!(count(&module, seed) as usize, WORKERS * REQUESTS, "seed {seed}");
    }
}

#[test]
fn updates_are_lost_without_it_and_the_same_ones_for_the_same_seed() {
    let module = counter("(i32.const 0)");
    let counts: Vec<_> = (0..40).map(|seed| count(&module, seed)).collect();
    assert!(counts.iter().any(|count| (*count as usize) < WORKERS * REQUESTS), "{counts:?}");
    assert_eq!(counts, (0..40).map(|seed| count(&module, seed)).collect::<Vec<_>>());
}

/// Memory: the key at 0, what the host returns at 16 (pointer), 20 (size), 24 (version), the new value at 32, the old one at 1024.
const COUNTER: &str = r#"(module
  (import "env" "proxy_get_shared_data" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_shared_data" (func $set (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 0) "n")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (loop $again
      (drop (call $get (i32.const 0) (i32.const 1) (i32.const 16) (i32.const 20) (i32.const 24)))
      (i32.store (i32.const 32) (i32.add (i32.load (i32.load (i32.const 16))) (i32.const 1)))
      (br_if $again (call $set (i32.const 0) (i32.const 1) (i32.const 32) (i32.const 4) VERSION)))
    (i32.const 0)))"#;
