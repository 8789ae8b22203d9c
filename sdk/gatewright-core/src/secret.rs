//! Values that must not be seen.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

/// A value that cannot be printed: neither `Display` nor `Debug` shows it.
///
/// ```
/// use gatewright_core::Secret;
/// let password = Secret::new("hunter2");
/// assert_eq!(format!("{password:?}"), "[secret]");
/// assert_eq!(*password.expose(), "hunter2");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Hides a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value. Every use is a place to review.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
