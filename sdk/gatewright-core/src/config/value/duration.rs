//! Spans of time.

use std::fmt;
use std::str::FromStr;
use std::time;

use super::digits;
use super::text::{Text, text_value};
use crate::config::error::ConfigError;

const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// A span of time, written as a whole number and a unit: `"500ms"`, `"5s"`, `"2m"`, `"1h"`, `"1d"`.
///
/// At most 36,500 days, so that adding it to a time in nanoseconds never overflows. Zero is a duration; a setting that needs more
/// checks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    millis: u64,
}

impl Duration {
    const MAX_MILLIS: u64 = 36_500 * 86_400_000;

    /// So many milliseconds, at most 36,500 days.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self { millis: if millis > Self::MAX_MILLIS { Self::MAX_MILLIS } else { millis } }
    }

    /// So many seconds, at most 36,500 days.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self::from_millis(seconds.saturating_mul(1_000))
    }

    /// The span in milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.millis
    }

    /// The span as the standard library's type.
    #[must_use]
    pub const fn as_std(self) -> time::Duration {
        time::Duration::from_millis(self.millis)
    }
}

impl From<Duration> for time::Duration {
    fn from(duration: Duration) -> Self {
        duration.as_std()
    }
}

impl FromStr for Duration {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let (number, unit) = digits::split(text).ok_or_else(|| Self::refused(text))?;
        let (_, millis) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(|| Self::refused(text))?;
        match number.checked_mul(*millis) {
            Some(millis) if millis <= Self::MAX_MILLIS => Ok(Self { millis }),
            _ => Err(ConfigError::new(format!("{text:?} is too long a duration; the longest is \"36500d\""))),
        }
    }
}

/// In the largest unit that keeps it whole.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.millis == 0 {
            return f.write_str("0s");
        }
        let fitting = UNITS.iter().find(|(_, millis)| self.millis.is_multiple_of(*millis));
        let (unit, millis) = fitting.unwrap_or(&("ms", 1));
        write!(f, "{}{unit}", self.millis / millis)
    }
}

impl Text for Duration {
    const NOUN: &'static str = "a duration";
    const PATTERN: &'static str = "^[0-9]+(ms|s|m|h|d)$";
    const EXAMPLES: &'static [&'static str] = &["5s", "500ms", "2m", "1h", "1d"];

    fn correction(text: &str) -> Option<String> {
        if digits::is_bare(text) {
            return Some(format!("{text}s"));
        }
        fraction(text).or_else(|| spelled_out(text))
    }
}

text_value!(Duration);

/// `1.5s` in milliseconds, where that is whole.
fn fraction(text: &str) -> Option<String> {
    let (whole, rest) = text.split_once('.')?;
    let (part, unit) = rest.split_at_checked(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()))?;
    let unit = if unit.is_empty() { "s" } else { unit };
    let (_, millis) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let scale = 10u64.checked_pow(u32::try_from(part.len()).ok()?)?;
    let number = whole.parse::<u64>().ok()?.checked_mul(scale)?.checked_add(part.parse().ok()?)?;
    let scaled = number.checked_mul(*millis)?;
    (scaled.is_multiple_of(scale) && scaled / scale <= Duration::MAX_MILLIS)
        .then(|| Duration::from_millis(scaled / scale).to_string())
}

/// `5 Seconds`, `5sec`, `5 s`.
fn spelled_out(text: &str) -> Option<String> {
    let (number, unit) = digits::split(text)?;
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "ms" | "msec" | "msecs" | "millis" | "millisecond" | "milliseconds" => "ms",
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        _ => return None,
    };
    Some(format!("{number}{unit}"))
}

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
        let cases = [("500ms", 500), ("5s", 5_000), ("2m", 120_000), ("1h", 3_600_000), ("1d", 86_400_000), ("0s", 0)];
        for (text, millis) in cases {
            let duration: Duration = serde_json::from_value(json!(text)).unwrap();
            assert_eq!((duration.as_millis(), duration.as_std().as_millis()), (millis, u128::from(millis)), "{text}");
            assert_eq!(duration.to_string(), text);
            assert_eq!(serde_json::to_value(duration).unwrap(), json!(text));
        }
        assert_eq!(time::Duration::from(Duration::from_secs(90)), time::Duration::from_secs(90));
        assert_eq!("36500d".parse(), Ok(Duration::from_millis(u64::MAX)));
        assert!("3153600000001ms".parse::<Duration>().is_err());
        examples_parse::<Duration>();
    }

    #[test]
    fn what_to_write_instead() {
        let cases = [
            (json!("5"), r#""5" is not a duration; write "5s""#),
            (json!(5), r#"5 is not a duration; write "5s""#),
            (json!(1.5), r#"1.5 is not a duration; write "1500ms""#),
            (json!("0.5h"), r#""0.5h" is not a duration; write "30m""#),
            (json!("5 sec"), r#""5 sec" is not a duration; write "5s""#),
            (json!("5 Minutes"), r#""5 Minutes" is not a duration; write "5m""#),
            (json!("soon"), r#""soon" is not a duration; write it like "5s""#),
            (json!(""), r#""" is not a duration; write it like "5s""#),
            (json!("-1s"), r#""-1s" is not a duration; write it like "5s""#),
            (json!(-1), r#"-1 is not a duration; write it like "5s""#),
            (json!("1h30m"), r#""1h30m" is not a duration; write it like "5s""#),
            (json!("1w"), r#""1w" is not a duration; write it like "5s""#),
            (json!(true), r#"true is not a duration; write it like "5s""#),
            (json!([]), r#"found a list, expected a duration such as "5s""#),
            (json!(null), r#"found null, expected a duration such as "5s""#),
            (json!("36501d"), r#""36501d" is too long a duration; the longest is "36500d""#),
            (
                json!("18446744073709551615d"),
                r#""18446744073709551615d" is too long a duration; the longest is "36500d""#,
            ),
        ];
        for (value, message) in cases {
            assert_eq!(error::<Duration>(value), message);
        }
    }

    proptest! {
        #[test]
        fn display_reads_back(millis in 0..=Duration::MAX_MILLIS) {
            let duration = Duration::from_millis(millis);
            prop_assert_eq!(duration.to_string().parse(), Ok(duration));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,12}|[0-9.]{0,40}[a-z]{0,3}") {
            let _outcome = text.parse::<Duration>();
        }
    }
}
