//! Host calls.

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

use gatewright_testing::proxy::World;

use super::super::*;
use super::support::*;

fn calls(world: &World, act: impl FnOnce()) -> (u64, u64) {
    world.reset_host_calls();
    act();
    let calls = world.host_calls();
    (calls.of("proxy_get_shared_data").calls, calls.of("proxy_set_shared_data").calls)
}

#[test]
fn a_hit_reads_once_with_a_copy_and_twice_without() {
    let world = World::default();
    let (one, two) = (Worker::start(&world, 0, ROOMY), Worker::start(&world, 1, ROOMY));
    let key = one.key(1);
    one.put(&key, b"small", &[]);
    assert_eq!(calls(&world, || assert_eq!(one.get(&key).len(), 1)), (1, 0), "its own");
    assert_eq!(calls(&world, || assert_eq!(two.get(&key).len(), 1)), (2, 0), "cold");
    assert_eq!(calls(&world, || assert_eq!(two.get(&key).len(), 1)), (1, 0), "hot");
    one.store.purge(Selector::Tag(b"other"), Purge::Hard).unwrap();
    assert_eq!(calls(&world, || assert_eq!(two.get(&key).len(), 1)), (2, 0), "the first after a purge");
    assert_eq!(calls(&world, || assert_eq!(two.get(&key).len(), 1)), (1, 0), "hot again");
}

#[test]
fn a_use_is_noted_now_and_then() {
    let world = World::default();
    let one = Worker::start(&world, 0, ROOMY);
    let key = one.key(1);
    one.put(&key, b"small", &[]);
    let hits = || {
        for _ in 0..100 {
            let found = one.store.lookup(&key).unwrap();
            one.store.note_use(&found[0], NOW);
        }
    };
    assert_eq!(calls(&world, hits), (101, 1));
}

#[test]
fn a_miss_and_a_store_take_few_calls() {
    let world = World::default();
    let one = Worker::start(&world, 0, ROOMY);
    one.put(&one.key(1), b"", &[]);
    let key = one.key(2);
    let miss = || {
        assert!(one.get(&key).is_empty());
        one.put(&key, b"small", &[]);
    };
    // Look-up, begin, reserve, write, publish.
    let (reads, writes) = calls(&world, miss);
    assert!(reads <= 5 && writes <= 4, "{reads} reads, {writes} writes");
}
