//! Several workers on one store, interleaved at every host call, over many seeds.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::*;
use super::fake::World;
use super::interleave::run;

const SEEDS: u64 = 250;
const WORKERS: usize = 4;

/// A world that lets some compare-and-swaps fail without need.
fn world(seed: u64) -> Arc<Mutex<World>> {
    let spurious_mismatch = (seed % 5) as u32 * 2;
    Arc::new(Mutex::new(World { spurious_mismatch, ..World::default() }))
}

fn all_seeds(check: impl Fn(u64)) {
    (0..SEEDS).for_each(check);
}

#[test]
fn of_several_creators_exactly_one_succeeds() {
    all_seeds(|seed| {
        let world = Arc::default();
        let won = run(&world, WORKERS, seed, |worker, store, _| {
            store.compare_and_swap("key", &[worker as u8 + 1], Expected::Absent).is_ok().then_some(worker)
        });
        let won: Vec<usize> = won.into_iter().flatten().collect();
        let value = world.lock().unwrap().data.values().next().unwrap().0.clone();
        assert_eq!(won.len(), 1, "seed {seed}");
        assert_eq!(value, [won[0] as u8 + 1], "seed {seed}");
    });
}

#[test]
fn update_loses_nothing_from_the_first_write_on() {
    all_seeds(|seed| {
        let world = world(seed);
        run(&world, WORKERS, seed, |_, store, _| {
            for _ in 0..5 {
                let add = |current: Option<&[u8]>| Some(vec![current.map_or(0, |value| value[0]) + 1]);
                store.update("key", 200, add).unwrap();
            }
        });
        let world = world.lock().unwrap();
        assert_eq!(world.data.values().next().unwrap().0, [WORKERS as u8 * 5], "seed {seed}");
    });
}

#[test]
fn worker_ids_are_unique_and_the_seed_is_one() {
    all_seeds(|seed| {
        let found = run(&world(seed), WORKERS, seed, |worker, store, _| {
            let hasher = KeyHasher::from_store(&store, &[worker as u8]).unwrap();
            (WorkerId::allocate(&store).unwrap(), hasher.hash(&[b"key"]))
        });
        let ids: BTreeSet<u64> = found.iter().map(|found| found.0.get()).collect();
        assert_eq!(ids, (1..=WORKERS as u64).collect(), "seed {seed}");
        assert!(found.iter().all(|other| other.1 == found[0].1), "seed {seed}");
    });
}

#[test]
fn slot_counters_lose_no_update() {
    all_seeds(|seed| {
        let world = world(seed);
        let table = |store: &SharedStore| {
            let rank = |_: &[u8]| Rank::Evictable(0);
            SlotTable::new(store, "t", Shape::new(2, 6, 1).unwrap(), rank).unwrap()
        };
        let hash =
            |store: &SharedStore, key: u64| KeyHasher::from_store(store, b"").unwrap().hash(&[&key.to_le_bytes()]);
        let counted = run(&world, WORKERS, seed, |_, store, rng| {
            let mut counted = [0u8; 6];
            for _ in 0..6 {
                let key = rng.below(6);
                let result = table(&store).update(hash(&store, key), 0, Duration::from_secs(1), |slot| {
                    slot.payload[0] += 1;
                    Change::Store(())
                });
                match result {
                    Ok(()) => counted[key as usize] += 1,
                    Err(error) => assert!(matches!(error, StoreError::Contended { .. })),
                }
            }
            counted
        });
        let store = super::fake::store_on(&world, None);
        for key in 0..6 {
            let expected: u8 = counted.iter().map(|counted| counted[key]).sum();
            let entry = table(&store).get(hash(&store, key as u64), 0).unwrap();
            assert_eq!(entry.map_or(0, |entry| entry.payload[0]), expected, "seed {seed}, key {key}");
        }
        assert!(counted.iter().flatten().map(|count| u32::from(*count)).sum::<u32>() > 0);
    });
}

#[test]
fn a_new_lease_goes_to_one_worker() {
    all_seeds(|seed| {
        let got = run(&world(seed), WORKERS, seed, |_, store, _| {
            let owner = WorkerId::allocate(&store).unwrap();
            let lease = Lease::new(&store, "l", Duration::from_secs(1)).unwrap();
            lease.try_acquire(owner, 0).unwrap().is_some()
        });
        assert_eq!(got.into_iter().filter(|got| *got).count(), 1, "seed {seed}");
    });
}

/// What the workers of the next test hold, as they believe: token and guard.
type Held = Mutex<Vec<(usize, u64, u64)>>;

