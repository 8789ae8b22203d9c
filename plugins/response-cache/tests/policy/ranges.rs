//! Ranges (RFC 9110 §14, RFC 9111 §3.3, §3.4).

use super::*;

const BODY: &str = "0123456789A";

fn whole() -> Cached {
    let mut cache = Cached::new();
    cache
        .origin(answer(
            200,
            &[("cache-control", "max-age=60"), ("etag", "\"a\""), ("content-type", "text/plain")],
            BODY,
        ))
        .get();
    cache
}

fn range(cache: &mut Cached, range: &str) -> Got {
    cache.get_with(&[("range", range)])
}

#[test]
fn rfc9110_14_ranges_of_a_stored_whole() {
    let mut cache = whole();
    for (asked, wanted, content_range) in [
        ("bytes=0-1", "01", "bytes 0-1/11"),
        ("bytes=1-", "123456789A", "bytes 1-10/11"),
        ("bytes=-1", "A", "bytes 10-10/11"),
    ] {
        let got = range(&mut cache, asked);
        assert!(got.hit());
        assert_eq!(
            (got.status(), got.text().as_str(), got.header("content-range").as_deref()),
            (206, wanted, Some(content_range))
        );
    }
    let several = range(&mut cache, "bytes=0-1, 4-4");
    assert_eq!(several.status(), 206);
    assert!(several.header("content-type").unwrap().starts_with("multipart/byteranges; boundary="));
    assert!(several.text().contains("content-range: bytes 4-4/11\r\n\r\n4\r\n--"));
}

#[test]
fn rfc9110_15_5_17_a_range_that_does_not_exist() {
    let got = range(&mut whole(), "bytes=11-");
    assert_eq!(
        (got.status(), got.header("content-range").as_deref(), got.text().as_str()),
        (416, Some("bytes */11"), "")
    );
}

#[test]
fn rfc9110_14_2_a_range_that_cannot_be_read_is_ignored() {
    let mut cache = whole();
    for ignored in ["bytes=x", "lines=1-2", "bytes=5-4"] {
        let got = range(&mut cache, ignored);
        assert_eq!((got.hit(), got.status(), got.text().as_str()), (true, 200, BODY));
    }
    let head = cache.send(Request::new("HEAD", "/").with_header("range", "bytes=0-1"));
    assert_eq!((head.status(), head.header("content-length").as_deref()), (200, Some("11")));
}

#[test]
fn rfc9110_13_1_5_if_range() {
    let mut cache = whole();
    let status =
        |cache: &mut Cached, condition| cache.get_with(&[("range", "bytes=0-1"), ("if-range", condition)]).status();
    assert_eq!(
        (status(&mut cache, "\"a\""), status(&mut cache, "\"b\""), status(&mut cache, "W/\"a\"")),
        (206, 200, 200)
    );
}

#[test]
fn rfc9110_13_2_2_conditions_go_before_ranges() {
    let got = whole().get_with(&[("range", "bytes=0-1"), ("if-none-match", "\"a\"")]);
    assert_eq!(got.status(), 304);
}

fn part(content_range: &str, etag: &str, body: &str) -> Response {
    answer(206, &[("cache-control", "max-age=60"), ("etag", etag), ("content-range", content_range)], body)
}

#[test]
fn rfc9111_3_3_a_part_is_stored_and_answers_for_what_it_has() {
    let mut cache = Cached::new();
    cache.origin(part("bytes 4-8/10", "\"a\"", "45678"));
    assert!(!range(&mut cache, "bytes=4-8").hit());
    for (asked, wanted, content_range) in [("bytes=4-8", "45678", "bytes 4-8/10"), ("bytes=5-6", "56", "bytes 5-6/10")]
    {
        let got = range(&mut cache, asked);
        assert!(got.hit(), "{asked}");
        assert_eq!(
            (got.status(), got.text().as_str(), got.header("content-range").as_deref()),
            (206, wanted, Some(content_range))
        );
    }
    for asked in ["bytes=3-5", "bytes=8-9", "bytes=5-", "bytes=-1", "bytes=4-4, 6-6"] {
        assert!(!range(&mut cache, asked).hit(), "{asked}");
    }
    let if_range = |condition| get(&[("range", "bytes=4-8"), ("if-range", condition)]);
    assert!(cache.send(if_range("\"a\"")).hit() && !cache.send(if_range("\"b\"")).hit());
    assert!(!cache.get().hit());
    let plain = cache.send(Request::new("HEAD", "/"));
    assert!(!plain.hit());
}

#[test]
fn rfc9110_14_4_a_part_shorter_than_it_says_gives_no_more_than_it_has() {
    let mut cache = Cached::new();
    cache.origin(part("bytes 4-9/10", "\"a\"", "45678"));
    range(&mut cache, "bytes=-6");
    assert_eq!(range(&mut cache, "bytes=-6").text(), "45678");
    assert_eq!(range(&mut cache, "bytes=6-8").text(), "678");
    assert!(!range(&mut cache, "bytes=6-9").hit() && !range(&mut cache, "bytes=-1").hit());
}

#[test]
fn rfc9110_15_3_7_2_several_parts_and_parts_of_unknown_place_are_not_stored() {
    for content_range in ["", "bytes */10", "items 4-8/10"] {
        let mut cache = Cached::new();
        cache.origin(part(content_range, "\"a\"", "45678"));
        range(&mut cache, "bytes=4-8");
        assert!(!range(&mut cache, "bytes=4-8").hit(), "{content_range}");
    }
}

