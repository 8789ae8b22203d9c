//! What all routes of a configuration have in common in one worker.

use std::cell::Cell;
use std::rc::Rc;

use gatewright::config::{ConfigError, Size};
use gatewright::store::{KeyHasher, SharedStore, StoreError, StoreLimits};
use gatewright::{Counter, Setup};

use crate::config;
use crate::service::{Leases, Service};
use crate::store::{Local, Purse};

/// Requests that a worker lets wait at a time: each holds memory.
const MAX_WAITING: usize = 1000;

/// What all routes of a configuration have in common in one worker.
pub(crate) struct Shared {
    pub(crate) table: Local,
    pub(crate) hasher: KeyHasher,
    pub(crate) purse: Purse,
    pub(crate) leases: Leases,
    pub(crate) metrics: Metrics,
    store: SharedStore,
    memory: Size,
    waiting: Cell<usize>,
}

/// Counters beside those of the SDK.
pub(crate) struct Metrics {
    /// Other workers came first at each attempt.
    pub(crate) contended: Counter,
    /// No room for a new key.
    pub(crate) full: Counter,
    /// Something could not be given back or charged afterwards.
    pub(crate) lost: Counter,
    /// Over the limit, but not enforced for this key.
    pub(crate) not_enforced: Counter,
    /// Requests that were made to wait.
    pub(crate) queued: Counter,
}

/// A place in the queue.
pub(crate) struct Waiting(Rc<Shared>);

impl Shared {
    /// The one of this configuration.
    pub(crate) fn of(setup: &Setup, memory: Size) -> Result<Rc<Self>, ConfigError> {
        let opened = setup.shared(|| Self::open(setup, memory).map(Rc::new));
        let shared = (*opened).as_ref().map_err(|error| match error {
            StoreError::OutOfRange { min, .. } => ConfigError::at("memory", format!("write at least {min}B")),
            error => ConfigError::new(format!("the counters cannot be set up: {error}")),
        })?;
        if shared.memory != memory {
            let message = format!("is {} elsewhere in this configuration; write the same in all routes", shared.memory);
            return Err(ConfigError::at("memory", message));
        }
        Ok(Rc::clone(shared))
    }

    /// The rate limit service of a route.
    pub(crate) fn service(&self, settings: config::Service, setup: &Setup) -> Result<Rc<Service>, ConfigError> {
        Service::new(settings, setup, &self.store, &self.hasher).map_err(|error| error.within("service"))
    }

    /// A place in the queue, if there is one.
    pub(crate) fn wait(self: &Rc<Self>) -> Option<Waiting> {
        if self.waiting.get() >= MAX_WAITING {
            return None;
        }
        self.waiting.set(self.waiting.get() + 1);
        self.metrics.queued.increment();
        Some(Waiting(Rc::clone(self)))
    }

    fn open(setup: &Setup, memory: Size) -> Result<Self, StoreError> {
        let store = SharedStore::new(setup.services().host(), setup.name(), StoreLimits::default())?;
        let counter = |name: &str| setup.counter(&format!("{}.{name}", setup.name()));
        let table = Local::new(&store, memory.as_bytes())?;
        Ok(Self {
            leases: Leases::new(table.clone()),
            table,
            hasher: KeyHasher::from_store(&store, setup.name().as_bytes())?,
            purse: Purse::new(),
            metrics: Metrics {
                contended: counter("contended"),
                full: counter("full"),
                lost: counter("lost"),
                not_enforced: counter("not_enforced"),
                queued: counter("queued"),
            },
            store,
            memory,
            waiting: Cell::new(0),
        })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.set(self.0.waiting.get().saturating_sub(1));
    }
}
