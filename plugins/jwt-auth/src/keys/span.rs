//! Stretches of time on a clock that may be set.

use std::time::Duration;

/// Nanoseconds.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Whether a stretch of `length` that began at `start` still runs at `now`, all in nanoseconds. One that seems to have begun more than its
/// own length in the future began before the clock was set back: it counts as over.
pub(crate) fn runs(start: u64, length: u64, now: u64) -> bool {
    now < start.saturating_add(length) && start <= now.saturating_add(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_stretch_ends_after_its_length_and_when_the_clock_is_set_back() {
        let running = [89, 90, 100, 109, 110].map(|now| runs(100, 10, now));
        assert_eq!(running, [false, true, true, true, false]);
        assert!(runs(5, u64::MAX, 6) && !runs(5, 0, 5));
    }
}
