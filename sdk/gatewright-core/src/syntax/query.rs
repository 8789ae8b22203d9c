//! The query of a request's path, read as servers read HTML forms (URL Standard §5.1, `application/x-www-form-urlencoded`).

use std::borrow::Cow;

use super::hex_digit;
use crate::bytes::{find, split_once};

/// A path as a client sends it (`:path`), taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// What is before the query.
    pub path: &'a [u8],
    /// What is behind the first `?`; `None` if there is none.
    pub query: Option<&'a [u8]>,
    /// From the first `#` on. No client should send a fragment (RFC 9110 §7.1); if there is one, it is no part of the query.
    pub fragment: &'a [u8],
}

impl<'a> Target<'a> {
    /// Takes a path apart. Nothing is lost: path, `?`, query and fragment together are the whole.
    #[must_use]
    pub fn of(target: &'a [u8]) -> Self {
        let end = find(target, b'#').unwrap_or(target.len());
        let (whole, fragment) = target.split_at_checked(end).unwrap_or((target, &[]));
        let (path, query) = split_once(whole, b'?');
        Self { path, query, fragment }
    }
}

/// Name and value of each parameter of a query, in order, as sent. Nothing between two `&` is no parameter.
pub fn pairs(query: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    query.split(|byte| *byte == b'&').filter(|parameter| !parameter.is_empty()).map(pair)
}

/// Name and value of one parameter, as sent. What has no `=` is a name with an empty value.
#[must_use]
pub fn pair(parameter: &[u8]) -> (&[u8], &[u8]) {
    let (name, value) = split_once(parameter, b'=');
    (name, value.unwrap_or_default())
}

/// Whether services agree that a parameter of this name, decoded, is that one and no other. `q[]` and `[q]` are `q` to PHP, Rails and Express;
/// PHP drops blanks in front, ends a name at NUL and writes other blanks and dots as `_`; Rack takes `;` for `&`; some read what is sent
/// behind `??` without the second.
#[must_use]
pub fn is_plain_name(name: &[u8]) -> bool {
    !name.iter().any(|byte| matches!(byte, b'[' | b']' | b'.' | b';' | b'?' | b'\0' | b' ' | b'\t'..=b'\r'))
}

/// The values of a parameter in a path as sent, decoded. Names are compared decoded too: a service reads `access%5Ftoken` as
/// `access_token`.
pub fn values<'a>(target: &'a [u8], name: &str) -> impl Iterator<Item = Cow<'a, [u8]>> {
    let parameters = Target::of(target).query.into_iter().flat_map(pairs);
    parameters.filter(move |(found, _)| *decode(found) == *name.as_bytes()).map(|(_, value)| decode(value))
}

/// What a name or value stands for: `%xx` is a byte and `+` a space. A `%` without two digits stands for itself.
#[must_use]
pub fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => out.push(b' '),
            b'%' => match escaped(after) {
                Some((byte, after)) => {
                    out.push(byte);
                    rest = after;
                }
                None => out.push(b'%'),
            },
            other => out.push(*other),
        }
    }
    Cow::Owned(out)
}

/// The byte that two digits at the beginning stand for, and what is behind them.
fn escaped(text: &[u8]) -> Option<(u8, &[u8])> {
    let ([high, low], after) = text.split_first_chunk::<2>()?;
    Some((hex_digit(*high)? << 4 | hex_digit(*low)?, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn found(path: &str) -> Vec<String> {
        values(path.as_bytes(), "a_b").map(|value| String::from_utf8_lossy(&value).into_owned()).collect()
    }

    #[test]
    fn a_plain_name_is_the_same_to_all() {
        assert!(is_plain_name(b"q") && is_plain_name(b"a-b_c~%") && is_plain_name(b""));
        for odd in [&b"q[]"[..], b"[q", b"a.b", b"a;q", b"?q", b" q", b"q\0x", b"\x0bq"] {
            assert!(!is_plain_name(odd), "{}", odd.escape_ascii());
        }
    }

    #[test]
    fn a_name_is_found_in_any_spelling() {
        assert_eq!(found("/p?x=1&a_b=abc&y"), ["abc"]);
        assert_eq!(found("/p?a%5Fb=a%2Eb+c"), ["a.b c"]);
        assert_eq!(found("/p?%61_b=a%2eb%"), ["a.b%"]);
        assert_eq!(found("/p?a_b"), [""]);
        assert_eq!(found("/p?a_b=a=b&&a_b=2#x"), ["a=b", "2"]);
        for none in ["/a_b=1", "/p?A_b=1", "/p?xa_b=1", "/p#?a_b=1", "/p?", "/p"] {
            assert!(found(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn a_target_loses_nothing() {
        for (whole, parts) in [
            ("/a?b?c", ("/a", Some("b?c"), "")),
            ("/a?", ("/a", Some(""), "")),
            ("/a#?b", ("/a", None, "#?b")),
            ("?x#y#z", ("", Some("x"), "#y#z")),
            ("", ("", None, "")),
        ] {
            let target = Target::of(whole.as_bytes());
            let expected = (parts.0.as_bytes(), parts.1.map(str::as_bytes), parts.2.as_bytes());
            assert_eq!((target.path, target.query, target.fragment), expected, "{whole}");
        }
    }

    #[test]
    fn an_escape_without_two_digits_stands_for_itself() {
        for (text, decoded) in [("%", "%"), ("%4", "%4"), ("%4g", "%4g"), ("%%41", "%A"), ("%2541", "%41")] {
            assert_eq!(*decode(text.as_bytes()), *decoded.as_bytes(), "{text}");
        }
    }
}
