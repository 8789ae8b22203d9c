//! Counters beside those of the SDK.

use gatewright::{Counter, Histogram, Setup};

/// Counters beside those of the SDK.
pub(crate) struct Metrics {
    /// Answered from the store, fresh.
    pub(crate) hit: Counter,
    /// Answered from the store, stale.
    pub(crate) stale: Counter,
    /// Nothing stored fitted.
    pub(crate) miss: Counter,
    /// The origin was asked whether what is stored is still right, and it was.
    pub(crate) revalidated: Counter,
    /// Not looked up.
    pub(crate) bypass: Counter,
    /// Stored.
    pub(crate) stored: Counter,
    /// Bytes of the bodies stored.
    pub(crate) stored_bytes: Counter,
    /// Bytes of the bodies sent from the store.
    pub(crate) hit_bytes: Counter,
    /// Waited for another request's answer.
    pub(crate) coalesced: Counter,
    /// Fetched anew in the background.
    pub(crate) refreshed: Counter,
    /// Removed because an unsafe request made it out of date.
    pub(crate) invalidated: Counter,
    /// Purges over HTTP.
    pub(crate) purged: Counter,
    /// The store could not be read or written.
    pub(crate) store_error: Counter,
    /// Age in seconds of what was answered from the store.
    pub(crate) age: Histogram,
}

impl Metrics {
    /// The counters of the route of that name, or of all routes without one.
    pub(crate) fn new(setup: &Setup, route: Option<&str>) -> Self {
        let prefix = route.map_or("response-cache".to_owned(), |route| format!("response-cache.{route}"));
        let counter = |name: &str| setup.counter(&format!("{prefix}.{name}"));
        Self {
            hit: counter("hit"),
            stale: counter("stale"),
            miss: counter("miss"),
            revalidated: counter("revalidated"),
            bypass: counter("bypass"),
            stored: counter("stored"),
            stored_bytes: counter("stored_bytes"),
            hit_bytes: counter("hit_bytes"),
            coalesced: counter("coalesced"),
            refreshed: counter("refreshed"),
            invalidated: counter("invalidated"),
            purged: counter("purged"),
            store_error: counter("store_error"),
            age: setup.histogram(&format!("{prefix}.age_s")),
        }
    }
}
