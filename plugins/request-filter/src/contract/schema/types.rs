//! Sets of JSON types.

use gatewright::config::ConfigError;
use serde_json::{Number, Value};

use super::super::document;

/// A set of JSON types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Types(u8);

impl Types {
    pub(in super::super) const NONE: Self = Self(0);
    pub(in super::super) const NULL: Self = Self(1);
    pub(in super::super) const BOOLEAN: Self = Self(2);
    /// Whole numbers. Every one of them is a number, too.
    pub(in super::super) const INTEGER: Self = Self(4);
    pub(in super::super) const NUMBER: Self = Self(8 | 4);
    pub(in super::super) const STRING: Self = Self(16);
    pub(in super::super) const ARRAY: Self = Self(32);
    pub(in super::super) const OBJECT: Self = Self(64);
    pub(in super::super) const ALL: Self = Self(127);

    /// One type, or a list of them.
    pub(super) fn read(value: &Value) -> Result<Self, ConfigError> {
        if value.is_array() {
            return Ok(document::list(value, Self::read)?.into_iter().fold(Self::NONE, Self::or));
        }
        match document::text(value)? {
            "null" => Ok(Self::NULL),
            "boolean" => Ok(Self::BOOLEAN),
            "integer" => Ok(Self::INTEGER),
            "number" => Ok(Self::NUMBER),
            "string" => Ok(Self::STRING),
            "array" => Ok(Self::ARRAY),
            "object" => Ok(Self::OBJECT),
            other => Err(ConfigError::new(format!(
                "\"{other}\" is no type; write null, boolean, integer, number, string, array or object"
            ))),
        }
    }

    /// The types of a value: two for a whole number.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::Number(number) if is_whole(number) => Self::INTEGER,
            Value::Number(_) => Self(8),
            Value::String(_) => Self::STRING,
            Value::Array(_) => Self::ARRAY,
            Value::Object(_) => Self::OBJECT,
        }
    }

    /// Whether they have any type in common.
    pub(in super::super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// Without a fraction: 1.0 is whole (JSON Schema, section 4.2.3).
fn is_whole(number: &Number) -> bool {
    !number.is_f64() || number.as_f64().is_some_and(|number| number.fract() == 0.0)
}
