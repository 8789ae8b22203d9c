//! Names of upstream clusters.

use std::fmt;
use std::str::FromStr;

use super::text::{Text, text_value};
use crate::config::error::{ConfigError, quoted};

/// The name of an upstream cluster that callouts go to, as the proxy knows it: 1 to 255 visible ASCII characters.
///
/// In Istio that is `outbound|443||auth.example.svc.cluster.local`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Upstream(Box<str>);

impl Upstream {
    const MAX_BYTES: usize = 255;

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The bytes of the name.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl FromStr for Upstream {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        if text.contains("://") {
            let hint = "is a URL; write the name of a cluster that the proxy is configured with";
            return Err(ConfigError::new(format!("{} {hint}", quoted(text))));
        }
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Self::refused(text));
        }
        if text.len() > Self::MAX_BYTES {
            let message = format!("a cluster name has at most {} bytes; this one has {}", Self::MAX_BYTES, text.len());
            return Err(ConfigError::new(message));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Text for Upstream {
    const NOUN: &'static str = "the name of an upstream cluster";
    const PATTERN: &'static str = "^[!-~]{1,255}$";
    const EXAMPLES: &'static [&'static str] = &["auth", "outbound|443||auth.example.svc.cluster.local"];
}

text_value!(Upstream);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::text::testing::{error, examples_parse};
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn names_pass_as_written() {
        for text in ["auth", "outbound|443||a.b", &"x".repeat(255)] {
            let upstream: Upstream = serde_json::from_value(json!(text)).unwrap();
            assert_eq!((upstream.as_str(), upstream.as_bytes()), (text, text.as_bytes()));
            assert_eq!(serde_json::to_value(&upstream).unwrap(), json!(text));
        }
        examples_parse::<Upstream>();
    }

    #[test]
    fn what_to_write_instead() {
        let cases = [
            (json!(""), r#""" is not the name of an upstream cluster; write it like "auth""#),
            (json!("a b"), r#""a b" is not the name of an upstream cluster; write it like "auth""#),
            (json!("a\u{0}"), r#""a\0" is not the name of an upstream cluster; write it like "auth""#),
            (json!("x".repeat(256)), "a cluster name has at most 255 bytes; this one has 256"),
            (
                json!("https://a/b"),
                r#""https://a/b" is a URL; write the name of a cluster that the proxy is configured with"#,
            ),
        ];
        for (value, message) in cases {
            assert_eq!(error::<Upstream>(value), message);
        }
    }
}
