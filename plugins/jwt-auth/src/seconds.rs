//! Durations beside the dates in tokens, which count seconds.

use gatewright::config::{ConfigError, Duration};

/// Whole seconds.
pub(crate) fn of(duration: Duration) -> u64 {
    duration.as_millis() / 1000
}

/// Refuses what [`of`] would cut.
pub(crate) fn check(field: &str, duration: Duration) -> Result<(), ConfigError> {
    if duration.as_millis().is_multiple_of(1000) {
        return Ok(());
    }
    Err(ConfigError::at(field, "write whole seconds, like `1s`: dates in tokens have no smaller unit"))
}
