//! Validation and conditional requests (RFC 9111 §4.3, RFC 9110 §13).

use super::*;

const ETAG: (&str, &str) = ("etag", "\"a\"");

/// A cache that holds a stale response with these fields.
fn stale(fields: &[(&str, &str)]) -> Cached {
    let mut cache = Cached::new();
    let fields = [&[("cache-control", "max-age=2"), ("x", "1")], fields].concat();
    cache.origin(answer(200, &fields, "old")).get();
    cache.advance(3);
    cache
}

#[test]
fn rfc9111_4_3_1_a_stale_response_is_validated_by_what_it_has() {
    let modified = ("last-modified", "Wed, 31 Dec 2025 00:00:00 GMT");
    let asked = stale(&[ETAG, modified]).get();
    assert_eq!(asked.asked_with("if-none-match").as_deref(), Some("\"a\""));
    assert_eq!(asked.asked_with("if-modified-since").as_deref(), Some(modified.1));
    assert_eq!(stale(&[("etag", "W/\"a\"")]).get().asked_with("if-none-match").as_deref(), Some("W/\"a\""));
    let asked = stale(&[modified]).get();
    assert_eq!(
        (asked.asked_with("if-none-match"), asked.asked_with("if-modified-since").as_deref()),
        (None, Some(modified.1))
    );
    assert_eq!(stale(&[]).get().asked_with("if-none-match"), None);
}

#[test]
fn rfc9111_4_3_4_a_304_makes_what_is_stored_fresh_again() {
    let mut cache = stale(&[ETAG]);
    cache.origin(answer(304, &[ETAG, ("cache-control", "max-age=9"), ("x", "2"), ("y", "3")], ""));
    let validated = cache.get();
    assert!(!validated.hit());
    assert_eq!(
        (validated.status(), validated.text().as_str(), validated.header("age").as_deref()),
        (200, "old", Some("0"))
    );
    assert_eq!(validated.header("cache-status").as_deref(), Some("gatewright; fwd=stale; fwd-status=304; stored"));
    let hit = cache.advance(3).get();
    assert!(hit.hit());
    assert_eq!((hit.header("x").as_deref(), hit.header("y").as_deref()), (Some("2"), Some("3")));
    assert_eq!((hit.text().as_str(), hit.header("age").as_deref(), cache.metric("revalidated")), ("old", Some("3"), 1));
}

#[test]
fn rfc9111_3_2_what_a_304_does_not_name_stays() {
    let mut cache = stale(&[ETAG, ("content-encoding", "br")]);
    cache.origin(answer(
        304,
        &[ETAG, ("cache-control", "max-age=9"), ("content-length", "99"), ("content-encoding", "gzip")],
        "",
    ));
    cache.get();
    let hit = cache.get();
    assert_eq!(
        (hit.hit(), hit.header("x").as_deref(), hit.header("content-encoding").as_deref()),
        (true, Some("1"), Some("br"))
    );
}

#[test]
fn rfc9111_4_3_4_a_304_about_another_representation_updates_nothing() {
    let mut cache = stale(&[ETAG]);
    cache.origin(answer(304, &[("etag", "\"b\""), ("cache-control", "max-age=9"), ("x", "2")], ""));
    let answered = cache.get();
    assert_eq!((answered.text().as_str(), answered.header("x").as_deref()), ("old", Some("1")));
    assert!(!cache.get().hit());
}

#[test]
fn rfc9111_4_3_3_a_full_response_takes_the_place_of_what_was_stored() {
    let mut cache = stale(&[ETAG]);
    cache.origin(answer(200, &[("etag", "\"b\""), ("cache-control", "max-age=9")], "new"));
    assert_eq!(cache.get().text(), "new");
    let hit = cache.get();
    assert_eq!((hit.hit(), hit.text().as_str()), (true, "new"));
}

#[test]
fn rfc9111_4_3_3_an_error_while_validating_is_passed_on() {
    let mut cache = stale(&[ETAG]);
    cache.origin(answer(503, &[], "down"));
    assert_eq!(cache.get().status(), 503);
    cache.origin(answer(304, &[ETAG], ""));
    assert_eq!(cache.get().text(), "old");
}

