//! JSON text, read strictly: a field given twice is refused, where `serde_json` alone keeps the last one.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::error::ConfigError;
use super::source::MAX_DEPTH;

/// Decodes JSON text. Errors name line and column, or the path.
pub(super) fn decode(text: &[u8]) -> Result<Value, ConfigError> {
    let fault = RefCell::new(None);
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let strict = Strict { room: MAX_DEPTH, fault: &fault };
    let outcome = strict.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    outcome.map_err(|error| match fault.take() {
        Some(fault) => fault,
        None => ConfigError::new(format!("the configuration is not valid JSON: {error}")),
    })
}

/// Reads one value. A fault of ours travels beside serde's error, gathering its path on the way out.
#[derive(Clone, Copy)]
struct Strict<'a> {
    /// How many levels of nesting are left.
    room: usize,
    fault: &'a RefCell<Option<ConfigError>>,
}

impl Strict<'_> {
    fn inside<E: Error>(self) -> Result<Self, E> {
        match self.room.checked_sub(1) {
            Some(room) => Ok(Self { room, ..self }),
            None => Err(self.refuse(ConfigError::new(format!("nested deeper than {MAX_DEPTH} levels")))),
        }
    }

    fn refuse<E: Error>(self, error: ConfigError) -> E {
        self.fault.replace(Some(error));
        E::custom("refused")
    }

    /// Called on the way out of a field or an element.
    fn place(self, place: impl FnOnce(ConfigError) -> ConfigError) {
        let fault = self.fault.take().map(place);
        self.fault.replace(fault);
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut values = Vec::new();
        loop {
            let index = values.len();
            match list.next_element_seed(inside).inspect_err(|_| self.place(|fault| fault.index(index)))? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut fields = Map::new();
        while let Some(key) = object.next_key::<String>()? {
            if fields.contains_key(&key) {
                return Err(self.refuse(given_twice().within(&key)));
            }
            let value = object.next_value_seed(inside).inspect_err(|_| self.place(|fault| fault.within(&key)))?;
            fields.insert(key, value);
        }
        Ok(Value::Object(fields))
    }
}

/// The error for a field that an object has twice.
pub(super) fn given_twice() -> ConfigError {
    ConfigError::new("this field is given twice; keep one")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn error(text: &str) -> String {
        decode(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_syntax_error_names_line_and_column() {
        assert_eq!(
            error("{\n  \"a\": 1\n  \"b\": 2\n}"),
            "the configuration is not valid JSON: expected `,` or `}` at line 3 column 3"
        );
        assert!(error("{\"a\":").contains("EOF while parsing"));
        assert!(error("{} x").contains("trailing characters at line 1 column 4"));
        assert!(decode(b"{\"a\": \"\xff\"}").unwrap_err().message().contains("line 1 column"));
    }

    #[test]
    fn a_field_given_twice_is_refused_with_its_path() {
        assert_eq!(error(r#"{"a": 1, "a": 1}"#), "a: this field is given twice; keep one");
        assert_eq!(
            error(r#"{"routes": [{}, {"policy": {"x": {"y": 1, "z": 2, "y": 3}}}]}"#),
            "routes[1].policy.x.y: this field is given twice; keep one"
        );
        assert_eq!(error(r#"{"a": {"\u0062": 1, "b": 1}}"#), "a.b: this field is given twice; keep one");
        assert_eq!(decode(br#"{"a": {"x": 1}, "b": {"x": 1}}"#), Ok(json!({"a": {"x": 1}, "b": {"x": 1}})));
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(decode(nested(MAX_DEPTH - 1).as_bytes()).is_ok());
        let error = error(&nested(MAX_DEPTH));
        assert!(error.ends_with("[0]: nested deeper than 64 levels"), "{error}");
        assert!(decode("{\"a\":".repeat(1_000_000).as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json_where_no_field_is_given_twice(text in "[{}\\[\\]:,\"ab1. \\\\-]{0,24}") {
            let mine = decode(text.as_bytes());
            match serde_json::from_str::<Value>(&text) {
                Ok(value) => prop_assert!(mine == Ok(value) || mine.unwrap_err().message().contains("given twice")),
                Err(_) => prop_assert!(mine.is_err()),
            }
        }
    }
}
