//! From a JSON value to a type, with the path of whatever is wrong.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use super::error::ConfigError;
use super::explain::explain;
use super::strict::Strict;

/// Deserialises a value. The error names the path within the value.
///
/// # Errors
/// What the type refuses: unknown fields, wrong types, impossible values.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, ConfigError> {
    serde_path_to_error::deserialize(Strict(value))
        .map_err(|error| locate(error.path(), ConfigError::new(explain(&error.inner().to_string()))))
}

fn locate(path: &Path, error: ConfigError) -> ConfigError {
    let segments: Vec<&Segment> = path.iter().collect();
    segments.iter().rev().fold(error, |error, segment| match segment {
        Segment::Seq { index } => error.index(*index),
        Segment::Map { key } => error.within(key),
        // A variant's name is a key of the configuration only where the enum is tagged from outside, which is the usual form.
        Segment::Enum { variant } => error.within(variant),
        Segment::Unknown => error,
    })
}
