//! Which URLs the response to an unsafe request makes out of date, beside its own (RFC 9111 §4.4).

use gatewright::Headers;

/// A URL of the same origin as a request's, as its path and query.
pub fn same_origin(scheme: &str, authority: &str, path: &[u8], response: &Headers) -> Vec<Vec<u8>> {
    let locations = ["location", "content-location"].into_iter().flat_map(|field| response.all(field));
    locations.filter_map(|reference| resolve(scheme, authority, path, reference)).collect()
}

/// Resolves a reference (RFC 3986 §5.2) to path and query; `None` if it leads to another origin (RFC 6454 §5).
#[must_use]
pub fn resolve(scheme: &str, authority: &str, path: &[u8], reference: &[u8]) -> Option<Vec<u8>> {
    let reference = without_fragment(reference);
    if let Some(rest) = reference.strip_prefix(b"//") {
        return of_authority(authority, scheme, rest);
    }
    if let Some(colon) = scheme_end(reference) {
        let (named, rest) = reference.split_at_checked(colon)?;
        let rest = rest.strip_prefix(b"://")?;
        return named.eq_ignore_ascii_case(scheme.as_bytes()).then(|| of_authority(authority, scheme, rest))?;
    }
    let (base, _) = split_query(path);
    match reference.first() {
        None => Some(path.to_vec()),
        Some(b'?') => Some([base, reference].concat()),
        Some(b'/') => Some(normalised(reference)),
        Some(_) => {
            let directory = base.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
            Some(normalised(&[base.get(..directory)?, reference].concat()))
        }
    }
}

fn of_authority(own: &str, scheme: &str, rest: &[u8]) -> Option<Vec<u8>> {
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let own = without_default_port(own.as_bytes(), scheme);
    if !without_default_port(authority, scheme).eq_ignore_ascii_case(own) {
        return None;
    }
    Some(if path.starts_with(b"/") { normalised(path) } else { [b"/", path].concat() })
}

fn without_default_port<'a>(authority: &'a [u8], scheme: &str) -> &'a [u8] {
    let port: &[u8] = if scheme == "https" { b":443" } else { b":80" };
    authority.strip_suffix(port).unwrap_or(authority)
}

/// Where the scheme of an absolute URL ends.
fn scheme_end(reference: &[u8]) -> Option<usize> {
    let end = reference.iter().position(|byte| matches!(byte, b':' | b'/' | b'?'))?;
    (reference.get(end) == Some(&b':')).then_some(end)
}

fn without_fragment(reference: &[u8]) -> &[u8] {
    let end = reference.iter().position(|byte| *byte == b'#').unwrap_or(reference.len());
    reference.get(..end).unwrap_or_default()
}

fn split_query(path: &[u8]) -> (&[u8], &[u8]) {
    let end = path.iter().position(|byte| *byte == b'?').unwrap_or(path.len());
    path.split_at_checked(end).unwrap_or((path, &[]))
}

/// Without `.` and `..` segments (RFC 3986 §5.2.4).
fn normalised(reference: &[u8]) -> Vec<u8> {
    let (path, query) = split_query(reference);
    let mut kept: Vec<&[u8]> = Vec::new();
    let segments: Vec<&[u8]> = path.split(|byte| *byte == b'/').skip(1).collect();
    for (index, segment) in segments.iter().enumerate() {
        let last = index + 1 == segments.len();
        match *segment {
            b"." => kept.extend(last.then_some(&b""[..])),
            b".." => {
                kept.pop();
                kept.extend(last.then_some(&b""[..]));
            }
            segment => kept.push(segment),
        }
    }
    [b"/", kept.join(&b'/').as_slice(), query].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn of(reference: &str) -> Option<String> {
        let found = resolve("http", "a.example", b"/b/c/d?q=1", reference.as_bytes());
        found.map(|path| String::from_utf8(path).unwrap())
    }

    #[test]
    fn rfc3986_5_2_references_are_resolved_against_the_request() {
        let wanted = [
            ("", "/b/c/d?q=1"),
            ("?y", "/b/c/d?y"),
            ("#frag", "/b/c/d?q=1"),
            ("/x/y?z#f", "/x/y?z"),
            ("g", "/b/c/g"),
            ("./g", "/b/c/g"),
            ("../g", "/b/g"),
            ("../../../g", "/g"),
            ("g/", "/b/c/g/"),
            (".", "/b/c/"),
            ("..", "/b/"),
            ("g?y/../x", "/b/c/g?y/../x"),
            ("http://a.example/x", "/x"),
            ("HTTP://A.Example:80/x?y", "/x?y"),
            ("//a.example/x", "/x"),
            ("//a.example", "/"),
            ("http://a.example?y", "/?y"),
        ];
        for (reference, path) in wanted {
            assert_eq!(of(reference).as_deref(), Some(path), "{reference}");
        }
    }

    #[test]
    fn rfc9111_4_4_another_origin_is_not_touched() {
        for reference in [
            "https://a.example/x",
            "http://b.example/x",
            "http://a.example:81/x",
            "//b.example/x",
            "mailto:a",
            "http://a.example@b.example/",
        ] {
            assert_eq!(of(reference), None, "{reference}");
        }
    }

    #[test]
    fn rfc9111_4_4_location_and_content_location_count() {
        let headers: Headers = [("location", "/l"), ("content-location", "c"), ("x", "/x")].into_iter().collect();
        assert_eq!(same_origin("http", "a.example", b"/b/", &headers), [b"/l".to_vec(), b"/b/c".to_vec()]);
    }
}
