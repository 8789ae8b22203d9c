//! `cache-control` of requests where the configuration ignores it.

use super::*;

#[test]
fn clients_cannot_make_the_cache_ask_where_they_are_ignored() {
    let mut cache = Cached::with(json!({"request_directives": "ignore"}));
    cache.origin(fresh("x")).get();
    for field in [
        ("cache-control", "no-cache"),
        ("cache-control", "max-age=0"),
        ("pragma", "no-cache"),
        ("cache-control", "min-fresh=99999"),
    ] {
        assert!(cache.get_with(&[field]).hit(), "{field:?}");
    }
}

#[test]
fn what_must_not_be_stored_is_not_stored_even_then() {
    let mut cache = Cached::with(json!({"request_directives": "ignore"}));
    cache.origin(fresh("x")).get_with(&[("cache-control", "no-store")]);
    assert!(!cache.get().hit());
}

#[test]
fn cache_status_may_be_named_or_left_out() {
    let mut cache = Cached::with(json!({"cache_status": "edge"}));
    cache.origin(fresh("x")).get();
    assert_eq!(cache.get().header("cache-status").as_deref(), Some("edge; hit; ttl=60"));
    let mut cache = Cached::with(json!({"cache_status": null}));
    assert_eq!(cache.origin(fresh("x")).get().header("cache-status"), None);
    assert_eq!(cache.get().header("cache-status"), None);
}

#[test]
fn rfc9211_2_the_members_of_caches_further_in_stay() {
    let mut cache = Cached::new();
    cache.origin(answer(200, &[("cache-control", "max-age=60"), ("cache-status", "inner; hit")], "x"));
    assert_eq!(cache.get().response.header_values("cache-status"), ["inner; hit", "gatewright; fwd=uri-miss; stored"]);
    assert_eq!(cache.get().response.header_values("cache-status"), ["gatewright; hit; ttl=60"]);
}
