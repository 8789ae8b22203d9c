use super::*;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn response(lines: &[&str]) -> ResponseDirectives {
    ResponseDirectives::read(lines.iter().map(|line| line.as_bytes()))
}

fn request(line: &str) -> RequestDirectives {
    RequestDirectives::read([line.as_bytes()].into_iter(), std::iter::empty())
}

#[test]
fn rfc9111_5_2_names_are_case_insensitive_and_unknown_ones_ignored() {
    let read = response(&["foobar, MaX-aGe=3600, x=\"y\", No-StOrE"]);
    assert_eq!((read.max_age, read.no_store), (Some(Seconds::Of(3600)), true));
}

#[test]
fn rfc9111_4_2_1_what_is_no_number_is_stale() {
    for invalid in ["'3600'", "3600.0", "a3600", "3600a", "-3600", "", "\"\""] {
        let read = response(&[&format!("max-age={invalid}")]);
        assert_eq!(read.max_age, Some(Seconds::Invalid), "{invalid}");
        assert_eq!(read.max_age.map(Seconds::or_stale), Some(0));
    }
    assert_eq!(response(&["max-age"]).max_age, Some(Seconds::Invalid));
    assert_eq!(response(&["max-age=003600"]).max_age, Some(Seconds::Of(3600)));
}

#[test]
fn rfc9111_1_2_2_too_large_a_number_is_the_largest() {
    for large in ["2147483648", "2147483649", "99999999999", "999999999999999999999999"] {
        assert_eq!(response(&[&format!("max-age={large}")]).max_age, Some(Seconds::Of(MAX_SECONDS)), "{large}");
    }
}

#[test]
fn rfc9111_4_2_1_of_several_the_first_counts() {
    assert_eq!(response(&["max-age=1800, max-age=1"]).max_age, Some(Seconds::Of(1800)));
    assert_eq!(response(&["max-age=1", "max-age=1800"]).max_age, Some(Seconds::Of(1)));
    assert_eq!(response(&["max-age=x, max-age=1800"]).max_age, Some(Seconds::Invalid));
}

#[test]
fn rfc9111_5_2_2_4_no_cache_is_about_all_or_about_fields() {
    assert_eq!(response(&["no-cache"]).no_cache, Extent::Whole);
    assert_eq!(response(&["no-cache=\"A, b\""]).no_cache, Extent::Fields(vec!["a".into(), "b".into()]));
    assert_eq!(response(&["no-cache=a", "no-cache=\"b\""]).no_cache, Extent::Fields(vec!["a".into(), "b".into()]));
    assert!(response(&["no-cache=\"Foo\""]).no_cache.names(b"foo"));
}

#[test]
fn rfc9111_5_2_2_4_what_cannot_be_read_is_about_all() {
    for line in ["no-cache=\"\"", "no-cache=\"a b\"", "no-cache =a", "no-cache=\"a\", no-cache", "no-cache, no-cache=a"]
    {
        assert_eq!(response(&[line]).no_cache, Extent::Whole, "{line}");
    }
    let many = (0..40).map(|n| format!("f{n}")).collect::<Vec<_>>().join(",");
    assert_eq!(response(&[&format!("private=\"{many}\"")]).private, Extent::Whole);
}

#[test]
fn rfc9111_4_2_4_what_forbids_stale_responses() {
    for line in ["must-revalidate", "proxy-revalidate", "s-maxage=2", "no-cache"] {
        assert!(response(&[line]).forbids_stale(), "{line}");
    }
    for line in ["max-age=2", "public", "immutable", "no-cache=\"a\"", "stale-if-error=9"] {
        assert!(!response(&[line]).forbids_stale(), "{line}");
    }
}

#[test]
fn rfc5861_stale_directives_need_a_number() {
    let read = response(&["stale-while-revalidate=4, stale-if-error=x, stale-if-error=60"]);
    assert_eq!((read.stale_while_revalidate, read.stale_if_error), (Some(4), Some(60)));
}

#[test]
fn rfc9111_5_2_1_request_directives() {
    let read = request("max-age=600, max-stale, min-fresh=10, only-if-cached, no-store");
    let wanted = RequestDirectives {
        max_age: Some(600),
        max_stale: Some(MAX_SECONDS),
        min_fresh: Some(10),
        only_if_cached: true,
        no_store: true,
        ..RequestDirectives::default()
    };
    assert_eq!(read, wanted);
    assert_eq!(request("max-stale=1000").max_stale, Some(1000));
}

#[test]
fn rfc9111_5_2_1_what_cannot_be_read_asks_for_more_freshness_never_less() {
    assert_eq!(request("max-age=x").max_age, Some(0));
    assert_eq!(request("min-fresh=x").min_fresh, Some(MAX_SECONDS));
    assert_eq!(request("max-stale=x").max_stale, None);
}

#[test]
fn rfc9111_5_4_pragma_counts_only_without_cache_control() {
    let read = |lines: &[&str], pragma: &str| {
        RequestDirectives::read(lines.iter().map(|line| line.as_bytes()), [pragma.as_bytes()].into_iter()).no_cache
    };
    assert!(read(&[], "no-cache"));
    assert!(!read(&[], "unknown"));
    assert!(!read(&["nothing"], "no-cache"));
}
