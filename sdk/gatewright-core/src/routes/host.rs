//! Patterns of hosts.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::config::ConfigError;
use crate::config::text::{Text, text_value};

/// A pattern of hosts: `api.example.com`, or `*.example.com` for every host below `example.com`, at any depth, but not itself.
///
/// Compared with the host of a request without regard to case, port and a dot at the end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPattern {
    /// In lower case, without `*.`.
    name: Box<str>,
    wildcard: bool,
}

impl HostPattern {
    const WILDCARD: &'static str = "*.";
    /// RFC 1035 §2.3.4.
    const MAX_BYTES: usize = 253;

    /// The host, or what hosts must end with after a dot; in lower case.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// True for `*.example.com`.
    pub(super) fn is_wildcard(&self) -> bool {
        self.wildcard
    }

    fn read(text: &str) -> Option<Self> {
        let (name, wildcard) = text.strip_prefix(Self::WILDCARD).map_or((text, false), |name| (name, true));
        let name = name.strip_suffix('.').unwrap_or(name);
        let good = is_name(name) || (!wildcard && is_ip_literal(name));
        (good && name.len() <= Self::MAX_BYTES).then(|| Self { name: name.to_ascii_lowercase().into(), wildcard })
    }
}

impl FromStr for HostPattern {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        if text == "*" {
            return Err(ConfigError::new("\"*\" is every host; leave `host` out instead"));
        }
        Self::read(text).ok_or_else(|| Self::refused(text))
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.wildcard { Self::WILDCARD } else { "" }, self.name)
    }
}

impl Text for HostPattern {
    const NOUN: &'static str = "a host";
    const PATTERN: &'static str = "^((\\*\\.)?[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*\\.?|\\[[0-9A-Fa-f:.]+\\])$";
    const EXAMPLES: &'static [&'static str] = &["api.example.com", "*.example.com"];

    fn correction(text: &str) -> Option<String> {
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        let text = text.split(['/', '?', '#']).next()?;
        let host = std::str::from_utf8(without_port(text.as_bytes())).ok()?;
        let starred = host.strip_prefix('*').map(|rest| format!("{}{}", Self::WILDCARD, rest.trim_start_matches('.')));
        Some(starred.unwrap_or_else(|| host.to_owned())).filter(|right| Self::read(right).is_some())
    }
}

text_value!(HostPattern);

/// The host of a request's authority, as patterns are compared with it: without port and final dot, in lower case.
pub(super) fn canonical_host(authority: &[u8]) -> Cow<'_, [u8]> {
    let host = without_port(authority);
    let host = host.strip_suffix(b".").unwrap_or(host);
    if host.iter().any(u8::is_ascii_uppercase) { host.to_ascii_lowercase().into() } else { host.into() }
}

/// RFC 3986 §3.2.2: an IPv6 address is in brackets, and a port is digits behind a colon, none at all included.
fn without_port(authority: &[u8]) -> &[u8] {
    let Some(colon) = authority.iter().rposition(|byte| *byte == b':') else { return authority };
    match authority.split_at_checked(colon) {
        Some((host, port)) if port.iter().skip(1).all(u8::is_ascii_digit) => host,
        _ => authority,
    }
}

fn is_name(name: &str) -> bool {
    let label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    name.split('.').all(label)
}

fn is_ip_literal(name: &str) -> bool {
    let inner = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::text::testing::{error, examples_parse};
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn two_forms() {
        for (text, name, wildcard) in [
            ("api.example.com", "api.example.com", false),
            ("*.example.com", "example.com", true),
            ("localhost", "localhost", false),
            ("192.0.2.1", "192.0.2.1", false),
            ("[2001:db8::1]", "[2001:db8::1]", false),
        ] {
            let host: HostPattern = serde_json::from_value(json!(text)).unwrap();
            assert_eq!((host.name(), host.is_wildcard()), (name, wildcard));
            assert_eq!(serde_json::to_value(&host).unwrap(), json!(text));
        }
        assert_eq!("API.Example.COM.".parse::<HostPattern>().unwrap(), "api.example.com".parse().unwrap());
        examples_parse::<HostPattern>();
    }

    #[test]
    fn the_host_of_a_request() {
        for (authority, host) in [
            ("API.example.com:8080", "api.example.com"),
            ("api.example.com.", "api.example.com"),
            ("api.example.com.:80", "api.example.com"),
            ("api.example.com:", "api.example.com"),
            ("[2001:DB8::1]:443", "[2001:db8::1]"),
            ("[2001:db8::1]", "[2001:db8::1]"),
            ("a:b", "a:b"),
            ("", ""),
            (":", ""),
            (".", ""),
        ] {
            assert_eq!(canonical_host(authority.as_bytes()), host.as_bytes(), "{authority}");
        }
        assert!(matches!(canonical_host(b"api.example.com:80"), Cow::Borrowed(_)));
        assert_eq!(canonical_host(b"\xff:80"), &b"\xff"[..]);
    }

    #[test]
    fn what_to_write_instead() {
        let cases = [
            ("*", r#""*" is every host; leave `host` out instead"#),
            ("example.com:8080", r#""example.com:8080" is not a host; write "example.com""#),
            ("https://example.com/a", r#""https://example.com/a" is not a host; write "example.com""#),
            ("*example.com", r#""*example.com" is not a host; write "*.example.com""#),
            ("api.*", r#""api.*" is not a host; write it like "api.example.com""#),
            ("a..b", r#""a..b" is not a host; write it like "api.example.com""#),
            ("grün.example", r#""grün.example" is not a host; write it like "api.example.com""#),
            ("", r#""" is not a host; write it like "api.example.com""#),
            ("*.", r#""*." is not a host; write it like "api.example.com""#),
            ("[::1", r#""[::1" is not a host; write it like "api.example.com""#),
        ];
        for (text, message) in cases {
            assert_eq!(error::<HostPattern>(json!(text)), message, "{text}");
        }
        assert!("a".repeat(254).parse::<HostPattern>().is_err());
    }
}
