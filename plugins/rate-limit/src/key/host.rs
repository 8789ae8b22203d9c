//! The host that a request names.

use std::borrow::Cow;

/// Host names are the same in any case, with any port and with a final dot (RFC 9110 §4.2.3).
pub(super) fn canonical(authority: &str) -> Cow<'_, [u8]> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn hosts_are_compared_without_case_and_port() {
        for text in ["example.com", "Example.COM", "example.com:443", "example.com.", "example.com.:80", "example.com:"]
        {
            assert_eq!(&*canonical(text), b"example.com", "{text}");
        }
        assert_eq!(&*canonical("[::1]:80"), b"[::1]");
        assert_eq!(&*canonical("[2001:DB8::1]"), b"[2001:db8::1]");
        assert_eq!(&*canonical(""), b"");
    }
}
