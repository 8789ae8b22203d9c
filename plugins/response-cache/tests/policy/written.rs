//! Responses to unsafe methods that answer a later `GET` (RFC 9110 §9.3.3, RFC 5789 §2).

use super::*;

const HERE: [(&str, &str); 2] = [("cache-control", "max-age=60"), ("content-location", "/a")];

fn send(cache: &mut Cached, method: &str, fields: &[(&str, &str)]) -> Got {
    cache.origin(answer(200, fields, "new")).send(Request::new(method, "/a").with_body("x"))
}

fn held(cache: &mut Cached) -> Option<String> {
    let got = cache.send(Request::get("/a").with_header("cache-control", "only-if-cached"));
    (got.status() != 504).then(|| got.text())
}

#[test]
fn rfc9110_9_3_3_a_response_to_post_answers_get_where_it_says_so() {
    for method in ["POST", "PATCH"] {
        let mut cache = Cached::new();
        cache.origin(fresh("old")).send(Request::get("/a"));
        let got = send(&mut cache, method, &HERE);
        assert_eq!(got.header("cache-status").as_deref(), Some("gatewright; fwd=method; stored"), "{method}");
        assert_eq!(held(&mut cache).as_deref(), Some("new"), "{method}");
        assert_eq!(cache.send(Request::new("HEAD", "/a")).status(), 200);
        assert!(!send(&mut cache, method, &HERE).hit(), "{method} itself is never answered from the store");
    }
}

#[test]
fn rfc9110_9_3_3_it_needs_explicit_freshness_and_the_location_of_the_target() {
    for fields in [
        &[("content-location", "/a"), ("last-modified", "Mon, 01 Jan 2024 00:00:00 GMT")][..],
        &[("cache-control", "public"), ("content-location", "/a"), ("etag", "\"1\"")],
        &[("cache-control", "max-age=60")],
        &[("cache-control", "max-age=60"), ("location", "/a")],
        &[("cache-control", "max-age=60"), ("content-location", "/b")],
        &[("cache-control", "max-age=60"), ("content-location", "http://other.example/a")],
        &[("cache-control", "max-age=60, private"), ("content-location", "/a")],
        &[("cache-control", "no-store, max-age=60"), ("content-location", "/a")],
    ] {
        let mut cache = Cached::new();
        send(&mut cache, "POST", fields);
        assert_eq!(held(&mut cache), None, "{fields:?}");
    }
    for explicit in ["expires", "cache-control"] {
        let mut cache = Cached::new();
        let value = if explicit == "expires" { date(60) } else { "s-maxage=60".into() };
        send(&mut cache, "POST", &[(explicit, &value), ("content-location", "http://test.example/a")]);
        assert!(held(&mut cache).is_some(), "{explicit}");
    }
}

#[test]
fn rfc9110_9_3_4_a_response_to_put_or_to_what_is_not_200_is_not_stored() {
    for method in ["PUT", "DELETE", "M-SEARCH"] {
        let mut cache = Cached::new();
        send(&mut cache, method, &HERE);
        assert_eq!(held(&mut cache), None, "{method}");
    }
    for status in [201, 203, 303, 404, 500] {
        let mut cache = Cached::new();
        cache.origin(answer(status, &HERE, "new")).send(Request::post("/a", "x"));
        assert_eq!(held(&mut cache), None, "{status}");
    }
}

#[test]
fn rfc9110_9_3_3_no_get_waits_for_a_post() {
    let mut cache = Cached::new();
    cache.origin(Answer::delay(Duration::from_secs(2), answer(200, &HERE, "new")));
    let post = cache.proxy.send(Request::post("/a", "x"));
    assert_eq!(cache.origin(fresh("old")).send(Request::get("/a")).text(), "old");
    cache.advance(2);
    assert_eq!(post.response().unwrap().text(), "new");
    assert_eq!(held(&mut cache).as_deref(), Some("new"));
}

#[test]
fn what_comes_after_a_later_write_or_purge_is_not_stored() {
    let secret = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
    for later in [
        Request::post("/a", "y"),
        Request::new("PUT", "/a"),
        Request::new("PURGE", "/a").with_header("x-purge-key", "secret"),
        Request::new("PURGE", "/").with_header("x-purge-key", "secret").with_header("x-purge-scope", "prefix"),
    ] {
        let mut cache = Cached::with(json!({"purge": {"secrets": [secret]}}));
        cache.origin(Answer::delay(Duration::from_secs(2), answer(200, &HERE, "old")));
        let slow = cache.proxy.send(Request::post("/a", "x"));
        assert!(slow.is_pending());
        assert_eq!(cache.origin(answer(200, &[], "")).send(later.clone()).status(), 200);
        cache.advance(2);
        assert_eq!(slow.response().unwrap().text(), "old");
        assert_eq!(held(&mut cache), None, "{later:?}");
    }
}

#[test]
fn the_configuration_names_the_methods() {
    let mut cache = Cached::with(json!({"methods": ["GET"]}));
    send(&mut cache, "POST", &HERE);
    assert_eq!(held(&mut cache), None);
    cache.origin(fresh("x")).send(Request::get("/a"));
    assert!(!cache.send(Request::new("HEAD", "/a")).hit());
    assert!(cache.send(Request::get("/a")).hit());
    let mut cache = Cached::with(json!({"methods": ["HEAD"]}));
    cache.origin(fresh("x")).send(Request::get("/a"));
    assert!(!cache.send(Request::get("/a")).hit());
}

#[test]
fn a_request_that_goes_past_the_cache_stores_nothing() {
    let mut cache = Cached::with(json!({"bypass": {"headers": ["x-past"]}}));
    cache.origin(answer(200, &HERE, "new")).send(Request::post("/a", "x").with_header("x-past", "1"));
    assert_eq!(held(&mut cache), None);
    cache.send(Request::post("/a", "x").with_header("cache-control", "no-store"));
    assert_eq!(held(&mut cache), None);
    cache.send(Request::post("/a", "x").with_header("x-http-method-override", "DELETE"));
    assert_eq!(held(&mut cache), None);
}
