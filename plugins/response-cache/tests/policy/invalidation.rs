//! What unsafe requests make out of date (RFC 9111 §4.4, RFC 9875).

use super::*;

/// A cache that holds these paths.
fn holding(paths: &[&str]) -> Cached {
    let mut cache = Cached::new();
    for path in paths {
        cache.origin(fresh("x")).send(Request::get(path));
    }
    cache
}

fn held(cache: &mut Cached, path: &str) -> bool {
    cache.send(Request::get(path).with_header("cache-control", "only-if-cached")).status() == 200
}

#[test]
fn rfc9111_4_4_an_unsafe_method_removes_what_is_stored_for_its_url() {
    for method in ["POST", "PUT", "DELETE", "PATCH", "M-SEARCH"] {
        let mut cache = holding(&["/a?b", "/a"]);
        cache.origin(answer(200, &[], "")).send(Request::new(method, "/a?b"));
        assert_eq!((held(&mut cache, "/a?b"), held(&mut cache, "/a")), (false, true), "{method}");
    }
}

#[test]
fn rfc9110_9_2_1_a_method_that_is_registered_as_safe_removes_nothing() {
    for method in ["OPTIONS", "PROPFIND", "REPORT", "SEARCH"] {
        let mut cache = holding(&["/a"]);
        assert!(!cache.origin(answer(200, &[], "")).send(Request::new(method, "/a")).hit());
        assert!(held(&mut cache, "/a"), "{method}");
    }
}

#[test]
fn rfc9111_4_4_a_request_that_failed_removes_nothing() {
    for status in [400, 404, 500, 503] {
        let mut cache = holding(&["/a"]);
        cache.origin(answer(status, &[], "")).send(Request::new("POST", "/a"));
        assert!(held(&mut cache, "/a"), "{status}");
    }
}

#[test]
fn rfc9111_4_4_location_and_content_location_of_the_same_origin_too() {
    let mut cache = holding(&["/a", "/b", "/e"]);
    cache
        .origin(answer(201, &[("location", "/b"), ("content-location", "http://other.example/e")], ""))
        .send(Request::new("POST", "/a"));
    assert_eq!((held(&mut cache, "/a"), held(&mut cache, "/b"), held(&mut cache, "/e")), (false, false, true));
    let mut cache = holding(&["/c/d"]);
    cache.origin(answer(200, &[("content-location", "d")], "")).send(Request::new("PUT", "/c/x"));
    assert!(!held(&mut cache, "/c/d"));
}

#[test]
fn rfc9111_4_4_every_variant_goes() {
    let mut cache = Cached::new();
    for value in ["1", "2"] {
        cache.origin(answer(200, &[("cache-control", "max-age=60"), ("vary", "foo")], "x")).get_with(&[("foo", value)]);
    }
    cache.origin(answer(204, &[], "")).send(Request::new("DELETE", "/"));
    for value in ["1", "2"] {
        assert_eq!(cache.get_with(&[("foo", value), ("cache-control", "only-if-cached")]).status(), 504);
    }
}

#[test]
fn rfc9111_4_4_every_key_of_the_url_goes_where_requests_are_kept_apart() {
    let mut cache = Cached::with(json!({"key": {"cookies": ["user"]}}));
    for user in ["user=1", "user=2"] {
        cache.origin(fresh("x")).get_with(&[("cookie", user)]);
    }
    cache.origin(answer(204, &[], "")).send(Request::new("DELETE", "/"));
    for user in ["user=1", "user=2"] {
        assert_eq!(cache.get_with(&[("cookie", user), ("cache-control", "only-if-cached")]).status(), 504);
    }
}

#[test]
fn a_fetch_under_way_when_it_is_invalidated_is_not_stored() {
    let mut cache = Cached::new();
    cache.origin(Answer::delay(Duration::from_secs(2), fresh("old")));
    let slow = cache.proxy.send(Request::get("/"));
    assert!(slow.is_pending());
    cache.origin(answer(200, &[], "")).send(Request::new("POST", "/"));
    cache.advance(2);
    assert_eq!(slow.response().unwrap().text(), "old");
    cache.origin(fresh("new"));
    assert_eq!(cache.get().text(), "new");
}

#[test]
fn rfc9875_3_groups_are_invalidated_within_an_origin() {
    let mut cache = Cached::new();
    let grouped = |groups: &str| answer(200, &[("cache-control", "max-age=60"), ("cache-groups", groups)], "x");
    for (path, groups) in [("/a", "\"one\", \"two\""), ("/b", "\"two\""), ("/c", "\"three\"")] {
        cache.origin(grouped(groups)).send(Request::get(path));
    }
    cache.send(Request::get("/a").with_host("other.example"));
    cache.origin(grouped("\"two\"")).send(Request::get("/o").with_host("other.example"));
    cache.origin(answer(200, &[("cache-group-invalidation", "\"two\"")], "")).send(Request::new("POST", "/x"));
    assert_eq!((held(&mut cache, "/a"), held(&mut cache, "/b"), held(&mut cache, "/c")), (false, false, true));
    let other = Request::get("/o").with_host("other.example").with_header("cache-control", "only-if-cached");
    assert_eq!(cache.send(other).status(), 200, "another origin's group");
}

#[test]
fn rfc9875_3_a_safe_request_invalidates_no_group() {
    let mut cache = Cached::new();
    cache
        .origin(answer(200, &[("cache-control", "max-age=60"), ("cache-groups", "\"g\"")], "x"))
        .send(Request::get("/a"));
    cache.origin(answer(200, &[("cache-group-invalidation", "\"g\"")], "x")).send(Request::get("/b"));
    assert!(held(&mut cache, "/a"));
}
