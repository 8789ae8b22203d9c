//! Durations as configurations write them.

use std::time::Duration;

use gatewright_core::config;
use serde::{Deserialize, Deserializer};

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    config::Duration::deserialize(deserializer).map(Duration::from)
}
