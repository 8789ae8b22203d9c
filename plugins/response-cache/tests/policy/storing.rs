//! Which responses are stored, and what of them (RFC 9111 §3).

use super::*;

#[test]
fn rfc9111_3_every_final_status_is_stored_that_says_so() {
    for status in [200, 203, 204, 299, 301, 302, 303, 307, 308, 400, 404, 410, 499, 500, 502, 503, 504, 599] {
        let mut cache = Cached::new();
        let body = if status == 204 { "" } else { "body" };
        cache.origin(answer(status, &[("expires", &date(100)), ("date", &date(0))], body)).get();
        let again = cache.advance(3).get();
        assert!(again.hit(), "{status}");
        assert_eq!((again.status(), again.text().as_str()), (status, body));
    }
}

#[test]
fn rfc9111_4_2_2_some_statuses_are_stored_unasked() {
    let fields = [("last-modified", "Wed, 31 Dec 2025 00:00:00 GMT")];
    for (status, wanted) in [
        (200, true),
        (404, true),
        (410, true),
        (501, true),
        (201, false),
        (202, false),
        (403, false),
        (503, false),
        (599, false),
    ] {
        assert_eq!(reused(status, &fields), wanted, "{status}");
    }
    assert!(reused(599, &[fields[0], ("cache-control", "public")]));
}

#[test]
fn rfc9111_5_2_2_what_forbids_storing() {
    for cache_control in ["no-store, max-age=60", "No-StOrE", "private, max-age=60", "no-cache, max-age=60"] {
        assert!(!reused(200, &[("cache-control", cache_control)]), "{cache_control}");
    }
    assert!(reused(200, &[("cache-control", "no-store, must-understand, max-age=60")]));
    assert!(!reused(599, &[("cache-control", "no-store, must-understand, max-age=60")]));
}

#[test]
fn rfc9111_5_2_1_5_a_request_with_no_store_stores_nothing() {
    let mut cache = Cached::new();
    cache.origin(fresh("x")).get_with(&[("cache-control", "no-store")]);
    assert!(!cache.get().hit());
}

#[test]
fn rfc9111_3_5_responses_to_authenticated_requests() {
    let shared = |cache_control: &str| {
        let mut cache = Cached::new();
        cache.origin(answer(200, &[("cache-control", cache_control)], "x")).get_with(&[("authorization", "secret")]);
        cache.get().hit()
    };
    assert!(["public, max-age=60", "must-revalidate, max-age=60", "s-maxage=60"].into_iter().all(shared));
    assert!(!["max-age=60", "proxy-revalidate, max-age=60"].into_iter().any(shared));
}

#[test]
fn a_request_that_spoils_nothing_for_others() {
    // Authorization keeps this response out of the store; it must not make the URL uncacheable for everybody.
    let mut cache = Cached::new();
    cache.origin(fresh("x")).get_with(&[("authorization", "secret")]);
    cache.get();
    assert!(cache.get().hit());
}

#[test]
fn rfc9111_3_1_hop_by_hop_fields_are_not_stored() {
    let mut cache = Cached::new();
    let fields = [
        ("cache-control", "max-age=60, no-cache=\"d\", private=\"e\""),
        ("connection", "a, b"),
        ("a", "1"),
        ("b", "2"),
        ("c", "3"),
        ("d", "4"),
        ("e", "5"),
        ("keep-alive", "x"),
        ("proxy-authenticate", "x"),
    ];
    cache.origin(answer(200, &fields, "x"));
    assert_eq!(cache.get().header("d").as_deref(), Some("4"));
    let hit = cache.get();
    assert!(hit.hit());
    for absent in ["connection", "a", "b", "d", "e", "keep-alive", "proxy-authenticate"] {
        assert_eq!(hit.header(absent), None, "{absent}");
    }
    assert_eq!(hit.header("c").as_deref(), Some("3"));
}

#[test]
fn repeated_fields_are_kept_apart_and_bytes_as_they_are() {
    let mut cache = Cached::new();
    let response = fresh("x").with_header("link", "<a>").with_header("link", "<b>").with_header("x-bytes", b"\xfc\xff");
    cache.origin(response).get();
    let hit = cache.get().response;
    assert_eq!(hit.header_values("link"), ["<a>", "<b>"]);
    assert_eq!(hit.header("x-bytes"), cache.get().response.header("x-bytes"));
}

#[test]
fn cookies_are_stored_only_where_the_configuration_says_so() {
    let with = |rule: &str| {
        let mut cache = Cached::with(json!({"set_cookie": rule}));
        cache.origin(answer(200, &[("cache-control", "max-age=60"), ("set-cookie", "a=b")], "x")).get();
        let again = cache.get();
        (again.hit(), again.header("set-cookie"))
    };
    assert_eq!(with("refuse"), (false, Some("a=b".into())));
    assert_eq!(with("strip"), (true, None));
    assert_eq!(with("store"), (true, Some("a=b".into())));
}

