//! Deserialises a JSON value. An error knows its path, and no list passes for a struct.
//!
//! `serde_json` fills a struct from a list, field by field. In a configuration `[]` would then pass for an object with nothing in it.
//! The path is put together while an error travels outwards, so that a good configuration pays nothing for it, in code or in time.

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value, map};

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

impl<'de> Deserializer<'de> for Strict {
    type Error = Located;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Located> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::String(text) => visitor.visit_string(text),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), ..) => visitor.visit_u64(number),
                (_, Some(number), _) => visitor.visit_i64(number),
                (.., Some(number)) => visitor.visit_f64(number),
                _ => Err(Located::custom("no number that fits 64 bits")),
            },
            Value::Array(values) => {
                let mut list = List { values: values.into_iter(), next: 0 };
                let value = visitor.visit_seq(&mut list)?;
                list.end().map(|()| value)
            }
            Value::Object(fields) => visitor.visit_map(Object { fields: fields.into_iter(), current: None }),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Located> {
        if self.0.is_array() {
            return Err(Located::invalid_type(Unexpected::Seq, &visitor));
        }
        self.deserialize_any(visitor)
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
            Value::String(name) => visitor.visit_enum(name.into_deserializer()),
            other => Strict(other).deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct
        map identifier ignored_any
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

struct List {
    values: std::vec::IntoIter<Value>,
    next: usize,
}

impl List {
    fn end(&self) -> Result<(), Located> {
        match self.values.len() {
            0 => Ok(()),
            left => Err(Located::invalid_length(self.next + left, &format!("{} elements", self.next).as_str())),
        }
    }
}

impl<'de> SeqAccess<'de> for &mut List {
    type Error = Located;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Located> {
        let Some(value) = self.values.next() else { return Ok(None) };
        let index = self.next;
        self.next += 1;
        seed.deserialize(Strict(value)).map(Some).map_err(|error| error.index(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.values.len())
    }
}

struct Object {
    fields: map::IntoIter,
    /// The field whose value comes next.
    current: Option<(String, Value)>,
}

impl<'de> MapAccess<'de> for Object {
    type Error = Located;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Located> {
        let Some((key, value)) = self.fields.next() else { return Ok(None) };
        let found = seed.deserialize(StringDeserializer::new(key.clone()));
        let found = found.map_err(|error: Located| error.within(&key))?;
        self.current = Some((key, value));
        Ok(Some(found))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Located> {
        let Some((key, value)) = self.current.take() else { return Err(Located::custom("a value without a key")) };
        seed.deserialize(Strict(value)).map_err(|error| error.within(&key))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.fields.len())
    }
}

/// An enum that an object with one field stands for.
struct Tagged {
    name: String,
    value: Value,
}

impl<'de> EnumAccess<'de> for Tagged {
    type Error = Located;
    type Variant = Content;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Content), Located> {
        let variant = seed.deserialize(StringDeserializer::<Located>::new(self.name.clone()))?;
        Ok((variant, Content(self)))
    }
}

/// What stands under the variant's name.
struct Content(Tagged);

impl<'de> VariantAccess<'de> for Content {
    type Error = Located;

    fn unit_variant(self) -> Result<(), Located> {
        self.newtype_variant_seed(std::marker::PhantomData)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Located> {
        let Self(Tagged { name, value }) = self;
        seed.deserialize(Strict(value)).map_err(|error| error.within(&name))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Located> {
        let Self(Tagged { name, value }) = self;
        Strict(value).deserialize_any(visitor).map_err(|error| error.within(&name))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Located> {
        let Self(Tagged { name, value }) = self;
        Strict(value).deserialize_struct("", fields, visitor).map_err(|error| error.within(&name))
    }
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
