//! Whether a stored response may be sent for a request without asking the origin (RFC 9111 §4).

use super::cache_control::RequestDirectives;

/// What is known of a stored response's freshness. All numbers are seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Freshness {
    /// Age now (RFC 9111 §4.2.3).
    pub age: u64,
    /// Freshness lifetime (§4.2.1).
    pub lifetime: u64,
    /// It must be validated before every use: `no-cache` (§5.2.2.4).
    pub always_validate: bool,
    /// It must not be sent stale: `must-revalidate` and its like (§4.2.4).
    pub forbids_stale: bool,
    /// It does not change while it is fresh (RFC 8246).
    pub immutable: bool,
    /// How long after it may be sent while it is fetched anew (RFC 5861 §3).
    pub stale_while_revalidate: u64,
    /// How long after it may be sent if the origin fails (RFC 5861 §4).
    pub stale_if_error: u64,
    /// How long after it may be sent if the origin cannot be reached (RFC 9111 §4.2.4).
    pub stale_if_unreachable: u64,
    /// A soft purge made it stale, whatever its age.
    pub purged: bool,
}

/// What to do with a stored response that fits a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// Send it.
    Fresh,
    /// Send it, stale as it is: the client takes it.
    Stale,
    /// Send it, stale as it is, and fetch it anew in the background.
    Refresh,
    /// Ask the origin first.
    Validate {
        /// When it may be sent all the same.
        or_stale: OrStale,
    },
}

/// When a stored response may be sent although the origin has not said that it is still right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrStale {
    /// Never.
    Never,
    /// If the origin cannot be reached or gives no answer.
    IfUnreachable,
    /// If the origin fails, be it by an answer that says so.
    IfError,
}

impl Freshness {
    /// Seconds for which it goes on being fresh; negative once it is stale.
    #[must_use]
    pub fn ttl(&self) -> i64 {
        let seconds = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        seconds(self.lifetime).saturating_sub(seconds(self.age))
    }

    /// Decides for a request with these directives.
    #[must_use]
    pub fn decide(&self, request: &RequestDirectives) -> Reuse {
        let fresh = self.lifetime > self.age && !self.purged;
        let staleness = self.age.saturating_sub(self.lifetime);
        if request.no_cache || self.always_validate {
            return Reuse::Validate { or_stale: OrStale::Never };
        }
        let or_stale = self.or_stale(request, staleness);
        if self.is_too_old(request, fresh) {
            return Reuse::Validate { or_stale: if fresh { OrStale::Never } else { or_stale } };
        }
        if fresh {
            return Reuse::Fresh;
        }
        let stale = !self.forbids_stale && !self.purged;
        if stale && request.max_stale.is_some_and(|most| staleness <= most) {
            return Reuse::Stale;
        }
        if !self.forbids_stale && self.stale_while_revalidate > 0 && staleness <= self.stale_while_revalidate {
            return Reuse::Refresh;
        }
        Reuse::Validate { or_stale }
    }

    fn or_stale(&self, request: &RequestDirectives, staleness: u64) -> OrStale {
        let within = |window: u64| !self.forbids_stale && window > 0 && staleness <= window;
        if within(self.stale_if_error.max(request.stale_if_error.unwrap_or(0))) {
            OrStale::IfError
        } else if within(self.stale_if_unreachable) && !self.purged {
            OrStale::IfUnreachable
        } else {
            OrStale::Never
        }
    }

