//! What a key must look like for other limits to apply.

use gatewright::config::{Cidr, ConfigError};

use super::Value;
use crate::config::KeyPart;

/// What a value must be.
#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    /// Anything, also nothing.
    Any,
    /// These bytes.
    Exact(Box<str>),
    /// An address in this range.
    Range(Cidr),
}

impl Pattern {
    /// The pattern of this text for a part of a key.
    pub(crate) fn parse(text: &str, part: &KeyPart) -> Result<Self, ConfigError> {
        match part {
            _ if text == "*" => Ok(Self::Any),
            KeyPart::ClientIp(_) => text.parse().map(Self::Range),
            _ => Ok(Self::Exact(text.into())),
        }
    }

    pub(crate) fn matches(&self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Self::Any, _) => true,
            (Self::Exact(text), Value::Bytes(bytes)) => text.as_bytes() == &**bytes,
            (Self::Range(range), Value::Address(address, _)) => range.contains(*address),
            _ => false,
        }
    }
}
