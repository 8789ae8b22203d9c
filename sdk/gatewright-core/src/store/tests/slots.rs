//! Slot tables with one worker: rules against a naive model, bounds, layouts.

use std::time::Duration;

use proptest::prelude::*;

use super::super::*;
use super::fake::alone;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const SECOND: Duration = Duration::from_nanos(1_000);

fn first_byte(payload: &[u8]) -> Rank {
    match payload {
        [255, ..] => Rank::Pinned,
        [worth, ..] => Rank::Evictable(u64::from(*worth)),
        [] => Rank::Evictable(0),
    }
}

fn table(store: &SharedStore, buckets: usize, ways: usize) -> SlotTable {
    SlotTable::new(store, "t", Shape::new(buckets, ways, 2).unwrap(), first_byte).unwrap()
}

fn keys(store: &SharedStore, count: u32) -> Vec<KeyHash> {
    let hasher = KeyHasher::from_store(store, b"").unwrap();
    (0..count).map(|key| hasher.hash(&[&key.to_le_bytes()])).collect()
}

fn put(table: &SlotTable, key: KeyHash, payload: [u8; 2], now: u64) -> Result<(), StoreError> {
    table.update(key, now, SECOND, |slot| {
        slot.payload.copy_from_slice(&payload);
        Change::Store(())
    })
}

fn payload(table: &SlotTable, key: KeyHash, now: u64) -> Option<Vec<u8>> {
    table.get(key, now).unwrap().map(|entry| entry.payload)
}

#[test]
fn an_entry_is_found_until_it_expires() {
    let (_, store) = alone();
    let (table, keys) = (table(&store, 4, 2), keys(&store, 2));
    put(&table, keys[0], [1, 2], 10).unwrap();
    assert_eq!(table.get(keys[0], 10).unwrap(), Some(SlotEntry { expires_at: 1_010, payload: vec![1, 2] }));
    assert_eq!(payload(&table, keys[0], 1_009), Some(vec![1, 2]));
    assert_eq!(payload(&table, keys[0], 1_010), None);
    assert_eq!(payload(&table, keys[1], 10), None);
}

#[test]
fn a_change_sees_the_entry_and_may_keep_or_remove_it() {
    let (world, store) = alone();
    let (table, keys) = (table(&store, 1, 2), keys(&store, 2));
    let look = |key, change: fn(bool) -> Change<bool>| {
        table.update(key, 0, SECOND, |slot| change(slot.expires_at.is_some() && slot.payload == [1, 2])).unwrap()
    };
    put(&table, keys[0], [1, 2], 0).unwrap();
    let writes = world.lock().unwrap().writes;
    assert!(look(keys[0], Change::Keep));
    assert!(!look(keys[1], Change::Keep));
    assert!(!look(keys[1], Change::Remove));
    assert_eq!(world.lock().unwrap().writes, writes);
    assert!(look(keys[0], Change::Remove));
    assert_eq!(payload(&table, keys[0], 0), None);
}

#[test]
fn a_new_payload_starts_at_zero() {
    let (_, store) = alone();
    let (table, keys) = (table(&store, 1, 1), keys(&store, 2));
    put(&table, keys[0], [9, 9], 0).unwrap();
    let fresh = |slot: Slot<'_>| Change::Keep((slot.expires_at, slot.payload.to_vec()));
    assert_eq!(table.update(keys[1], 0, SECOND, fresh), Ok((None, vec![0, 0])));
    assert_eq!(table.update(keys[0], 5_000, SECOND, fresh), Ok((None, vec![0, 0])));
}

#[test]
fn the_expired_go_first_then_the_least_valuable() {
    let (_, store) = alone();
    let (table, keys) = (table(&store, 1, 2), keys(&store, 4));
    put(&table, keys[0], [9, 0], 0).unwrap();
    put(&table, keys[1], [5, 0], 600).unwrap();
    put(&table, keys[2], [1, 0], 1_200).unwrap();
    assert_eq!(payload(&table, keys[1], 1_200), Some(vec![5, 0]));
    put(&table, keys[3], [0, 0], 1_200).unwrap();
    assert_eq!(payload(&table, keys[2], 1_200), None);
    assert_eq!(payload(&table, keys[1], 1_200), Some(vec![5, 0]));
    assert_eq!(payload(&table, keys[3], 1_200), Some(vec![0, 0]));
}