#[test]
fn rfc9111_4_3_2_conditions_are_answered_from_the_store() {
    let mut cache = Cached::new();
    let fields = [
        ("cache-control", "max-age=60"),
        ETAG,
        ("last-modified", "Wed, 31 Dec 2025 00:00:00 GMT"),
        ("vary", "x"),
        ("content-type", "a/b"),
    ];
    cache.origin(answer(200, &fields, "body")).get();
    for (name, value) in [
        ("if-none-match", "\"b\", \"a\""),
        ("if-none-match", "W/\"a\""),
        ("if-none-match", "*"),
        ("if-modified-since", "Wed, 31 Dec 2025 00:00:00 GMT"),
    ] {
        let answered = cache.advance(1).get_with(&[(name, value)]);
        assert!(answered.hit());
        assert_eq!((answered.status(), answered.text().as_str()), (304, ""), "{name}: {value}");
        // RFC 9110 section 15.4.5.
        assert_eq!(
            (answered.header("etag").as_deref(), answered.header("vary").as_deref()),
            (Some("\"a\""), Some("x"))
        );
        assert!(answered.header("date").is_some() && answered.header("cache-control").is_some());
        assert_eq!((answered.header("content-type"), answered.header("content-length")), (None, None));
    }
    for (name, value) in
        [("if-none-match", "\"b\""), ("if-modified-since", "Tue, 30 Dec 2025 00:00:00 GMT"), ("if-modified-since", "0")]
    {
        assert_eq!(cache.get_with(&[(name, value)]).status(), 200, "{name}: {value}");
    }
}

#[test]
fn rfc9111_4_3_1_the_clients_condition_is_evaluated_after_validation() {
    let mut cache = stale(&[ETAG]);
    cache.origin(answer(304, &[ETAG, ("cache-control", "max-age=0")], ""));
    assert_eq!(cache.get_with(&[("if-none-match", "\"a\"")]).status(), 304);
    let other = cache.get_with(&[("if-none-match", "\"z\"")]);
    assert_eq!((other.status(), other.text().as_str()), (200, "old"));
    assert_eq!(other.asked_with("if-none-match").as_deref(), Some("\"a\""));
}

#[test]
fn rfc9111_4_3_2_conditions_on_what_is_not_stored_are_the_origins() {
    let mut cache = Cached::new();
    cache.origin(answer(304, &[("etag", "\"z\"")], ""));
    let answered = cache.get_with(&[("if-none-match", "\"z\"")]);
    assert_eq!((answered.status(), answered.asked_with("if-none-match").as_deref()), (304, Some("\"z\"")));
    assert_eq!(cache.metric("stored"), 0);
}

#[test]
fn rfc9111_4_3_5_head_updates_what_is_stored() {
    let mut cache = stale(&[ETAG]);
    let head = |cache: &mut Cached, fields: &[(&str, &str)], length: &str| {
        let response =
            fields.iter().fold(Response::new(200), |response, (name, value)| response.with_header(name, value));
        cache.origin(response.with_header("content-length", length));
        cache.send(Request::new("HEAD", "/"))
    };
    head(&mut cache, &[("cache-control", "max-age=9"), ("x", "2"), ETAG], "3");
    let hit = cache.get();
    assert_eq!((hit.hit(), hit.text().as_str(), hit.header("x").as_deref()), (true, "old", Some("2")));

    for (fields, length) in [(&[("etag", "\"b\"")], "3"), (&[ETAG], "4")] {
        let mut cache = stale(&[ETAG]);
        head(&mut cache, fields, length);
        cache.origin(answer(200, &[], "new"));
        let asked = cache.get();
        assert_eq!((asked.text().as_str(), asked.asked_with("if-none-match")), ("new", None), "removed");
    }
}

#[test]
fn rfc9111_4_3_in_shadow_mode_the_origin_sees_no_condition_of_ours() {
    let mut cache = Cached::start(Proxy::builder(), json!({"mode": "shadow", "policy": {}}));
    cache.origin(answer(200, &[("cache-control", "max-age=1"), ETAG], "old")).get();
    cache.advance(3).origin(answer(304, &[("etag", "\"z\"")], ""));
    let answered = cache.get_with(&[("if-none-match", "\"z\"")]);
    assert_eq!((answered.status(), answered.asked_with("if-none-match").as_deref()), (304, Some("\"z\"")));
}
