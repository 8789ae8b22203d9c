use super::*;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const CAME: u64 = 1_767_225_600; // 2026-01-01
const OLD: &str = "Wed, 31 Dec 2025 00:00:00 GMT";
const NEW: &str = "Thu, 01 Jan 2026 00:00:00 GMT";
const NEXT: &str = "Fri, 02 Jan 2026 00:00:00 GMT";

fn fields(list: &[(&str, &str)]) -> Headers {
    list.iter().copied().collect()
}

fn matched(request: &[(&str, &str)], stored: &[(&str, &str)]) -> bool {
    evaluate(&fields(request), &fields(stored), CAME) == Condition::NotModified
}

fn tag_matches(asked: &str, stored: &str) -> bool {
    matched(&[("if-none-match", asked)], &[("etag", stored)])
}

#[test]
fn rfc9110_8_8_3_2_strong_and_weak_comparison() {
    let tag = |text: &'static str| EntityTag::read(text.as_bytes()).unwrap();
    let pairs = [
        ("W/\"1\"", "W/\"1\"", false, true),
        ("W/\"1\"", "W/\"2\"", false, false),
        ("W/\"1\"", "\"1\"", false, true),
        ("\"1\"", "\"1\"", true, true),
    ];
    for (one, other, strong, weak) in pairs {
        assert_eq!(tag(one).strongly_equals(tag(other)), strong, "{one} {other}");
        assert_eq!(tag(one).weakly_equals(tag(other)), weak, "{one} {other}");
    }
    for bad in ["", "\"a", "a\"", "\"a\"b\"", "W/a"] {
        assert_eq!(EntityTag::read(bad.as_bytes()), None, "{bad}");
    }
}

#[test]
fn rfc9110_13_1_2_if_none_match_compares_weakly_with_each_member() {
    for asked in ["\"a\"", "W/\"a\"", "\"a\", \"b\"", "\"b\", \"a\", \"c\"", "\"b\", \"a\"", "*", "\"b,c\", \"a\""] {
        assert!(tag_matches(asked, "\"a\""), "{asked}");
    }
    assert!(tag_matches("W/\"a\"", "W/\"a\""));
    assert!(tag_matches("\"ab\u{fc}\"", "\"ab\u{fc}\""));
    assert!(tag_matches("a", "\"a\"") && tag_matches("\"a\"", "a"));
    for asked in ["\"b\"", "\"A\"", "", "\"a\\\"", "\"b, a\""] {
        assert!(!tag_matches(asked, "\"a\""), "{asked}");
    }
    assert!(!matched(&[("if-none-match", "\"a\"")], &[]));
    assert!(matched(&[("if-none-match", "\"b\""), ("if-none-match", "\"a\"")], &[("etag", "\"a\"")]));
}

#[test]
fn rfc9110_13_2_2_if_none_match_goes_before_if_modified_since() {
    let stored = [("etag", "\"a\""), ("last-modified", NEW)];
    assert!(matched(&[("if-none-match", "\"a\""), ("if-modified-since", OLD)], &stored));
    assert!(!matched(&[("if-none-match", "\"b\""), ("if-modified-since", NEXT)], &stored));
}

#[test]
fn rfc9110_13_1_3_if_modified_since_compares_with_last_modified() {
    for (since, wanted) in
        [(NEW, true), (NEXT, true), (OLD, false), ("0", false), ("Thursday, 01-Jan-26 00:00:00 GMT", true)]
    {
        assert_eq!(matched(&[("if-modified-since", since)], &[("last-modified", NEW)]), wanted, "{since}");
    }
    assert!(!matched(&[("if-modified-since", NEW), ("if-modified-since", NEXT)], &[("last-modified", OLD)]));
}

#[test]
fn rfc9111_4_3_2_without_last_modified_date_and_time_of_receipt_count() {
    assert!(matched(&[("if-modified-since", NEW)], &[("date", NEW)]));
    assert!(!matched(&[("if-modified-since", OLD)], &[("date", NEW)]));
    assert!(matched(&[("if-modified-since", NEW)], &[]));
    assert!(!matched(&[("if-modified-since", OLD)], &[]));
}

#[test]
fn rfc9111_4_3_2_if_match_and_if_unmodified_since_are_the_origins() {
    assert!(is_for_origin(&fields(&[("if-match", "*")])));
    assert!(is_for_origin(&fields(&[("if-unmodified-since", NEW)])));
    assert!(!is_for_origin(&fields(&[("if-none-match", "*")])));
}

#[test]
fn rfc9110_13_1_5_if_range_needs_a_strong_validator() {
    let allows =
        |condition: &str, stored: &[(&str, &str)]| allows_range(&fields(&[("if-range", condition)]), &fields(stored));
    assert!(allows("\"a\"", &[("etag", "\"a\"")]));
    assert!(!allows("\"a\"", &[("etag", "W/\"a\"")]));
    assert!(!allows("W/\"a\"", &[("etag", "W/\"a\"")]));
    assert!(!allows("\"b\"", &[("etag", "\"a\"")]));
    assert!(!allows("\"a\"", &[]));
    assert!(allows(OLD, &[("last-modified", OLD), ("date", NEW)]));
    assert!(!allows(OLD, &[("last-modified", OLD), ("date", OLD)]));
    assert!(!allows(NEW, &[("last-modified", OLD), ("date", NEXT)]));
    assert!(allows_range(&fields(&[]), &fields(&[])));
}

#[test]
fn rfc9111_4_3_4_a_strong_validator_of_a_304_must_be_the_stored_one() {
    let about = |newer: &str, known: &str| is_about(&fields(&[("etag", newer)]), &fields(&[("etag", known)]));
    assert!(about("\"a\"", "\"a\"") && about("W/\"a\"", "W/\"a\"") && about("W/\"a\"", "\"a\""));
    assert!(!about("\"b\"", "\"a\"") && !about("\"a\"", "W/\"a\"") && !about("W/\"b\"", "W/\"a\""));
    assert!(is_about(&fields(&[]), &fields(&[("etag", "\"a\"")])));
    assert!(!is_about(&fields(&[("etag", "\"a\"")]), &fields(&[])));
    assert!(is_about(&fields(&[("etag", "W/\"a\"")]), &fields(&[])));
}
