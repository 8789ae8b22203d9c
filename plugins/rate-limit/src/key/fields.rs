//! Parts of a request that are not header fields of their own.

use std::borrow::Cow;

use gatewright::Headers;

/// The values of a cookie (RFC 6265 §5.4), over all `cookie` fields.
pub(super) fn cookies<'a>(headers: &'a Headers, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    headers.all("cookie").flat_map(|line| line.split(|byte| *byte == b';')).filter_map(move |pair| {
        let (found, value) = split_once(pair, b'=')?;
        (found.trim_ascii() == name.as_bytes()).then(|| value.trim_ascii())
    })
}

/// The values of a query parameter, decoded as in HTML forms: one value has many spellings.
pub(super) fn query<'a>(path: &'a [u8], name: &'a str) -> impl Iterator<Item = Cow<'a, [u8]>> {
    let query = split_once(path, b'?').map_or(&[][..], |(_, query)| query);
    let query = split_once(query, b'#').map_or(query, |(query, _)| query);
    query.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).filter_map(move |pair| {
        let (found, value) = split_once(pair, b'=').unwrap_or((pair, b""));
        (*decode(found) == *name.as_bytes()).then(|| decode(value))
    })
}

/// Host names are the same in any case, with any port and with a final dot (RFC 9110 §4.2.3).
pub(super) fn host(authority: &str) -> Cow<'_, [u8]> {
    let port = authority.rfind(':').filter(|colon| {
        let digits = authority.get(colon + 1..).unwrap_or_default();
        digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    let name = port.and_then(|colon| authority.get(..colon)).unwrap_or(authority);
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(name.to_ascii_lowercase().into_bytes());
    }
    Cow::Borrowed(name.as_bytes())
}

fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        let escaped = after
            .split_first_chunk::<2>()
            .and_then(|([high, low], after)| Some((hex(*high)? << 4 | hex(*low)?, after)));
        (rest, _) = match (byte, escaped) {
            (b'%', Some((decoded, after))) => (after, out.push(decoded)),
            (b'+', _) => (after, out.push(b' ')),
            (byte, _) => (after, out.push(*byte)),
        };
    }
    Cow::Owned(out)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn split_once(bytes: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|byte| *byte == separator)?;
    Some((bytes.get(..at)?, bytes.get(at + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn cookies_of_all_fields_are_found() {
        let headers: Headers = [("cookie", "a=1; session=x=y ;b"), ("cookie", "session=2")].into_iter().collect();
        let found =
            |name| cookies(&headers, name).map(|value| String::from_utf8_lossy(value).into_owned()).collect::<Vec<_>>();
        assert_eq!(found("session"), ["x=y", "2"]);
        assert_eq!(found("a"), ["1"]);
        assert_eq!(found("b"), [""; 0]);
        assert_eq!(found("A"), [""; 0]);
    }

    #[test]
    fn one_query_value_has_many_spellings() {
        let found = |path: &str, name| {
            query(path.as_bytes(), name).map(|value| String::from_utf8_lossy(&value).into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(found("/p?user=anna&x=1", "user"), ["anna"]);
        assert_eq!(found("/p?us%65r=%61nn%61", "user"), ["anna"]);
        assert_eq!(found("/p?q=a+b%20c", "q"), ["a b c"]);
        assert_eq!(found("/p?q=100%&q=%4", "q"), ["100%", "%4"]);
        assert_eq!(found("/p?user", "user"), [""]);
        assert_eq!(found("/p?x=1#user=anna", "user"), [""; 0]);
        assert_eq!(found("/p", "user"), [""; 0]);
    }

    #[test]
    fn hosts_are_compared_without_case_and_port() {
        for text in ["example.com", "Example.COM", "example.com:443", "example.com.", "example.com.:80", "example.com:"]
        {
            assert_eq!(&*host(text), b"example.com", "{text}");
        }
        assert_eq!(&*host("[::1]:80"), b"[::1]");
        assert_eq!(&*host("[2001:DB8::1]"), b"[2001:db8::1]");
        assert_eq!(&*host(""), b"");
    }
}
