//! Several workers, one cache.

use super::*;

fn two_workers(policy: Value) -> Cached {
    Cached::start(Proxy::builder().workers(2), json!({"policy": policy}))
}

fn on(cache: &mut Cached, worker: usize, request: Request) -> Got {
    let exchange = cache.proxy.exchange(request).on_worker(worker).send();
    Got { response: exchange.response().unwrap(), asked: exchange.upstream_request() }
}

#[test]
fn what_one_stores_the_other_sends() {
    let mut cache = two_workers(json!({}));
    cache.origin(fresh("x"));
    on(&mut cache, 0, Request::get("/"));
    let hit = on(&mut cache, 1, Request::get("/"));
    assert_eq!((hit.hit(), hit.text().as_str()), (true, "x"));
}

#[test]
fn what_one_invalidates_the_other_does_not_send_though_it_has_a_copy() {
    let mut cache = two_workers(json!({}));
    cache.origin(fresh("old"));
    for worker in [0, 1, 0, 1] {
        on(&mut cache, worker, Request::get("/"));
    }
    cache.origin(fresh("new"));
    on(&mut cache, 0, Request::new("PUT", "/"));
    assert_eq!(on(&mut cache, 1, Request::get("/")).text(), "new");
}

#[test]
fn misses_of_all_workers_are_one_question() {
    let mut cache = two_workers(json!({}));
    cache.origin(Answer::delay(Duration::from_secs(1), fresh("x")));
    let waiting: Vec<_> =
        (0..100).map(|index| cache.proxy.exchange(Request::get("/")).on_worker(index % 2).send()).collect();
    cache.advance(2);
    assert!(waiting.iter().all(|exchange| exchange.status() == 200));
    assert_eq!(cache.asked(), 1);
}

#[test]
fn a_store_that_cannot_be_read_is_a_miss_not_an_error() {
    let mut cache = Cached::new();
    cache.origin(fresh("x")).get();
    cache.proxy.world().fail_calls("proxy_get_shared_data", gatewright::host::Status::InternalFailure);
    let got = cache.get();
    assert_eq!((got.hit(), got.status()), (false, 200));
    assert!(cache.metric("store_error") > 0);
}

#[test]
fn an_invalidation_that_is_not_in_force_is_not_reported_as_done() {
    let mut cache = Cached::new();
    cache.proxy.world().fail_calls("proxy_get_shared_data", gatewright::host::Status::InternalFailure);
    cache.origin(answer(200, &[], "done"));
    assert_eq!(cache.send(Request::new("POST", "/")).status(), 503);
}
