//! Tokens that a proxy took from the service in one call, and what it knows of a key: pure functions on a small state and a clock.
//!
//! A lease serves what the service has granted already, so a proxy never admits more than it was granted. It may do so up to `expiry`
//! later: in any stretch of time no more is admitted than the service granted in that stretch and in the `expiry` before it.

use crate::algorithm::{Reader, STATE_BYTES, Writer};

/// How much older than the newest reading of the clock another worker's may be.
const STALE: u64 = 1_000_000_000;
/// A denial is not believed for longer: the service's limit may have been raised.
const MAX_DENIAL: u64 = 60_000_000_000;
/// A batch grows at most so fast from one call to the next, and shrinks so fast when it is refused.
const STEP: u32 = 8;

/// What a rule allows its leases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    /// Most tokens in one call.
    pub(crate) max: u32,
    /// Nanoseconds after which what is left is lost.
    pub(crate) expiry: u64,
    /// Nanoseconds that a flight takes at most: after that nobody waits for it.
    pub(crate) flight: u64,
}

/// What a proxy knows of a key. All-zero for a key never seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lease {
    /// Tokens left.
    left: u32,
    /// Tokens wanted lately, whatever was granted.
    batch: u32,
    /// Tokens of the last call that were used.
    served: u32,
    /// A refusal that need not be asked for again: this cost and more.
    denied_cost: u32,
    denied_until: u64,
    /// When the tokens were granted, and when what is left is lost.
    granted_at: u64,
    until: u64,
    /// Until when a worker is on its way to the service; 0 if none is.
    flight: u64,
}

/// What a request gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A token of the lease that was granted at this time.
    Served(u64),
    /// It is refused, for so many nanoseconds.
    Denied(u64),
    /// Somebody is on the way to the service: wait for the outcome.
    Wait,
    /// Go and ask for so many tokens.
    Fetch(Flight),
}

/// Leave to ask the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flight {
    /// How many tokens to ask for.
    pub(crate) batch: u32,
    /// Tells this flight from a later one.
    id: u64,
}

impl Lease {
    /// Serves a request, or says what to do.
    pub(crate) fn take(&mut self, terms: Terms, now: u64, cost: u32) -> Step {
        self.follow(terms, now);
        if self.left >= cost {
            self.left -= cost;
            self.served = self.served.saturating_add(cost);
            return Step::Served(self.granted_at);
        }
        if self.denied_until > 0 && cost >= self.denied_cost {
            return Step::Denied(self.denied_until.saturating_sub(now).max(1));
        }
        if self.flight > 0 {
            return Step::Wait;
        }
        self.flight = now.saturating_add(terms.flight);
        if self.is_denied() {
            // Most likely it is denied again, and that takes one call, not one for each size.
            return Step::Fetch(Flight { batch: cost, id: self.flight });
        }
        self.batch = self.wanted(terms, now).clamp(cost, terms.max.max(cost));
        Step::Fetch(Flight { batch: self.batch, id: self.flight })
    }

    /// The service granted a flight's tokens, of which `cost` are used at once. `reset`: its window ends in so many nanoseconds.
    pub(crate) fn granted(&mut self, terms: Terms, now: u64, flight: Flight, cost: u32, reset: Option<u64>) -> u64 {
        self.follow(terms, now);
        // What the last lease left over goes: one lease at a time keeps the bound simple.
        *self = Self {
            left: flight.batch.saturating_sub(cost),
            batch: self.batch.max(flight.batch),
            served: cost,
            granted_at: now,
            // In the service's next window, the tokens of this one would come on top.
            until: now.saturating_add(terms.expiry.min(reset.unwrap_or(u64::MAX))),
            flight: if self.flight == flight.id { 0 } else { self.flight },
            ..Self::default()
        };
        self.granted_at
    }

