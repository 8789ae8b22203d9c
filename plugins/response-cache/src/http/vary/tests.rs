use proptest::prelude::*;

use super::*;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn headers(list: &[(&str, &str)]) -> Headers {
    list.iter().copied().collect()
}

fn vary(values: &[&str]) -> Option<Vec<String>> {
    names(&values.iter().map(|value| ("vary", *value)).collect(), 4)
}

/// Whether the response to a request with `one` is reused for a request with `other`.
fn reused(vary: &str, one: &[(&str, &str)], other: &[(&str, &str)]) -> bool {
    let names = names(&headers(&[("vary", vary)]), 8).unwrap();
    fits(&selecting(names, &headers(one)), None, &headers(other))
}

#[test]
fn rfc9111_4_1_a_star_anywhere_fits_nothing() {
    for star in ["*", "*, *", ", *", "*, Foo", "Foo, *"] {
        assert_eq!(vary(&[star]), None, "{star}");
    }
    assert_eq!(vary(&["", "*"]), None);
    assert_eq!(vary(&["foo", "*"]), None);
}

#[test]
fn rfc9110_12_5_5_names_are_case_insensitive_and_on_any_number_of_lines() {
    assert_eq!(vary(&["Foo, bar", "FOO", ""]).unwrap(), ["bar", "foo"]);
    assert_eq!(vary(&[]).unwrap(), Vec::<String>::new());
}

#[test]
fn what_is_no_name_or_too_many_fits_nothing() {
    assert_eq!(vary(&["a b"]), None);
    assert_eq!(vary(&["a, b, c, d, e"]), None);
}

#[test]
fn rfc9111_4_1_all_selecting_fields_must_match() {
    let stored = [("foo", "1"), ("bar", "abc")];
    assert!(reused("foo, bar", &stored, &[("bar", "abc"), ("foo", "1"), ("other", "x")]));
    assert!(!reused("foo, bar", &stored, &[("foo", "2"), ("bar", "abc")]));
    assert!(!reused("foo, bar", &stored, &[("foo", "1")]));
    assert!(!reused("foo", &[], &[("foo", "1")]));
    assert!(!reused("foo", &[("foo", "1")], &[]));
    assert!(reused("foo, bar", &[("foo", "1")], &[("foo", "1")]));
    assert!(!reused("foo", &[], &[("foo", "")]));
}

#[test]
fn rfc9111_4_1_space_and_lines_make_no_difference() {
    assert!(reused("foo", &[("foo", "1, 2")], &[("foo", "1"), ("foo", "2")]));
    assert!(reused("foo", &[("foo", "1,2")], &[("foo", " 1, 2 ")]));
    assert!(!reused("foo", &[("foo", "1,2")], &[("foo", "2,1")]));
    assert!(!reused("foo", &[("foo", "a")], &[("foo", "A")]));
}

#[test]
fn rfc9110_12_5_4_languages_have_neither_order_nor_case() {
    for other in ["de, en", "eN, De", " en ,   de", "en;q=1.0, de;q=1"] {
        assert!(reused("accept-language", &[("accept-language", "en, de")], &[("accept-language", other)]), "{other}");
    }
    for other in ["en", "en, de;q=0.9", "en, de, fr", "en-gb, de"] {
        assert!(!reused("accept-language", &[("accept-language", "en, de")], &[("accept-language", other)]), "{other}");
    }
}

#[test]
fn rfc9110_12_5_3_codings_have_no_order_but_weights() {
    let stored = [("accept-encoding", "gzip, br;q=0.50, identity;q=0")];
    assert!(reused("accept-encoding", &stored, &[("accept-encoding", "identity;q=0.000,BR; q=0.5, GZIP")]));
    for other in ["gzip, br;q=0.5", "gzip, br, identity;q=0", "gzip;q=0, br;q=0.5, identity;q=0"] {
        assert!(!reused("accept-encoding", &stored, &[("accept-encoding", other)]), "{other}");
    }
}

#[test]
fn rfc9110_12_5_4_a_response_in_the_language_asked_for_first_fits() {
    let stored = selecting(vec!["accept-language".into()], &headers(&[("accept-language", "en, de")]));
    let fits = |accepted| fits(&stored, Some(b"de"), &headers(&[("accept-language", accepted)]));
    assert!(fits("fr;q=0.5, de;q=1.0"));
    for other in ["de;q=0.5, fr", "de, fr", "de-at, en;q=0.5", "fr", "de;q=0", "*"] {
        assert!(!fits(other), "{other}");
    }
}

proptest! {
    /// Compressed and identity variants must never be mixed: what is normalised to the same accepts the same with the same weight.
    #[test]
    fn codings_that_differ_in_weight_or_name_never_fit(
        one in proptest::collection::btree_map("[a-d]", 0u64..=1000, 0..4),
        other in proptest::collection::btree_map("[a-d]", 0u64..=1000, 0..4),
    ) {
        let text = |map: &std::collections::BTreeMap<String, u64>| {
            map.iter().map(|(name, weight)| format!("{name};q={}.{:03}", weight / 1000, weight % 1000)).collect::<Vec<_>>().join(", ")
        };
        let (first, second) = (text(&one), text(&other));
        prop_assert_eq!(
            reused("accept-encoding", &[("accept-encoding", &first)], &[("accept-encoding", &second)]),
            one == other
        );
    }
}
