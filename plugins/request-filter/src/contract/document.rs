//! Reading a document whose parts may stand elsewhere.

use gatewright::config::ConfigError;
use serde_json::{Map, Value};

use crate::normalise::{Conditions, decode_component};

/// References that lead to references: more is a circle.
const MAX_HOPS: usize = 16;

/// The whole document, which references point into.
#[derive(Clone, Copy, Debug)]
pub(super) struct Document<'a>(pub(super) &'a Value);

impl<'a> Document<'a> {
    /// The object itself, or the one that it refers to.
    pub(super) fn follow(self, value: &'a Value) -> Result<&'a Map<String, Value>, ConfigError> {
        let mut value = value;
        for _ in 0..MAX_HOPS {
            match value.get("$ref") {
                None => return object(value),
                Some(reference) => {
                    let target = text(reference).and_then(|reference| self.target(reference));
                    value = target.map_err(|error| error.within("$ref"))?;
                }
            }
        }
        Err(ConfigError::new("refers to itself").within("$ref"))
    }

    /// What a reference points to: its fragment is a JSON Pointer (RFC 6901 §6).
    pub(super) fn target(self, reference: &str) -> Result<&'a Value, ConfigError> {
        let pointer = reference.strip_prefix('#').map(|fragment| {
            let decoded = decode_component(fragment.as_bytes(), false, &mut Conditions::default());
            String::from_utf8_lossy(&decoded).into_owned()
        });
        let found = pointer.and_then(|pointer| self.0.pointer(&pointer));
        found.ok_or_else(|| {
            let message =
                format!("\"{reference}\" is not in this document; write it as \"#/components/...\" and put it there");
            ConfigError::new(message)
        })
    }
}

/// An object.
pub(super) fn object(value: &Value) -> Result<&Map<String, Value>, ConfigError> {
    value.as_object().ok_or_else(|| ConfigError::new(format!("{} is not an object", kind(value))))
}

/// A text.
pub(super) fn text(value: &Value) -> Result<&str, ConfigError> {
    value.as_str().ok_or_else(|| ConfigError::new(format!("{} is not a text", kind(value))))
}

/// A truth value.
pub(super) fn boolean(value: &Value) -> Result<bool, ConfigError> {
    value.as_bool().ok_or_else(|| ConfigError::new(format!("{} is neither true nor false", kind(value))))
}

/// A number of things.
pub(super) fn count(value: &Value) -> Result<usize, ConfigError> {
    // 2.0 is a whole number, too (JSON Schema, section 4.2.3).
    let whole = || value.as_f64().filter(|number| number.fract() == 0.0 && (0.0..1e15).contains(number));
    let count = value.as_u64().or_else(|| whole().map(|number| number as u64));
    let count = count.map(|count| usize::try_from(count).unwrap_or(usize::MAX));
    count.ok_or_else(|| ConfigError::new(format!("{} is not a whole number from 0 up", kind(value))))
}

/// A list, element by element.
pub(super) fn list<'a, T>(
    value: &'a Value,
    mut read: impl FnMut(&'a Value) -> Result<T, ConfigError>,
) -> Result<Vec<T>, ConfigError> {
    let list = value.as_array().ok_or_else(|| ConfigError::new(format!("{} is not a list", kind(value))))?;
    list.iter().enumerate().map(|(index, value)| read(value).map_err(|error| error.index(index))).collect()
}

/// A member, if it is there.
pub(super) fn optional<'a, T>(
    map: &'a Map<String, Value>,
    key: &str,
    read: impl FnOnce(&'a Value) -> Result<T, ConfigError>,
) -> Result<Option<T>, ConfigError> {
    map.get(key).map(read).transpose().map_err(|error| error.within(key))
}

/// A member that must be there.
pub(super) fn required<'a, T>(
    map: &'a Map<String, Value>,
    key: &str,
    read: impl FnOnce(&'a Value) -> Result<T, ConfigError>,
) -> Result<T, ConfigError> {
    optional(map, key, read)?.ok_or_else(|| ConfigError::at(key, "is missing"))
}

/// Refuses members that are not among these and are no extensions.
pub(super) fn only(map: &Map<String, Value>, known: &[&str]) -> Result<(), ConfigError> {
    match map.keys().find(|key| !known.contains(&key.as_str()) && !key.starts_with("x-")) {
        Some(key) => Err(unsupported(key)),
        None => Ok(()),
    }
}

/// A member that is not checked and so must not be there.
pub(super) fn unsupported(key: &str) -> ConfigError {
    ConfigError::new("is not supported; leave it out, as it would not be checked").within(key)
}

fn kind(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        other => other.to_string(),
    }
}
