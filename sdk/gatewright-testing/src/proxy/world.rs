//! What all VMs of one proxy process share. It may be used from several threads, for [`crate::proxy::race`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gatewright_core::host::{HostResult, LogLevel, Status};

use super::answer::{Answer, GrpcAnswer, GrpcCall};
use super::clock::Clock;
use super::faults::{Faults, HostCalls};
use super::metrics::Metrics;
use super::queues::Queues;
use super::shared_data::SharedData;
use crate::message::Request;

/// A line that a guest or the proxy wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Its level.
    pub level: LogLevel,
    /// Its text.
    pub message: String,
    /// Which VM it is about: `worker 0`, `main thread` or `canary`.
    pub vm: String,
}

pub(crate) type Upstream = Arc<Mutex<dyn FnMut(&Request) -> Answer + Send>>;
pub(crate) type GrpcUpstream = Arc<Mutex<dyn FnMut(&GrpcCall) -> GrpcAnswer + Send>>;
pub(crate) type Foreign = Arc<dyn Fn(&[u8]) -> HostResult<Vec<u8>> + Send + Sync>;

/// The state of one proxy process. Clones are the same world.
#[derive(Clone)]
pub struct World(Arc<Mutex<State>>);

pub(crate) struct State {
    pub(crate) clock: Clock,
    pub(crate) shared: SharedData,
    pub(crate) queues: Queues,
    pub(crate) metrics: Metrics,
    pub(crate) logs: Vec<LogLine>,
    pub(crate) log_level: LogLevel,
    pub(crate) calls: HostCalls,
    pub(crate) faults: Faults,
    pub(crate) random: fastrand::Rng,
    foreign: BTreeMap<String, Foreign>,
    upstreams: BTreeMap<String, Upstream>,
    grpc: BTreeMap<String, (GrpcUpstream, bool)>,
    last_vm: u64,
}

impl Default for World {
    fn default() -> Self {
        Self::new(0)
    }
}

