//! JSON as a security decision needs it: one reading only.
//!
//! Two parsers that disagree about a document are a hole: one sees the first of two members, the other the last. So a document with
//! a repeated member, at any level, is refused (RFC 7515 §4, RFC 7519 §4), as are ill-formed UTF-8, unpaired surrogates, numbers out of range
//! and deep nesting. The caller bounds the size.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How deep objects and arrays may nest unless the caller says otherwise.
pub const MAX_DEPTH: usize = 16;

/// Why a document was refused. The text names the place, never the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError(String);

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for JsonError {}

/// The value of a document whose objects and arrays nest at most `max_depth` deep.
///
/// # Errors
/// When the text is not exactly one JSON value, repeats a member, or nests deeper.
pub fn parse(text: &[u8], max_depth: usize) -> Result<Value, JsonError> {
    // Once for all: the deserialiser would look at each string by itself.
    let text = std::str::from_utf8(text).map_err(|_| JsonError("not UTF-8".into()))?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Strict { depth_left: max_depth }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    value.map_err(|error| JsonError(error.to_string()))
}

/// The members of a document that is one object, [`MAX_DEPTH`] deep at most.
///
/// # Errors
/// As [`parse`], and when the value is not an object.
pub fn parse_object(text: &[u8]) -> Result<Map<String, Value>, JsonError> {
    match parse(text, MAX_DEPTH)? {
        Value::Object(members) => Ok(members),
        _ => Err(JsonError("not an object; write {...}".into())),
    }
}

/// Builds a [`Value`], which serde_json alone would do without noticing repeated members.
#[derive(Clone, Copy)]
struct Strict {
    depth_left: usize,
}

impl Strict {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        match self.depth_left.checked_sub(1) {
            Some(depth_left) => Ok(Self { depth_left }),
            None => Err(E::custom("nested too deep")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = elements.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key_seed(Name)? {
            if object.insert(name, members.next_value_seed(inner)?).is_some() {
                return Err(A::Error::custom("repeated member"));
            }
        }
        Ok(Value::Object(object))
    }
}

/// A member's name.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, parse, parse_object};
    use serde_json::json;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn reads_every_kind_of_value() {
        let text = br#" {"a":[1,-2,1.5,true,null,"x\u00e9"],"b":{},"c":18446744073709551615} "#;
        let expected = json!({"a": [1, -2, 1.5, true, null, "xé"], "b": {}, "c": u64::MAX});
        assert_eq!(parse(text, MAX_DEPTH), Ok(expected));
    }

    #[test]
    fn refuses_a_repeated_member_at_any_level_and_in_any_spelling() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#, r#"{"o":[{"a":1,"b":2,"a":3}]}"#] {
            let error = parse(text.as_bytes(), MAX_DEPTH).unwrap_err().to_string();
            assert!(error.starts_with("repeated member at line 1"), "{text}: {error}");
        }
        assert!(parse(br#"{"a":{"a":1},"b":{"a":1}}"#, MAX_DEPTH).is_ok());
    }

    #[test]
    fn refuses_what_is_not_exactly_one_json_value() {
        let texts: [&[u8]; 16] = [
            b"",
            b" ",
            b"{",
            b"{}{}",
            b"{} x",
            b"{'a':1}",
            b"{\"a\":1,}",
            b"{a:1}",
            b"[1,]",
            b"nan",
            b"01",
            b"1e999",
            b"\"\xff\"",
            b"\"\\ud800\"",
            b"\xef\xbb\xbf{}",
            b"{\"a\xc3\":1}",
        ];
        for text in texts {
            assert!(parse(text, MAX_DEPTH).is_err(), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn nests_to_the_limit_and_no_deeper() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(16).as_bytes(), 16).is_ok());
        assert!(parse(nested(17).as_bytes(), 16).unwrap_err().to_string().starts_with("nested too deep"));
        assert!(parse(br#"{"a":{"b":{}}}"#, 2).is_err());
        assert_eq!(parse(b"1", 0), Ok(json!(1)));
    }

    #[test]
    fn an_object_is_asked_for() {
        assert!(parse_object(b"{}").is_ok_and(|members| members.is_empty()));
        for text in ["[]", "\"{}\"", "1", "null"] {
            assert!(parse_object(text.as_bytes()).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_serde_json_on_what_it_writes(text in r#"[\[\]{}:,"a0-2 .eE-]{0,24}"#) {
            if let Ok(value) = parse(text.as_bytes(), MAX_DEPTH) {
                proptest::prop_assert_eq!(serde_json::from_str::<super::Value>(&text).unwrap(), value);
            }
        }
    }
}
