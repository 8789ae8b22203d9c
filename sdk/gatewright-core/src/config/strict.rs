//! Deserialises a JSON value, but no list as a struct.
//!
//! `serde_json` fills a struct from a list, field by field. In a configuration `[]` would then pass for an object with nothing in it.

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Map, Value};

/// A JSON value to deserialise from.
pub(super) struct Strict(pub(super) Value);

impl IntoDeserializer<'_, Error> for Strict {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Strict {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(values) => {
                let mut list = SeqDeserializer::new(values.into_iter().map(Strict));
                let value = visitor.visit_seq(&mut list)?;
                list.end().map(|()| value)
            }
            Value::Object(fields) => {
                let mut object = object(fields);
                let value = visitor.visit_map(&mut object)?;
                object.end().map(|()| value)
            }
            scalar => scalar.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.0.is_array() {
            return Err(Error::invalid_type(Unexpected::Seq, &visitor));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(fields) if fields.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(object(fields)))
            }
            Value::Object(_) => {
                Err(Error::custom(format!("write exactly one of the fields `{}`", variants.join("`, `"))))
            }
            other => other.deserialize_enum(name, variants, visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct
        map identifier ignored_any
    }
}

fn object<'de>(fields: Map<String, Value>) -> MapDeserializer<'de, impl Iterator<Item = (String, Strict)>, Error> {
    MapDeserializer::new(fields.into_iter().map(|(key, value)| (key, Strict(value))))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::config::from_value;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Outer {
        number: u8,
        ratio: f32,
        letter: char,
        maybe: Option<Box<Outer>>,
        list: Vec<Inner>,
        map: BTreeMap<String, Kind>,
        pair: (u8, String),
        wrapped: Wrapped,
        raw: Value,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Inner {
        a: i64,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Unit,
        Newtype(Inner),
        Tuple(u8, u8),
        Struct { a: Inner },
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Wrapped(Option<String>);

    #[test]
    fn everything_else_reads_as_with_serde_json() {
        let value = json!({
            "number": 1, "ratio": 2, "letter": "x", "maybe": {"maybe": null}, "list": [{"a": -1}],
            "map": {"u": "unit", "n": {"newtype": {"a": 1}}, "t": {"tuple": [1, 2]}, "s": {"struct": {"a": {"a": 1}}}},
            "pair": [1, "b"], "wrapped": "w", "raw": {"x": [null, 1.5, {}]}
        });
        let plain: Outer = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(from_value::<Outer>(value).unwrap(), plain);
    }

    #[test]
    fn a_list_is_no_struct_at_any_depth() {
        let error = |value| from_value::<Outer>(value).unwrap_err().to_string();
        assert_eq!(error(json!([])), "found a list, expected an object");
        assert_eq!(error(json!({"maybe": []})), "maybe: found a list, expected an object");
        assert_eq!(error(json!({"list": [{"a": 1}, [1]]})), "list[1]: found a list, expected an object");
        assert_eq!(error(json!({"map": {"k": {"newtype": [1]}}})), "map.k.newtype: found a list, expected an object");
        assert!(serde_json::from_value::<Inner>(json!([1])).is_ok());
    }

    #[test]
    fn lists_of_the_wrong_length_and_enums_with_several_fields_are_refused() {
        assert!(from_value::<(u8, u8)>(json!([1, 2, 3])).is_err());
        assert!(from_value::<(u8, u8)>(json!([1])).is_err());
        let error = from_value::<Kind>(json!({"newtype": {"a": 1}, "tuple": [1, 2]})).unwrap_err();
        assert_eq!(error.to_string(), "write exactly one of the fields `unit`, `newtype`, `tuple`, `struct`");
    }

    proptest! {
        #[test]
        fn a_value_reads_as_itself(text in "[a-c]{0,3}", number in any::<i64>(), float in -1e9..1e9f64) {
            let value = json!({"t": text, "l": [number, float, null, true, {"n": {}}]});
            prop_assert_eq!(from_value::<Value>(value.clone()), Ok(value));
        }
    }
}