#[test]
fn a_lease_has_one_holder_and_a_token_is_given_once() {
    all_seeds(|seed| {
        let (world, held, tokens) = (world(seed), Held::default(), Mutex::new(Vec::new()));
        run(&world, WORKERS, seed, |worker, store, rng| {
            let owner = WorkerId::allocate(&store).unwrap();
            let lease = Lease::new(&store, "l", Duration::from_nanos(50)).unwrap();
            for _ in 0..6 {
                let now = later(&world, rng.below(20));
                let Some(mut guard) = lease.try_acquire(owner, now).unwrap() else { continue };
                tokens.lock().unwrap().push(guard.fencing_token());
                enter(&held, &world, worker, now + 50);
                let now = later(&world, rng.below(60));
                if rng.below(2) == 0 && guard.is_held(now) && lease.renew(&mut guard, now).unwrap() {
                    leave(&held, worker);
                    enter(&held, &world, worker, now + 50);
                }
                if rng.below(2) == 0 {
                    leave(&held, worker);
                    lease.release(guard).unwrap();
                }
            }
        });
        let mut tokens = tokens.into_inner().unwrap();
        let given = tokens.len();
        tokens.sort_unstable();
        tokens.dedup();
        assert!(given > 0 && tokens.len() == given, "seed {seed}: a token was given twice");
    });
}

fn later(world: &Mutex<World>, nanos: u64) -> u64 {
    let mut world = world.lock().unwrap();
    world.clock += nanos;
    world.clock
}

/// Notes a holder; nobody else may hold an unexpired lease by the same clock.
fn enter(held: &Held, world: &Mutex<World>, worker: usize, expires_at: u64) {
    let clock = world.lock().unwrap().clock;
    let mut held = held.lock().unwrap();
    held.retain(|(_, _, expires_at)| clock < *expires_at);
    let others = held.iter().filter(|(other, _, _)| *other != worker).count();
    assert!(others == 0 || expires_at <= clock, "two workers hold the lease at {clock}: {held:?}");
    held.push((worker, clock, expires_at));
}

fn leave(held: &Held, worker: usize) {
    held.lock().unwrap().retain(|(other, _, _)| *other != worker);
}

#[test]
fn tokens_stay_unique_when_the_clock_jumps() {
    all_seeds(|seed| {
        let world = world(seed);
        let tokens = run(&world, WORKERS, seed, |_, store, rng| {
            let owner = WorkerId::allocate(&store).unwrap();
            let lease = Lease::new(&store, "l", Duration::from_nanos(50)).unwrap();
            let take = |now| lease.try_acquire(owner, now).unwrap().map(|guard| guard.fencing_token());
            (0..8).filter_map(|_| take(rng.below(400))).collect::<Vec<u64>>()
        });
        assert!(tokens.iter().all(|own| own.is_sorted_by(|a, b| a < b)), "seed {seed}: {tokens:?}");
        let all: Vec<u64> = tokens.concat();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "seed {seed}: {tokens:?}");
    });
}

#[test]
fn a_broadcast_reaches_all_workers_that_joined() {
    all_seeds(|seed| {
        let (world, joined) = (world(seed), Mutex::new(0));
        let received = run(&world, WORKERS, seed, |worker, store, rng| {
            let id = WorkerId::allocate(&store).unwrap();
            let mut broadcast = Broadcast::join(&store, "b", id, BroadcastLimits::default(), 0).unwrap();
            *joined.lock().unwrap() += 1;
            wait_until(&store, || *joined.lock().unwrap() >= WORKERS);
            for message in 0..rng.below(3) {
                let published = broadcast.publish(&[worker as u8, message as u8], 0).unwrap();
                assert_eq!((published.delivered, published.failed), (WORKERS, 0));
            }
            *joined.lock().unwrap() += 1;
            wait_until(&store, || *joined.lock().unwrap() == 2 * WORKERS);
            let received: BTreeSet<Vec<u8>> = broadcast.receive().unwrap().into_iter().collect();
            assert_eq!(broadcast.missed(), Ok(0));
            (broadcast.queue(), received)
        });
        let queues: BTreeSet<u32> = received.iter().map(|worker| worker.0).collect();
        assert_eq!(queues.len(), WORKERS, "seed {seed}: two workers share a queue");
        assert!(received.iter().all(|worker| worker.1 == received[0].1), "seed {seed}: {received:?}");
    });
}

#[test]
fn a_worker_that_joins_meanwhile_gets_or_misses_nothing_it_must_know() {
    all_seeds(|seed| {
        let (world, done) = (world(seed), Mutex::new(0));
        run(&world, WORKERS, seed, |worker, store, _| {
            let id = WorkerId::allocate(&store).unwrap();
            let mut broadcast = Broadcast::join(&store, "b", id, BroadcastLimits::default(), 0).unwrap();
            let before = broadcast.joined_at;
            assert_eq!(broadcast.publish(&[worker as u8], 0).unwrap().failed, 0);
            *done.lock().unwrap() += 1;
            wait_until(&store, || *done.lock().unwrap() == WORKERS);
            let received = broadcast.receive().unwrap().len() as u64;
            assert_eq!(received, WORKERS as u64 - before);
            assert_eq!(broadcast.missed(), Ok(0));
        });
    });
}

/// Lets the others run until a condition holds; each read of the store is a turn.
fn wait_until(store: &SharedStore, condition: impl Fn() -> bool) {
    for _ in 0..100_000 {
        if condition() {
            return;
        }
        store.get("anything").unwrap();
    }
    panic!("the other workers do not get on");
}
