//! Deserialises a JSON value. An error knows its path, and no list passes for a struct.
//!
//! `serde_json` fills a struct from a list, field by field. In a configuration `[]` would then pass for an object with nothing in it.
//! The path is put together while an error travels outwards, so that a good configuration pays nothing for it, in code or in time.
//!
//! Each type is told only what it asked for: whoever wants an object is given an object or an error. Offering it all that JSON has
//! would compile a reader of lists for every struct, and half of a module's configuration code would never run.

mod access;

use std::fmt;

use serde::de::{Deserializer, Error as _, Expected, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

use self::access::{List, Object, Tagged};
use super::error::ConfigError;
use super::explain::explain;

/// A JSON value to deserialise from.
pub(super) struct Strict(pub(super) Value);

/// An error and where it is. In a box, because every result of every field has room for it.
#[derive(Debug)]
pub(super) struct Located(Box<ConfigError>);

impl Located {
    pub(super) fn into_inner(self) -> ConfigError {
        *self.0
    }

    #[cold]
    fn within(self, field: &str) -> Self {
        Self(Box::new(self.0.within(field)))
    }

    #[cold]
    fn index(self, index: usize) -> Self {
        Self(Box::new(self.0.index(index)))
    }
}

impl serde::de::Error for Located {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Box::new(ConfigError::new(explain(&message.to_string()))))
    }
}

impl fmt::Display for Located {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Located {}

impl Strict {
    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Located> {
        let Value::Number(number) = &self.0 else { return Err(wrong(&self.0, &visitor)) };
        match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(number), ..) => visitor.visit_u64(number),
            (_, Some(number), _) => visitor.visit_i64(number),
            (.., Some(number)) => visitor.visit_f64(number),
            _ => Err(Located::custom("no number that fits 64 bits")),
        }
    }

    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Located> {
        match self.0 {
            Value::String(text) => visitor.visit_string(text),
            other => Err(wrong(&other, &visitor)),
        }
    }

    fn list<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Located> {
        match self.0 {
            Value::Array(values) => {
                let mut list = List::new(values);
                let value = visitor.visit_seq(&mut list)?;
                list.end().map(|()| value)
            }
            other => Err(wrong(&other, &visitor)),
        }
    }

    fn object<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Located> {
        match self.0 {
            Value::Object(fields) => visitor.visit_map(&mut Object::new(fields)),
            other => Err(wrong(&other, &visitor)),
        }
    }
}

/// The error for a value of the wrong kind.
#[cold]
fn wrong(value: &Value, expected: &dyn Expected) -> Located {
    let found = match value {
        Value::Null => Unexpected::Unit,
        Value::Bool(value) => Unexpected::Bool(*value),
        Value::String(text) => Unexpected::Str(text),
        Value::Array(_) => Unexpected::Seq,
        Value::Object(_) => Unexpected::Map,
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => Unexpected::Unsigned(number),
            (_, Some(number)) => Unexpected::Signed(number),
            _ => Unexpected::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
    };
    Located::invalid_type(found, expected)
}

/// Methods of a deserialiser that one of ours answers.
macro_rules! asked {
    ($own:ident: $($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Located> {
            self.$own(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Strict {
    type Error = Located;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Located> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::String(_) => self.text(visitor),
            Value::Number(_) => self.number(visitor),
            Value::Array(_) => self.list(visitor),
            Value::Object(_) => self.object(visitor),
        }
    }

    asked! { number: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 }
    asked! { number: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_f32 deserialize_f64 }
    asked! { text: deserialize_str deserialize_string }
    asked! { list: deserialize_seq }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Located> {
        match self.0 {
            Value::Bool(value) => visitor.visit_bool(value),
            other => Err(wrong(&other, &visitor)),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Located> {
        self.list(visitor)
    }

    /// A map of `serde_json` takes null for an empty one.
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Located> {
        if self.0.is_null() { visitor.visit_unit() } else { self.object(visitor) }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Located> {
        self.object(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Located> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Located> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Located> {
        match self.0 {
            Value::Object(fields) => match single(fields) {
                Some((name, value)) => visitor.visit_enum(Tagged { name, value }),
                None => Err(one_of(variants)),
            },
            Value::String(name) => visitor.visit_enum(name.as_str().into_deserializer()),
            other => Err(wrong(&other, &visitor)),
        }
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple_struct identifier ignored_any
    }
}

#[cold]
fn one_of(variants: &[&str]) -> Located {
    Located::custom(format_args!("write exactly one of the fields `{}`", variants.join("`, `")))
}

fn single(fields: Map<String, Value>) -> Option<(String, Value)> {
    let mut fields = fields.into_iter();
    let first = fields.next()?;
    fields.next().is_none().then_some(first)
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