#[test]
fn a_pinned_entry_stays_until_it_expires() {
    let (_, store) = alone();
    let (table, keys) = (table(&store, 1, 2), keys(&store, 40));
    put(&table, keys[0], [255, 0], 0).unwrap();
    for key in &keys[1..39] {
        put(&table, *key, [200, 0], 1).unwrap();
    }
    assert_eq!(payload(&table, keys[0], 1), Some(vec![255, 0]));
    put(&table, keys[1], [255, 0], 2).unwrap();
    assert_eq!(put(&table, keys[39], [1, 0], 3), Err(StoreError::BucketFull));
    assert_eq!(put(&table, keys[0], [255, 1], 3), Ok(()));
    assert_eq!(put(&table, keys[39], [1, 0], 1_002), Ok(()));
}

#[test]
fn a_value_of_another_layout_is_empty_and_not_misread() {
    let (world, store) = alone();
    let keys = keys(&store, 1);
    let two = table(&store, 1, 4);
    put(&two, keys[0], [1, 2], 0).unwrap();
    let three = SlotTable::new(&store, "t", Shape::new(1, 4, 3).unwrap(), first_byte).unwrap();
    assert_eq!(three.get(keys[0], 0), Ok(None));
    three.update(keys[0], 0, SECOND, |_| Change::Store(())).unwrap();
    assert_eq!(payload(&three, keys[0], 0), Some(vec![0, 0, 0]));
    assert_eq!(payload(&two, keys[0], 0), None);

    put(&two, keys[0], [1, 2], 0).unwrap();
    let bucket = [two.name.as_slice(), &[0; 4]].concat();
    for cut in 0..34 {
        let mut world = world.lock().unwrap();
        let (value, _) = world.data.get_mut(&bucket).unwrap();
        assert_eq!(value.len(), 34);
        let whole = value.clone();
        value.truncate(cut);
        drop(world);
        assert_eq!(payload(&two, keys[0], 0), None, "cut at {cut}");
        world_put(&store, &bucket, &whole);
    }
    assert_eq!(payload(&two, keys[0], 0), Some(vec![1, 2]));
}

#[test]
fn a_payload_size_is_told_by_the_header_not_by_the_length() {
    let (_, store) = alone();
    let keys = keys(&store, 27);
    let of = |payload| {
        let shape = Shape::new(1, 64, payload).unwrap();
        SlotTable::new(&store, "t", shape, first_byte).unwrap()
    };
    // 27 entries of 26 bytes are as long as 26 entries of 27 bytes.
    keys.iter().for_each(|key| put(&of(2), *key, [1, 2], 0).unwrap());
    assert_eq!(payload(&of(2), keys[0], 0), Some(vec![1, 2]));
    assert_eq!(payload(&of(3), keys[0], 0), None);
}

#[test]
fn a_value_that_is_too_long_or_not_whole_is_empty() {
    let (_, store) = alone();
    let keys = keys(&store, 3);
    let (wide, narrow) = (table(&store, 1, 3), table(&store, 1, 2));
    keys.iter().for_each(|key| put(&wide, *key, [1, 2], 0).unwrap());
    assert_eq!(payload(&wide, keys[0], 0), Some(vec![1, 2]));
    assert_eq!(payload(&narrow, keys[0], 0), None);
    let bucket = [wide.name.as_slice(), &[0; 4]].concat();
    let (value, _) = store.read(&bucket).unwrap();
    world_put(&store, &bucket, &[&value[..60], b"x"].concat());
    assert_eq!(payload(&wide, keys[0], 0), None);
    world_put(&store, &bucket, &value[..60]);
    assert_eq!(payload(&wide, keys[0], 0), Some(vec![1, 2]));
}

fn world_put(store: &SharedStore, key: &[u8], value: &[u8]) {
    store.host().set_shared_data(key, value, 0).unwrap();
}

#[test]
fn contention_ends_with_an_error() {
    let (world, store) = alone();
    let (table, keys) = (table(&store, 1, 1), keys(&store, 1));
    world.lock().unwrap().spurious_mismatch = 1;
    assert_eq!(put(&table, keys[0], [1, 1], 0), Err(StoreError::Contended { attempts: 32 }));
    world.lock().unwrap().spurious_mismatch = 2;
    assert_eq!(put(&table, keys[0], [1, 1], 0), Ok(()));
}

#[test]
fn sizes_are_checked() {
    for (buckets, ways, payload) in [(0, 1, 1), (1, 0, 1), (1, 1, 0), ((1 << 20) + 1, 1, 1), (1, 65, 1), (1, 1, 4097)] {
        assert!(matches!(Shape::new(buckets, ways, payload), Err(StoreError::OutOfRange { .. })));
    }
    let (_, store) = alone();
    let large = Shape::new(1, 64, 4096).unwrap();
    assert!(matches!(SlotTable::new(&store, "t", large, first_byte), Err(StoreError::OutOfRange { .. })));
    let largest = Shape::new(1 << 20, 64, 4096).unwrap();
    assert!(largest.bytes() > u64::from(u32::MAX));
}

