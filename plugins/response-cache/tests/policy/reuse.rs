//! Sending stored responses (RFC 9111 §4).

use super::*;

#[test]
fn rfc9111_4_a_fresh_response_is_sent_without_asking() {
    let mut cache = Cached::new();
    cache.origin(answer(200, &[("cache-control", "max-age=60"), ("x-kept", "\u{fc}")], "hello"));
    assert_eq!(cache.get().header("cache-status").as_deref(), Some("gatewright; fwd=uri-miss; stored"));
    let hit = cache.advance(59).get();
    assert!(hit.hit());
    assert_eq!((hit.status(), hit.text().as_str(), hit.header("x-kept").as_deref()), (200, "hello", Some("\u{fc}")));
    assert_eq!(hit.header("cache-status").as_deref(), Some("gatewright; hit; ttl=1"));
    assert!(!cache.advance(1).get().hit());
}

#[test]
fn rfc9111_5_1_a_stored_response_is_sent_with_its_age() {
    let mut cache = Cached::new();
    cache.origin(answer(200, &[("cache-control", "max-age=600"), ("age", "30"), ("date", &date(0))], "x"));
    assert_eq!(cache.get().header("age").as_deref(), Some("30"));
    let hit = cache.advance(3).get();
    assert_eq!((hit.hit(), hit.header("age").as_deref(), hit.header("date")), (true, Some("33"), Some(date(0))));
}

#[test]
fn rfc9110_6_6_1_the_time_of_receipt_is_the_date_of_a_response_without_one() {
    let mut cache = Cached::new();
    cache.origin(fresh("x")).get();
    assert_eq!(cache.advance(5).get().header("date"), Some(date(0)));
}

#[test]
fn rfc9111_4_2_freshness_of_what_is_stated() {
    let past = date(-30);
    let future = date(60);
    let now = date(0);
    let fields: &[(&[(&str, &str)], bool)] = &[
        (&[("cache-control", "max-age=60")], true),
        (&[("cache-control", "max-age=2")], false),
        (&[("cache-control", "max-age=0"), ("expires", &future)], false),
        (&[("cache-control", "max-age=60"), ("expires", &past)], true),
        (&[("cache-control", "max-age=60"), ("expires", "0")], true),
        (&[("cache-control", "s-maxage=60, max-age=0")], true),
        (&[("cache-control", "max-age=60, s-maxage=2")], false),
        (&[("cache-control", "max-age=60"), ("cache-control", "s-maxage=2")], false),
        (&[("cache-control", "max-age='60'")], false),
        (&[("cache-control", "max-age=-60")], false),
        (&[("cache-control", "max-age=99999999999")], true),
        (&[("cache-control", "x=\"max-age=60\", max-age=1")], false),
        (&[("cache-control", "max-age=60"), ("age", "120")], false),
        (&[("cache-control", "max-age=60"), ("age", "abc")], true),
        (&[("cache-control", "max-age=60"), ("date", &past)], true),
        (&[("cache-control", "max-age=20"), ("date", &past)], false),
        (&[("expires", &future), ("date", &now)], true),
        (&[("expires", &now), ("date", &now)], false),
        (&[("expires", &future), ("date", "foo")], true),
        (&[("expires", "Thursday, 18-Aug-50 02:01:18 GMT")], true),
        (&[("expires", "Thu, 18 Aug 2050 02:01:18 UTC")], false),
        (&[("last-modified", "Wed, 31 Dec 2025 00:00:00 GMT"), ("date", &now)], true),
        (&[("pragma", "no-cache"), ("cache-control", "max-age=60")], true),
        (&[], false),
    ];
    for (fields, wanted) in fields {
        assert_eq!(reused(200, fields), *wanted, "{fields:?}");
    }
}

