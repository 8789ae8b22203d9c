//! Values of header fields.

use std::fmt;
use std::str::FromStr;

use super::text::{Text, text_value};
use crate::config::error::ConfigError;

/// The value of a header field (RFC 9110 §5.5): no control characters but the tab, no space or tab at either end.
///
/// May hold a credential, so neither `Debug` nor an error shows it. `Display` does: it is how the value is sent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeaderValue(Box<str>);

impl HeaderValue {
    /// The value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The bytes of the value.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl AsRef<[u8]> for HeaderValue {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl FromStr for HeaderValue {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        if let Some((at, byte)) = text.bytes().enumerate().find(|(_, b)| b.is_ascii_control() && *b != b'\t') {
            let message =
                format!("byte {at} is the control character {byte:#04x}; a header value holds none but the tab");
            return Err(ConfigError::new(message));
        }
        if text.trim_matches([' ', '\t']).len() != text.len() {
            return Err(ConfigError::new("a header value starts and ends without a space or tab; leave it out"));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for HeaderValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for HeaderValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeaderValue({} bytes)", self.0.len())
    }
}

impl Text for HeaderValue {
    const NOUN: &'static str = "a header value";
    const PATTERN: &'static str =
        "^([^\\u0000- \\u007F]([^\\u0000-\\u0008\\u000A-\\u001F\\u007F]*[^\\u0000- \\u007F])?)?$";
    const EXAMPLES: &'static [&'static str] = &["max-age=60", "nosniff"];

    fn correction(text: &str) -> Option<String> {
        // Reached by bare numbers and booleans only: what is refused as text has its own message.
        Some(text.to_owned())
    }
}

text_value!(HeaderValue);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::text::testing::{error, examples_parse};
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn values_pass_as_written() {
        for text in ["", "a", "a b\tc", "max-age=60; \"x\"", "grün"] {
            let value: HeaderValue = serde_json::from_value(json!(text)).unwrap();
            assert_eq!((value.as_str(), value.as_bytes(), value.to_string().as_str()), (text, text.as_bytes(), text));
            assert_eq!(serde_json::to_value(&value).unwrap(), json!(text));
        }
        examples_parse::<HeaderValue>();
    }

    #[test]
    fn every_control_character_but_the_tab_is_refused() {
        for byte in (0..=127u8).filter(|b| b.is_ascii_control()) {
            let text = format!("a{}b", char::from(byte));
            assert_eq!(text.parse::<HeaderValue>().is_ok(), byte == b'\t', "{byte:#x}");
        }
    }

    #[test]
    fn what_to_write_instead_and_never_the_value_itself() {
        let cases = [
            (json!("s3cret\r\nx: y"), "byte 6 is the control character 0x0d; a header value holds none but the tab"),
            (json!(" s3cret"), "a header value starts and ends without a space or tab; leave it out"),
            (json!("s3cret\t"), "a header value starts and ends without a space or tab; leave it out"),
            (json!(60), r#"60 is not a header value; write "60""#),
        ];
        for (value, message) in cases {
            assert_eq!(error::<HeaderValue>(value), message);
        }
        assert_eq!(format!("{:?}", "s3cret".parse::<HeaderValue>().unwrap()), "HeaderValue(6 bytes)");
    }
}
