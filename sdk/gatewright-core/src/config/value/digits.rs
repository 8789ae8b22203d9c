//! Whole numbers with a unit behind them.

/// Splits `"64KiB"` into 64 and `"KiB"`. None without leading digits, or if the number does not fit.
pub(super) fn split(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(end)?;
    Some((digits.parse().ok()?, unit))
}

/// True for a number without a unit.
pub(super) fn is_bare(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_number_and_its_unit() {
        assert_eq!(split("64KiB"), Some((64, "KiB")));
        assert_eq!(split("5"), Some((5, "")));
        assert_eq!(split("1 s"), Some((1, " s")));
        for bad in ["", "s", "-1s", "+1s", "18446744073709551616s"] {
            assert_eq!(split(bad), None, "{bad}");
        }
        assert!(is_bare("05") && !is_bare("") && !is_bare("5s"));
    }
}
