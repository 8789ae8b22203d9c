//! Requests for the same at the same time.

use super::*;

fn slow(response: Response) -> Answer {
    Answer::delay(Duration::from_secs(2), response)
}

#[test]
fn a_thousand_misses_are_one_question() {
    let mut cache = Cached::new();
    cache.origin(slow(fresh("x")));
    let waiting: Vec<_> = (0..1000).map(|_| cache.proxy.send(Request::get("/"))).collect();
    // They are woken a few at a time, so that none of them holds up the worker.
    (0..3).for_each(|_| _ = cache.advance(1));
    assert!(waiting.iter().all(|exchange| exchange.response().unwrap().text() == "x"));
    assert_eq!(cache.asked(), 1);
    assert_eq!(cache.metric("coalesced"), 999);
}

#[test]
fn what_cannot_be_stored_makes_nobody_wait_twice() {
    let mut cache = Cached::new();
    cache.origin(slow(answer(200, &[("cache-control", "no-store")], "x")));
    let first: Vec<_> = (0..5).map(|_| cache.proxy.send(Request::get("/"))).collect();
    cache.advance(2);
    assert_eq!(cache.asked(), 5, "as soon as it is known, all go");
    let second: Vec<_> = (0..5).map(|_| cache.proxy.send(Request::get("/"))).collect();
    assert_eq!(cache.asked(), 10, "and it is remembered");
    cache.advance(2);
    assert!(first.iter().chain(&second).all(|exchange| exchange.status() == 200));
}

#[test]
fn what_is_remembered_is_forgotten() {
    let mut cache = Cached::with(json!({"coalesce": {"uncacheable": "3s"}}));
    cache.origin(answer(200, &[("cache-control", "no-store")], "x")).get();
    cache.origin(fresh("y")).get();
    assert!(!cache.get().hit());
    cache.advance(3).get();
    assert!(cache.get().hit());
}

#[test]
fn a_wait_is_bounded() {
    let mut cache = Cached::with(json!({"coalesce": {"wait": "1s"}}));
    cache.origin(Answer::never());
    let _leader = cache.proxy.send(Request::get("/"));
    cache.origin(fresh("x"));
    let follower = cache.proxy.send(Request::get("/"));
    assert!(follower.is_pending());
    cache.advance(1);
    assert_eq!(follower.response().unwrap().text(), "x");
}

#[test]
fn nobody_waits_where_that_is_off_or_the_answer_is_for_one_client() {
    let mut cache = Cached::with(json!({"coalesce": {"wait": "0s"}}));
    cache.origin(Answer::never());
    let _ = (cache.proxy.send(Request::get("/")), cache.proxy.send(Request::get("/")));
    assert_eq!(cache.asked(), 2);
    for field in
        [("range", "bytes=0-0"), ("if-none-match", "\"a\""), ("authorization", "x"), ("cache-control", "no-store")]
    {
        let mut cache = Cached::new();
        cache.origin(Answer::never());
        let _ = (cache.proxy.send(Request::get("/")), cache.proxy.send(get(&[field])));
        assert_eq!(cache.asked(), 2, "{field:?}");
    }
}

#[test]
fn in_shadow_mode_nobody_waits() {
    let mut cache = Cached::start(Proxy::builder(), json!({"mode": "shadow", "policy": {}}));
    cache.origin(Answer::never());
    let _ = (cache.proxy.send(Request::get("/")), cache.proxy.send(Request::get("/")));
    assert_eq!(cache.asked(), 2);
}

#[test]
fn an_origin_that_fails_is_asked_again_by_who_waited() {
    let mut cache = Cached::new();
    cache.origin(Answer::failed().after(Duration::from_secs(1)));
    let first = cache.proxy.send(Request::get("/"));
    let second = cache.proxy.send(Request::get("/"));
    cache.origin(fresh("x")).advance(1);
    assert_eq!((first.status(), second.status()), (503, 200));
}
