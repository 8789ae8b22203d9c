//! The canonical form of a request path.

use std::borrow::Cow;

use crate::syntax::hex_digit;

/// The form of a request path in which routes are compared, so that spelling a path differently does not dodge a policy.
///
/// - Query and fragment are cut.
/// - Percent-encoded visible ASCII is decoded, once, except `/` `\` `?` `#` `%`. This goes further than RFC 3986 §6.2.2.2, which
///   decodes unreserved characters only: an upstream decodes `%3A` and `%40` too, and must not see a resource that no route was
///   matched for.
/// - Everything else is percent-encoded with upper-case digits: `%2F`, `%5C`, `%00`, space, bytes above 0x7E, a `\`, and a `%`
///   that begins no encoding. `%2541` stays `%2541`: nothing is decoded twice.
/// - Dot segments are removed (RFC 3986 §5.2.4), those written as `%2e` too; then repeated slashes become one.
/// - The result starts with `/`.
///
/// It is for matching only. Two resources of an upstream may share it, so it is no key for a cache, and it is not what is forwarded.
/// Whether the upstream takes `%2F` or `%5C` for a slash is not known here; a proxy should refuse such paths (Envoy:
/// `path_with_escaped_slashes_action`).
///
/// Takes any bytes, time linear in their number, and borrows where the path is canonical already.
#[must_use]
pub fn canonical_path(path: &[u8]) -> Cow<'_, str> {
    let end = path.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(path.len());
    let path = path.get(..end).unwrap_or(path);
    match std::str::from_utf8(path) {
        Ok(text) if is_canonical(path) => Cow::Borrowed(text),
        _ => Cow::Owned(rebuilt(path)),
    }
}

/// Decodes and encodes the octets of a path or of a part of one.
pub(super) fn canonical_octets(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        let encoded = if *byte == b'%' { encoded_octet(after) } else { None };
        match encoded {
            Some(octet) => {
                rest = after.get(2..).unwrap_or_default();
                put(&mut out, octet, is_plain(octet));
            }
            None => put(&mut out, *byte, *byte == b'/' || is_plain(*byte)),
        }
    }
    out
}

/// True if there is nothing to do. Says no to some paths that are canonical, which only costs time.
fn is_canonical(path: &[u8]) -> bool {
    let mut last = 0;
    path.first() == Some(&b'/')
        && path.iter().all(|byte| {
            let after_slash = std::mem::replace(&mut last, *byte) == b'/';
            if after_slash { is_plain(*byte) && *byte != b'.' } else { *byte == b'/' || is_plain(*byte) }
        })
}

/// Visible ASCII that means the same encoded or not, as far as matching goes.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'/' | b'\\' | b'?' | b'#' | b'%')
}

fn put(out: &mut String, octet: u8, plain: bool) {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    if plain {
        out.push(char::from(octet));
    } else {
        out.push('%');
        out.extend([octet >> 4, octet & 15].iter().filter_map(|digit| DIGITS.get(usize::from(*digit))));
    }
}

/// The octet that the two digits after a `%` stand for.
fn encoded_octet(after: &[u8]) -> Option<u8> {
    let digit = |at: usize| after.get(at).and_then(|byte| hex_digit(*byte));
    Some(digit(0)? << 4 | digit(1)?)
}

fn rebuilt(path: &[u8]) -> String {
    let octets = canonical_octets(path);
    let segments = without_dots(octets.strip_prefix('/').unwrap_or(&octets));
    let mut out = String::with_capacity(octets.len() + 1);
    let last = segments.len().saturating_sub(1);
    for (at, segment) in segments.iter().enumerate() {
        if at == last || !segment.is_empty() {
            out.push('/');
            out.push_str(segment);
        }
    }
    out
}