    /// Whether the request wants a younger one, or one that stays fresh for longer (RFC 9111 §5.2.1.1, §5.2.1.3).
    fn is_too_old(&self, request: &RequestDirectives, fresh: bool) -> bool {
        // Reloading a page sends `max-age=0`; what is immutable need not be asked for then (RFC 8246 §2).
        let spared = self.immutable && fresh;
        let old = request.max_age.is_some_and(|most| self.age > most) && !spared && request.max_stale.is_none();
        let soon = request.min_fresh.is_some_and(|least| self.lifetime < self.age.saturating_add(least));
        old || soon
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const FRESH: Freshness = Freshness {
        age: 10,
        lifetime: 100,
        always_validate: false,
        forbids_stale: false,
        immutable: false,
        stale_while_revalidate: 0,
        stale_if_error: 0,
        stale_if_unreachable: 0,
        purged: false,
    };
    const STALE: Freshness = Freshness { age: 110, ..FRESH };
    const ASK: Reuse = Reuse::Validate { or_stale: OrStale::Never };

    fn decide(stored: Freshness, request: &str) -> Reuse {
        stored.decide(&RequestDirectives::read([request.as_bytes()].into_iter(), std::iter::empty()))
    }

    #[test]
    fn rfc9111_4_2_fresh_is_a_lifetime_longer_than_the_age() {
        assert_eq!(decide(FRESH, ""), Reuse::Fresh);
        assert_eq!(decide(Freshness { age: 99, ..FRESH }, ""), Reuse::Fresh);
        assert_eq!(decide(Freshness { age: 100, ..FRESH }, ""), ASK);
        assert_eq!(decide(Freshness { purged: true, ..FRESH }, ""), ASK);
    }

    #[test]
    fn rfc9111_5_2_2_4_no_cache_is_validated_however_fresh() {
        assert_eq!(decide(Freshness { always_validate: true, ..FRESH }, "max-stale"), ASK);
    }

    #[test]
    fn rfc9111_5_2_1_4_a_request_with_no_cache_is_validated() {
        assert_eq!(decide(FRESH, "no-cache"), ASK);
        assert_eq!(decide(Freshness { stale_if_error: 99, ..STALE }, "no-cache"), ASK);
    }

    #[test]
    fn rfc9111_5_2_1_1_max_age_of_the_request() {
        assert_eq!(decide(FRESH, "max-age=10"), Reuse::Fresh);
        assert_eq!(decide(FRESH, "max-age=9"), ASK);
        assert_eq!(decide(FRESH, "max-age=0"), ASK);
    }

    #[test]
    fn rfc9111_5_2_1_3_min_fresh_of_the_request() {
        assert_eq!(decide(FRESH, "min-fresh=90"), Reuse::Fresh);
        assert_eq!(decide(FRESH, "min-fresh=91"), ASK);
    }

    #[test]
    fn rfc9111_5_2_1_2_max_stale_of_the_request() {
        assert_eq!(decide(STALE, "max-stale"), Reuse::Stale);
        assert_eq!(decide(STALE, "max-stale=10"), Reuse::Stale);
        assert_eq!(decide(STALE, "max-stale=9"), ASK);
        assert_eq!(decide(Freshness { forbids_stale: true, ..STALE }, "max-stale"), ASK);
        assert_eq!(decide(Freshness { purged: true, ..STALE }, "max-stale"), ASK);
    }

    #[test]
    fn rfc5861_3_stale_while_revalidate() {
        let stored = Freshness { stale_while_revalidate: 10, ..STALE };
        assert_eq!(decide(stored, ""), Reuse::Refresh);
        assert_eq!(decide(Freshness { age: 111, ..stored }, ""), ASK);
        assert_eq!(decide(Freshness { forbids_stale: true, ..stored }, ""), ASK);
        assert_eq!(decide(Freshness { purged: true, ..stored }, ""), Reuse::Refresh);
    }

    #[test]
    fn rfc5861_4_stale_if_error_of_response_and_request() {
        let or_stale = Reuse::Validate { or_stale: OrStale::IfError };
        let stored = Freshness { stale_if_error: 10, ..STALE };
        assert_eq!(decide(stored, ""), or_stale);
        assert_eq!(decide(Freshness { age: 111, ..stored }, ""), ASK);
        assert_eq!(decide(Freshness { forbids_stale: true, ..stored }, ""), ASK);
        assert_eq!(decide(STALE, "stale-if-error=10"), or_stale);
        assert_eq!(decide(STALE, "stale-if-error=9"), ASK);
        assert_eq!(decide(Freshness { age: 100, ..STALE }, ""), ASK);
    }

    #[test]
    fn rfc9111_4_2_4_stale_where_the_origin_cannot_be_reached() {
        let or_stale = Reuse::Validate { or_stale: OrStale::IfUnreachable };
        let stored = Freshness { stale_if_unreachable: 10, ..STALE };
        assert_eq!(decide(stored, ""), or_stale);
        assert_eq!(decide(stored, "max-age=0"), or_stale);
        assert_eq!(decide(stored, "stale-if-error=9"), or_stale);
        assert_eq!(decide(Freshness { age: 111, ..stored }, ""), ASK);
        assert_eq!(decide(stored, "no-cache"), ASK);
        assert_eq!(decide(Freshness { forbids_stale: true, ..stored }, ""), ASK);
        assert_eq!(decide(Freshness { purged: true, ..stored }, ""), ASK);
        assert_eq!(
            decide(Freshness { stale_if_error: 10, ..stored }, ""),
            Reuse::Validate { or_stale: OrStale::IfError }
        );
        assert_eq!(decide(Freshness { age: 10, ..stored }, "max-age=0"), ASK, "fresh, but not for this request");
    }

    #[test]
    fn rfc8246_2_what_is_immutable_is_not_asked_for_while_fresh() {
        let stored = Freshness { immutable: true, ..FRESH };
        assert_eq!(decide(stored, "max-age=0"), Reuse::Fresh);
        assert_eq!(decide(stored, "no-cache"), ASK);
        assert_eq!(decide(Freshness { age: 100, ..stored }, "max-age=0"), ASK);
    }

    #[test]
    fn rfc9211_2_4_ttl_is_what_is_left() {
        assert_eq!((FRESH.ttl(), STALE.ttl()), (90, -10));
    }
}