#[test]
fn a_budget_is_used_and_not_exceeded() {
    for budget in [1_000, 4_096, 1 << 20, 64 << 20] {
        let shape = Shape::for_budget(budget, 16).unwrap();
        assert!(shape.bytes() <= budget && shape.bytes() + 1_000 > budget, "{shape:?}");
    }
    assert!(Shape::for_budget(u64::MAX, 16).is_ok());
    assert!(matches!(Shape::for_budget(100, 16), Err(StoreError::OutOfRange { found: 100, .. })));
}

#[test]
fn random_keys_never_take_more_than_the_budget() {
    let (world, store) = alone();
    let hasher = KeyHasher::from_store(&store, b"").unwrap();
    let shape = Shape::for_budget(1 << 20, 2).unwrap();
    let table = SlotTable::new(&store, "t", shape, first_byte).unwrap();
    // Unoptimised, a million keys take too long for every run of the tests.
    let count: u32 = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };
    for key in 0..count {
        let hash = hasher.hash(&[&key.to_le_bytes()]);
        put(&table, hash, [(key % 250) as u8, 0], 0).unwrap();
    }
    let world = world.lock().unwrap();
    assert!(world.bytes() <= table.bytes(), "{} > {}", world.bytes(), table.bytes());
    assert_eq!(world.data.len() as u64, 1 + shape.entries() / 8);
}

/// The table's rules for one bucket, said as simply as possible. Of entries that are worth the same until the same time the one that
/// lies first goes, and an entry that is stored again stays where it lies.
#[derive(Default)]
struct Model(Vec<(usize, u64, [u8; 2])>);

impl Model {
    fn get(&self, key: usize, now: u64) -> Option<Vec<u8>> {
        self.0.iter().find(|entry| entry.0 == key && entry.1 > now).map(|entry| entry.2.to_vec())
    }

    fn put(&mut self, key: usize, payload: [u8; 2], now: u64, ways: usize) -> Result<(), StoreError> {
        if let Some(entry) = self.0.iter_mut().find(|entry| entry.0 == key && entry.1 > now) {
            (entry.1, entry.2) = (now + 1_000, payload);
            return Ok(());
        }
        let mut entries = self.0.clone();
        entries.retain(|entry| entry.1 > now);
        if entries.len() == ways {
            let worth = entries.iter().filter(|entry| entry.2[0] != 255).map(|entry| (entry.2[0], entry.1)).min();
            let worth = worth.ok_or(StoreError::BucketFull)?;
            let at = entries.iter().position(|entry| (entry.2[0], entry.1) == worth).unwrap();
            entries.remove(at);
        }
        entries.push((key, now + 1_000, payload));
        self.0 = entries;
        Ok(())
    }
}

proptest! {
    #[test]
    fn a_bucket_behaves_like_the_model(
        ways in 1usize..5,
        steps in prop::collection::vec((0usize..8, prop_oneof![0u8..4, Just(255)], any::<u8>(), 0u64..400), 1..60),
    ) {
        let (_, store) = alone();
        let (table, keys) = (table(&store, 1, ways), keys(&store, 8));
        let (mut model, mut now) = (Model::default(), 0);
        for (key, worth, rest, later) in steps {
            now += later;
            prop_assert_eq!(put(&table, keys[key], [worth, rest], now), model.put(key, [worth, rest], now, ways));
            for (key, hash) in keys.iter().enumerate() {
                prop_assert_eq!(payload(&table, *hash, now), model.get(key, now));
            }
        }
    }

    #[test]
    fn any_value_in_a_bucket_is_survived(value in prop::collection::vec(any::<u8>(), 0..200), header in any::<bool>()) {
        let (_, store) = alone();
        let (table, keys) = (table(&store, 1, 3), keys(&store, 1));
        let bucket = [table.name.as_slice(), &[0; 4]].concat();
        let start: &[u8] = if header { b"GWST\x01\0\x02\0" } else { b"" };
        world_put(&store, &bucket, &[start, &value].concat());
        prop_assert!(table.get(keys[0], 0).is_ok());
        // Random payloads may all be pinned.
        prop_assert!(matches!(put(&table, keys[0], [1, 1], 0), Ok(()) | Err(StoreError::BucketFull)));
    }
}