#[test]
fn rfc9213_2_the_targeted_field_counts_instead() {
    let fields: &[(&[(&str, &str)], bool)] = &[
        (&[("cdn-cache-control", "max-age=60")], true),
        (&[("cdn-cache-control", "max-age=60"), ("cache-control", "no-store")], true),
        (&[("cdn-cache-control", "max-age=1"), ("cache-control", "max-age=60")], false),
        (&[("cdn-cache-control", "no-store"), ("cache-control", "max-age=60")], false),
        (&[("cdn-cache-control", "private"), ("cache-control", "max-age=60")], false),
        (&[("cdn-cache-control", "no-cache"), ("cache-control", "max-age=60")], false),
        (&[("cdn-cache-control", "max-age=0"), ("expires", "Fri, 02 Jan 2026 00:00:00 GMT")], false),
        (&[("cdn-cache-control", "max-age=60, &&&"), ("cache-control", "no-store")], false),
        (&[("cdn-cache-control", "max-age=60"), ("age", "120")], false),
    ];
    for (fields, wanted) in fields {
        assert_eq!(reused(200, fields), *wanted, "{fields:?}");
    }
}

#[test]
fn rfc9110_9_3_2_head_is_answered_from_what_get_stored() {
    let mut cache = Cached::new();
    cache.origin(fresh("hello")).get();
    let head = cache.send(Request::new("HEAD", "/"));
    assert!(head.hit());
    assert_eq!((head.text().as_str(), head.header("content-length").as_deref()), ("", Some("5")));
}

#[test]
fn rfc9110_9_3_2_the_answer_to_head_is_not_one_to_get() {
    let mut cache = Cached::new();
    cache.origin(answer(200, &[("cache-control", "max-age=60")], ""));
    cache.send(Request::new("HEAD", "/"));
    assert!(!cache.get().hit());
}

#[test]
fn rfc9111_5_2_1_directives_of_the_request() {
    let hit = |directive| {
        let mut cache = Cached::new();
        cache.origin(fresh("x")).get();
        cache.advance(30).get_with(&[("cache-control", directive)]).hit()
    };
    let taken = ["max-age=30", "min-fresh=30", "max-stale", "only-if-cached", "no-store", "unknown"];
    assert!(taken.into_iter().all(hit));
    assert!(!["no-cache", "max-age=29", "max-age=0", "min-fresh=31"].into_iter().any(hit));
}

#[test]
fn rfc9111_5_2_1_7_only_if_cached_never_asks() {
    let mut cache = Cached::new();
    let answer = cache.get_with(&[("cache-control", "only-if-cached")]);
    assert_eq!((answer.status(), answer.hit()), (504, true));
}

#[test]
fn rfc9111_4_a_response_that_must_always_be_validated_is_never_sent_unasked() {
    let mut cache = Cached::new();
    cache.origin(answer(200, &[("cache-control", "no-cache, max-age=60"), ("etag", "\"a\"")], "x")).get();
    let second = cache.get();
    assert_eq!(second.asked_with("if-none-match").as_deref(), Some("\"a\""));
}

#[test]
fn other_safe_methods_and_upgrades_pass_untouched() {
    let mut cache = Cached::new();
    cache.origin(fresh("x")).get();
    for request in [
        Request::new("OPTIONS", "/"),
        Request::get("/").with_header("upgrade", "websocket"),
        Request::get("/").with_header("content-length", "1").with_body("x"),
        Request::get("/").with_header("if-match", "\"a\""),
    ] {
        let passed = cache.send(request);
        assert!(!passed.hit() && passed.header("cache-status").is_none());
    }
    assert_eq!(cache.metric("bypass"), 4);
}

#[test]
fn hits_and_misses_are_counted() {
    let mut cache = Cached::new();
    cache.origin(fresh("hello")).get();
    cache.get();
    cache.advance(2).get();
    assert_eq!((cache.metric("hit"), cache.metric("miss"), cache.metric("stored")), (2, 1, 1));
    assert_eq!((cache.metric("hit_bytes"), cache.metric("stored_bytes")), (10, 5));
    assert_eq!(cache.proxy.world().histogram("gatewright.response-cache.age_s"), [0, 2]);
}
