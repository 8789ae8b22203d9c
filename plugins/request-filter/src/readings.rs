//! Parameters and cookies as lax services read them, beside the standard reading: rules about a name are to find it there too.

use std::borrow::Cow;

use gatewright::bytes::split_once;
use gatewright::syntax::query::pair;

/// A cookie of a field.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cookie<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) value: Cow<'a, [u8]>,
    /// Whether something else was sent: the value had escapes.
    pub(crate) escaped: bool,
}

/// Whether the cookies of a field may be others to a service that knows quoted strings or lists.
pub(crate) fn has_other_cookies(field: &[u8]) -> bool {
    field.iter().any(|byte| matches!(byte, b'"' | b','))
}

/// Cookies as RFC 2109 had them and Python's `http.cookies`, aiohttp and Jetty still read them: `,` separates as `;` does, and a quoted value may
/// have either, and escapes, octal ones too. Where a quoted value ends is where readers differ most, so one may start behind any separator: of
/// what all of them find nothing is missing.
pub(crate) fn cookies(field: &[u8]) -> impl Iterator<Item = Cookie<'_>> {
    let mut rest = field;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let crumb = rest;
            rest = rest.get(separator(rest).saturating_add(1)..).unwrap_or_default();
            let end = position(crumb, |byte| matches!(byte, b'=' | b';' | b','));
            if let Some((name, [b'=', after @ ..])) = crumb.split_at_checked(end) {
                let after = after.trim_ascii_start();
                let (value, escaped) = quoted(after).unwrap_or_else(|| (plain(after), false));
                return Some(Cookie { name: name.trim_ascii(), value, escaped });
            }
        }
        None
    })
}

/// The parameters that a value is to services that take `;` for `&`, such as Rack's: what belongs to the parameter itself, which has no name here,
/// and others. Nothing if the value has no `;`.
pub(crate) fn parameters(value: &[u8]) -> impl Iterator<Item = (Option<&[u8]>, &[u8])> {
    let (own, others) = split_once(value, b';');
    let own = others.map(|_| (None, own));
    let others = others.into_iter().flat_map(|others| others.split(|byte| *byte == b';')).map(pair);
    own.into_iter().chain(others.map(|(name, value)| (Some(name), value)))
}

fn plain(after: &[u8]) -> Cow<'_, [u8]> {
    Cow::Borrowed(after.get(..separator(after)).unwrap_or_default().trim_ascii_end())
}

/// What is between quotes, and whether it had escapes. `None` if it does not end.
fn quoted(after: &[u8]) -> Option<(Cow<'_, [u8]>, bool)> {
    let inner = after.strip_prefix(b"\"")?;
    let mut value = Vec::new();
    let mut rest = inner;
    loop {
        rest = match rest {
            [b'"', ..] => {
                let sent = inner.get(..inner.len() - rest.len())?;
                let escaped = value != sent;
                return Some((if escaped { Cow::Owned(value) } else { Cow::Borrowed(sent) }, escaped));
            }
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', more @ ..] => {
                value.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                more
            }
            [b'\\', byte, more @ ..] | [byte, more @ ..] => {
                value.push(*byte);
                more
            }
            [] => return None,
        };
    }
}

fn separator(bytes: &[u8]) -> usize {
    position(bytes, |byte| matches!(byte, b';' | b','))
}

fn position(bytes: &[u8], is_end: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| is_end(*byte)).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn show(field: &str) -> Vec<String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mark = |escaped| if escaped { "!" } else { "" };
        cookies(field.as_bytes())
            .map(|one| format!("{}:{}{}", text(one.name), text(&one.value), mark(one.escaped)))
            .collect()
    }

    #[test]
    fn cookies_have_quoted_strings_and_commas() {
        for (field, expected) in [
            ("a=1; b = 2,c=3 ;alone; ,d=", &["a:1", "b:2", "c:3", "d:"][..]),
            (r#"q="a;b,c"; r=1"#, &["q:a;b,c", "r:1"]),
            (r#"="x; q="a;b""#, &[":x; q=", "q:a;b"]),
            (r#"q="\074x\\\"\8";r=1"#, &["q:<x\\\"8!", "r:1"]),
            (r#"q="open; r=1"#, &["q:\"open", "r:1"]),
            (r#"q="a\"; r="b""#, &["q:a\"; r=!", "r:b"]),
            (r#"q="\"#, &["q:\"\\"]),
            ("", &[]),
            (" ; ,", &[]),
            ("=x", &[":x"]),
        ] {
            assert_eq!(show(field), expected, "{field}");
        }
        assert!(has_other_cookies(b"a=\"1\"") && has_other_cookies(b"a=1,b=2") && !has_other_cookies(b"a=1; b=2"));
    }

    #[test]
    fn semicolons_separate_parameters() {
        assert_eq!(parameters(b"a=b").count(), 0);
        let show = |(name, value): (Option<&[u8]>, &[u8])| {
            let name = name.map_or("-".into(), String::from_utf8_lossy);
            format!("{name}:{}", String::from_utf8_lossy(value))
        };
        assert_eq!(parameters(b"x;q=1;=;r").map(show).collect::<Vec<_>>(), ["-:x", "q:1", ":", "r:"]);
    }

    proptest::proptest! {
        #[test]
        fn any_field_ends(field in r#"["\\;,=01a ]{0,40}"#) {
            proptest::prop_assert!(cookies(field.as_bytes()).count() <= field.len());
        }
    }
}
