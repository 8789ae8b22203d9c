//! The pieces that header fields are made of.

/// The bytes without optional whitespace (space, tab) at either end (RFC 9110 §5.6.3).
#[must_use]
pub fn trim(bytes: &[u8]) -> &[u8] {
    let space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = bytes.iter().position(|byte| !space(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !space(byte)).map_or(start, |last| last + 1);
    bytes.get(start..end).unwrap_or_default()
}

/// Members of a comma-separated list, trimmed; empty ones are left out, and commas inside quoted strings do not separate
/// (RFC 9110 §5.6.1).
pub fn members(list: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    Members { rest: Some(list) }.map(trim).filter(|member| !member.is_empty())
}

/// A list with a space after each comma that separates, as RFC 9110 §5.3 has it; `None` if it has them all.
#[must_use]
pub fn spaced(list: &[u8]) -> Option<Vec<u8>> {
    let crowded = list.windows(2).any(|pair| matches!(pair, [b',', next] if *next != b' '));
    let joined = crowded.then(|| members(list).collect::<Vec<_>>().join(&b", "[..]))?;
    (joined != list).then_some(joined)
}

/// A non-negative whole number of digits only; one that is too large is the largest (RFC 9111 §1.2.2).
#[must_use]
pub fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(text.iter().fold(0u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'))))
}

/// What stands between the quotes of a quoted string, escapes resolved; `None` if it is none, or goes on after its end.
#[must_use]
pub fn unquote(text: &[u8]) -> Option<Vec<u8>> {
    let inner = text.strip_prefix(b"\"")?;
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return bytes.as_slice().is_empty().then_some(out),
            b'\\' => out.push(*bytes.next()?),
            byte => out.push(*byte),
        }
    }
    None
}

#[derive(Clone)]
struct Members<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for Members<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest.take()?;
        let Some(comma) = comma(rest) else { return Some(rest) };
        let (member, after) = rest.split_at_checked(comma)?;
        self.rest = after.get(1..);
        Some(member)
    }
}

/// Where the first comma is that separates.
fn comma(text: &[u8]) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.iter().position(|byte| {
        if escaped {
            escaped = false;
            return false;
        }
        match byte {
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' => return !quoted,
            _ => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn list(text: &str) -> Vec<&str> {
        members(text.as_bytes()).map(|member| std::str::from_utf8(member).unwrap()).collect()
    }

    #[test]
    fn rfc9110_5_6_1_empty_members_count_for_nothing() {
        assert_eq!(list("a, ,b,, c ,"), ["a", "b", "c"]);
        assert!(list(" , ").is_empty());
    }

    #[test]
    fn rfc9110_5_6_4_a_comma_in_quotes_separates_nothing() {
        assert_eq!(list(r#"a="x,y", b"#), [r#"a="x,y""#, "b"]);
        assert_eq!(list(r#"a="x\",y", b"#), [r#"a="x\",y""#, "b"]);
    }

    #[test]
    fn rfc9110_5_3_lines_are_joined_by_comma_and_space() {
        assert_eq!(spaced(b"max-age=1,s-maxage=2").unwrap(), b"max-age=1, s-maxage=2");
        assert_eq!(spaced(b"a=\"x,y\",b, c").unwrap(), b"a=\"x,y\", b, c");
        for list in ["max-age=1, s-maxage=2", "max-age=1", "", "a=\"x,y\""] {
            assert_eq!(spaced(list.as_bytes()), None, "{list}");
        }
    }

    #[test]
    fn rfc9111_1_2_2_a_number_is_digits_and_never_overflows() {
        assert_eq!(digits(b"003600"), Some(3600));
        assert_eq!(digits(b"99999999999999999999999"), Some(u64::MAX));
        for bad in ["", "-1", "1.0", "1a", " 1"] {
            assert_eq!(digits(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn rfc9110_5_6_4_quoted_strings_are_unescaped() {
        assert_eq!(unquote(br#""a\"b""#).unwrap(), b"a\"b");
        for bad in [r#""a"#, r#"a""#, r#""a" "#, r#""a\"#] {
            assert_eq!(unquote(bad.as_bytes()), None, "{bad}");
        }
    }
}
