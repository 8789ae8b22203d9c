//! A limit of any kind, on a state of fixed size.

use super::clock::STALE;
use super::{Concurrency, FixedWindow, Gcra, SlidingWindow};

/// Bytes of a limit's state for one key, whatever the algorithm.
pub const STATE_BYTES: usize = 48;

/// A limit: an algorithm and its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Rate and burst.
    Gcra(Gcra),
    /// So many in any window.
    SlidingWindow(SlidingWindow),
    /// So many in each window of the calendar.
    FixedWindow(FixedWindow),
    /// So many at a time.
    Concurrency(Concurrency),
}

/// How a key stands with a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What could be taken now.
    pub remaining: u32,
    /// Nanoseconds until all of the allowance is back, if nothing more is taken.
    pub reset: u64,
}

/// What was taken, to give it back or to add to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// How much.
    pub cost: u32,
    /// Where in the state it was counted.
    pub(super) mark: u64,
    /// The time that it counted for; 0 where it does not matter.
    pub(super) at: u64,
}

impl Ticket {
    /// The part of it that costs this much.
    #[must_use]
    pub fn part(self, cost: u32) -> Self {
        Self { cost, ..self }
    }
}

/// Nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Nanoseconds until the same cost can be taken, if nobody else takes any.
    pub retry_after: u64,
}

/// One algorithm over its own state. An all-zero state is that of a key never seen.
pub(super) trait Algorithm {
    /// What is remembered of a key.
    type State;
    fn read(&self, bytes: &[u8]) -> Self::State;
    fn write(&self, state: &Self::State, bytes: &mut [u8]);
    fn take(&self, state: &mut Self::State, now: u64, cost: u32) -> Result<Ticket, Refusal>;
    /// Counts a cost that was not asked for before; the state never owes more than a whole allowance.
    fn charge(&self, state: &mut Self::State, now: u64, cost: u32);
    /// Gives back up to `cost` of a ticket, as far as that cannot break the promise.
    fn put_back(&self, state: &mut Self::State, now: u64, ticket: Ticket);
    fn standing(&self, state: &mut Self::State, now: u64) -> Standing;
}

macro_rules! on_state {
    ($limit:expr, $bytes:expr, |$algorithm:ident, $state:ident| $act:expr) => {
        match $limit {
            Limit::Gcra($algorithm) => on_state!(@run $algorithm, $bytes, $state, $act),
            Limit::SlidingWindow($algorithm) => on_state!(@run $algorithm, $bytes, $state, $act),
            Limit::FixedWindow($algorithm) => on_state!(@run $algorithm, $bytes, $state, $act),
            Limit::Concurrency($algorithm) => on_state!(@run $algorithm, $bytes, $state, $act),
        }
    };
    (@run $algorithm:ident, $bytes:expr, $state:ident, $act:expr) => {{
        let mut $state = $algorithm.read($bytes);
        let result = $act;
        $algorithm.write(&$state, $bytes);
        result
    }};
}

impl Limit {
    /// Takes `cost` if the limit allows it.
    ///
    /// # Errors
    /// The [`Refusal`], and the state is as it was but for the clock.
    pub fn take(&self, state: &mut [u8], now: u64, cost: u32) -> Result<Ticket, Refusal> {
        on_state!(self, state, |algorithm, known| algorithm.take(&mut known, now, cost))
    }

    /// Counts a cost that turned out only now. It may use up the allowance, and no more than that.
    pub fn charge(&self, state: &mut [u8], now: u64, cost: u32) {
        on_state!(self, state, |algorithm, known| algorithm.charge(&mut known, now, cost));
    }

    /// Gives back `ticket.cost` of what was taken, as far as that cannot break the promise: what was given back late may be lost.
    pub fn put_back(&self, state: &mut [u8], now: u64, ticket: Ticket) {
        on_state!(self, state, |algorithm, known| algorithm.put_back(&mut known, now, ticket));
    }

    /// How the key stands.
    #[must_use]
    pub fn standing(&self, state: &mut [u8], now: u64) -> Standing {
        on_state!(self, state, |algorithm, known| algorithm.standing(&mut known, now))
    }

    /// What can be taken at once by a key never seen.
    #[must_use]
    pub fn allowance(&self) -> u32 {
        match self {
            Self::Gcra(limit) => limit.burst,
            Self::SlidingWindow(limit) => limit.quota,
            Self::FixedWindow(limit) => limit.quota,
            Self::Concurrency(limit) => limit.quota,
        }
    }

    /// The time over which [`allowance`](Self::allowance) comes back, in nanoseconds; none for a concurrency limit.
    #[must_use]
    pub fn window(&self) -> Option<u64> {
        match self {
            Self::Gcra(limit) => Some(limit.span()),
            Self::SlidingWindow(limit) => Some(limit.period),
            Self::FixedWindow(limit) => Some(limit.period),
            Self::Concurrency(_) => None,
        }
    }

    /// After this many nanoseconds without a change, the state is as good as that of a key never seen.
    #[must_use]
    pub fn lifetime(&self) -> u64 {
        let lifetime = match self {
            Self::Gcra(limit) => limit.span(),
            Self::SlidingWindow(limit) => limit.lifetime(),
            Self::FixedWindow(limit) => limit.period,
            Self::Concurrency(limit) => limit.max_duration.saturating_mul(3),
        };
        // The last change may have counted as later than its reading.
        lifetime.saturating_add(STALE)
    }

    /// Until when what is taken now may be used without counting as later, in nanoseconds since the Unix epoch.
    #[must_use]
    pub fn usable_until(&self, now: u64) -> u64 {
        match self {
            Self::FixedWindow(limit) => limit.window_end(now),
            _ => u64::MAX,
        }
    }
}
