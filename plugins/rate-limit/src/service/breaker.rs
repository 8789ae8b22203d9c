//! A circuit breaker that all workers share: a service that is gone costs at most one timeout in each window.

use std::time::Duration;

use gatewright::store::{Change, KeyHash, Rank, Shape, SharedStore, SlotTable, StoreError};

/// A few services, with room to spare: names come from the configuration.
const BUCKETS: usize = 8;
const WAYS: usize = 8;
const TABLE: &str = "breakers";
/// A breaker that nobody asked for so long is forgotten, and closed.
const LIFETIME: Duration = Duration::from_secs(3600);

/// The breaker of one service.
pub(crate) struct Breaker {
    table: SlotTable,
    key: KeyHash,
    /// Failures in a row that open it.
    failures: u32,
    /// Nanoseconds for which it stays open.
    window: u64,
}

/// Whether the service may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// It may. `clean`: nothing failed lately.
    Closed { clean: bool },
    /// This one may, to see whether the service is back; nobody else may in this window.
    Probe,
    /// It may not.
    Open,
}

/// What is remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct State {
    failures: u32,
    /// Nanoseconds since the Unix epoch; 0 while it is closed.
    open_until: u64,
}

impl Breaker {
    pub(crate) fn new(store: &SharedStore, key: KeyHash, failures: u32, window: u64) -> Result<Self, StoreError> {
        let shape = Shape::new(BUCKETS, WAYS, State::BYTES)?;
        Ok(Self { table: SlotTable::new(store, TABLE, shape, |_| Rank::Evictable(0))?, key, failures, window })
    }

    /// Asks for leave. Where the breaker itself cannot be read, the service is asked: it knows best whether it is there.
    pub(crate) fn pass(&self, now: u64) -> Gate {
        let Ok(Some(entry)) = self.table.get(self.key, now) else { return Gate::Closed { clean: true } };
        match State::read(&entry.payload) {
            State { open_until: 0, failures } => Gate::Closed { clean: failures == 0 },
            state if self.is_open(state, now) => Gate::Open,
            _ => self.claim(now),
        }
    }

    /// The service gave no answer. `true`: this opened the breaker.
    pub(crate) fn failed(&self, now: u64) -> bool {
        let changed = self.update(now, |state| {
            let was_closed = state.open_until == 0;
            let failures = state.failures.saturating_add(1);
            let opens = failures >= self.failures;
            let open_until = if opens { now.saturating_add(self.window) } else { 0 };
            (State { failures, open_until }, was_closed && opens)
        });
        changed.unwrap_or(false)
    }

    /// The service answered. `true`: this closed the breaker.
    pub(crate) fn succeeded(&self, gate: Gate, now: u64) -> bool {
        if gate == (Gate::Closed { clean: true }) {
            return false;
        }
        let removed = self.table.update(self.key, now, LIFETIME, |slot| Change::Remove(slot.expires_at.is_some()));
        removed.unwrap_or(false) && gate == Gate::Probe
    }

    /// A clock that was set back must not keep it open.
    fn is_open(&self, state: State, now: u64) -> bool {
        now < state.open_until && state.open_until - now <= self.window
    }

    fn claim(&self, now: u64) -> Gate {
        let claimed = self.update(now, |state| {
            let mine = !self.is_open(state, now);
            let open_until = if mine { now.saturating_add(self.window) } else { state.open_until };
            (State { open_until, ..state }, mine)
        });
        if claimed.unwrap_or(false) { Gate::Probe } else { Gate::Open }
    }

    fn update<R>(&self, now: u64, mut change: impl FnMut(State) -> (State, R)) -> Result<R, StoreError> {
        self.table.update(self.key, now, LIFETIME, |slot| {
            let (state, result) = change(State::read(slot.payload));
            slot.payload.copy_from_slice(&state.write());
            Change::Store(result)
        })
    }
}

impl State {
    const BYTES: usize = 12;

    fn read(payload: &[u8]) -> Self {
        let (failures, rest) = payload.split_first_chunk().unwrap_or((&[0; 4], &[]));
        let open_until = rest.first_chunk().copied().map_or(0, u64::from_le_bytes);
        Self { failures: u32::from_le_bytes(*failures), open_until }
    }

    fn write(self) -> [u8; Self::BYTES] {
        let mut out = [0; Self::BYTES];
        let (failures, open_until) = out.split_at_mut(4);
        failures.copy_from_slice(&self.failures.to_le_bytes());
        open_until.copy_from_slice(&self.open_until.to_le_bytes());
        out
    }
}