#[test]
fn rfc9111_3_4_a_part_is_completed() {
    let mut cache = Cached::new();
    cache.origin(part("bytes 0-4/10", "\"a\"", "01234"));
    range(&mut cache, "bytes=0-4");
    cache.origin(part("bytes 5-9/10", "\"a\"", "56789"));
    let completed = cache.get();
    assert_eq!(
        (completed.asked_with("range").as_deref(), completed.asked_with("if-range").as_deref()),
        (Some("bytes=5-"), Some("\"a\""))
    );
    assert_eq!(
        (completed.status(), completed.text().as_str(), completed.header("content-range")),
        (200, "0123456789", None)
    );
    let hit = cache.get();
    assert_eq!((hit.hit(), hit.status(), hit.text().as_str()), (true, 200, "0123456789"));
}

#[test]
fn rfc9110_15_3_7_3_parts_that_may_not_belong_together_are_not_combined() {
    // Without a strong validator the rest is not even asked for.
    let mut cache = Cached::new();
    cache.origin(part("bytes 0-4/10", "W/\"a\"", "01234"));
    range(&mut cache, "bytes=0-4");
    assert_eq!(cache.get().asked_with("range"), None);
    // An origin that sends another representation gets no chance to have it appended.
    let mut cache = Cached::new();
    cache.origin(part("bytes 0-4/10", "\"a\"", "01234"));
    range(&mut cache, "bytes=0-4");
    cache.origin(part("bytes 5-9/10", "\"b\"", "56789"));
    assert_eq!(cache.get().status(), 503);
    // It has changed: the whole is sent, and stored.
    cache.origin(answer(200, &[("cache-control", "max-age=60"), ("etag", "\"b\"")], "new"));
    assert_eq!((cache.get().text().as_str(), cache.get().text().as_str()), ("new", "new"));
}

#[test]
fn rfc9111_3_4_parts_that_come_one_by_one_are_put_together() {
    let mut cache = Cached::new();
    for (asked, content_range, body) in [("bytes=2-4", "bytes 2-4/8", "234"), ("bytes=4-6", "bytes 4-6/8", "456")] {
        cache.origin(part(content_range, "\"a\"", body));
        range(&mut cache, asked);
    }
    let both = range(&mut cache, "bytes=3-5");
    assert_eq!(
        (both.hit(), both.text().as_str(), both.header("content-range").as_deref()),
        (true, "345", Some("bytes 3-5/8"))
    );
    for (asked, content_range, body) in [("bytes=0-1", "bytes 0-1/8", "01"), ("bytes=-1", "bytes 7-7/8", "7")] {
        cache.origin(part(content_range, "\"a\"", body));
        assert!(!range(&mut cache, asked).hit());
    }
    let whole = cache.get();
    assert_eq!(
        (whole.hit(), whole.status(), whole.text().as_str(), whole.header("content-range")),
        (true, 200, "01234567", None)
    );
}

#[test]
fn rfc9110_8_8_2_2_last_modified_puts_parts_together_where_it_is_strong() {
    for (modified, together) in [(-60, true), (-59, false)] {
        let mut cache = Cached::new();
        for (asked, content_range, body) in [("bytes=0-3", "bytes 0-3/8", "0123"), ("bytes=4-7", "bytes 4-7/8", "4567")]
        {
            let validators =
                [("last-modified", &*date(modified)), ("date", &*date(0)), ("content-range", content_range)];
            let part = answer(206, &[("cache-control", "max-age=60")], body);
            let with = |part: Response, (name, value): (&str, &str)| part.with_header(name, value);
            cache.origin(validators.into_iter().fold(part, with));
            range(&mut cache, asked);
        }
        cache.origin(fresh("other"));
        assert_eq!((cache.get().hit(), cache.get().text() == "01234567"), (together, together), "{modified}");
    }
}

#[test]
fn rfc9111_3_4_a_part_that_is_purged_while_the_rest_is_fetched_is_sent_and_not_stored() {
    // So large that its worker keeps no copy.
    let mut cache = Cached::with(json!({"hot_memory": "1KiB"}));
    let (first, rest) = ("0".repeat(100_000), "1".repeat(5));
    cache.origin(part("bytes 0-99999/100005", "\"a\"", &first));
    range(&mut cache, "bytes=0-99999");
    cache.origin(Answer::delay(Duration::from_secs(2), part("bytes 100000-100004/100005", "\"a\"", &rest)));
    let slow = cache.proxy.send(Request::get("/"));
    cache.origin(answer(204, &[], "")).send(Request::new("DELETE", "/"));
    // Its room is another's now.
    for number in 0..2000 {
        cache.origin(fresh(&first)).send(Request::get(&format!("/{number}")));
    }
    cache.advance(2).origin(fresh("new"));
    assert_eq!(slow.response().unwrap().text(), [first, rest].concat());
    assert_eq!(cache.get().text(), "new");
}

#[test]
fn rfc9110_15_3_7_3_parts_of_two_representations_are_not() {
    for tag in ["\"b\"", "W/\"a\""] {
        let mut cache = Cached::new();
        cache.origin(part("bytes 0-3/8", "\"a\"", "0123"));
        range(&mut cache, "bytes=0-3");
        cache.origin(part("bytes 4-7/8", tag, "4567"));
        range(&mut cache, "bytes=4-7");
        assert!(range(&mut cache, "bytes=4-7").hit() && !range(&mut cache, "bytes=3-4").hit(), "{tag}");
    }
}
