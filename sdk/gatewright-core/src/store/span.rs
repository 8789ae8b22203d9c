//! Stretches of time on a clock that may be set back.

use std::time::Duration;

/// A duration in whole nanoseconds, as records keep it.
pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Whether a stretch that began at `start` still runs at `now`.
///
/// A start in the future has two causes. Another worker read the clock a moment later than this one: the stretch runs. Or the clock was
/// set back: without a bound the stretch would run until the clock catches up. So a start counts as genuine up to one `length`
/// ahead; a step back prolongs a stretch to twice its length at most.
pub(super) fn runs(start: u64, length: u64, now: u64) -> bool {
    now < start.saturating_add(length) && start <= now.saturating_add(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_stretch_ends_after_its_length() {
        assert!(runs(100, 10, 100));
        assert!(runs(100, 10, 109));
        assert!(!runs(100, 10, 110));
    }

    #[test]
    fn a_slightly_stale_reading_does_not_end_it_and_a_clock_set_back_does() {
        assert!(runs(100, 10, 99));
        assert!(runs(100, 10, 90));
        assert!(!runs(100, 10, 89));
        assert!(!runs(u64::MAX, 10, 0));
    }

    #[test]
    fn lengths_beyond_the_clock_saturate() {
        assert_eq!(nanos(Duration::MAX), u64::MAX);
        assert!(runs(5, u64::MAX, 6));
    }
}
