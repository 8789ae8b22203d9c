//! From a JSON value to a type, with the path of whatever is wrong.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::ConfigError;
use super::strict::{Located, Strict};

/// Deserialises a value. The error names the path within the value.
///
/// # Errors
/// What the type refuses: unknown fields, wrong types, impossible values.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, ConfigError> {
    T::deserialize(Strict(value)).map_err(Located::into_inner)
}
