//! Numbers of bytes.

use std::fmt;
use std::str::FromStr;

use super::digits;
use super::text::{Text, text_value};
use crate::config::error::ConfigError;

const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// A number of bytes, written as a whole number and a unit: `"512B"`, `"64KiB"`, `"1MiB"`, `"1GiB"`. 1 KiB is 1,024 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size {
    bytes: u64,
}

impl Size {
    /// So many bytes.
    #[must_use]
    pub const fn from_bytes(bytes: u64) -> Self {
        Self { bytes }
    }

    /// So many times 1,024 bytes.
    #[must_use]
    pub const fn from_kib(kib: u64) -> Self {
        Self { bytes: kib.saturating_mul(1 << 10) }
    }

    /// The number of bytes.
    #[must_use]
    pub const fn as_bytes(self) -> u64 {
        self.bytes
    }

    /// The number of bytes, or the largest `usize` if that is less: nothing in memory can be larger.
    #[must_use]
    pub fn as_usize(self) -> usize {
        usize::try_from(self.bytes).unwrap_or(usize::MAX)
    }
}

impl FromStr for Size {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let (number, unit) = digits::split(text).ok_or_else(|| Self::refused(text))?;
        let (_, bytes) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(|| Self::refused(text))?;
        let bytes = number.checked_mul(*bytes);
        bytes.map(|bytes| Self { bytes }).ok_or_else(|| ConfigError::new(format!("{text:?} is too large a size")))
    }
}

/// In the largest unit that keeps it whole.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fitting = UNITS.iter().find(|(_, bytes)| self.bytes != 0 && self.bytes.is_multiple_of(*bytes));
        let (unit, bytes) = fitting.unwrap_or(&("B", 1));
        write!(f, "{}{unit}", self.bytes / bytes)
    }
}

impl Text for Size {
    const NOUN: &'static str = "a size";
    const PATTERN: &'static str = "^[0-9]+(B|KiB|MiB|GiB)$";
    const EXAMPLES: &'static [&'static str] = &["64KiB", "1MiB", "512B"];

    fn correction(text: &str) -> Option<String> {
        let (number, unit) = digits::split(text)?;
        if unit.is_empty() {
            // 65536 is more likely meant as bytes than as a count of anything else.
            return Some(Self::from_bytes(number).to_string());
        }
        let unit = match unit.trim().to_ascii_lowercase().as_str() {
            "b" | "byte" | "bytes" => "B",
            "k" | "kb" | "ki" | "kib" => "KiB",
            "m" | "mb" | "mi" | "mib" => "MiB",
            "g" | "gb" | "gi" | "gib" => "GiB",
            _ => return None,
        };
        Some(format!("{number}{unit}"))
    }
}

text_value!(Size);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::text::testing::{error, examples_parse};
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn each_unit() {
        for (text, bytes) in [("0B", 0), ("512B", 512), ("64KiB", 65_536), ("1MiB", 1_048_576), ("2GiB", 2_147_483_648)]
        {
            let size: Size = serde_json::from_value(json!(text)).unwrap();
            assert_eq!(size.as_bytes(), bytes, "{text}");
            assert_eq!(size.to_string(), text);
            assert_eq!(serde_json::to_value(size).unwrap(), json!(text));
        }
        assert_eq!(Size::from_kib(2).as_usize(), 2_048);
        examples_parse::<Size>();
    }

    #[test]
    fn what_to_write_instead() {
        let cases = [
            (json!(65536), r#"65536 is not a size; write "64KiB""#),
            (json!("1000"), r#""1000" is not a size; write "1000B""#),
            (json!("64KB"), r#""64KB" is not a size; write "64KiB""#),
            (json!("64k"), r#""64k" is not a size; write "64KiB""#),
            (json!("1 MiB"), r#""1 MiB" is not a size; write "1MiB""#),
            (json!("1TiB"), r#""1TiB" is not a size; write it like "64KiB""#),
            (json!(-1), r#"-1 is not a size; write it like "64KiB""#),
            (json!("big"), r#""big" is not a size; write it like "64KiB""#),
            (json!("17179869184GiB"), r#""17179869184GiB" is too large a size"#),
            (json!({}), r#"found an object, expected a size such as "64KiB""#),
        ];
        for (value, message) in cases {
            assert_eq!(error::<Size>(value), message);
        }
    }

    proptest! {
        #[test]
        fn display_reads_back(bytes in any::<u64>()) {
            let size = Size::from_bytes(bytes);
            prop_assert_eq!(size.to_string().parse(), Ok(size));
        }
    }
}
