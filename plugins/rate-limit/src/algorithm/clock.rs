//! Readings of a clock that may be set.

/// How much older than the newest reading another worker's may be: it read the clock, then lost its turn.
pub(super) const STALE: u64 = 1_000_000_000;

/// A reading, against the newest one known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Time that counts: the reading, or the newest known one if this is a little older.
    At(u64),
    /// The clock was set back by this much.
    Back(u64),
}

/// Compares a reading with the newest known one.
pub(super) fn compare(newest: u64, now: u64) -> Reading {
    match newest.saturating_sub(now) {
        0 => Reading::At(now),
        behind if behind <= STALE => Reading::At(newest),
        behind => Reading::Back(behind),
    }
}

/// The same for clocks that count whole steps of `grain` nanoseconds: the step that counts, and whether the clock was set back.
pub(super) fn compare_steps(newest: u64, now: u64, grain: u64) -> (u64, bool) {
    let step = now / grain;
    let behind = newest.saturating_sub(step).saturating_mul(grain);
    match behind {
        0 => (step, false),
        behind if behind <= STALE.max(grain) => (newest, false),
        // The next one: the state was somewhere inside its step, and nothing of it may pass sooner than it would have.
        _ => (step.saturating_add(1), true),
    }
}
