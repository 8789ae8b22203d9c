//! Request methods.

use std::fmt;
use std::str::FromStr;

use super::text::{Text, text_value};
use crate::config::error::ConfigError;
use crate::syntax::is_token;

/// Methods of RFC 9110 §9.1 and RFC 5789.
const STANDARD: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/// A request method: a token, and case matters (RFC 9110 §9.1).
///
/// A standard method in the wrong case is refused: as written it would never match.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Method(Box<str>);

impl Method {
    /// The method as sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The bytes of the method as sent.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl FromStr for Method {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        if !is_token(text) || miswritten(text).is_some() {
            return Err(Self::refused(text));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Text for Method {
    const NOUN: &'static str = "a request method";
    const PATTERN: &'static str = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";
    const EXAMPLES: &'static [&'static str] = &["GET", "POST", "PROPFIND"];

    fn correction(text: &str) -> Option<String> {
        miswritten(text.trim()).or_else(|| is_token(text.trim()).then(|| text.trim().to_owned()))
    }
}

text_value!(Method);

/// The standard method that differs only in case.
fn miswritten(text: &str) -> Option<String> {
    STANDARD.iter().find(|name| name.eq_ignore_ascii_case(text) && **name != text).map(|name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::text::testing::{error, examples_parse};
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn methods_are_tokens_and_keep_their_case() {
        for text in ["GET", "PATCH", "PROPFIND", "purge", "M-SEARCH"] {
            let method: Method = serde_json::from_value(json!(text)).unwrap();
            assert_eq!(
                (method.as_str(), method.as_bytes(), method.to_string().as_str()),
                (text, text.as_bytes(), text)
            );
            assert_eq!(serde_json::to_value(&method).unwrap(), json!(text));
        }
        examples_parse::<Method>();
    }

    #[test]
    fn what_to_write_instead() {
        let cases = [
            (json!("get"), r#""get" is not a request method; write "GET""#),
            (json!("Post"), r#""Post" is not a request method; write "POST""#),
            (json!(" GET"), r#"" GET" is not a request method; write "GET""#),
            (json!("GET POST"), r#""GET POST" is not a request method; write it like "GET""#),
            (json!(""), r#""" is not a request method; write it like "GET""#),
            (json!(["GET"]), r#"found a list, expected a request method such as "GET""#),
        ];
        for (value, message) in cases {
            assert_eq!(error::<Method>(value), message);
        }
    }
}
