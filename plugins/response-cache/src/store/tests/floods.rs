//! Many keys in little memory.

use gatewright_testing::proxy::World;

use super::super::geometry::Geometry;
use super::super::*;
use super::support::*;

const MEMORY: u64 = 8 << 20;
/// Keys that are used while others are only asked for once: in an optimised test, more than half of what there is room for.
const USED: u32 = if cfg!(debug_assertions) { 100 } else { 600 };
const KEYS: u32 = if cfg!(debug_assertions) { 20_000 } else { 1_000_000 };

fn small() -> Settings {
    Settings { memory: MEMORY, max_entry: 128 << 10, hot_memory: 1 << 20, ..settings() }
}

fn start(world: &World) -> Worker {
    Worker::with(world, 0, Geometry::of(&small()).unwrap(), &small())
}

#[test]
fn a_flood_of_keys_stays_in_the_budget() {
    let world = World::default();
    let one = start(&world);
    let mut random = fastrand::Rng::with_seed(3);
    let (mut most, mut keys) = (0, 0);
    for number in 0..KEYS {
        let length = match random.u8(..20) {
            0..4 => random.usize(..120_000),
            4..8 => random.usize(..20_000),
            _ => random.usize(..2_000),
        };
        assert_eq!(one.put(&one.key(number), &vec![0; length], &[]), Committed::Stored);
        if number % 1000 == 0 || number + 1 == KEYS {
            let (count, bytes) = world.shared_data_usage("");
            (most, keys) = (most.max(bytes), count);
        }
    }
    // What the host needs for a key beside its bytes is part of the budget.
    let overhead = keys * 128;
    assert!(most + overhead <= MEMORY as usize, "{most} bytes and {keys} keys");
    assert!(most > MEMORY as usize / 2, "the flood did not fill the store: {most} bytes");
}

#[test]
fn misses_that_store_nothing_take_no_more_than_their_budget() {
    let world = World::default();
    let one = start(&world);
    let mut passed = 0;
    for number in 0..KEYS {
        match one.store.begin_fill(&one.key(number), NOW).unwrap() {
            // Its worker dies.
            Begin::Leader(fill) => std::mem::forget(fill),
            _ => passed += 1,
        }
    }
    let geometry = Geometry::of(&small()).unwrap();
    assert_eq!(KEYS as usize - passed, geometry.buckets * geometry.flights);
    assert!(world.shared_data_usage("").1 < (MEMORY / 4) as usize);
}

#[test]
fn a_scan_does_not_push_out_what_is_used() {
    let world = World::default();
    let one = start(&world);
    let used: Vec<Key> = (0..USED).map(|number| one.key(number)).collect();
    for key in &used {
        one.put(key, &[0; 4000], &[]);
        let found = one.store.lookup(key).unwrap();
        one.store.note_use(&found[0], NOW);
    }
    for number in 0..USED * 100 {
        one.put(&one.key(1000 + number), &[0; 4000], &[]);
    }
    let left = used.iter().filter(|key| !one.get(key).is_empty()).count();
    assert!(left * 100 >= used.len() * 97, "{left} of {USED} are left");
    // What is not used any more gives way to what is.
    for number in 0..3000 {
        let key = one.key(100_000 + number);
        one.put(&key, &[0; 4000], &[]);
        for variant in one.store.lookup(&key).unwrap() {
            one.store.note_use(&variant, NOW);
        }
    }
    let left = used.iter().filter(|key| !one.get(key).is_empty()).count();
    assert!(left * 20 <= used.len(), "{left} of {USED} are left");
}

#[test]
fn any_memory_is_laid_out_within_itself_or_refused() {
    for memory in [0, 1 << 10, 1 << 19, 1 << 20, 5 << 20, 64 << 20, 1 << 30, 16 << 30, 64 << 30] {
        for max_entry in [1, 1 << 10, 64 << 10, 256 << 10, 1 << 20, 64 << 20] {
            let settings = Settings { memory, max_entry, ..settings() };
            let Ok(geometry) = Geometry::of(&settings) else {
                assert!(memory < 4 * (max_entry as u64 + (1 << 19)), "{memory} refused for {max_entry}");
                continue;
            };
            let chunks = (geometry.buckets * geometry.space.chunks) as u64;
            let most = geometry.buckets as u64 * (geometry.space.bytes + geometry.index_bytes() as u64) + chunks * 128;
            assert!(most <= memory, "{memory} for {max_entry}: {geometry:?}");
            assert!(geometry.space.bytes >= max_entry as u64, "{memory} for {max_entry}: {geometry:?}");
        }
    }
}