#[test]
fn rfc9111_3_3_a_body_that_broke_off_is_not_stored() {
    let mut cache = Cached::new();
    cache.origin(Answer::truncated(fresh("hello world")));
    assert!(cache.proxy.send(Request::get("/")).was_cut());
    cache.origin(fresh("hello world"));
    assert!(!cache.get().hit());
    assert!(cache.get().hit());
}

#[test]
fn rfc9111_3_3_a_body_of_another_length_than_announced_is_not_stored() {
    let mut cache = Cached::new();
    cache.origin(
        Response::new(200)
            .with_header("content-length", "9")
            .with_header("cache-control", "max-age=60")
            .with_body("hello"),
    );
    cache.get();
    assert!(!cache.get().hit());
}

#[test]
fn a_body_in_pieces_without_a_length_and_with_trailers_is_stored_whole() {
    let mut cache = Cached::new();
    let response = Response::new(200).with_header("cache-control", "max-age=60").with_body("hel").with_body("lo");
    cache.origin(response.with_trailer("x-sum", "1")).get();
    let hit = cache.get();
    assert_eq!((hit.hit(), hit.text().as_str()), (true, "hello"));
}

#[test]
fn a_body_over_the_cap_passes_and_is_not_stored() {
    for announced in [true, false] {
        let mut cache = Cached::with(json!({"max_body": "4B"}));
        let response = Response::new(200).with_header("cache-control", "max-age=60").with_body("hel").with_body("lo");
        cache.origin(if announced { response.with_header("content-length", "5") } else { response });
        assert_eq!(cache.get().text(), "hello");
        assert_eq!((cache.get().hit(), cache.metric("stored")), (false, 0));
    }
}

#[test]
fn what_frameworks_take_for_the_url_does_not_poison_the_key() {
    for name in ["x-forwarded-host", "x-original-url", "x-http-method-override", "x-forwarded-scheme"] {
        let mut cache = Cached::new();
        cache.origin(fresh("evil")).get_with(&[(name, "evil.example")]);
        cache.origin(fresh("good"));
        assert_eq!(cache.get().text(), "good", "{name}");
        assert_eq!(cache.get_with(&[(name, "evil.example")]).text(), "good", "{name}");
    }
    let mut cache = Cached::with(json!({"key": {"headers": ["x-forwarded-host"]}}));
    cache.origin(fresh("a")).get_with(&[("x-forwarded-host", "a")]);
    assert!(cache.get_with(&[("x-forwarded-host", "a")]).hit());
    assert!(!cache.get_with(&[("x-forwarded-host", "b")]).hit());
}

#[test]
fn lifetimes_of_the_configuration() {
    let lifetime = |ttl: Value, status: u16, fields: &[(&str, &str)]| {
        let mut cache = Cached::with(json!({"ttl": ttl}));
        cache.origin(answer(status, fields, "x")).get();
        let again = cache.get();
        again.header("cache-status").filter(|_| again.hit()).map(|status| status.rsplit('=').next().unwrap().to_owned())
    };
    let minute: &[(&str, &str)] = &[("cache-control", "max-age=60")];
    assert_eq!(lifetime(json!({"default": "5s"}), 200, &[]).as_deref(), Some("5"));
    assert_eq!(lifetime(json!({"default": "5s"}), 500, &[]), None);
    assert_eq!(lifetime(json!({"override": "5s"}), 500, &[]), None);
    assert_eq!(lifetime(json!({"default": "5s"}), 200, minute).as_deref(), Some("60"));
    assert_eq!(lifetime(json!({"override": "5s"}), 200, minute).as_deref(), Some("5"));
    assert_eq!(lifetime(json!({"max": "5s"}), 200, minute).as_deref(), Some("5"));
    assert_eq!(lifetime(json!({"min": "2m"}), 200, minute).as_deref(), Some("120"));
    assert_eq!(lifetime(json!({"by_status": {"404": "9s"}}), 404, &[]).as_deref(), Some("9"));
    assert_eq!(lifetime(json!({"by_status": {"404": "9s"}}), 404, minute).as_deref(), Some("60"));
    assert_eq!(lifetime(json!({"by_status": {"503": "9s"}}), 503, &[]).as_deref(), Some("9"));
    assert_eq!(lifetime(json!({"override": "5s"}), 200, &[("cache-control", "no-store")]), None);
    assert_eq!(lifetime(json!({"heuristic": "0%"}), 200, &[("last-modified", "Wed, 31 Dec 2025 00:00:00 GMT")]), None);
}

#[test]
fn statuses_of_the_configuration() {
    let mut cache = Cached::with(json!({"statuses": [200]}));
    cache.origin(answer(404, &[("cache-control", "max-age=60")], "x")).get();
    assert!(!cache.get().hit());
}
