//! So many in each window of the calendar.

use super::clock::{self, Reading};
use super::limit::{Algorithm, Refusal, Standing, Ticket};
use super::words::{Reader, Writer};

/// Never more than `quota` in each window. Windows begin at whole multiples of `period` since the Unix epoch: a day's at 00:00 UTC.
///
/// Around a border, twice the quota can come in a short time; [`SlidingWindow`](super::SlidingWindow) does not allow that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FixedWindow {
    /// How many, at least 1.
    pub quota: u32,
    /// Length of the window in nanoseconds, at least 1.
    pub period: u64,
}

pub(super) struct State {
    /// Number of the window since the Unix epoch.
    window: u64,
    /// The same, but moves only forwards: tickets are marked with it.
    serial: u64,
    count: u32,
    /// The newest reading of the clock.
    seen: u64,
}

impl FixedWindow {
    /// When the window of `now` ends.
    pub(super) fn window_end(&self, now: u64) -> u64 {
        (self.number(now) + 1).saturating_mul(self.period.max(1))
    }

    fn number(&self, now: u64) -> u64 {
        now / self.period.max(1)
    }

    fn follow(&self, state: &mut State, now: u64) {
        state.seen = match clock::compare(state.seen, now) {
            Reading::At(at) => {
                let passed = self.number(at).saturating_sub(state.window);
                if passed > 0 {
                    state.serial = state.serial.wrapping_add(passed);
                    (state.window, state.count) = (self.number(at), 0);
                }
                at
            }
            Reading::Back(_) => {
                state.window = self.number(now);
                now
            }
        };
    }

    fn until_end(&self, state: &State, now: u64) -> u64 {
        self.window_end(state.seen).saturating_sub(now)
    }
}

impl Algorithm for FixedWindow {
    type State = State;

    fn read(&self, bytes: &[u8]) -> State {
        let mut words = Reader(bytes);
        State { window: words.u64(), serial: words.u64(), seen: words.u64(), count: words.u32() }
    }

    fn write(&self, state: &State, bytes: &mut [u8]) {
        let mut words = Writer(bytes);
        words.u64(state.window);
        words.u64(state.serial);
        words.u64(state.seen);
        words.u32(state.count);
    }

    fn take(&self, state: &mut State, now: u64, cost: u32) -> Result<Ticket, Refusal> {
        self.follow(state, now);
        match state.count.checked_add(cost).filter(|count| *count <= self.quota) {
            Some(count) => state.count = count,
            None => return Err(Refusal { retry_after: self.until_end(state, now) }),
        }
        Ok(Ticket { cost, mark: state.serial, at: 0 })
    }

    fn charge(&self, state: &mut State, now: u64, cost: u32) {
        self.follow(state, now);
        state.count = state.count.saturating_add(cost).min(self.quota);
    }

    fn put_back(&self, state: &mut State, now: u64, ticket: Ticket) {
        self.follow(state, now);
        if ticket.mark == state.serial {
            state.count = state.count.saturating_sub(ticket.cost);
        }
    }

    fn standing(&self, state: &mut State, now: u64) -> Standing {
        self.follow(state, now);
        let reset = if state.count == 0 { 0 } else { self.until_end(state, now) };
        Standing { remaining: self.quota.saturating_sub(state.count), reset }
    }
}
