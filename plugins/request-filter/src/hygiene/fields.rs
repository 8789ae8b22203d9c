//! The syntax of header fields.

use crate::octets::{HOST, TOKEN, are_all, are_from};
use crate::value::Refusal;

/// A field name is a token (RFC 9110 §5.1), after a colon in pseudo-header fields.
pub(super) fn name(name: &[u8]) -> Result<(), Refusal> {
    let token = name.strip_prefix(b":").unwrap_or(name);
    let good = !token.is_empty() && are_all(token, TOKEN);
    if good { Ok(()) } else { Err(Refusal::bad("header_name_invalid")) }
}

/// A value has no control characters but tabs (RFC 9110 §5.5).
pub(super) fn value(value: &[u8]) -> Result<(), Refusal> {
    let odd = |byte: &u8| matches!(byte, 0..=8 | 10..=31 | 127);
    if !are_from(b' ', value) && value.iter().any(odd) {
        return Err(Refusal::bad("header_control_character"));
    }
    Ok(())
}

/// A length is digits and nothing else (RFC 9110 §8.6).
pub(super) fn length(value: &[u8]) -> Option<u64> {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    if digits { std::str::from_utf8(value).ok()?.parse().ok() } else { None }
}

/// A host is there and has only what names and addresses have (RFC 3986 §3.2.2), and no user information.
pub(super) fn host(authority: &[u8]) -> Result<(), Refusal> {
    if authority.is_empty() {
        return Err(Refusal::bad("host_missing"));
    }
    if authority.len() > 255 + 6 || !are_all(authority, HOST) {
        return Err(Refusal::bad("host_invalid"));
    }
    Ok(())
}

/// Whether these are one pair of credentials for certain, in a value without control characters: no byte is below `-`, as a comma is, but
/// a space behind the scheme. Tokens are long, and this looks at them once.
pub(super) fn are_plain_credentials(value: &[u8]) -> bool {
    const LONGEST_SCHEME: usize = 8;
    let space = value.iter().take(LONGEST_SCHEME + 1).position(|byte| *byte == b' ');
    let parts = space.and_then(|space| value.split_at_checked(space));
    parts.is_some_and(|(scheme, rest)| are_from(b'-', scheme) && are_from(b'-', rest.get(1..).unwrap_or_default()))
}

/// Envoy joins repeated fields by commas before any filter sees them. `Basic` and `Bearer` credentials have none (RFC 7617, RFC 6750).
pub(super) fn are_joined_credentials(value: &[u8]) -> bool {
    let scheme = value.split(|byte| *byte == b' ').next().unwrap_or_default();
    let single = scheme.eq_ignore_ascii_case(b"basic") || scheme.eq_ignore_ascii_case(b"bearer");
    single && value.contains(&b',')
}

/// A body has a type of one meaning: `type/subtype` and parameters (RFC 9110 §8.3.1).
pub(super) fn content_type(value: Option<&[u8]>, has_body: bool) -> Result<(), Refusal> {
    let Some(value) = value else {
        return if has_body { Err(Refusal::with_status(415, "content_type_missing")) } else { Ok(()) };
    };
    let mut parts = essence(value).split(|byte| *byte == b'/');
    let mut token = || parts.next().is_some_and(|part| !part.is_empty() && are_all(part, TOKEN));
    if !(token() && token()) || parts.next().is_some() || has_comma(value) {
        return Err(Refusal::with_status(415, "content_type_invalid"));
    }
    Ok(())
}

/// One of these types, whatever its parameters.
pub(super) fn media_type(value: &[u8], accepted: &[String]) -> Result<(), Refusal> {
    let known = accepted.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(essence(value)));
    if known { Ok(()) } else { Err(Refusal::with_status(415, "content_type_not_accepted")) }
}

/// A media type without parameters.
fn essence(value: &[u8]) -> &[u8] {
    value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii()
}

/// A comma outside of quotes: two values that were joined.
fn has_comma(value: &[u8]) -> bool {
    let mut quoted = false;
    value.iter().any(|byte| {
        quoted ^= *byte == b'"';
        *byte == b',' && !quoted
    })
}
