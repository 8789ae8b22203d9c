//! Broadcasts, one step after the other.

use std::time::Duration;

use super::super::*;
use super::fake::alone;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn limits() -> BroadcastLimits {
    BroadcastLimits {
        workers: 3,
        message_bytes: 8,
        messages: 4,
        window: Duration::from_nanos(1_000),
        heartbeat_ttl: Duration::from_nanos(100),
        batch: 3,
    }
}

fn join(store: &SharedStore, now: u64) -> Result<Broadcast, StoreError> {
    Broadcast::join(store, "b", WorkerId::allocate(store).unwrap(), limits(), now)
}

#[test]
fn every_live_worker_gets_every_message_once() {
    let (_, store) = alone();
    let (mut a, mut b) = (join(&store, 0).unwrap(), join(&store, 0).unwrap());
    assert_ne!(a.queue(), b.queue());
    assert_eq!(a.publish(b"1", 1), Ok(Published { generation: 1, delivered: 2, failed: 0 }));
    assert_eq!(b.publish(b"2", 1), Ok(Published { generation: 2, delivered: 2, failed: 0 }));
    for worker in [&mut a, &mut b] {
        assert_eq!(worker.receive().unwrap(), [b"1", b"2"]);
        assert_eq!(worker.receive().unwrap(), [b""; 0]);
        assert_eq!(worker.missed(), Ok(0));
    }
}

#[test]
fn the_dead_get_nothing_and_their_seat_and_queue_go_on() {
    let (world, store) = alone();
    let dead = join(&store, 0).unwrap();
    let mut b = join(&store, 50).unwrap();
    assert_eq!(b.publish(b"1", 99).unwrap().delivered, 2);
    assert_eq!(b.publish(b"2", 100).unwrap().delivered, 1);
    let mut c = join(&store, 100).unwrap();
    assert_eq!(c.queue(), dead.queue());
    assert_eq!(b.publish(b"3", 101).unwrap().delivered, 2);
    // What waited for the dead worker is not for its successor.
    assert_eq!(c.receive().unwrap(), [b"3"]);
    assert_eq!(c.missed(), Ok(0));
    assert_eq!(b.receive().unwrap().len(), 3);
    assert_eq!(world.lock().unwrap().queues.len(), 2);
}

#[test]
fn a_worker_whose_seat_went_away_takes_a_new_one() {
    let (_, store) = alone();
    let mut late = join(&store, 0).unwrap();
    assert_eq!(late.heartbeat(60), Ok(Presence::Kept));
    let mut b = join(&store, 200).unwrap();
    assert_eq!(late.queue(), b.queue());
    assert_eq!(late.heartbeat(201), Ok(Presence::Rejoined));
    assert_ne!(late.queue(), b.queue());
    assert_eq!(b.publish(b"1", 202).unwrap().delivered, 2);
    assert_eq!((late.receive().unwrap().len(), b.receive().unwrap().len()), (1, 1));
    assert_eq!(late.missed(), Ok(0));
}

#[test]
fn a_worker_that_joins_again_keeps_its_own_seat() {
    let (_, store) = alone();
    let _dead = join(&store, 0).unwrap();
    let worker = WorkerId::allocate(&store).unwrap();
    let join = |now| Broadcast::join(&store, "b", worker, limits(), now).unwrap();
    let queue = join(50).queue();
    assert_eq!(join(120).queue(), queue);
    assert_eq!(join(120).publish(b"1", 120).unwrap().delivered, 1);
}

#[test]
fn what_came_before_a_new_seat_does_not_hide_a_loss_after_it() {
    let (world, store) = alone();
    let mut late = join(&store, 0).unwrap();
    late.publish(b"1", 1).unwrap();
    late.publish(b"2", 1).unwrap();
    let lose = |queue| world.lock().unwrap().waiting.get_mut(&queue).unwrap().pop_front();
    lose(late.queue());
    late.receive().unwrap();
    let other = join(&store, 200).unwrap();
    assert_eq!(late.heartbeat(200), Ok(Presence::Rejoined));
    other.publish(b"3", 201).unwrap();
    lose(late.queue());
    assert_eq!(late.receive().unwrap(), [b""; 0]);
    assert_eq!(late.missed(), Ok(1));
}

