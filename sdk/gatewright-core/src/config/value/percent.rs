//! Shares of a whole.

use std::fmt;
use std::str::FromStr;

use super::digits;
use super::text::{Text, text_value};
use crate::config::error::ConfigError;

/// A share of a whole, `"0%"` to `"100%"`, with at most four decimals: `"12.5%"`.
///
/// Written with its sign because a bare 0.5 reads as half a percent to one and as one half to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent {
    parts_per_million: u32,
}

impl Percent {
    const WHOLE: u32 = 1_000_000;
    const DECIMALS: usize = 4;

    /// The share in millionths, 0 to 1,000,000.
    #[must_use]
    pub const fn parts_per_million(self) -> u32 {
        self.parts_per_million
    }

    /// `"12.5"` in millionths.
    fn millionths(number: &str) -> Option<u32> {
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        if !digits::is_bare(whole) || !digits::is_bare(part) || part.len() > Self::DECIMALS {
            return None;
        }
        let part: u32 = format!("{part:0<width$}", width = Self::DECIMALS).parse().ok()?;
        let parts = whole.parse::<u32>().ok()?.checked_mul(10_000)?.checked_add(part)?;
        (parts <= Self::WHOLE).then_some(parts)
    }
}

impl FromStr for Percent {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let parts = text.strip_suffix('%').and_then(Self::millionths);
        parts.map(|parts_per_million| Self { parts_per_million }).ok_or_else(|| Self::refused(text))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.parts_per_million / 10_000, self.parts_per_million % 10_000);
        if part == 0 {
            return write!(f, "{whole}%");
        }
        write!(f, "{whole}.{}%", format!("{part:04}").trim_end_matches('0'))
    }
}

impl Text for Percent {
    const NOUN: &'static str = "a percentage from \"0%\" to \"100%\"";
    const PATTERN: &'static str = "^(100(\\.0{1,4})?|[0-9]{1,2}(\\.[0-9]{1,4})?)%$";
    const EXAMPLES: &'static [&'static str] = &["5%", "12.5%", "100%"];

    fn correction(text: &str) -> Option<String> {
        let number = text.trim_end_matches('%').trim();
        Self::millionths(number).map(|_| format!("{number}%"))
    }
}

text_value!(Percent);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::text::testing::{error, examples_parse};
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn shares_are_exact() {
        for (text, parts) in [("0%", 0), ("0.0001%", 1), ("5%", 50_000), ("12.5%", 125_000), ("100%", 1_000_000)] {
            let percent: Percent = serde_json::from_value(json!(text)).unwrap();
            assert_eq!(percent.parts_per_million(), parts);
            assert_eq!(serde_json::to_value(percent).unwrap(), json!(text));
        }
        assert_eq!("100.0%".parse::<Percent>().unwrap().to_string(), "100%");
        examples_parse::<Percent>();
    }

    #[test]
    fn what_to_write_instead() {
        let is_not = r#"is not a percentage from "0%" to "100%"; write"#;
        assert_eq!(error::<Percent>(json!(5)), format!(r#"5 {is_not} "5%""#));
        assert_eq!(error::<Percent>(json!(0.5)), format!(r#"0.5 {is_not} "0.5%""#));
        assert_eq!(error::<Percent>(json!("5 %")), format!(r#""5 %" {is_not} "5%""#));
        for bad in ["101%", "100.0001%", "-1%", "1.00001%", ".5%", "5.%", "%", "", "+5%", "4294967296%"] {
            assert_eq!(error::<Percent>(json!(bad)), format!(r#"{bad:?} {is_not} it like "5%""#));
        }
    }

    proptest! {
        #[test]
        fn display_reads_back(parts_per_million in 0..=Percent::WHOLE) {
            let percent = Percent { parts_per_million };
            prop_assert_eq!(percent.to_string().parse(), Ok(percent));
        }
    }
}
