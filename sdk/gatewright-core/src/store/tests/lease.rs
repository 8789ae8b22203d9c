//! Leases with one worker after the other.

use std::time::Duration;

use super::super::*;
use super::fake::alone;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const TTL: Duration = Duration::from_nanos(100);

#[test]
fn one_worker_holds_it_until_it_expires_or_is_released() {
    let (_, store) = alone();
    let (a, b) = (WorkerId::allocate(&store).unwrap(), WorkerId::allocate(&store).unwrap());
    let lease = Lease::new(&store, "refresh", TTL).unwrap();
    let first = lease.try_acquire(a, 1_000).unwrap().unwrap();
    assert_eq!(first.fencing_token(), 1);
    assert_eq!(lease.try_acquire(b, 1_099), Ok(None));
    assert_eq!(lease.try_acquire(a, 1_099), Ok(None));
    assert!(first.is_held(1_099) && !first.is_held(1_100));
    let second = lease.try_acquire(b, 1_100).unwrap().unwrap();
    assert_eq!(second.fencing_token(), 2);
    assert_eq!(lease.release(first), Ok(false));
    assert_eq!(lease.try_acquire(a, 1_101), Ok(None));
    assert_eq!(lease.release(second), Ok(true));
    assert_eq!(lease.try_acquire(a, 1_101).unwrap().unwrap().fencing_token(), 3);
}

#[test]
fn renewing_prolongs_it_unless_another_has_it() {
    let (_, store) = alone();
    let (a, b) = (WorkerId::allocate(&store).unwrap(), WorkerId::allocate(&store).unwrap());
    let lease = Lease::new(&store, "refresh", TTL).unwrap();
    let mut first = lease.try_acquire(a, 1_000).unwrap().unwrap();
    assert_eq!(lease.renew(&mut first, 1_080), Ok(true));
    assert!(first.is_held(1_179));
    assert_eq!(lease.try_acquire(b, 1_179), Ok(None));
    let second = lease.try_acquire(b, 1_180).unwrap().unwrap();
    assert_eq!(lease.renew(&mut first, 1_181), Ok(false));
    assert!(!first.is_held(1_180));
    assert!(second.is_held(1_181));
}

#[test]
fn an_old_guard_is_worth_nothing_even_to_the_owner_of_the_new_one() {
    let (world, store) = alone();
    let (a, b) = (WorkerId::allocate(&store).unwrap(), WorkerId::allocate(&store).unwrap());
    let lease = Lease::new(&store, "refresh", TTL).unwrap();
    let mut first = lease.try_acquire(a, 0).unwrap().unwrap();
    let second = lease.try_acquire(a, 100).unwrap().unwrap();
    assert_eq!(lease.renew(&mut first, 101), Ok(false));
    assert_eq!(lease.release(second), Ok(true));

    // Nor does it match another owner's when the store, and with it the tokens, started over.
    world.lock().unwrap().data.clear();
    let other = lease.try_acquire(b, 0).unwrap().unwrap();
    assert_eq!(other.fencing_token(), first.fencing_token());
    assert_eq!(lease.renew(&mut first, 1), Ok(false));
}

#[test]
fn a_clock_set_back_frees_it_for_both_sides() {
    let (world, store) = alone();
    let (a, b) = (WorkerId::allocate(&store).unwrap(), WorkerId::allocate(&store).unwrap());
    let lease = Lease::new(&store, "refresh", TTL).unwrap();
    world.lock().unwrap().clock = 1_000_010;
    let first = lease.try_acquire(a, 1_000_000).unwrap().unwrap();
    // An old reading of the clock, however old, is not a clock set back.
    assert_eq!(lease.try_acquire(b, 999_950), Ok(None));
    assert_eq!(lease.try_acquire(b, 500), Ok(None));
    world.lock().unwrap().clock = 500;
    assert!(!first.is_held(500));
    let second = lease.try_acquire(b, 500).unwrap().unwrap();
    assert!(second.fencing_token() > first.fencing_token());
}

#[test]
fn leases_of_different_names_do_not_meet() {
    let (_, store) = alone();
    let a = WorkerId::allocate(&store).unwrap();
    for name in ["x", "y"] {
        assert!(Lease::new(&store, name, TTL).unwrap().try_acquire(a, 0).unwrap().is_some());
    }
    assert!(matches!(Lease::new(&store, "x", Duration::ZERO), Err(StoreError::OutOfRange { .. })));
    assert_eq!(Lease::new(&store, "x\0", TTL).unwrap_err(), StoreError::NulInKey);
}
