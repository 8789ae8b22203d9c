//! Tokens in the query of a request's path.

use std::borrow::Cow;

/// The values of a parameter, decoded. Its name is compared decoded too: a service reads `access%5Ftoken` as `access_token`.
pub(super) fn values<'a>(path: &'a [u8], name: &str) -> impl Iterator<Item = Cow<'a, [u8]>> {
    let (_, query, _) = split(path);
    query.into_iter().flat_map(pairs).filter_map(move |pair| {
        let (found, value) = name_and_value(pair);
        (*decoded(found) == *name.as_bytes()).then(|| decoded(value))
    })
}

/// The path without this parameter; everything else stays as it is, byte by byte.
pub(super) fn without(path: &[u8], name: &str) -> Vec<u8> {
    let (before, query, fragment) = split(path);
    let kept = query.into_iter().flat_map(pairs);
    let kept: Vec<&[u8]> = kept.filter(|pair| *decoded(name_and_value(pair).0) != *name.as_bytes()).collect();
    let query = kept.join(&b'&');
    let mark: &[u8] = if kept.is_empty() { b"" } else { b"?" };
    [before, mark, &query, fragment].concat()
}

/// Path, query and fragment. A fragment should not be there; if it is, it is no part of the query.
fn split(path: &[u8]) -> (&[u8], Option<&[u8]>, &[u8]) {
    let end = path.iter().position(|byte| *byte == b'#').unwrap_or(path.len());
    let (whole, fragment) = path.split_at_checked(end).unwrap_or((path, b""));
    match whole.iter().position(|byte| *byte == b'?').and_then(|at| whole.split_at_checked(at)) {
        Some((before, query)) => (before, query.get(1..), fragment),
        None => (whole, None, fragment),
    }
}

fn pairs(query: &[u8]) -> impl Iterator<Item = &[u8]> {
    query.split(|byte| *byte == b'&')
}

fn name_and_value(pair: &[u8]) -> (&[u8], &[u8]) {
    let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
    let (name, value) = pair.split_at_checked(at).unwrap_or((pair, b""));
    (name, value.strip_prefix(b"=").unwrap_or_default())
}

/// Form decoding: `%xx` and `+`. An incomplete escape stands for itself.
fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'+', _) => out.push(b' '),
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push(digit(*high) << 4 | digit(*low));
                rest = after;
            }
            _ => out.push(*first),
        }
    }
    Cow::Owned(out)
}

/// The value of a hexadecimal digit.
fn digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        _ => (byte | 0x20).wrapping_sub(b'a').wrapping_add(10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn found(path: &str) -> Vec<String> {
        values(path.as_bytes(), "access_token").map(|value| String::from_utf8_lossy(&value).into_owned()).collect()
    }

    fn rest(path: &str) -> String {
        String::from_utf8(without(path.as_bytes(), "access_token")).unwrap()
    }

    #[test]
    fn finds_a_name_in_any_spelling() {
        assert_eq!(found("/a?x=1&access_token=abc&y"), ["abc"]);
        assert_eq!(found("/a?access%5Ftoken=a%2Eb"), ["a.b"]);
        assert_eq!(found("/a?%61ccess_token=a%2eb%"), ["a.b%"]);
        assert_eq!(found("/a?access_token"), [""]);
        assert_eq!(found("/a?access_token=a=b"), ["a=b"]);
        assert_eq!(found("/a?access_token=1&access_token=2"), ["1", "2"]);
        for none in ["/access_token=1", "/a?Access_token=1", "/a?xaccess_token=1", "/a#?access_token=1", "/a?", "/a"] {
            assert!(found(none).is_empty(), "{none}");
        }
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
            let left = rest(&path);
            proptest::prop_assert!(found(&left).is_empty());
            if found(&path).is_empty() {
                proptest::prop_assert_eq!(left, path);
            }
        }
    }
}
