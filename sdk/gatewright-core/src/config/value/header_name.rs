//! Names of header fields.

use std::fmt;
use std::str::FromStr;

use super::text::{Text, text_value};
use crate::config::error::{ConfigError, quoted};
use crate::syntax::is_token;

/// The name of a header field: a token (RFC 9110 §5.1), held in lower case as HTTP/2 and Envoy carry it.
///
/// Pseudo-header fields such as `:path` are not header fields (RFC 9113 §8.3) and are refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeaderName(Box<str>);

impl HeaderName {
    /// The name in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The bytes of the name in lower case.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl AsRef<str> for HeaderName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl AsRef<[u8]> for HeaderName {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl FromStr for HeaderName {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        if text.starts_with(':') {
            let hint = "is a pseudo-header field, not a header field; use the setting for it, if there is one";
            return Err(ConfigError::new(format!("{} {hint}", quoted(text))));
        }
        if !is_token(text) {
            return Err(Self::refused(text));
        }
        Ok(Self(text.to_ascii_lowercase().into()))
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Text for HeaderName {
    const NOUN: &'static str = "a header name";
    const PATTERN: &'static str = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";
    const EXAMPLES: &'static [&'static str] = &["x-api-key", "authorization"];

    fn correction(text: &str) -> Option<String> {
        let name = text.trim().trim_end_matches(':').to_ascii_lowercase().replace(' ', "-");
        is_token(&name).then_some(name).filter(|_| text.bytes().any(|b| b.is_ascii_alphabetic()))
    }
}

text_value!(HeaderName);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::text::testing::{error, examples_parse};
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn names_are_held_in_lower_case() {
        let name: HeaderName = serde_json::from_value(json!("X-Api-Key")).unwrap();
        assert_eq!(
            (name.as_str(), name.as_bytes(), name.to_string()),
            ("x-api-key", &b"x-api-key"[..], "x-api-key".into())
        );
        assert_eq!(name, "x-API-key".parse().unwrap());
        assert_eq!(serde_json::to_value(&name).unwrap(), json!("x-api-key"));
        examples_parse::<HeaderName>();
    }

    #[test]
    fn exactly_the_token_characters_are_accepted() {
        for byte in 0..=255u8 {
            let text = char::from(byte).to_string();
            let token = byte.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(&text);
            assert_eq!(text.parse::<HeaderName>().is_ok(), token, "{byte:#x}");
        }
    }

    #[test]
    fn what_to_write_instead() {
        let cases = [
            (
                json!(":path"),
                r#"":path" is a pseudo-header field, not a header field; use the setting for it, if there is one"#,
            ),
            (json!("x api key"), r#""x api key" is not a header name; write "x-api-key""#),
            (json!("Host: "), r#""Host: " is not a header name; write "host""#),
            (json!("x(y)"), r#""x(y)" is not a header name; write it like "x-api-key""#),
            (json!("x-\r\ny"), r#""x-\r\ny" is not a header name; write it like "x-api-key""#),
            (json!("ü"), r#""ü" is not a header name; write it like "x-api-key""#),
            (json!(""), r#""" is not a header name; write it like "x-api-key""#),
            (json!(1), r#"1 is not a header name; write it like "x-api-key""#),
        ];
        for (value, message) in cases {
            assert_eq!(error::<HeaderName>(value), message);
        }
    }
}
