//! The virtual clock: time passes only when a test says so.

use std::time::Duration;

/// 2026-01-01T00:00:00Z in nanoseconds since the Unix epoch.
pub(crate) const START: u64 = 1_767_225_600_000_000_000;

/// Wall time, which a test may set, and the monotonic time that timers follow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    elapsed: u64,
    wall: u64,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { elapsed: 0, wall: START }
    }

    /// Nanoseconds since the Unix epoch, as guests see it.
    pub(crate) fn wall(&self) -> u64 {
        self.wall
    }

    /// Nanoseconds since the proxy started; never goes back.
    pub(crate) fn elapsed(&self) -> u64 {
        self.elapsed
    }

    /// Lets time pass until `elapsed`; an earlier moment changes nothing.
    pub(crate) fn pass_until(&mut self, elapsed: u64) {
        let step = elapsed.saturating_sub(self.elapsed);
        self.elapsed = self.elapsed.saturating_add(step);
        self.wall = self.wall.saturating_add(step);
    }

    /// Sets the wall clock, as an operator or NTP does; timers do not notice.
    pub(crate) fn set_wall(&mut self, nanos: u64) {
        self.wall = nanos;
    }
}

/// A duration in nanoseconds, at most the largest number.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
