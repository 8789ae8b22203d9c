//! Which header fields of a response are stored (RFC 9111 §3.1), and how a newer message updates them (§3.2).

use gatewright::Headers;

use super::cache_control::ResponseDirectives;
use super::text::members;

/// Fields that are about one connection or one hop (RFC 9110 §7.6.1, RFC 9111 §3.1), and those that this cache makes anew.
const NEVER_STORED: [&str; 15] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "age",
    "cache-status",
    "x-envoy-upstream-service-time",
    // The proxy counts the bytes that it sends.
    "content-length",
    ":status",
];

/// A header field.
pub type Field<'a> = (&'a [u8], &'a [u8]);

/// The fields of a response to store, without those that its directives or its `Connection` name.
pub fn storable<'a>(
    headers: &'a Headers,
    directives: &'a ResponseDirectives,
    keep_set_cookie: bool,
) -> impl Iterator<Item = Field<'a>> {
    let connection: Vec<&[u8]> = headers.all("connection").flat_map(members).collect();
    headers.iter().filter(move |(name, _)| {
        !is_never_stored(name)
            && !connection.iter().any(|named| named.eq_ignore_ascii_case(name))
            && !directives.no_cache.names(name)
            && !directives.private.names(name)
            && (keep_set_cookie || !name.eq_ignore_ascii_case(b"set-cookie"))
    })
}

/// The stored fields after an update by those of a `304` or of a response to `HEAD`: what it has replaces what was there
/// (RFC 9111 §3.2). What describes the stored body stays as it is, for the body does.
pub fn updated<'a>(stored: &'a [Field<'a>], newer: &'a [Field<'a>]) -> Vec<Field<'a>> {
    let newer: Vec<Field<'a>> = newer.iter().copied().filter(|(name, _)| !is_of_body(name)).collect();
    let replaced = |name: &[u8]| newer.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    let mut fields: Vec<Field<'a>> = stored.iter().copied().filter(|(name, _)| !replaced(name)).collect();
    fields.extend(&newer);
    fields
}

fn is_never_stored(name: &[u8]) -> bool {
    NEVER_STORED.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(name))
}

/// Fields that say how the body in the store is made. Another body would need other ones.
fn is_of_body(name: &[u8]) -> bool {
    ["content-length", "content-encoding", "content-range"]
        .iter()
        .any(|known| known.as_bytes().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn names(fields: &[(&str, &str)], keep_set_cookie: bool) -> Vec<String> {
        let headers: Headers = fields.iter().copied().collect();
        let directives = ResponseDirectives::read(headers.all("cache-control"));
        let name = |(name, _): Field<'_>| String::from_utf8(name.to_vec()).unwrap();
        storable(&headers, &directives, keep_set_cookie).map(name).collect()
    }

    #[test]
    fn rfc9111_3_1_connection_and_what_it_names_are_not_stored() {
        let fields = [("connection", "a, B"), ("a", "1"), ("b", "2"), ("c", "3")];
        assert_eq!(names(&fields, false), ["c"]);
    }

    #[test]
    fn rfc9111_3_1_hop_by_hop_fields_are_not_stored() {
        let fields = NEVER_STORED.map(|name| (name, "x"));
        assert!(names(&fields, false).is_empty());
    }

    #[test]
    fn rfc9111_5_2_2_4_fields_that_no_cache_and_private_name_are_not_stored() {
        let fields = [("cache-control", "no-cache=\"A\", private=\"b\""), ("a", "1"), ("b", "2"), ("c", "3")];
        assert_eq!(names(&fields, false), ["cache-control", "c"]);
    }

    #[test]
    fn cookies_are_stored_only_if_asked_for() {
        let fields = [("set-cookie", "a=b"), ("c", "3")];
        assert_eq!(
            (names(&fields, false), names(&fields, true)),
            (vec!["c".to_owned()], vec!["set-cookie".to_owned(), "c".to_owned()])
        );
    }

    #[test]
    fn rfc9111_3_2_an_update_replaces_every_value_of_a_field_but_not_what_describes_the_body() {
        let stored: [Field<'_>; 4] = [(b"x", b"1"), (b"X", b"2"), (b"y", b"3"), (b"content-encoding", b"br")];
        let newer: [Field<'_>; 3] = [(b"x", b"9"), (b"z", b"8"), (b"Content-Encoding", b"gzip")];
        let wanted: [Field<'_>; 4] = [(b"y", b"3"), (b"content-encoding", b"br"), (b"x", b"9"), (b"z", b"8")];
        assert_eq!(updated(&stored, &newer), wanted);
    }
}
