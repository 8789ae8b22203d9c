//! A key set that the issuer serves, as one worker sees it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gatewright::config::ConfigError;
use gatewright::host::LogLevel;
use gatewright::{Counter, Gauge, Services, Setup, Signal, Timestamp};

use super::document;
use super::plan::Plan;
use super::span::{nanos, runs};
use super::status::Status;
use super::unknown::UnknownIds;
use super::vault::{Stored, Vault};
use super::{KeySet, refresh};

/// A key set that a background task keeps up to date.
pub(crate) struct Remote {
    pub(super) provider: String,
    pub(super) plan: Plan,
    pub(super) vault: Vault,
    /// The shared record as this worker read it last.
    pub(super) status: Cell<Status>,
    loaded: RefCell<Option<Loaded>>,
    pub(super) unknown: UnknownIds,
    /// Wakes requests: record or set changed.
    pub(super) changed: Signal,
    /// Wakes the task: a request needs a set.
    pub(super) needed: Signal,
    /// A request needs a set because of its `kid`.
    pub(super) wanted: Cell<bool>,
    /// Requests that wait.
    pub(super) waiting: Cell<usize>,
    pub(super) metrics: Metrics,
}

pub(super) struct Metrics {
    pub(super) fetches: Counter,
    pub(super) failures: Counter,
    stale: Gauge,
    was_stale: Cell<Option<bool>>,
}

/// The set in use.
struct Loaded {
    set: Rc<KeySet>,
    /// Number in the record that made the worker read it.
    read_for: u64,
    fetched_at: u64,
    fresh_for: u64,
}

/// The sets of a configuration by their id: routes with the same source share one.
#[derive(Default)]
struct Registry(RefCell<Vec<Rc<Remote>>>);

impl Remote {
    /// The set of this plan in this configuration.
    pub(super) fn of(plan: Plan, provider: &str, setup: &Setup) -> Result<Rc<Self>, ConfigError> {
        let registry = setup.shared(Registry::default);
        let id = plan.id();
        if let Some(known) = registry.0.borrow().iter().find(|known| known.vault.id == id) {
            return Ok(Rc::clone(known));
        }
        let remote = Rc::new(Self::new(plan, provider, setup)?);
        registry.0.borrow_mut().push(Rc::clone(&remote));
        let task = Rc::clone(&remote);
        setup.spawn(|services| refresh::run(task, services));
        Ok(remote)
    }

    fn new(plan: Plan, provider: &str, setup: &Setup) -> Result<Self, ConfigError> {
        let vault = Vault::new(setup.services().host(), &plan).map_err(|error| ConfigError::new(error.to_string()))?;
        let name: String =
            provider.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
        let metrics = Metrics {
            fetches: setup.counter("jwks.fetches"),
            failures: setup.counter("jwks.failures"),
            stale: setup.gauge(&format!("jwks.stale.{name}")),
            was_stale: Cell::new(None),
        };
        Ok(Self {
            provider: provider.to_owned(),
            plan,
            vault,
            status: Cell::default(),
            loaded: RefCell::default(),
            unknown: UnknownIds::default(),
            changed: Signal::default(),
            needed: Signal::default(),
            wanted: Cell::new(false),
            waiting: Cell::new(0),
            metrics,
        })
    }

    /// The set, if there is one that may be used now.
    pub(super) fn usable(&self, now: Timestamp) -> Option<Rc<KeySet>> {
        let loaded = self.loaded.borrow();
        let loaded = loaded.as_ref()?;
        let lifetime = loaded.fresh_for.saturating_add(nanos(self.plan.times.stale_if_error));
        runs(loaded.fetched_at, lifetime, now.nanos()).then(|| Rc::clone(&loaded.set))
    }

    /// Reads what the workers share, and the document if it is another. Wakes requests if anything changed.
    pub(super) fn sync(&self, services: &Services) -> Status {
        let Ok(status) = self.vault.status() else { return self.status.get() };
        let before = self.status.replace(status);
        let loaded = self.load(&status, services);
        if loaded || status != before {
            self.changed.notify(services);
        }
        self.metrics.show(&status, services.now().nanos());
        status
    }

    /// Wakes the task. Waking it for nothing costs a look at shared data.
    pub(super) fn wake_task(&self, services: &Services) {
        self.needed.notify(services);
    }

    /// Takes over the set that the record is about. `true`: there is another one now.
    fn load(&self, status: &Status, services: &Services) -> bool {
        if status.generation == 0 {
            return false;
        }
        if let Some(loaded) = &mut *self.loaded.borrow_mut()
            && loaded.read_for == status.generation
        {
            (loaded.fetched_at, loaded.fresh_for) = (status.fetched_at, status.fresh_for);
            return false;
        }
        let Ok(value) = self.vault.document() else { return false };
        // A document older than the record is one that is just being replaced: the next look finds the new one.
        let Some(stored) = Stored::read(&value).filter(|stored| stored.generation >= status.generation) else {
            return false;
        };
        match document::read(stored.bytes) {
            Ok(document) => {
                let set = Rc::new(KeySet { keys: document.keys, generation: stored.generation });
                let (fetched_at, fresh_for) = (status.fetched_at, status.fresh_for);
                self.loaded.replace(Some(Loaded { set, read_for: status.generation, fetched_at, fresh_for }));
                self.unknown.clear();
                true
            }
            Err(reason) => {
                services.log(LogLevel::Error, || {
                    format!("jwt-auth: provider {}: the shared keys are not readable: {reason}", self.provider)
                });
                false
            }
        }
    }
}

impl Metrics {
    fn show(&self, status: &Status, now: u64) {
        let stale = status.failures > 0 && !runs(status.fetched_at, status.fresh_for, now);
        if self.was_stale.replace(Some(stale)) != Some(stale) {
            self.stale.set(u64::from(stale));
        }
    }
}