    /// The service refused `cost`; so much and more will be refused for so many nanoseconds.
    pub(crate) fn denied(&mut self, now: u64, flight: Flight, cost: u32, retry_after: u64) -> u64 {
        let retry_after = retry_after.clamp(1, MAX_DENIAL);
        self.denied_cost = cost;
        self.denied_until = now.saturating_add(retry_after);
        self.land(flight);
        retry_after
    }

    /// The flight is over. `false`: it was known to be.
    pub(crate) fn land(&mut self, flight: Flight) -> bool {
        let mine = self.flight == flight.id;
        if mine {
            self.flight = 0;
        }
        mine
    }

    /// Gives tokens back, into the lease they came from.
    pub(crate) fn put_back(&mut self, terms: Terms, now: u64, cost: u32, granted_at: u64) {
        self.follow(terms, now);
        if self.granted_at == granted_at && now < self.until {
            let back = cost.min(self.served);
            self.served -= back;
            self.left = self.left.saturating_add(back);
        }
    }

    /// Whether somebody is on the way to the service.
    pub(crate) fn is_in_flight(&self, terms: Terms, now: u64) -> bool {
        now < self.flight && self.flight - now <= terms.flight.saturating_add(STALE)
    }

    /// Whether the service refused the key lately.
    pub(crate) fn is_denied(&self) -> bool {
        self.denied_cost > 0
    }

    /// Forgets what is over. A clock that was set back ends everything: tokens are lost, nothing is denied for longer.
    fn follow(&mut self, terms: Terms, now: u64) {
        let early = now.saturating_add(STALE);
        if now >= self.until || early < self.granted_at {
            self.left = 0;
        }
        if now >= self.denied_until || self.denied_until - now > MAX_DENIAL + STALE {
            self.denied_until = 0;
        }
        if !self.is_in_flight(terms, now) {
            self.flight = 0;
        }
    }

    /// What half of a lease's time will need, at the rate of the last one.
    fn wanted(&self, terms: Terms, now: u64) -> u32 {
        if self.batch == 0 {
            return 1;
        }
        let took = now.saturating_sub(self.granted_at).max(1);
        let rate = u128::from(self.served) * u128::from(terms.expiry / 2) / u128::from(took);
        let rate = u32::try_from(rate).unwrap_or(u32::MAX);
        rate.min(self.batch.saturating_mul(STEP)).max(1)
    }
}

impl Terms {
    /// Nanoseconds after which nothing that a lease remembers is of use.
    pub(crate) fn lifetime(&self) -> u64 {
        // Longer than the lease itself, for what it tells of the rate.
        self.expiry.saturating_mul(4).max(self.flight).max(MAX_DENIAL).saturating_add(STALE)
    }
}

impl Flight {
    /// What to ask for after a refusal of `batch`, where the service says that `remaining` are left; `None` once it is the cost alone.
    pub(crate) fn less(self, cost: u32, remaining: u32) -> Option<Self> {
        if self.batch <= cost {
            return None;
        }
        let next = if remaining > 0 { remaining.min(self.batch - 1) } else { self.batch / STEP };
        Some(Self { batch: next.max(cost), ..self })
    }
}

impl Lease {
    /// The state as the shared table has it.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut words = Reader(bytes);
        Self {
            left: words.u32(),
            batch: words.u32(),
            served: words.u32(),
            denied_cost: words.u32(),
            denied_until: words.u64(),
            granted_at: words.u64(),
            until: words.u64(),
            flight: words.u64(),
        }
    }

    /// The other way.
    pub(crate) fn write(self, bytes: &mut [u8]) {
        const { assert!(STATE_BYTES >= 4 * 4 + 4 * 8, "a lease fits where a limit's state does") };
        let mut words = Writer(bytes);
        [self.left, self.batch, self.served, self.denied_cost].into_iter().for_each(|word| words.u32(word));
        [self.denied_until, self.granted_at, self.until, self.flight].into_iter().for_each(|word| words.u64(word));
    }
}

#[cfg(test)]
mod tests;
