//! So many at a time.

use super::clock;
use super::limit::{Algorithm, Refusal, Standing, Ticket};
use super::words::{Reader, Writer};

/// When to come back is unknown: some other request has to end first.
const RETRY_AFTER: u64 = 1_000_000_000;

/// Never more than `quota` at a time.
///
/// A VM that dies cannot say that its requests ended. So nothing counts for ever: what is older than `max_duration` counts no more at twice
/// that age at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Concurrency {
    /// How many, at least 1.
    pub quota: u32,
    /// How long one counts for certain, in nanoseconds, at least 1.
    pub max_duration: u64,
}

pub(super) struct State {
    /// Number of the stretch of `max_duration` since the Unix epoch.
    epoch: u64,
    /// The same, but moves only forwards: tickets are marked with it.
    serial: u64,
    /// What began in this stretch and is in flight.
    current: u32,
    /// What began in the one before.
    previous: u32,
}

impl Concurrency {
    fn follow(&self, state: &mut State, now: u64) {
        let (epoch, back) = clock::compare_steps(state.epoch, now, self.max_duration.max(1));
        if !back {
            let passed = epoch - state.epoch;
            state.serial = state.serial.wrapping_add(passed);
            (state.current, state.previous) = match passed {
                0 => (state.current, state.previous),
                1 => (0, state.current),
                _ => (0, 0),
            };
        }
        state.epoch = epoch;
    }
}

impl Algorithm for Concurrency {
    type State = State;

    fn read(&self, bytes: &[u8]) -> State {
        let mut words = Reader(bytes);
        State { epoch: words.u64(), serial: words.u64(), current: words.u32(), previous: words.u32() }
    }

    fn write(&self, state: &State, bytes: &mut [u8]) {
        let mut words = Writer(bytes);
        words.u64(state.epoch);
        words.u64(state.serial);
        words.u32(state.current);
        words.u32(state.previous);
    }

    fn take(&self, state: &mut State, now: u64, cost: u32) -> Result<Ticket, Refusal> {
        self.follow(state, now);
        let in_flight = u64::from(state.current) + u64::from(state.previous);
        if in_flight + u64::from(cost) > u64::from(self.quota) {
            return Err(Refusal { retry_after: RETRY_AFTER });
        }
        state.current = state.current.saturating_add(cost);
        Ok(Ticket { cost, mark: state.serial, at: 0 })
    }

    fn charge(&self, state: &mut State, now: u64, _: u32) {
        self.follow(state, now);
    }

    fn put_back(&self, state: &mut State, now: u64, ticket: Ticket) {
        self.follow(state, now);
        match state.serial.wrapping_sub(ticket.mark) {
            0 => state.current = state.current.saturating_sub(ticket.cost),
            1 => state.previous = state.previous.saturating_sub(ticket.cost),
            // Forgotten already.
            _ => {}
        }
    }

    fn standing(&self, state: &mut State, now: u64) -> Standing {
        self.follow(state, now);
        let in_flight = state.current.saturating_add(state.previous);
        let reset = if in_flight == 0 { 0 } else { RETRY_AFTER };
        Standing { remaining: self.quota.saturating_sub(in_flight), reset }
    }
}
