//! So many per unit of time.

use std::fmt;
use std::str::FromStr;

use super::digits;
use super::duration::Duration;
use super::text::{Text, text_value};
use crate::config::error::ConfigError;

/// The unit of time of a [`Rate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RateUnit {
    /// `s`
    Second,
    /// `m`
    Minute,
    /// `h`
    Hour,
    /// `d`, 24 hours
    Day,
}

impl RateUnit {
    /// How long the unit is.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_secs(match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        })
    }

    const fn symbol(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Minute => "m",
            Self::Hour => "h",
            Self::Day => "d",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Some(match name.trim().to_ascii_lowercase().as_str() {
            "s" | "sec" | "second" => Self::Second,
            "m" | "min" | "minute" => Self::Minute,
            "h" | "hr" | "hour" => Self::Hour,
            "d" | "day" => Self::Day,
            _ => return None,
        })
    }
}

/// A count per unit of time: `"100/s"`, `"5/m"`, `"1000/h"`, `"1/d"`.
///
/// The count is at least 1 and at most 1,000,000,000. `"60/m"` and `"1/s"` are different rates: the unit is also the time over which
/// a whole count may arrive at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    count: u32,
    unit: RateUnit,
}

impl Rate {
    const MAX_COUNT: u64 = 1_000_000_000;

    /// How many per unit; never 0.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.count
    }

    /// The unit.
    #[must_use]
    pub const fn unit(self) -> RateUnit {
        self.unit
    }

    /// How long the unit is.
    #[must_use]
    pub const fn period(self) -> Duration {
        self.unit.duration()
    }
}

impl FromStr for Rate {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let parts = digits::split(text).and_then(|(count, rest)| Some((count, rest.strip_prefix('/')?)));
        let (count, symbol) = parts.ok_or_else(|| Self::refused(text))?;
        let unit = RateUnit::named(symbol).filter(|unit| unit.symbol() == symbol).ok_or_else(|| Self::refused(text))?;
        match u32::try_from(count) {
            Ok(0) => Err(ConfigError::new(format!("{text:?} would let nothing pass; write a count of at least 1"))),
            Ok(number) if count <= Self::MAX_COUNT => Ok(Self { count: number, unit }),
            _ => {
                Err(ConfigError::new(format!("{text:?} is too large a rate; the largest count is {}", Self::MAX_COUNT)))
            }
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.unit.symbol())
    }
}

impl Text for Rate {
    const NOUN: &'static str = "a rate";
    const PATTERN: &'static str = "^[0-9]+/(s|m|h|d)$";
    const EXAMPLES: &'static [&'static str] = &["100/s", "5/m", "1000/h", "1/d"];

    fn correction(text: &str) -> Option<String> {
        let (count, rest) = digits::split(text)?;
        let rest = rest.trim_start();
        let unit = if rest.is_empty() { "s" } else { rest.strip_prefix('/').or_else(|| rest.strip_prefix("per "))? };
        Some(format!("{count}/{}", RateUnit::named(unit)?.symbol()))
    }
}

text_value!(Rate);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::text::testing::{error, examples_parse};
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn each_unit() {
        let cases = [("100/s", 100, 1_000), ("5/m", 5, 60_000), ("1000/h", 1_000, 3_600_000), ("1/d", 1, 86_400_000)];
        for (text, count, millis) in cases {
            let rate: Rate = serde_json::from_value(json!(text)).unwrap();
            assert_eq!((rate.count(), rate.period().as_millis()), (count, millis), "{text}");
            assert_eq!(rate.period(), rate.unit().duration());
            assert_eq!(rate.to_string(), text);
            assert_eq!(serde_json::to_value(rate).unwrap(), json!(text));
        }
        assert!("1000000000/s".parse::<Rate>().is_ok());
        examples_parse::<Rate>();
    }

    #[test]
    fn what_to_write_instead() {
        let cases = [
            (json!(100), r#"100 is not a rate; write "100/s""#),
            (json!("100"), r#""100" is not a rate; write "100/s""#),
            (json!("100/sec"), r#""100/sec" is not a rate; write "100/s""#),
            (json!("100 / Minute"), r#""100 / Minute" is not a rate; write "100/m""#),
            (json!("100 per hour"), r#""100 per hour" is not a rate; write "100/h""#),
            (json!("100/10s"), r#""100/10s" is not a rate; write it like "100/s""#),
            (json!("/s"), r#""/s" is not a rate; write it like "100/s""#),
            (json!("-1/s"), r#""-1/s" is not a rate; write it like "100/s""#),
            (json!("0/s"), r#""0/s" would let nothing pass; write a count of at least 1"#),
            (json!("1000000001/s"), r#""1000000001/s" is too large a rate; the largest count is 1000000000"#),
            (json!("99999999999/s"), r#""99999999999/s" is too large a rate; the largest count is 1000000000"#),
        ];
        for (value, message) in cases {
            assert_eq!(error::<Rate>(value), message);
        }
    }
}
