//! Cookies, as servers take them apart (RFC 6265 §4.2.1).

use crate::bytes::split_once;

/// Name and value of each cookie of a `cookie` field, in order, without white space around them; a value in quotes keeps them.
///
/// What has no `=` is a value without a name: so browsers send it, and a server that looks at values sees it.
pub fn pairs(field: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    field.split(|byte| *byte == b';').filter_map(pair)
}

/// Name and value of one cookie: what is between two `;`. `None` if there is nothing.
#[must_use]
pub fn pair(crumb: &[u8]) -> Option<(&[u8], &[u8])> {
    let crumb = crumb.trim_ascii();
    let (name, value) = match split_once(crumb, b'=') {
        (name, Some(value)) => (name.trim_ascii_end(), value.trim_ascii_start()),
        (value, None) => (&[][..], value),
    };
    (!crumb.is_empty()).then_some((name, value))
}

/// The value without the quotes around it, which many servers take for no part of it (RFC 6265 §4.1.1 allows them).
#[must_use]
pub fn unquoted(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn read(field: &str) -> Vec<(&str, &str)> {
        let text = |bytes| std::str::from_utf8(bytes).unwrap();
        pairs(field.as_bytes()).map(|(name, value)| (text(name), text(value))).collect()
    }

    #[test]
    fn names_and_values_of_all_cookies() {
        assert_eq!(read("a=1; session=x=y ;b=;=c"), [("a", "1"), ("session", "x=y"), ("b", ""), ("", "c")]);
        assert_eq!(read("a = 1;a=\"2\""), [("a", "1"), ("a", "\"2\"")]);
        assert_eq!(read("alone; a=1;\t;"), [("", "alone"), ("a", "1")]);
        assert!(read("").is_empty());
    }

    #[test]
    fn quotes_are_taken_off_in_pairs() {
        for (value, inner) in [("\"a\"", "a"), ("\"\"", ""), ("\"a", "\"a"), ("\"", "\""), ("a\"", "a\"")] {
            assert_eq!(unquoted(value.as_bytes()), inner.as_bytes());
        }
    }
}
