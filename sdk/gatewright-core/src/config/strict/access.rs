//! The elements of a list, the fields of an object, and an object that stands for an enum.
//!
//! What does not depend on the type that is read is kept out of the generic functions: there is a copy of those for every type.

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde_json::{Map, Value, map};

use super::{Located, Strict};

pub(super) struct List {
    values: std::vec::IntoIter<Value>,
    next: usize,
}

impl List {
    pub(super) fn new(values: Vec<Value>) -> Self {
        Self { values: values.into_iter(), next: 0 }
    }

    pub(super) fn end(&self) -> Result<(), Located> {
        match self.values.len() {
            0 => Ok(()),
            left => Err(Located::invalid_length(self.next + left, &format!("{} elements", self.next).as_str())),
        }
    }

    #[inline(never)]
    fn advance(&mut self) -> Option<Value> {
        self.next += 1;
        self.values.next()
    }
}

impl<'de> SeqAccess<'de> for &mut List {
    type Error = Located;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Located> {
        let Some(value) = self.advance() else { return Ok(None) };
        seed.deserialize(Strict(value)).map(Some).map_err(|error| error.index(self.next.saturating_sub(1)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.values.len())
    }
}

pub(super) struct Object {
    fields: map::IntoIter,
    /// The field whose value comes next, or was last.
    key: String,
    value: Option<Value>,
}

impl Object {
    pub(super) fn new(fields: Map<String, Value>) -> Self {
        Self { fields: fields.into_iter(), key: String::new(), value: None }
    }

    #[inline(never)]
    fn advance(&mut self) -> Option<StrDeserializer<'_, Located>> {
        let (key, value) = self.fields.next()?;
        (self.key, self.value) = (key, Some(value));
        Some(StrDeserializer::new(&self.key))
    }

    #[inline(never)]
    fn value(&mut self) -> Result<Strict, Located> {
        self.value.take().map(Strict).ok_or_else(|| Located::custom("a value without a key"))
    }
}

impl<'de> MapAccess<'de> for &mut Object {
    type Error = Located;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Located> {
        let Some(key) = self.advance() else { return Ok(None) };
        let found = seed.deserialize(key);
        found.map(Some).map_err(|error| error.within(&self.key))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Located> {
        seed.deserialize(self.value()?).map_err(|error| error.within(&self.key))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.fields.len())
    }
}

/// An enum that an object with one field stands for.
pub(super) struct Tagged {
    pub(super) name: String,
    pub(super) value: Value,
}

impl<'de> EnumAccess<'de> for Tagged {
    type Error = Located;
    type Variant = Content;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Content), Located> {
        let variant = seed.deserialize(StrDeserializer::<Located>::new(&self.name))?;
        Ok((variant, Content(self)))
    }
}

/// What stands under the variant's name.
pub(super) struct Content(Tagged);

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
        Strict(value).list(visitor).map_err(|error| error.within(&name))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Located> {
        let Self(Tagged { name, value }) = self;
        Strict(value).object(visitor).map_err(|error| error.within(&name))
    }
}