#[test]
fn a_lost_message_is_noticed_once() {
    let (world, store) = alone();
    let mut a = join(&store, 0).unwrap();
    a.publish(b"1", 1).unwrap();
    a.publish(b"2", 1).unwrap();
    world.lock().unwrap().waiting.get_mut(&a.queue()).unwrap().pop_front();
    assert_eq!(a.receive().unwrap(), [b"2"]);
    assert_eq!(a.missed(), Ok(1));
    assert_eq!(a.missed(), Ok(0));
    a.publish(b"3", 1).unwrap();
    assert_eq!(a.receive().unwrap(), [b"3"]);
    assert_eq!(a.missed(), Ok(0));
}

#[test]
fn seats_messages_batches_and_rate_are_bounded() {
    let (_, store) = alone();
    let mut a = join(&store, 0).unwrap();
    let _others = [join(&store, 0).unwrap(), join(&store, 0).unwrap()];
    assert_eq!(join(&store, 99).unwrap_err(), StoreError::DirectoryFull);
    assert!(matches!(a.publish(&[0; 9], 0), Err(StoreError::OutOfRange { found: 9, max: 8, .. })));
    for _ in 0..4 {
        a.publish(b"x", 5).unwrap();
    }
    assert_eq!(a.publish(b"x", 999), Err(StoreError::RateLimited));
    assert_eq!(a.receive().unwrap().len(), 3);
    assert_eq!(a.receive().unwrap().len(), 1);
    assert!(a.publish(b"x", 1_005).is_ok());
}

#[test]
fn what_others_left_in_the_queue_is_skipped() {
    let (_, store) = alone();
    let mut a = join(&store, 0).unwrap();
    store.host().enqueue(a.queue(), b"from another layout").unwrap();
    a.publish(b"1", 1).unwrap();
    assert_eq!(a.receive().unwrap(), [b"1"]);
}

#[test]
fn limits_are_checked_and_the_queue_bound_is_right() {
    let (_, store) = alone();
    let worker = WorkerId::allocate(&store).unwrap();
    let refused = |limits| {
        let result = Broadcast::join(&store, "b", worker, limits, 0);
        assert!(matches!(result, Err(StoreError::OutOfRange { .. })), "{limits:?}");
    };
    refused(BroadcastLimits { workers: 257, ..limits() });
    refused(BroadcastLimits { workers: 0, ..limits() });
    refused(BroadcastLimits { message_bytes: 65_537, ..limits() });
    refused(BroadcastLimits { messages: 0, ..limits() });
    refused(BroadcastLimits { window: Duration::ZERO, ..limits() });
    refused(BroadcastLimits { heartbeat_ttl: Duration::ZERO, ..limits() });
    refused(BroadcastLimits { batch: 0, ..limits() });
    assert!(Broadcast::join(&store, "b", worker, BroadcastLimits::default(), 0).is_ok());
    assert_eq!(limits().queue_bytes(), 2 * 4 * (16 + 8));
}

#[test]
fn a_dead_workers_queue_stays_within_its_bound() {
    let (world, store) = alone();
    let limits = BroadcastLimits { window: Duration::from_nanos(30), ..limits() };
    let join = |now| Broadcast::join(&store, "b", WorkerId::allocate(&store).unwrap(), limits, now).unwrap();
    let (dead, mut live) = (join(0), join(0));
    for now in 0..1_000 {
        live.heartbeat(now).unwrap();
        let _ = live.publish(&[0; 8], now);
    }
    let world = world.lock().unwrap();
    let waiting: usize = world.waiting[&dead.queue()].iter().map(Vec::len).sum();
    assert!(waiting > 0 && waiting as u64 <= limits.queue_bytes());
}
