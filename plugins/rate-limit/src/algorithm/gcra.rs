//! Rate and burst: the generic cell rate algorithm (ITU-T I.371), also known as a leaky bucket as a meter.

use super::clock::{self, Reading};
use super::limit::{Algorithm, Refusal, Standing, Ticket};
use super::words::{Reader, Writer};

/// Spaces admissions evenly, and lets a burst through after a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gcra {
    /// Nanoseconds for one, at least 1.
    pub interval: u64,
    /// How many may come at once after a pause, at least 1.
    pub burst: u32,
}

/// Times are on a clock of the state's own, which follows the proxy's and is never set back.
pub(super) struct State {
    /// When the whole burst is available again (the theoretical arrival time).
    full_at: u64,
    /// The newest reading.
    seen: u64,
    /// How far the proxy's clock was set back in all.
    ahead: u64,
    /// Everything ever taken, in nanoseconds of interval, from the time of the first on, so that no ticket of an earlier state fits.
    taken: u64,
}

impl Gcra {
    /// `quota` per `period` nanoseconds, and `burst` at once. One takes a whole number of nanoseconds, rounded up.
    #[must_use]
    pub fn new(quota: u32, period: u64, burst: u32) -> Self {
        Self { interval: period.div_ceil(u64::from(quota.max(1))).max(1), burst: burst.max(1) }
    }

    /// Nanoseconds in which a used-up burst comes back.
    #[must_use]
    pub fn span(&self) -> u64 {
        times(self.interval, self.burst)
    }

    fn price(&self, cost: u32) -> u64 {
        times(self.interval, cost)
    }
}

/// A product, or the largest number there is. wasm has no wide multiplication: what the compiler makes of `saturating_mul` is a call that
/// works out all 128 bits.
fn times(long: u64, short: u32) -> u64 {
    let short = u64::from(short);
    let (high, low) = ((long >> 32) * short, (long & 0xffff_ffff) * short);
    if high >> 32 == 0 { (high << 32).saturating_add(low) } else { u64::MAX }
}

impl State {
    /// The time on the state's own clock.
    fn follow(&mut self, now: u64) -> u64 {
        if self.seen == 0 {
            self.taken = now;
        }
        self.seen = match clock::compare(self.seen, now.saturating_add(self.ahead)) {
            Reading::At(at) => at,
            Reading::Back(by) => {
                self.ahead = self.ahead.saturating_add(by);
                self.seen
            }
        };
        self.seen
    }

    /// Nanoseconds from `now` on the proxy's clock until `at` on the state's own.
    fn until(&self, at: u64, now: u64) -> u64 {
        at.saturating_sub(self.ahead).saturating_sub(now)
    }
}

impl Algorithm for Gcra {
    type State = State;

    fn read(&self, bytes: &[u8]) -> State {
        let mut words = Reader(bytes);
        State { full_at: words.u64(), seen: words.u64(), ahead: words.u64(), taken: words.u64() }
    }

    fn write(&self, state: &State, bytes: &mut [u8]) {
        let mut words = Writer(bytes);
        words.u64(state.full_at);
        words.u64(state.seen);
        words.u64(state.ahead);
        words.u64(state.taken);
    }

    fn take(&self, state: &mut State, now: u64, cost: u32) -> Result<Ticket, Refusal> {
        let at = state.follow(now);
        let full_at = state.full_at.max(at).saturating_add(self.price(cost));
        let allowed_at = full_at.saturating_sub(self.span());
        if allowed_at > at {
            return Err(Refusal { retry_after: state.until(allowed_at, now) });
        }
        state.full_at = full_at;
        state.taken = state.taken.wrapping_add(self.price(cost));
        Ok(Ticket { cost, mark: state.taken, at })
    }

    fn charge(&self, state: &mut State, now: u64, cost: u32) {
        let at = state.follow(now);
        let full_at = state.full_at.max(at).saturating_add(self.price(cost));
        state.full_at = full_at.min(at.saturating_add(self.span())).max(state.full_at);
        state.taken = state.taken.wrapping_add(self.price(cost));
    }

    /// At the time of the ticket itself, everything was only added up, and it can be taken off again. Later, what came after the ticket may
    /// have found an empty state where, without the ticket, it would have found the same: then the ticket is used up. The later takings
    /// alone lead to no more than `at + since`, so that much stays.
    fn put_back(&self, state: &mut State, now: u64, ticket: Ticket) {
        let at = state.follow(now);
        let since = state.taken.wrapping_sub(ticket.mark);
        let without = state.full_at.saturating_sub(self.price(ticket.cost));
        let stays = if at == ticket.at { 0 } else { state.full_at.min(at.saturating_add(since)) };
        state.full_at = without.max(stays);
        if since == 0 {
            state.taken = state.taken.wrapping_sub(self.price(ticket.cost));
        }
    }

    fn standing(&self, state: &mut State, now: u64) -> Standing {
        let at = state.follow(now);
        let reset = state.full_at.saturating_sub(at);
        let remaining = self.span().saturating_sub(reset) / self.interval;
        Standing { remaining: u32::try_from(remaining).unwrap_or(u32::MAX).min(self.burst), reset }
    }
}

#[cfg(test)]
mod tests {
    use super::times;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_product_is_that_or_the_largest_number() {
        let longs = [0, 1, 999, 1 << 31, u64::from(u32::MAX), 1 << 32, 0x1_2345_6789_abcd, u64::MAX / 1000, u64::MAX];
        for long in longs {
            for short in [0, 1, 2, 1000, 1 << 16, u32::MAX] {
                assert_eq!(times(long, short), long.saturating_mul(u64::from(short)), "{long} {short}");
            }
        }
    }
}
