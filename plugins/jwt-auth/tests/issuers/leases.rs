//! Workers that die, and hosts that fail.

use gatewright::host::Status;
use gatewright_testing::proxy::{Answer, FailurePolicy, World};

use crate::support::*;

/// A world with an issuer, and proxies of one worker each in it: what is one process to the host may lose any of them.
fn worlds(idp: &Idp) -> World {
    let world = World::new(7);
    let idp = idp.clone();
    world.upstream("idp", move |request| idp.answer(request));
    world
}

#[test]
fn when_the_worker_that_fetches_dies_another_one_does() {
    let idp = Idp::new(Answer::never());
    let world = worlds(&idp);
    let single = |first: usize| {
        let builder = gatewright_testing::proxy::Proxy::builder().world(&world).first_worker(first);
        builder.config(remote()).policy::<jwt_auth::JwtAuth>("jwt-auth").unwrap()
    };
    let mut first = single(0);
    let mut second = single(1);
    first.advance(ms(5));
    second.advance(ms(5));
    assert_eq!(idp.count(), 1);
    idp.serve(jwks(&[OLD]));
    drop(first);
    second.advance(ms(6_500));
    assert_eq!(idp.count(), 1, "the dead worker's lease runs");
    second.advance(secs(2));
    assert_eq!((idp.count(), status(&mut second, 1, &token(OLD))), (2, 200));
}

#[test]
fn a_vm_that_starts_again_has_keys_at_once_and_does_not_fetch() {
    let idp = Idp::new(jwks(&[OLD]));
    let mut proxy = start(builder(&idp, 2).failure_policy(FailurePolicy::Reload));
    proxy.advance(ms(50));
    proxy.world().foreign("verify_signature", |_| panic!("a trap"));
    assert_eq!(status(&mut proxy, 1, &token(OLD)), 503);
    assert!(!proxy.is_alive(1));
    proxy.world().foreign("verify_signature", |_| Err(Status::NotFound));
    idp.serve(Answer::refused());
    proxy.advance(secs(2));
    assert_eq!((status(&mut proxy, 1, &token(OLD)), idp.count()), (200, 1));
}

#[test]
fn keys_in_use_survive_a_store_that_fails() {
    for function in
        ["proxy_get_shared_data", "proxy_set_shared_data", "proxy_enqueue_shared_queue", "proxy_dequeue_shared_queue"]
    {
        let idp = Idp::new(jwks(&[OLD]));
        let mut proxy = running(&idp, 2);
        proxy.world().fail_calls(function, Status::InternalFailure);
        for _ in 0..30 {
            proxy.advance(secs(100));
            assert_eq!([0, 1].map(|worker| status(&mut proxy, worker, &token(OLD))), [200; 2], "{function}");
        }
        proxy.world().clear_faults();
        idp.serve(jwks(&[NEW]));
        proxy.advance(secs(340));
        assert_eq!([0, 1].map(|worker| status(&mut proxy, worker, &token(NEW))), [200; 2], "{function}");
    }
}

#[test]
fn a_store_that_fails_from_the_start_is_a_fault_and_heals() {
    for function in ["proxy_get_shared_data", "proxy_set_shared_data", "proxy_register_shared_queue", "proxy_http_call"]
    {
        let idp = Idp::new(jwks(&[OLD]));
        let builder = builder(&idp, 2);
        let mut proxy = start(builder);
        proxy.world().fail_calls(function, Status::InternalFailure);
        let early = send(&mut proxy, 1, &token(OLD));
        proxy.advance(secs(3));
        let works_without = function == "proxy_register_shared_queue";
        assert_eq!(early.status(), if works_without { 200 } else { 503 }, "{function}");
        proxy.world().clear_faults();
        proxy.advance(secs(20));
        assert_eq!([0, 1].map(|worker| status(&mut proxy, worker, &token(OLD))), [200; 2], "{function}");
    }
}

#[test]
fn contended_shared_data_changes_nothing() {
    let idp = Idp::new(jwks(&[OLD]));
    let mut proxy = start(builder(&idp, 4));
    proxy.world().inject_cas_mismatches(0.5);
    proxy.advance(secs(5));
    for round in 0..20 {
        proxy.advance(secs(100));
        assert_eq!(status(&mut proxy, round % 4, &token(OLD)), 200);
    }
    assert!((6..=9).contains(&idp.count()), "{}", idp.count());
}
