//! What all values written as a JSON string have in common: one parser, one schema, one way to refuse.

use std::fmt;
use std::str::FromStr;

use schemars::{Schema, json_schema};
use serde::de::{Deserializer, Error, Visitor};

use crate::config::error::{ConfigError, quoted};

/// A value written as a string.
pub(crate) trait Text: FromStr<Err = ConfigError> {
    /// With its article, as an error calls it: `a duration`.
    const NOUN: &'static str;
    /// ECMA-262 regular expression of the accepted text, for the JSON Schema.
    const PATTERN: &'static str;
    /// What to write. The first is shown in errors.
    const EXAMPLES: &'static [&'static str];

    /// What the author of a refused text probably meant.
    fn correction(_text: &str) -> Option<String> {
        None
    }

    /// The error for a text that does not parse.
    fn refused(text: &str) -> ConfigError {
        refuse::<Self>(&quoted(text), text)
    }
}

/// Implements `Deserialize`, `Serialize` and `JsonSchema` through [`Text`] and `Display`.
macro_rules! text_value {
    ($type:ident) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::config::text::deserialize(deserializer)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($type)).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::config::text::schema::<Self>()
            }
        }
    };
}
pub(crate) use text_value;

pub(crate) fn deserialize<'de, T: Text, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let found = deserializer.deserialize_any(TextVisitor { noun: T::NOUN, example: T::EXAMPLES.first().copied() })?;
    let value = match &found {
        Found::Text(text) => text.parse(),
        Found::Bare(text) => Err(refuse::<T>(text, text)),
    };
    value.map_err(D::Error::custom)
}

pub(crate) fn schema<T: Text>() -> Schema {
    json_schema!({ "type": "string", "pattern": T::PATTERN, "examples": T::EXAMPLES })
}

fn refuse<T: Text>(shown: &str, text: &str) -> ConfigError {
    refusal(T::NOUN, T::EXAMPLES.first().copied(), T::correction(text), shown)
}

#[cold]
fn refusal(noun: &str, example: Option<&str>, correction: Option<String>, shown: &str) -> ConfigError {
    let write = correction.map_or_else(
        || example.map_or_else(String::new, |example| format!("; write it like {example:?}")),
        |right| format!("; write {}", quoted(&right)),
    );
    ConfigError::new(format!("{shown} is not {noun}{write}"))
}

/// What stands in the configuration.
enum Found {
    Text(String),
    /// A number or boolean: often a string whose quotes or unit were left out.
    Bare(String),
}

/// Knows its type by name only, so that one copy reads for all types.
struct TextVisitor {
    noun: &'static str,
    example: Option<&'static str>,
}

impl Visitor<'_> for TextVisitor {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.noun)?;
        self.example.map_or(Ok(()), |example| write!(f, " such as {example:?}"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Found, E> {
        Ok(Found::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Found, E> {
        Ok(Found::Text(text))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Found, E> {
        Ok(Found::Bare(number.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Found, E> {
        Ok(Found::Bare(number.to_string()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Found, E> {
        Ok(Found::Bare(number.to_string()))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Found, E> {
        Ok(Found::Bare(value.to_string()))
    }
}

/// What the tests of every such type ask: how a JSON value reads, and what its schema accepts.
#[cfg(test)]
pub(crate) mod testing {
    use serde::de::DeserializeOwned;
    use serde_json::Value;

    use super::{Text, schema};

    /// The error of deserialising `value`.
    pub(crate) fn error<T: DeserializeOwned + std::fmt::Debug>(value: Value) -> String {
        crate::config::from_value::<T>(value).unwrap_err().to_string()
    }

    /// Every example parses and the schema names them and a pattern.
    pub(crate) fn examples_parse<T: Text>() {
        assert!(!T::EXAMPLES.is_empty());
        for example in T::EXAMPLES {
            assert!(example.parse::<T>().is_ok(), "{example}");
        }
        let schema = schema::<T>().to_value();
        assert_eq!(schema["type"], "string");
        assert_eq!(schema["examples"].as_array().map(Vec::len), Some(T::EXAMPLES.len()));
        let pattern = schema["pattern"].as_str().unwrap_or_default();
        assert!(pattern.starts_with('^') && pattern.ends_with('$'), "{pattern}");
    }
}
