//! So many in any window, counted in eighths of it.

use super::clock;
use super::limit::{Algorithm, Refusal, Standing, Ticket};
use super::words::{Reader, Writer};

/// A window is counted in so many parts.
const PARTS: u64 = 8;
/// A window that does not begin with a part touches one part more.
const CELLS: usize = PARTS as usize + 1;

/// Never more than `quota` in any window of `period`, wherever it begins.
///
/// Instead of a log it counts in parts of an eighth of the window, and the oldest part counts until all of it is out of every window. So
/// an admission counts for up to an eighth longer than the window; a client that comes steadily gets 8/9 of the quota at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SlidingWindow {
    /// How many, at least 1.
    pub quota: u32,
    /// Length of the window in nanoseconds.
    pub period: u64,
}

pub(super) struct State {
    /// Number of the newest part since the Unix epoch.
    newest: u64,
    /// The same, but moves only forwards: tickets are marked with it.
    serial: u32,
    /// What each part admitted, the newest first.
    cells: [u32; CELLS],
}

impl SlidingWindow {
    pub(super) fn lifetime(&self) -> u64 {
        self.part().saturating_mul(PARTS + 2)
    }

    fn part(&self) -> u64 {
        self.period.div_ceil(PARTS).max(1)
    }

    /// Nanoseconds until the cell of this age no longer counts.
    fn until_gone(&self, state: &State, age: usize, now: u64) -> u64 {
        let gone = state.newest.saturating_sub(age as u64).saturating_add(PARTS + 1);
        gone.saturating_mul(self.part()).saturating_sub(now)
    }

    fn follow(&self, state: &mut State, now: u64) {
        let (step, back) = clock::compare_steps(state.newest, now, self.part());
        if !back {
            let passed = step - state.newest;
            // The low half is enough to tell parts apart that lie within a window of each other.
            state.serial = state.serial.wrapping_add(passed as u32);
            let passed = usize::try_from(passed).unwrap_or(CELLS).min(CELLS);
            state.cells.rotate_right(passed);
            state.cells.iter_mut().take(passed).for_each(|cell| *cell = 0);
        }
        state.newest = step;
    }
}

impl State {
    fn sum(&self) -> u64 {
        self.cells.iter().map(|cell| u64::from(*cell)).sum()
    }

    fn add(&mut self, cost: u32) {
        let [newest, ..] = &mut self.cells;
        *newest = newest.saturating_add(cost);
    }
}

impl Algorithm for SlidingWindow {
    type State = State;

    fn read(&self, bytes: &[u8]) -> State {
        let mut words = Reader(bytes);
        State { newest: words.u64(), serial: words.u32(), cells: std::array::from_fn(|_| words.u32()) }
    }

    fn write(&self, state: &State, bytes: &mut [u8]) {
        let mut words = Writer(bytes);
        words.u64(state.newest);
        words.u32(state.serial);
        state.cells.iter().for_each(|cell| words.u32(*cell));
    }

    fn take(&self, state: &mut State, now: u64, cost: u32) -> Result<Ticket, Refusal> {
        self.follow(state, now);
        let mut excess = (state.sum() + u64::from(cost)).saturating_sub(u64::from(self.quota));
        if excess == 0 {
            state.add(cost);
            return Ok(Ticket { cost, mark: u64::from(state.serial), at: 0 });
        }
        for (age, cell) in state.cells.iter().enumerate().rev() {
            excess = excess.saturating_sub(u64::from(*cell));
            if excess == 0 {
                return Err(Refusal { retry_after: self.until_gone(state, age, now) });
            }
        }
        Err(Refusal { retry_after: self.lifetime() })
    }

    fn charge(&self, state: &mut State, now: u64, cost: u32) {
        self.follow(state, now);
        let left = u64::from(self.quota).saturating_sub(state.sum());
        state.add(cost.min(u32::try_from(left).unwrap_or(u32::MAX)));
    }

    fn put_back(&self, state: &mut State, now: u64, ticket: Ticket) {
        self.follow(state, now);
        let age = state.serial.wrapping_sub(ticket.mark as u32);
        if let Some(cell) = usize::try_from(age).ok().and_then(|age| state.cells.get_mut(age)) {
            *cell = cell.saturating_sub(ticket.cost);
        }
    }

    fn standing(&self, state: &mut State, now: u64) -> Standing {
        self.follow(state, now);
        let remaining = u64::from(self.quota).saturating_sub(state.sum());
        let newest = state.cells.iter().position(|cell| *cell > 0);
        let reset = newest.map_or(0, |age| self.until_gone(state, age, now));
        Standing { remaining: u32::try_from(remaining).unwrap_or(u32::MAX), reset }
    }
}
