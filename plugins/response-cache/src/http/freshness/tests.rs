use proptest::prelude::*;

use super::*;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// 2026-01-01T00:00:00Z, a Thursday.
const NOW: u64 = 1_767_225_600;
const TIMES: Exchanged = Exchanged { asked: Timestamp::from_seconds(NOW), came: Timestamp::from_seconds(NOW) };
const HEURISTIC: Heuristic = Heuristic { percent: 10, max: Duration::from_secs(86_400) };
const TODAY: &str = "Thu, 01 Jan 2026 00:00:00 GMT";

fn fields(list: &[(&str, &str)]) -> Headers {
    list.iter().copied().collect()
}

fn lives(status: u16, list: &[(&str, &str)]) -> u64 {
    let headers = fields(list);
    let directives = ResponseDirectives::read(headers.all("cache-control"));
    lifetime(&headers, status, &directives, true, TIMES, HEURISTIC)
}

fn aged(list: &[(&str, &str)], delay: u64) -> u64 {
    let times = Exchanged { asked: Timestamp::from_seconds(NOW - delay), came: Timestamp::from_seconds(NOW) };
    initial_age(&fields(list), times)
}

#[test]
fn rfc9111_4_2_1_s_maxage_goes_before_max_age_and_that_before_expires() {
    let expires = ("expires", "Thu, 01 Jan 2026 00:01:00 GMT");
    assert_eq!(lives(200, &[expires, ("date", TODAY)]), 60);
    assert_eq!(lives(200, &[expires, ("cache-control", "max-age=7")]), 7);
    assert_eq!(lives(200, &[expires, ("cache-control", "max-age=7, s-maxage=9")]), 9);
    assert_eq!(lives(200, &[expires, ("cache-control", "max-age=7"), ("cache-control", "s-maxage=0")]), 0);
    assert_eq!(lives(200, &[("expires", "0"), ("cache-control", "max-age=7")]), 7);
}

#[test]
fn rfc9111_5_3_expires_counts_from_date_and_an_invalid_one_is_the_past() {
    let expires = |value, date| {
        lives(200, &[("expires", value), ("date", date), ("last-modified", "Thu, 01 Jan 2015 00:00:00 GMT")])
    };
    assert_eq!(expires("Thu, 01 Jan 2026 00:05:00 GMT", "Thu, 01 Jan 2026 00:06:40 GMT"), 0);
    assert_eq!(expires(TODAY, TODAY), 0);
    assert_eq!(expires("0", TODAY), 0);
    assert_eq!(expires("Thu, 01 Jan 2026 00:00:10 GMT", "foo"), 10);
    assert_eq!(expires("Fri, 02 Jan 2026 00:00:00 GMT", "Wed, 31 Dec 2025 00:00:00 GMT"), 2 * 86_400);
}

#[test]
fn rfc9111_4_2_3_the_age_is_the_larger_of_apparent_and_corrected() {
    assert_eq!(aged(&[("date", TODAY)], 0), 0);
    assert_eq!(aged(&[("date", "Wed, 31 Dec 2025 23:59:50 GMT")], 0), 10);
    assert_eq!(aged(&[("date", "Wed, 31 Dec 2025 23:59:50 GMT"), ("age", "25")], 0), 25);
    assert_eq!(aged(&[("date", "Thu, 01 Jan 2026 00:00:10 GMT"), ("age", "15")], 3), 18);
    assert_eq!(aged(&[], 5), 5);
}

#[test]
fn rfc9111_5_1_of_a_list_of_ages_the_first_counts_and_no_number_for_nothing() {
    for (age, wanted) in [
        ("7200, 0", 7200),
        ("0,7200", 0),
        ("abc", 0),
        ("-7200", 0),
        ("7200.0", 0),
        ("7200;a=1", 0),
        ("2147483648", 2_147_483_648),
    ] {
        assert_eq!(aged(&[("age", age)], 0), wanted, "{age}");
    }
    assert_eq!(aged(&[("age", "7200"), ("age", "0")], 0), 7200);
    assert_eq!(aged(&[("age", "0"), ("age", "7200")], 0), 0);
    assert_eq!(aged(&[("age", "99999999999999999999999")], 9), u64::MAX);
}

#[test]
fn rfc9111_4_2_2_a_tenth_of_the_time_without_change_where_nothing_is_said() {
    let modified = ("last-modified", "Wed, 31 Dec 2025 00:00:00 GMT");
    for status in [200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501] {
        assert_eq!(lives(status, &[modified, ("date", TODAY)]), 8_640, "{status}");
    }
    for status in [201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 504, 599] {
        assert_eq!(lives(status, &[modified, ("date", TODAY)]), 0, "{status}");
    }
    assert_eq!(lives(599, &[modified, ("cache-control", "public")]), 8_640);
    assert_eq!(lives(200, &[("last-modified", "Thu, 01 Jan 2015 00:00:00 GMT")]), 86_400);
    assert_eq!(lives(200, &[("last-modified", "Fri, 02 Jan 2026 00:00:00 GMT")]), 0);
    assert_eq!(lives(200, &[]), 0);
}

proptest! {
    #[test]
    fn no_field_makes_an_age_or_a_lifetime_panic_or_less_than_its_parts(age in "\\PC{0,24}", date in "\\PC{0,30}", delay in 0u64..1000) {
        let list = [("age", age.as_str()), ("date", date.as_str()), ("expires", date.as_str())];
        prop_assert!(aged(&list, delay) >= delay);
        let _ = lives(200, &list);
    }
}
