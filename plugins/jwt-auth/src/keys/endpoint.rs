//! Where an HTTP service is.

use std::time::Duration;

use gatewright::Services;
use gatewright::callout::HttpCall;
use gatewright::config::Upstream;

/// Bytes that a URI has at most.
const MAX_BYTES: usize = 2048;

/// An absolute `http` or `https` URI without user and fragment (RFC 9110 §4.2). Whether the call is encrypted is the upstream's matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    scheme: &'static str,
    authority: Box<str>,
    path: Box<str>,
}

impl Endpoint {
    /// Takes a URI apart. The error says what to write.
    pub(crate) fn parse(uri: &str) -> Result<Self, String> {
        let shown: String = uri.chars().take(80).collect();
        let refused = || format!("{shown:?} is no endpoint; write it like \"https://idp.example/jwks.json\"");
        if uri.len() > MAX_BYTES || !uri.bytes().all(|byte| byte.is_ascii_graphic() && !b"#\\\"<>".contains(&byte)) {
            return Err(refused());
        }
        let (scheme, rest) = match (uri.strip_prefix("https://"), uri.strip_prefix("http://")) {
            (Some(rest), _) => ("https", rest),
            (_, Some(rest)) => ("http", rest),
            _ => return Err(refused()),
        };
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(at).ok_or_else(refused)?;
        if authority.is_empty() || authority.contains('@') || path.starts_with('?') {
            return Err(refused());
        }
        let path = if path.is_empty() { "/" } else { path };
        Ok(Self { scheme, authority: authority.into(), path: path.into() })
    }

    /// Scheme and authority: who answers for the endpoint (RFC 6454 §4).
    pub(crate) fn origin(&self) -> (&str, &str) {
        (self.scheme, &self.authority)
    }

    /// A call of this method to the endpoint, by way of `upstream`.
    pub(crate) fn call(&self, method: &str, services: &Services, upstream: &Upstream, timeout: Duration) -> HttpCall {
        services.http(upstream, timeout).method(method, &self.path).scheme(self.scheme).authority(&self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_uri_comes_apart() {
        let endpoint = Endpoint::parse("https://idp.example:8443/a/jwks.json?tenant=1").unwrap();
        assert_eq!(endpoint.origin(), ("https", "idp.example:8443"));
        assert_eq!(&*endpoint.path, "/a/jwks.json?tenant=1");
        assert_eq!(&*Endpoint::parse("http://idp.example").unwrap().path, "/");
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        let long = format!("https://idp.example/{}", "a".repeat(MAX_BYTES));
        let refused = [
            "",
            "idp",
            "/jwks",
            "ftp://a/b",
            "https://",
            "https:///b",
            "https://u:p@a/b",
            "https://a/b#c",
            "https://a?b",
            "https://a/b c",
            "https://a/\r\nx: y",
            "https://ä/",
            "https://a\\b/",
            &long,
        ];
        for uri in refused {
            assert!(Endpoint::parse(uri).is_err(), "{uri}");
        }
        let error = Endpoint::parse("idp").unwrap_err();
        assert_eq!(error, "\"idp\" is no endpoint; write it like \"https://idp.example/jwks.json\"");
    }
}
