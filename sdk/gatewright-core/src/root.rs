//! One configured plugin in a worker, and the worker's parts that all plugins share.

use std::any::{Any, TypeId};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};

use serde_json::Value;

use crate::callout::Pending;
use crate::config::ConfigError;
use crate::host::Host;
use crate::ids::IdMap;
use crate::metrics::Counter;
use crate::phases::Phases;
use crate::policy::Policy;
use crate::chain::Chain;
use crate::setup::Setup;
use crate::time::Timestamp;
use crate::timer::Timers;

/// A wasm module or its native twin: which policies it holds.
#[derive(Clone, Copy)]
pub struct Module {
    /// Name in metrics, events and log lines.
    pub name: &'static str,
    /// Callbacks that the module exports.
    pub phases: Phases,
    /// Makes a configuration ready, under the module's name.
    pub build: fn(&str, Value, &Setup) -> Result<Chain, ConfigError>,
}

impl Module {
    /// A module of one policy.
    #[must_use]
    pub const fn single<P: Policy>(name: &'static str) -> Self {
        Self { name, phases: P::PHASES, build: Chain::single::<P> }
    }
}

/// Who waits for an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// An exchange, by its context id.
    Exchange(u32),
    /// A background task, by its root context and number.
    Task(u32, usize),
}

/// What all plugins in a worker share.
pub(crate) struct Shared {
    pub(crate) host: Rc<dyn Host>,
    pub(crate) pending: RefCell<IdMap<Rc<Pending>>>,
    /// Ids of metrics by name: defining one again costs the host an entry each time.
    pub(crate) metrics: RefCell<HashMap<String, u32>>,
    /// The context that host calls act on.
    pub(crate) current: Cell<u32>,
    /// Who was woken by somebody else's event and has not run yet.
    pub(crate) woken: RefCell<Vec<Owner>>,
}

pub(crate) type Task = Pin<Box<dyn Future<Output = ()>>>;

/// A plugin with its configuration.
pub(crate) struct Root {
    pub(crate) id: u32,
    pub(crate) shared: Rc<Shared>,
    pub(crate) module: Module,
    pub(crate) chain: RefCell<Option<Rc<Chain>>>,
    pub(crate) timers: RefCell<Timers>,
    pub(crate) tasks: RefCell<Vec<Option<Task>>>,
    /// Values that policies of one configuration share, by type.
    pub(crate) singletons: RefCell<Vec<(TypeId, Rc<dyn Any>)>>,
}

impl Root {
    pub(crate) fn new(id: u32, shared: Rc<Shared>, module: Module) -> Self {
        Self {
            id,
            shared,
            module,
            chain: RefCell::new(None),
            timers: RefCell::default(),
            tasks: RefCell::default(),
            singletons: RefCell::default(),
        }
    }

    pub(crate) fn host(&self) -> &dyn Host {
        &*self.shared.host
    }

    /// Lets a background task run until it waits again.
    pub(crate) fn run_task(&self, index: usize) {
        let taken = self.tasks.borrow_mut().get_mut(index).and_then(Option::take);
        let Some(mut task) = taken else { return };
        if task.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
            if let Some(place) = self.tasks.borrow_mut().get_mut(index) {
                *place = Some(task);
            }
        }
    }

    /// Drops what the plugin waits for: values that point back here would keep it alive.
    pub(crate) fn clear(&self) {
        let tasks = self.tasks.take();
        drop(tasks);
        self.chain.take();
        self.singletons.take();
    }

    /// An exchange moved to another route after the policies had decided for one.
    pub(crate) fn count_route_change(&self) {
        Counter::define(&self.shared, "route_changed").increment();
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.host().now_nanos())
    }
}

impl Shared {
    pub(crate) fn new(host: Rc<dyn Host>) -> Self {
        Self { host, pending: RefCell::default(), metrics: RefCell::default(), current: Cell::new(0), woken: RefCell::default() }
    }

    /// Makes host calls act on `context`, and returns the context before.
    pub(crate) fn enter(&self, context: u32) -> u32 {
        let before = self.current.replace(context);
        if before != context {
            // A context that is gone stays refused; the calls that follow then say so themselves.
            let _ = self.host.set_effective_context(context);
        }
        before
    }
}
