//! Stale responses (RFC 9111 §4.2.4, RFC 5861).

use super::*;

fn stored(policy: Value, cache_control: &str) -> Cached {
    let mut cache = Cached::with(policy);
    cache.origin(answer(200, &[("cache-control", cache_control), ("etag", "\"a\"")], "old")).get();
    cache
}

#[test]
fn rfc9111_4_2_4_a_stale_response_is_sent_for_half_a_minute_where_no_origin_answers() {
    for (failure, sent) in [
        (Answer::refused(), true),
        (Answer::failed(), true),
        (answer(503, &[], "").into(), false),
        (answer(500, &[], "").into(), false),
    ] {
        let mut cache = stored(json!({}), "max-age=2");
        cache.advance(32).origin(failure);
        let got = cache.get();
        assert_eq!((got.status() == 200, got.text() == "old"), (sent, sent), "{}", got.status());
        assert!(!sent || got.header("cache-status").unwrap().contains("fwd=stale; fwd-status=503"));
        cache.origin(Answer::refused()).advance(1);
        assert_eq!(cache.get().status(), 503, "too old");
    }
}

#[test]
fn how_long_it_is_sent_where_no_origin_answers_is_configured_or_said_by_the_response() {
    for (policy, cache_control, most) in [
        (json!({"if_unreachable": "0s"}), "max-age=2", 0),
        (json!({"if_unreachable": "100s"}), "max-age=2", 100),
        (json!({"if_unreachable": "100s"}), "max-age=2, stale-if-error=5", 5),
        (json!({"if_error": "50s"}), "max-age=2", 50),
    ] {
        for (age, status) in [(2 + most, 200), (3 + most, 503)].into_iter().skip(usize::from(most == 0)) {
            let mut cache = stored(json!({"stale": policy}), cache_control);
            cache.advance(age).origin(Answer::refused());
            assert_eq!(cache.get().status(), status, "{policy} {cache_control} {age}");
        }
    }
}

/// What is over goes when something else is written near it.
#[test]
fn without_a_validator_it_is_kept_for_as_long_as_it_may_be_sent() {
    let mut cache = Cached::with(json!({"memory": "1MiB", "max_body": "4KiB"}));
    cache.origin(answer(200, &[("cache-control", "max-age=2")], "old")).get();
    cache.advance(31).origin(fresh("other"));
    for number in 0..100 {
        cache.send(Request::get(&format!("/other/{number}")));
    }
    cache.origin(Answer::refused());
    assert_eq!(cache.get().text(), "old");
}

#[test]
fn rfc9111_4_2_4_a_stale_response_is_not_sent_where_that_is_forbidden() {
    for cache_control in [
        "max-age=2, must-revalidate, stale-if-error=60",
        "max-age=2, proxy-revalidate, stale-if-error=60",
        "s-maxage=2, stale-if-error=60",
        "no-cache, stale-if-error=60",
    ] {
        let mut cache = stored(json!({}), cache_control);
        cache.advance(3).origin(Answer::refused());
        assert_eq!(cache.get().status(), 503, "{cache_control}");
    }
}

#[test]
fn rfc5861_4_stale_if_error_sends_it_for_so_long() {
    let mut cache = stored(json!({}), "max-age=2, stale-if-error=10");
    for failure in [Answer::refused(), answer(500, &[], "").into(), answer(504, &[], "").into()] {
        cache.origin(failure);
        cache.advance(3);
        let got = cache.get();
        assert_eq!((got.status(), got.text().as_str()), (200, "old"));
        assert!(got.header("cache-status").unwrap().starts_with("gatewright; fwd=stale; fwd-status=5"));
    }
    assert_eq!(cache.metric("stale"), 3);
    cache.origin(answer(404, &[], "gone"));
    assert_eq!(cache.get().status(), 404, "that is no failure");
    cache.advance(5).origin(Answer::refused());
    assert_eq!(cache.get().status(), 503, "too old");
}

#[test]
fn the_configuration_lets_stale_responses_out_where_the_origin_is_dead() {
    let mut cache = stored(json!({"stale": {"if_error": "1h"}}), "max-age=2");
    cache.advance(60).origin(Answer::refused());
    assert_eq!(cache.get().text(), "old");
    let mut cache = stored(json!({"stale": {"if_error": "1h"}}), "max-age=2, must-revalidate");
    cache.advance(60).origin(Answer::refused());
    assert_eq!(cache.get().status(), 503);
}

#[test]
fn rfc5861_3_stale_while_revalidate_answers_at_once_and_refreshes() {
    let mut cache = stored(json!({}), "max-age=2, stale-while-revalidate=10");
    cache.advance(3).origin(answer(304, &[("etag", "\"a\""), ("cache-control", "max-age=60"), ("x", "2")], ""));
    let before = cache.asked();
    let stale = cache.get_with(&[("x-client", "1"), ("range", "bytes=0-0")]);
    assert_eq!((stale.hit(), stale.status(), stale.text().as_str()), (true, 206, "o"));
    cache.proxy.run();
    assert_eq!(cache.asked(), before + 1);
    let refresh = cache.origin.lock().unwrap().asked.last().unwrap().clone();
    assert_eq!(
        (refresh.header("if-none-match").as_deref(), refresh.header("x-client").as_deref(), refresh.header("range")),
        (Some("\"a\""), Some("1"), None)
    );
    let hit = cache.advance(5).get();
    assert_eq!((hit.hit(), hit.text().as_str(), hit.header("x").as_deref()), (true, "old", Some("2")));
    assert_eq!((cache.metric("stale"), cache.metric("refreshed"), cache.metric("hit")), (1, 1, 1));
}

#[test]
fn rfc5861_3_what_is_fetched_in_the_background_takes_the_place_of_the_old() {
    let mut cache = stored(json!({}), "max-age=2, stale-while-revalidate=10");
    cache.advance(3).origin(answer(200, &[("cache-control", "max-age=60")], "new"));
    assert_eq!(cache.get().text(), "old");
    cache.proxy.run();
    let hit = cache.get();
    assert_eq!((hit.hit(), hit.text().as_str()), (true, "new"));
}

#[test]
fn rfc5861_3_one_refresh_at_a_time_and_none_after_the_window() {
    let mut cache = stored(json!({}), "max-age=2, stale-while-revalidate=10");
    cache.advance(3).origin(Answer::never());
    let before = cache.asked();
    for _ in 0..5 {
        assert!(cache.get().hit());
    }
    assert_eq!(cache.asked(), before + 1);
    cache.advance(40).origin(fresh("new"));
    assert_eq!(cache.get().text(), "new");
}

#[test]
fn a_refresh_that_fails_changes_nothing() {
    let mut cache = stored(json!({}), "max-age=2, stale-while-revalidate=60");
    for failure in [Answer::refused(), answer(500, &[("cache-control", "max-age=60")], "bad").into()] {
        cache.advance(3).origin(failure);
        assert_eq!(cache.get().text(), "old");
        cache.proxy.run();
    }
    assert_eq!(cache.get().text(), "old");
}

#[test]
fn the_refresh_goes_to_the_cluster_of_the_configuration() {
    let mut cache =
        stored(json!({"refresh": {"upstream": "spare"}, "stale": {"while_revalidate": "10s"}}), "max-age=2");
    let spare = |_: &Request| Answer::response(fresh("spare"));
    cache.proxy.world().upstream("spare", spare);
    cache.advance(3).get();
    cache.proxy.run();
    assert_eq!(cache.get().text(), "spare");
}
