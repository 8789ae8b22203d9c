//! Responses selected by request fields (RFC 9111 §4.1).

use super::*;

fn varying(vary: &str, body: &str) -> Response {
    answer(200, &[("cache-control", "max-age=60"), ("vary", vary)], body)
}

#[test]
fn rfc9111_4_1_a_response_fits_only_requests_like_its_own() {
    let mut cache = Cached::new();
    cache.origin(varying("foo", "one")).get_with(&[("foo", "1")]);
    cache.origin(varying("foo", "two"));
    let other = cache.get_with(&[("foo", "2")]);
    assert_eq!(
        (other.text().as_str(), other.header("cache-status").as_deref()),
        ("two", Some("gatewright; fwd=vary-miss; stored"))
    );
    assert!(!cache.get().hit());
    for (value, body) in [("1", "one"), ("2", "two")] {
        let hit = cache.get_with(&[("foo", value), ("other", "x")]);
        assert_eq!((hit.hit(), hit.text().as_str()), (true, body));
    }
}

#[test]
fn rfc9111_4_1_a_star_fits_nothing() {
    let mut cache = Cached::new();
    cache.origin(varying("foo, *", "x")).get();
    assert!(!cache.get().hit());
}

#[test]
fn compressed_and_plain_variants_are_never_mixed() {
    let mut cache = Cached::new();
    let of = |coding: &str| {
        answer(
            200,
            &[("cache-control", "max-age=60"), ("vary", "accept-encoding"), ("content-encoding", coding)],
            coding,
        )
    };
    cache.origin(of("gzip")).get_with(&[("accept-encoding", "gzip, br")]);
    assert!(!cache.origin(of("identity")).get().hit());
    assert!(!cache.get_with(&[("accept-encoding", "gzip;q=0, br")]).hit());
    assert_eq!(cache.get_with(&[("accept-encoding", "BR, gzip")]).text(), "gzip");
    assert_eq!(cache.get().text(), "identity");
}

#[test]
fn variants_of_one_url_are_bounded() {
    let mut cache = Cached::with(json!({"vary": {"max_variants": 3}}));
    for value in 0..20 {
        cache.origin(varying("foo", "x")).get_with(&[("foo", &value.to_string())]);
    }
    let hits = (0..20).filter(|value| {
        cache.get_with(&[("foo", &value.to_string()), ("cache-control", "only-if-cached")]).status() == 200
    });
    assert_eq!(hits.count(), 3);
}

#[test]
fn too_many_names_or_too_long_values_are_not_stored() {
    let mut cache = Cached::with(json!({"vary": {"max_fields": 1}}));
    cache.origin(varying("a, b", "x")).get();
    assert!(!cache.get().hit());
    let mut cache = Cached::new();
    let long = "x".repeat(5000);
    cache.origin(varying("a", "x")).get_with(&[("a", &long)]);
    assert!(!cache.get_with(&[("a", &long)]).hit());
}
