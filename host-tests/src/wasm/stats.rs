//! What a guest's work cost: figures that repeat exactly, on any machine.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Counters of one guest. Fuel is wasmtime's unit: about one per wasm instruction.
///
/// The figures depend on the module, rustc's and wasmtime's version and what the host answered, on nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// What each callback cost, by export name; start-up functions and `proxy_on_*`.
    pub callbacks: BTreeMap<&'static str, Tally>,
    /// How often each host function was called, by import name.
    pub host_calls: BTreeMap<&'static str, u64>,
    /// Bytes that host functions read from the guest's memory as arguments.
    pub bytes_from_guest: u64,
    /// Bytes that host functions handed to the guest in memory it allocated for them.
    pub bytes_to_guest: u64,
    /// How often the host had the guest allocate memory for an answer.
    pub allocations: u64,
    /// Size of the guest's linear memory, in bytes.
    pub memory_bytes: u64,
}

/// Calls of one callback.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often it was called.
    pub calls: u64,
    /// Fuel of all calls.
    pub fuel: u64,
    /// Fuel of the latest call.
    pub last_fuel: u64,
    /// Fuel of the dearest call.
    pub max_fuel: u64,
}

impl Stats {
    /// Fuel of all callbacks together.
    #[must_use]
    pub fn fuel(&self) -> u64 {
        self.callbacks.values().map(|tally| tally.fuel).sum()
    }

    /// Calls of all host functions together.
    #[must_use]
    pub fn host_calls(&self) -> u64 {
        self.host_calls.values().sum()
    }

    /// The tally of a callback; zeros when it was never called.
    #[must_use]
    pub fn callback(&self, name: &str) -> Tally {
        self.callbacks.get(name).copied().unwrap_or_default()
    }

    /// How often a host function was called.
    #[must_use]
    pub fn host_call(&self, name: &str) -> u64 {
        self.host_calls.get(name).copied().unwrap_or_default()
    }
}

/// Shared access to the counters of one guest, also after the guest went into a `Box<dyn Guest>`.
#[derive(Clone, Debug, Default)]
pub struct StatsHandle(Rc<RefCell<Stats>>);

impl StatsHandle {
    /// The counters now.
    #[must_use]
    pub fn read(&self) -> Stats {
        self.0.borrow().clone()
    }

    /// Sets the counters to zero and returns what they were. The size of the memory stays.
    pub fn reset(&self) -> Stats {
        let mut stats = self.0.borrow_mut();
        let memory_bytes = stats.memory_bytes;
        std::mem::replace(&mut *stats, Stats { memory_bytes, ..Stats::default() })
    }

    pub(super) fn callback(&self, name: &'static str, fuel: u64, memory_bytes: u64) {
        let mut stats = self.0.borrow_mut();
        stats.memory_bytes = memory_bytes;
        let tally = stats.callbacks.entry(name).or_default();
        tally.calls += 1;
        tally.fuel += fuel;
        tally.last_fuel = fuel;
        tally.max_fuel = tally.max_fuel.max(fuel);
    }

    pub(super) fn host_call(&self, name: &'static str) {
        *self.0.borrow_mut().host_calls.entry(name).or_default() += 1;
    }

    pub(super) fn read_from_guest(&self, bytes: usize) {
        self.0.borrow_mut().bytes_from_guest += bytes as u64;
    }

    pub(super) fn written_to_guest(&self, bytes: usize) {
        self.0.borrow_mut().bytes_to_guest += bytes as u64;
    }

    pub(super) fn allocation(&self) {
        self.0.borrow_mut().allocations += 1;
    }
}
