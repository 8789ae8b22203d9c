//! Single values, worker ids and the key seed.

use std::collections::BTreeSet;

use super::super::*;
use super::fake::{World, alone, limited_store};
use crate::host::Status;
use std::sync::{Arc, Mutex};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn a_value_can_be_set_read_and_removed() {
    let (_, store) = alone();
    assert_eq!(store.get("a"), Ok(None));
    store.set("a", b"1").unwrap();
    assert_eq!(store.get("a").unwrap().unwrap().0, b"1");
    store.set("a", b"").unwrap();
    assert_eq!(store.get("a"), Ok(None));
}

#[test]
fn compare_and_swap_takes_only_the_expected_version() {
    let (_, store) = alone();
    store.compare_and_swap("a", b"1", Expected::Absent).unwrap();
    assert_eq!(store.compare_and_swap("a", b"2", Expected::Absent), Err(StoreError::VersionMismatch));
    let (_, version) = store.get("a").unwrap().unwrap();
    store.compare_and_swap("a", b"2", Expected::At(version)).unwrap();
    assert_eq!(store.compare_and_swap("a", b"3", Expected::At(version)), Err(StoreError::VersionMismatch));
    assert_eq!(store.get("a").unwrap().unwrap().0, b"2");
}

#[test]
fn an_emptied_key_is_absent_for_compare_and_swap_too() {
    let (_, store) = alone();
    store.set("a", b"1").unwrap();
    store.set("a", b"").unwrap();
    store.compare_and_swap("a", b"2", Expected::Absent).unwrap();
    assert_eq!(store.get("a").unwrap().unwrap().0, b"2");
}

#[test]
fn update_sees_the_current_value_and_may_leave_it() {
    let (world, store) = alone();
    let append = |current: Option<&[u8]>| Some([current.unwrap_or(b"-"), b"x"].concat());
    assert_eq!(store.update("a", 3, append), Ok(Update::Written));
    assert_eq!(store.update("a", 3, append), Ok(Update::Written));
    assert_eq!(store.get("a").unwrap().unwrap().0, b"-xx");
    let writes = world.lock().unwrap().writes;
    assert_eq!(store.update("a", 3, |_| None), Ok(Update::Unchanged));
    assert_eq!(world.lock().unwrap().writes, writes);
}

#[test]
fn update_gives_up_after_its_attempts() {
    let (world, store) = alone();
    world.lock().unwrap().spurious_mismatch = 1;
    assert_eq!(store.update("a", 5, |_| Some(vec![1])), Err(StoreError::Contended { attempts: 5 }));
    assert_eq!(world.lock().unwrap().writes, 5);
    assert_eq!(store.update("a", 0, |_| Some(vec![1])), Err(StoreError::Contended { attempts: 0 }));
}

#[test]
fn a_failing_host_is_an_error_and_not_an_absent_value() {
    let (world, store) = alone();
    store.set("a", b"1").unwrap();
    world.lock().unwrap().broken = Some(Status::InternalFailure);
    let failed = StoreError::Host(Status::InternalFailure);
    assert_eq!(store.get("a"), Err(failed.clone()));
    assert_eq!(store.set("a", b"2"), Err(failed.clone()));
    assert_eq!(store.update("a", 9, |_| Some(vec![1])), Err(failed));
}

#[test]
fn a_value_without_a_version_is_refused() {
    let (world, store) = alone();
    store.set("a", b"1").unwrap();
    world.lock().unwrap().data.values_mut().for_each(|value| value.1 = 0);
    assert_eq!(store.update("a", 9, |_| Some(vec![1])), Err(StoreError::Unversioned));
}

#[test]
fn keys_values_and_their_number_are_bounded() {
    let world = Arc::new(Mutex::new(World::default()));
    let store = limited_store(&world, None, StoreLimits { keys: 2, value_bytes: 4 });
    assert!(matches!(store.set("", b"1"), Err(StoreError::OutOfRange { found: 0, .. })));
    assert!(matches!(store.set(&"k".repeat(129), b"1"), Err(StoreError::OutOfRange { found: 129, .. })));
    assert_eq!(store.set("a\0b", b"1"), Err(StoreError::NulInKey));
    assert!(matches!(store.set("a", b"12345"), Err(StoreError::OutOfRange { found: 5, max: 4, .. })));
    for _ in 0..3 {
        store.set("a", b"1").unwrap();
        store.set("b", b"1").unwrap();
    }
    assert_eq!(store.set("c", b"1"), Err(StoreError::TooManyKeys { max: 2 }));
    assert_eq!(store.clone().update("c", 1, |_| Some(vec![1])), Err(StoreError::TooManyKeys { max: 2 }));
    assert_eq!(world.lock().unwrap().data.len(), 2);
}

#[test]
fn namespaces_and_parts_do_not_meet() {
    let (world, store) = alone();
    let host = store.host().clone();
    let other = SharedStore::new(host.clone(), "testa", StoreLimits::default()).unwrap();
    store.set("a", b"1").unwrap();
    other.set("a", b"2").unwrap();
    WorkerId::allocate(&store).unwrap();
    store.set("w", b"3").unwrap();
    assert_eq!(store.get("a").unwrap().unwrap().0, b"1");
    assert_eq!(WorkerId::allocate(&store).unwrap().get(), 2);
    assert_eq!(world.lock().unwrap().data.len(), 4);
    assert_eq!(SharedStore::new(host, "a\0", StoreLimits::default()).unwrap_err(), StoreError::NulInKey);
}

#[test]
fn a_counter_of_another_layout_gives_no_id() {
    let (world, store) = alone();
    WorkerId::allocate(&store).unwrap();
    world.lock().unwrap().data.values_mut().for_each(|value| value.0[4] += 1);
    assert_eq!(WorkerId::allocate(&store), Err(StoreError::UnknownLayout));
}

#[test]
fn hashes_depend_on_seed_and_on_where_parts_end() {
    let (world, store) = alone();
    let hasher = KeyHasher::from_store(&store, b"secret").unwrap();
    assert_ne!(hasher.hash(&[b"ab", b"c"]), hasher.hash(&[b"a", b"bc"]));
    let begun = hasher.begin().with(b"ab");
    assert_eq!(begun.clone().with(b"c").finish(), hasher.hash(&[b"ab", b"c"]));
    assert_eq!(begun.clone().finish(), hasher.hash(&[b"ab"]));
    assert_eq!(format!("{begun:?}"), "KeyHashing { .. }");
    assert_eq!(hasher.hash(&[b"ab"]), KeyHasher::from_store(&store, b"other").unwrap().hash(&[b"ab"]));
    world.lock().unwrap().data.clear();
    assert_ne!(hasher.hash(&[b"ab"]), KeyHasher::from_store(&store, b"other").unwrap().hash(&[b"ab"]));
    assert_eq!(format!("{hasher:?}"), "KeyHasher { .. }");
}

#[test]
fn buckets_are_evenly_used_and_in_range() {
    let (_, store) = alone();
    let hasher = KeyHasher::from_store(&store, b"").unwrap();
    for key in 0..2000u32 {
        let hash = hasher.hash(&[&key.to_le_bytes()]);
        let high = u128::from_le_bytes(hash.to_bytes()) >> 64;
        for count in [0, 1, 100, u32::MAX] {
            assert_eq!(u128::from(hash.bucket(count)), (high * u128::from(count)) >> 64);
        }
    }
    let used: BTreeSet<u32> = (0..2000u32).map(|key| hasher.hash(&[&key.to_le_bytes()]).bucket(100)).collect();
    assert_eq!(used.len(), 100);
    assert_eq!(used.last(), Some(&99));
}
