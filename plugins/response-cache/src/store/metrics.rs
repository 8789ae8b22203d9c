//! What the store counts.

use gatewright::{Counter, Setup};

/// What the store counts, beside what the policy does.
pub(super) struct Metrics {
    /// Responses that made room for others.
    pub(super) evictions: Counter,
    /// Answers that were not stored, because a purge or an invalidation came in between.
    pub(super) fenced: Counter,
    /// Answers that found no room.
    pub(super) no_room: Counter,
    /// Stored responses whose bytes were not all there.
    pub(super) torn: Counter,
}

impl Metrics {
    pub(super) fn new(setup: &Setup) -> Self {
        let counter = |name: &str| setup.counter(&format!("response-cache.store.{name}"));
        Self {
            evictions: counter("evictions"),
            fenced: counter("fenced"),
            no_room: counter("no_room"),
            torn: counter("torn"),
        }
    }
}
