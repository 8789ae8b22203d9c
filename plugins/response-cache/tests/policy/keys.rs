//! What keeps responses apart.

use super::*;

/// Whether the response to the first request answers the second.
fn shared(key: Value, one: Request, other: Request) -> bool {
    let mut cache = Cached::with(json!({"key": key}));
    cache.origin(fresh("x")).send(one);
    cache.send(other).hit()
}

#[test]
fn host_path_and_query_are_the_key() {
    let key = || json!({});
    let get = Request::get;
    assert!(shared(key(), get("/a?b"), get("/a?b")));
    assert!(shared(key(), get("/").with_host("A.example:80"), get("/").with_host("a.example")));
    for (one, other) in [
        (get("/a"), get("/b")),
        (get("/a"), get("/A")),
        (get("/a"), get("/a?")),
        (get("/a?b=1"), get("/a?b=2")),
        (get("/a").with_host("one.example"), get("/a").with_host("two.example")),
        (get("/a").with_host("one.example"), get("/a").with_host("one.example:81")),
    ] {
        let (one_text, other_text) = (format!("{one:?}"), format!("{other:?}"));
        assert!(!shared(key(), one, other), "{one_text} {other_text}");
    }
}

#[test]
fn the_query_may_be_normalised() {
    let key = || json!({"query": {"sort": true, "deny": ["utm_*"]}});
    assert!(shared(key(), Request::get("/?b=1&a=2"), Request::get("/?a=2&utm_source=x&b=1")));
    assert!(!shared(key(), Request::get("/?b=1&a=2"), Request::get("/?a=1&b=2")));
    assert!(shared(json!({"query": {"allow": ["page"]}}), Request::get("/?page=1"), Request::get("/?x=1&page=1")));
}

#[test]
fn headers_and_cookies_may_keep_responses_apart() {
    let key = || json!({"headers": ["x-tenant"], "cookies": ["tier"]});
    let request =
        |tenant: &str, cookie: &str| Request::get("/").with_header("x-tenant", tenant).with_header("cookie", cookie);
    assert!(shared(key(), request("a", "tier=gold; x=1"), request("a", "x=2;tier=gold")));
    assert!(!shared(key(), request("a", "tier=gold"), request("b", "tier=gold")));
    assert!(!shared(key(), request("a", "tier=gold"), request("a", "tier=iron")));
    assert!(!shared(key(), request("a", "tier="), request("a", "x=1")));
}

#[test]
fn bypassed_requests_are_not_looked_up() {
    let mut cache =
        Cached::with(json!({"bypass": {"headers": ["x-debug"], "cookies": ["session"], "query": ["preview"]}}));
    cache.origin(fresh("x")).get();
    cache.send(Request::get("/?preview"));
    for request in [get(&[("x-debug", "1")]), get(&[("cookie", "session=1")]), Request::get("/?preview")] {
        assert!(!cache.send(request).hit());
    }
    assert!(cache.get_with(&[("cookie", "other=1")]).hit());
}