/// The segments that are left when each `..` has removed the one before it. A dot segment at the end leaves a slash.
fn without_dots(path: &str) -> Vec<&str> {
    let mut kept = Vec::new();
    let mut ends_in_dots = false;
    for segment in path.split('/') {
        ends_in_dots = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    if ends_in_dots {
        kept.push("");
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn canonical(path: &str) -> String {
        canonical_path(path.as_bytes()).into_owned()
    }

    #[test]
    fn each_rule() {
        let cases = [
            ("/a/b", "/a/b"),
            ("/", "/"),
            ("", "/"),
            ("*", "/*"),
            ("a/b", "/a/b"),
            ("/a?x=/../b", "/a"),
            ("/a#b", "/a"),
            ("?a", "/"),
            ("/%61%2D%7e", "/a-~"),
            ("/a%3ab%40c", "/a:b@c"),
            ("/a%2fb%5cc%3f%23%00%20%ff", "/a%2Fb%5Cc%3F%23%00%20%FF"),
            ("/a\\b c\u{e9}", "/a%5Cb%20c%C3%A9"),
            ("/caf%c3%a9", "/caf%C3%A9"),
            ("/%2541", "/%2541"),
            ("/%", "/%25"),
            ("/%4", "/%254"),
            ("/%zz%41", "/%25zzA"),
            ("/a/./b", "/a/b"),
            ("/a/../b", "/b"),
            ("/a/%2e%2E/b", "/b"),
            ("/a/.%2e", "/"),
            ("/a/b/..", "/a/"),
            ("/a/.", "/a/"),
            ("/../../a", "/a"),
            ("/..", "/"),
            ("/a/...", "/a/..."),
            ("/.a/..b", "/.a/..b"),
            ("//a///b//", "/a/b/"),
            ("//", "/"),
            ("/a//../b", "/a/b"),
            ("http://a/b", "/http:/a/b"),
        ];
        for (path, expected) in cases {
            assert_eq!(canonical(path), expected, "{path}");
        }
    }

    #[test]
    fn a_canonical_path_is_borrowed() {
        for path in ["/", "/a/b.c/d-e_f~", "/a?b", "/a:b@c;d=e,f"] {
            assert!(matches!(canonical_path(path.as_bytes()), Cow::Borrowed(_)), "{path}");
        }
    }

    /// RFC 3986 §5.2.4, step by step as written.
    fn remove_dot_segments(path: &str) -> String {
        let (mut input, mut output) = (path.to_owned(), String::new());
        while !input.is_empty() {
            if input.starts_with("/./") || input == "/." {
                input.replace_range(..input.len().min(3), "/");
            } else if input.starts_with("/../") || input == "/.." {
                input.replace_range(..input.len().min(4), "/");
                output.truncate(output.rfind('/').unwrap_or(0));
            } else {
                let end = input.match_indices('/').nth(1).map_or(input.len(), |(at, _)| at);
                output.extend(input.drain(..end));
            }
        }
        output
    }

    fn merged(mut path: String) -> String {
        while path.contains("//") {
            path = path.replace("//", "/");
        }
        path
    }

    fn paths() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop::sample::select(vec![
            "/", "//", ".", "..", "%2e", "%2E%2e", "a", "b", "%61", "%2f", "%2F", "%5c", "\\", "%", "%2", "%25",
            "%252e", "?", "#", " ", ";", "é", "%C3", "\0",
        ]);
        let pieces = prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat().into_bytes());
        prop_oneof![3 => pieces, 1 => prop::collection::vec(any::<u8>(), 0..40)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn doing_it_twice_changes_nothing(path in paths()) {
            let once = canonical_path(&path);
            prop_assert_eq!(canonical_path(once.as_bytes()), once.clone());
        }

        #[test]
        fn the_result_is_in_the_form_that_the_rules_say(path in paths()) {
            let path = canonical_path(&path);
            prop_assert!(path.starts_with('/') && path.bytes().all(|b| b.is_ascii_graphic() && !b"?#\\".contains(&b)));
            prop_assert!(!path.contains("//") && !path.split('/').any(|segment| segment == "." || segment == ".."));
            for tail in path.split('%').skip(1) {
                let digits = tail.get(..2).unwrap();
                let octet = u8::from_str_radix(digits, 16).unwrap();
                prop_assert!(!octet.is_ascii_graphic() || b"/\\?#%".contains(&octet), "{octet:#x} should be decoded");
                prop_assert_eq!(digits, digits.to_uppercase());
            }
        }

        #[test]
        fn dots_go_as_the_rfc_says(path in "(/(\\.{0,3}|[ab]{0,2})){1,8}") {
            prop_assert_eq!(canonical(&path), merged(remove_dot_segments(&path)));
        }

        #[test]
        fn encoding_visible_characters_changes_nothing(path in "(/[a-z.:@;=+~]{0,3}){1,5}", mask in any::<u64>()) {
            let encoded: String = path.chars().enumerate().map(|(at, c)| {
                if c != '/' && mask >> (at % 64) & 1 == 1 { format!("%{:02x}", c as u32) } else { c.to_string() }
            }).collect();
            prop_assert_eq!(canonical(&encoded), canonical(&path));
        }

        #[test]
        fn a_query_never_matters(path in paths(), query in paths()) {
            let whole = [&path[..], b"?", &query[..]].concat();
            prop_assert_eq!(canonical_path(&whole), canonical_path(&path));
        }
    }
}
