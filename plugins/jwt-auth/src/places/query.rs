//! A path without the token in its query.

use gatewright::syntax::query::{Target, decode, pair};

/// The path without this parameter; everything else stays as it is, byte by byte.
pub(super) fn without(path: &[u8], name: &str) -> Vec<u8> {
    let target = Target::of(path);
    let parameters = target.query.into_iter().flat_map(|query| query.split(|byte| *byte == b'&'));
    let kept: Vec<&[u8]> = parameters.filter(|parameter| *decode(pair(parameter).0) != *name.as_bytes()).collect();
    let query = kept.join(&b'&');
    let mark: &[u8] = if kept.is_empty() { b"" } else { b"?" };
    [target.path, mark, &query, target.fragment].concat()
}

#[cfg(test)]
mod tests {
    use gatewright::syntax::query::values;

    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn rest(path: &str) -> String {
        String::from_utf8(without(path.as_bytes(), "access_token")).unwrap()
    }

    #[test]
    fn takes_out_one_parameter_and_nothing_else() {
        for (path, expected) in [
            ("/a?access_token=t", "/a"),
            ("/a?access_token=t&x=%2f", "/a?x=%2f"),
            ("/a?x=1&access_token=t", "/a?x=1"),
            ("/a?x&&access%5ftoken=t&&y=+", "/a?x&&&y=+"),
            ("/a?x=1?access_token=t", "/a?x=1?access_token=t"),
            ("/a;access_token=t?x", "/a;access_token=t?x"),
            ("/a?access_token=t#f", "/a#f"),
            ("/a", "/a"),
        ] {
            assert_eq!(rest(path), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_left_has_no_token_and_all_the_rest(path in "/[a-c]{0,2}(\\?(access_token|access%5Ftoken|a|%|=|&|x){0,9})?") {
            let has_token = |path: &str| values(path.as_bytes(), "access_token").next().is_some();
            let left = rest(&path);
            proptest::prop_assert!(!has_token(&left));
            if !has_token(&path) {
                proptest::prop_assert_eq!(left, path);
            }
        }
    }
}
