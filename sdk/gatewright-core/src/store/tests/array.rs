//! Arrays of shared values.

use std::sync::{Arc, Mutex};

use super::super::{SharedArray, StoreError, StoreLimits};
use super::fake::{World, limited_store};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn array(world: &Arc<Mutex<World>>, name: &str) -> SharedArray {
    let store = limited_store(world, None, StoreLimits { keys: 1, value_bytes: 8 });
    SharedArray::new(&store, name, 3).unwrap()
}

#[test]
fn values_are_apart_and_shared() {
    let world = Arc::new(Mutex::new(World::default()));
    let (ours, theirs, others) = (array(&world, "a"), array(&world, "a"), array(&world, "b"));
    assert_eq!(ours.get(2).unwrap().0, b"");
    for number in 0..3 {
        ours.set(number, &[number as u8 + 1]).unwrap();
    }
    assert_eq!((0..3).map(|number| theirs.get(number).unwrap().0).collect::<Vec<_>>(), [[1], [2], [3]]);
    assert_eq!(others.get(0).unwrap().0, b"");
}

#[test]
fn of_two_that_create_or_replace_a_value_one_wins() {
    let world = Arc::new(Mutex::new(World::default()));
    let array = array(&world, "a");
    for expected in [&b""[..], b"first"] {
        let (value, version) = array.get(0).unwrap();
        assert_eq!(value, expected);
        array.compare_and_swap(0, b"first", version).unwrap();
        assert_eq!(array.compare_and_swap(0, b"second", version), Err(StoreError::VersionMismatch));
    }
    assert_eq!(array.get(0).unwrap().0, b"first");
}

#[test]
fn numbers_and_lengths_are_bounded() {
    let world = Arc::new(Mutex::new(World::default()));
    let array = array(&world, "a");
    assert!(matches!(array.get(3), Err(StoreError::OutOfRange { found: 3, max: 2, .. })));
    assert!(matches!(array.set(3, b""), Err(StoreError::OutOfRange { .. })));
    assert!(matches!(array.set(0, &[0; 9]), Err(StoreError::OutOfRange { found: 9, max: 8, .. })));
    let store = limited_store(&world, None, StoreLimits::default());
    assert!(SharedArray::new(&store, "a", 0).is_err());
    assert!(SharedArray::new(&store, "", 1).is_err());
    assert!(SharedArray::new(&store, "a\0b", 1).is_err());
}
