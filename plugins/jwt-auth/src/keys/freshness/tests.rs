use proptest::prelude::*;

use super::*;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const TIMES: Times = Times {
    timeout: Duration::from_secs(5),
    refresh_interval: Duration::from_secs(300),
    min_refresh_interval: Duration::from_secs(10),
    stale_if_error: Duration::from_secs(3600),
    first_wait: Duration::from_secs(2),
};

fn age_of(fields: &[(&str, &str)]) -> Option<u64> {
    let mut headers = Headers::default();
    for (name, value) in fields {
        headers.append(name, *value);
    }
    max_age(&headers).map(|age| age.as_secs())
}

#[test]
fn max_age_is_read_as_http_has_it() {
    assert_eq!(age_of(&[("cache-control", "public, max-age=21600, must-revalidate")]), Some(21600));
    assert_eq!(age_of(&[("cache-control", "no-cache"), ("cache-control", "Max-Age = 60")]), Some(60));
    assert_eq!(age_of(&[("cache-control", "max-age=60"), ("age", "50")]), Some(10));
    assert_eq!(age_of(&[("cache-control", "max-age=60"), ("age", "70")]), Some(0));
    assert_eq!(age_of(&[("cache-control", "max-age=99999999999999999999")]), Some(u64::MAX));
}

#[test]
fn what_is_unclear_is_no_max_age() {
    for field in [
        "",
        "no-store",
        "max-age",
        "max-age=",
        "max-age=-1",
        "max-age=1.5",
        "max-age=\"60\"",
        "max-age=1, max-age=2",
        "s-maxage=5",
    ] {
        assert_eq!(age_of(&[("cache-control", field)]), None, "{field}");
    }
    assert_eq!(age_of(&[]), None);
}

proptest! {
    #[test]
    fn a_set_is_fresh_within_bounds_and_a_tenth(max_age in proptest::option::of(0u64..100_000), seed: u64) {
        let fresh = fresh_for(max_age.map(Duration::from_secs), &TIMES, seed) as f64 / 1e9;
        let wished = max_age.unwrap_or(300).clamp(10, 3600) as f64;
        prop_assert!((0.9 * wished..=1.1 * wished).contains(&fresh), "{fresh} for {wished}");
    }

    #[test]
    fn no_field_panics(field in "\\PC{0,40}", stretch: u64, seed: u64) {
        let _age = age_of(&[("cache-control", &field)]);
        let _jittered = jitter(stretch, seed);
    }
}

#[test]
fn proxies_spread() {
    let spread: std::collections::BTreeSet<_> = (0..100).map(|seed| jitter(1_000_000, seed) / 10_000).collect();
    assert!(spread.len() > 10, "{spread:?}");
}
