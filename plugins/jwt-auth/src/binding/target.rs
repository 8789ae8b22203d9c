//! The address of a request, as its client and this proxy see it.

use gatewright::Request;
use gatewright::config::ConfigError;

/// Scheme, host and port, normalised (RFC 3986 §6.2.2.1, §6.2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    scheme: String,
    authority: String,
}

impl Origin {
    /// Reads `https://api.example`.
    pub(super) fn from_setting(text: &str) -> Result<Self, ConfigError> {
        let parsed = split(text).filter(|(_, path)| path.is_empty());
        parsed.map(|(origin, _)| origin).ok_or_else(|| {
            ConfigError::at("external_origin", "is not a scheme and an authority; write it like `https://api.example`")
        })
    }

    /// What the proxy knows of a request.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let scheme = request.headers().text(":scheme")?;
        Self::new(scheme, request.authority())
    }

    fn new(scheme: &str, authority: &str) -> Option<Self> {
        let (scheme, authority) = (scheme.to_ascii_lowercase(), authority.to_ascii_lowercase());
        let default = match scheme.as_str() {
            "https" => ":443",
            "http" => ":80",
            _ => return None,
        };
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:[]%".contains(&byte);
        if authority.is_empty() || !authority.bytes().all(valid) {
            return None;
        }
        let authority = authority.strip_suffix(default).unwrap_or(&authority).to_owned();
        Some(Self { scheme, authority })
    }
}

/// Whether a URI names this address, query and fragment left aside (RFC 9449 §4.3). The path is compared byte by byte: services differ in
/// what they take for the same.
pub(super) fn is_address(uri: &str, origin: &Origin, path: &[u8]) -> bool {
    let Some((named, rest)) = split(uri) else { return false };
    let bare = |path: &[u8]| path.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(path.len());
    let without = |path: &[u8]| match path.get(..bare(path)) {
        Some(b"") | None => b"/".to_vec(),
        Some(path) => path.to_vec(),
    };
    named == *origin && without(rest.as_bytes()) == without(path)
}

/// The origin of a URI, and what follows it.
fn split(uri: &str) -> Option<(Origin, &str)> {
    let (scheme, rest) = uri.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at_checked(end)?;
    Some((Origin::new(scheme, authority)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn an_address_is_compared_without_query_and_in_normal_form() {
        let origin = Origin::from_setting("https://api.example").unwrap();
        for uri in ["https://api.example/a", "HTTPS://API.Example:443/a", "https://api.example/a?x#y"] {
            assert!(is_address(uri, &origin, b"/a?z=1"), "{uri}");
        }
        for uri in [
            "http://api.example/a",
            "https://api.example:444/a",
            "https://api.example/A",
            "https://api.example/a/",
            "https://api.example",
            "https://api.example.evil/a",
            "https://user@api.example/a",
            "https:///a",
            "/a",
            "",
            "ftp://api.example/a",
        ] {
            assert!(!is_address(uri, &origin, b"/a"), "{uri}");
        }
        assert!(is_address("https://api.example", &origin, b"/"));
        assert!(is_address("http://a:8080/", &Origin::new("http", "A:8080").unwrap(), b"/"));
    }

    #[test]
    fn a_setting_is_an_origin_alone() {
        for wrong in ["api.example", "https://", "https://a/b", "https://a/", "ws://a", "https://u@a", "https://a b"] {
            assert!(Origin::from_setting(wrong).is_err(), "{wrong}");
        }
    }
}
