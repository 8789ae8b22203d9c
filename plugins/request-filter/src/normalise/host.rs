//! The canonical form of a host.

use std::borrow::Cow;

/// The host of an authority: without user information and port, without the dot at its end, in lower case.
#[must_use]
pub fn canonical_host(authority: &[u8]) -> Cow<'_, [u8]> {
    let host = authority.rsplit(|byte| *byte == b'@').next().unwrap_or(authority);
    let host = without_port(host);
    let host = host.strip_suffix(b".").unwrap_or(host);
    if host.iter().any(u8::is_ascii_uppercase) { Cow::Owned(host.to_ascii_lowercase()) } else { Cow::Borrowed(host) }
}

fn without_port(host: &[u8]) -> &[u8] {
    let Some(colon) = host.iter().rposition(|byte| *byte == b':') else { return host };
    let (name, port) = host.split_at_checked(colon).unwrap_or((host, &[]));
    let digits = port.get(1..).unwrap_or_default();
    // In `[::1]` the last colon is part of the address.
    if digits.iter().all(u8::is_ascii_digit) { name } else { host }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn spellings_of_a_host() {
        for spelling in ["a.example", "A.Example", "a.example:8080", "a.example.", "u:p@a.example:1", "a.example.:443"]
        {
            assert_eq!(canonical_host(spelling.as_bytes()).as_ref(), b"a.example", "{spelling}");
        }
        assert_eq!(canonical_host(b"[::1]").as_ref(), b"[::1]");
        assert_eq!(canonical_host(b"[::1]:80").as_ref(), b"[::1]");
        assert_eq!(canonical_host(b"").as_ref(), b"");
    }
}