impl World {
    /// A new world; whatever is random in it follows from the seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            clock: Clock::new(),
            shared: SharedData::default(),
            queues: Queues::default(),
            metrics: Metrics::default(),
            logs: Vec::new(),
            log_level: LogLevel::Trace,
            calls: HostCalls::default(),
            faults: Faults::default(),
            random: fastrand::Rng::with_seed(seed),
            foreign: BTreeMap::new(),
            upstreams: BTreeMap::new(),
            grpc: BTreeMap::new(),
            last_vm: 0,
        })))
    }

    /// Wall time in nanoseconds since the Unix epoch. A new world is at 2026-01-01T00:00:00Z.
    #[must_use]
    pub fn now_nanos(&self) -> u64 {
        self.lock().clock.wall()
    }

    /// Sets the wall clock, forward or back, in nanoseconds since the Unix epoch. Timers do not notice.
    pub fn set_now(&self, nanos: u64) {
        self.lock().clock.set_wall(nanos);
    }

    /// Registers an HTTP upstream, or replaces it.
    pub fn upstream(&self, name: &str, answer: impl FnMut(&Request) -> Answer + Send + 'static) {
        self.lock().upstreams.insert(name.to_owned(), Arc::new(Mutex::new(answer)));
    }

    /// Registers a gRPC upstream, or replaces it. The closure answers unary calls; a test answers streams by hand.
    pub fn grpc_upstream(&self, name: &str, answer: impl FnMut(&GrpcCall) -> GrpcAnswer + Send + 'static) {
        self.lock().grpc.insert(name.to_owned(), (Arc::new(Mutex::new(answer)), true));
    }

    /// Takes a gRPC upstream down or up again. While it is down, calls and new streams end with status 14.
    pub fn set_grpc_up(&self, name: &str, up: bool) {
        if let Some(upstream) = self.lock().grpc.get_mut(name) {
            upstream.1 = up;
        }
    }

    /// Registers a foreign function, or replaces it.
    pub fn foreign(&self, name: &str, function: impl Fn(&[u8]) -> HostResult<Vec<u8>> + Send + Sync + 'static) {
        self.lock().foreign.insert(name.to_owned(), Arc::new(function));
    }

    /// Makes the `nth` next call (from 1) of a host function fail. Functions are named as in the ABI: `proxy_http_call`.
    pub fn fail_nth_call(&self, function: &str, nth: u64, status: Status) {
        self.lock().faults.add(function, Some(nth), status);
    }

    /// Makes every call of a host function fail.
    pub fn fail_calls(&self, function: &str, status: Status) {
        self.lock().faults.add(function, None, status);
    }

    /// Makes a compare-and-swap fail with this probability, as if another worker had been first.
    pub fn inject_cas_mismatches(&self, probability: f64) {
        self.lock().faults.mismatch_probability = probability;
    }

    /// Ends all injected faults.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// The lowest level that guests are told is written. Every line is kept all the same.
    pub fn set_log_level(&self, level: LogLevel) {
        self.lock().log_level = level;
    }

    /// All log lines so far.
    #[must_use]
    pub fn logs(&self) -> Vec<LogLine> {
        self.lock().logs.clone()
    }

    /// Value of a counter or gauge; `None` where nobody defined it.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<u64> {
        self.lock().metrics.value(name)
    }

    /// Values recorded into a histogram.
    #[must_use]
    pub fn histogram(&self, name: &str) -> Vec<u64> {
        self.lock().metrics.recorded(name)
    }

    /// Names of all metrics.
    #[must_use]
    pub fn metric_names(&self) -> Vec<String> {
        self.lock().metrics.names()
    }

    /// What guests called since the start or the last reset.
    #[must_use]
    pub fn host_calls(&self) -> HostCalls {
        self.lock().calls.clone()
    }

    /// Starts counting host calls anew.
    pub fn reset_host_calls(&self) {
        self.lock().calls = HostCalls::default();
    }

    /// A shared value and its version, as a VM with this `vm_id` reads it.
    #[must_use]
    pub fn shared_data(&self, vm_id: &str, key: &[u8]) -> Option<(Vec<u8>, u32)> {
        self.lock().shared.get(vm_id, key).ok()
    }

    /// Sets a shared value unconditionally, as another plugin with this `vm_id` would.
    pub fn set_shared_data(&self, vm_id: &str, key: &[u8], value: &[u8]) {
        // Version 0 is unconditional: it cannot be refused.
        let _ = self.lock().shared.set(vm_id, key, value, 0);
    }

    /// How many keys a `vm_id` holds in shared data, and how many bytes its keys and values take.
    #[must_use]
    pub fn shared_data_usage(&self, vm_id: &str) -> (usize, usize) {
        self.lock().shared.usage(vm_id)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A test thread that panicked leaves a world that is still good for reading.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn elapsed(&self) -> u64 {
        self.lock().clock.elapsed()
    }

    pub(crate) fn write_log(&self, level: LogLevel, message: impl Into<String>, vm: &str) {
        self.lock().logs.push(LogLine { level, message: message.into(), vm: vm.to_owned() });
    }

    /// The answer of an upstream; `None` where there is none of that name. The world is not locked meanwhile.
    pub(crate) fn ask(&self, upstream: &str, request: &Request) -> Option<Answer> {
        let closure = self.lock().upstreams.get(upstream).cloned()?;
        let mut closure = closure.lock().unwrap_or_else(PoisonError::into_inner);
        Some((closure)(request))
    }

    /// The answer of a gRPC upstream to a unary call.
    pub(crate) fn ask_grpc(&self, upstream: &str, call: &GrpcCall) -> Option<GrpcAnswer> {
        let (closure, up) = self.lock().grpc.get(upstream).cloned()?;
        if !up {
            return Some(GrpcAnswer::status(14, "upstream connect error"));
        }
        let mut closure = closure.lock().unwrap_or_else(PoisonError::into_inner);
        Some((closure)(call))
    }

    /// Whether a gRPC upstream is up; `None` where there is none of that name.
    pub(crate) fn grpc_up(&self, upstream: &str) -> Option<bool> {
        self.lock().grpc.get(upstream).map(|(_, up)| *up)
    }

    pub(crate) fn foreign_function(&self, name: &str) -> Option<Foreign> {
        self.lock().foreign.get(name).cloned()
    }

    pub(crate) fn new_vm(&self) -> u64 {
        let mut state = self.lock();
        state.last_vm += 1;
        let vm = state.last_vm;
        state.queues.vm_started(vm);
        vm
    }
}
