//! Status codes of replies.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize};

use crate::config::error::ConfigError;

/// The status code of a reply, 200 to 599 (RFC 9110 §15). An informational code (1xx) does not end an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct StatusCode(u16);

impl StatusCode {
    const MIN: u16 = 200;
    const MAX: u16 = 599;

    /// A status code.
    ///
    /// # Errors
    /// A number outside 200 to 599.
    pub fn new(code: u16) -> Result<Self, ConfigError> {
        Self::checked(code).ok_or_else(|| ConfigError::new(outside(&code)))
    }

    /// The code.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    fn checked(code: u16) -> Option<Self> {
        (Self::MIN..=Self::MAX).contains(&code).then_some(Self(code))
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for StatusCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StatusVisitor)
    }
}

impl JsonSchema for StatusCode {
    fn schema_name() -> Cow<'static, str> {
        "StatusCode".into()
    }

    fn schema_id() -> Cow<'static, str> {
        concat!(module_path!(), "::StatusCode").into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": Self::MIN, "maximum": Self::MAX, "examples": [403, 429] })
    }
}

fn outside(found: &dyn fmt::Display) -> String {
    format!("{found} is not the status code of a reply; write a number from 200 to 599")
}

struct StatusVisitor;

impl Visitor<'_> for StatusVisitor {
    type Value = StatusCode;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a status code from 200 to 599")
    }

    fn visit_u64<E: Error>(self, code: u64) -> Result<StatusCode, E> {
        u16::try_from(code).ok().and_then(StatusCode::checked).ok_or_else(|| E::custom(outside(&code)))
    }

    fn visit_i64<E: Error>(self, code: i64) -> Result<StatusCode, E> {
        u64::try_from(code).map_or_else(|_| Err(E::custom(outside(&code))), |code| self.visit_u64(code))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<StatusCode, E> {
        match text.parse().ok().and_then(StatusCode::checked) {
            Some(code) => Err(E::custom(format!("\"{code}\" is a string, not a number; write {code}"))),
            None => Err(E::invalid_type(Unexpected::Str(text), &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::text::testing::error;
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn codes_of_replies_only() {
        for code in 0..=1_000u16 {
            let expected = (200..600).contains(&code);
            assert_eq!(serde_json::from_value::<StatusCode>(json!(code)).is_ok(), expected, "{code}");
            assert_eq!(StatusCode::new(code).is_ok(), expected, "{code}");
        }
        let code = StatusCode::new(429).unwrap();
        assert_eq!(
            (code.as_u16(), code.to_string(), serde_json::to_value(code).unwrap()),
            (429, "429".into(), json!(429))
        );
        let schema = schemars::schema_for!(StatusCode).to_value();
        assert_eq!((&schema["minimum"], &schema["maximum"]), (&json!(200), &json!(599)));
    }

    #[test]
    fn what_to_write_instead() {
        let cases = [
            (json!("429"), r#""429" is a string, not a number; write 429"#),
            (json!("Forbidden"), "found a string, expected a status code from 200 to 599"),
            (json!(100), "100 is not the status code of a reply; write a number from 200 to 599"),
            (json!(-1), "-1 is not the status code of a reply; write a number from 200 to 599"),
            (json!(65_936), "65936 is not the status code of a reply; write a number from 200 to 599"),
            (json!(429.5), "found 429.5, expected a status code from 200 to 599"),
        ];
        for (value, message) in cases {
            assert_eq!(error::<StatusCode>(value), message);
        }
    }
}
