//! One configured plugin in a worker, and the worker's parts that all plugins share.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;

use serde_json::Value;

use crate::callout::Pending;
use crate::chain::Chain;
use crate::config::ConfigError;
use crate::host::{Host, LogLevel};
use crate::ids::IdMap;
use crate::metrics::Counter;
use crate::phases::Phases;
use crate::policy::Policy;
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
    Task(u32, u64),
    /// Nobody: whatever is waited for never comes.
    Nobody,
}

/// What all plugins in a worker share.
pub(crate) struct Shared {
    pub(crate) host: Rc<dyn Host>,
    /// HTTP callouts by token. A host may count them apart from gRPC calls.
    pub(crate) http: RefCell<IdMap<Rc<Pending>>>,
    /// gRPC callouts and streams by token.
    pub(crate) grpc: RefCell<IdMap<Rc<Pending>>>,
    /// Ids of metrics by name: defining one again costs the host an entry each time.
    pub(crate) metrics: RefCell<HashMap<String, u32>>,
    /// The context that host calls act on.
    pub(crate) current: Cell<u32>,
    /// The time of the callback that is being handled, once somebody asked.
    now: Cell<Option<Timestamp>>,
    /// The lowest level that the proxy logs, and when it was asked; without the time, it holds for this callback only.
    log_level: Cell<Option<(LogLevel, Option<Timestamp>)>>,
    /// Who was woken by somebody else's event and has not run yet.
    pub(crate) woken: RefCell<Vec<Owner>>,
}

/// How long a log level that the proxy told is taken for granted: a question for each request would be a host call for nothing.
const LEVEL_HOLDS: Duration = Duration::from_millis(500);

pub(crate) type Task = Pin<Box<dyn Future<Output = ()>>>;

/// A plugin with its configuration.
pub(crate) struct Root {
    pub(crate) id: u32,
    pub(crate) shared: Rc<Shared>,
    pub(crate) module: Module,
    pub(crate) chain: RefCell<Option<Rc<Chain>>>,
    pub(crate) timers: RefCell<Timers>,
    /// Background tasks by number; `None` while one runs.
    tasks: RefCell<BTreeMap<u64, Option<Task>>>,
    last_task: Cell<u64>,
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
            last_task: Cell::new(0),
        }
    }

    pub(crate) fn host(&self) -> &dyn Host {
        &*self.shared.host
    }

    /// A number for a background task. Those of an older configuration may still be woken, so none is given twice.
    pub(crate) fn next_task(&self) -> u64 {
        self.last_task.set(self.last_task.get() + 1);
        self.last_task.get()
    }

    /// Takes a new configuration: policies and tasks. The old tasks end.
    pub(crate) fn configure(&self, chain: Chain, tasks: Vec<(u64, Task)>) {
        let old = self.chain.replace(Some(Rc::new(chain)));
        let mut waiting = BTreeMap::new();
        waiting.extend(tasks.into_iter().map(|(number, task)| (number, Some(task))));
        let old_tasks = self.tasks.replace(waiting);
        drop((old, old_tasks));
    }

    pub(crate) fn task_numbers(&self) -> Vec<u64> {
        self.tasks.borrow().keys().copied().collect()
    }

    /// Lets a background task run until it waits again.
    pub(crate) fn run_task(&self, number: u64) {
        let taken = self.tasks.borrow_mut().get_mut(&number).and_then(Option::take);
        let Some(mut task) = taken else { return };
        let done = task.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
        let mut tasks = self.tasks.borrow_mut();
        if done {
            tasks.remove(&number);
        } else if let Some(place) = tasks.get_mut(&number) {
            *place = Some(task);
        }
    }

    /// Drops what the plugin waits for: values that point back here would keep it alive.
    pub(crate) fn clear(&self) {
        let (tasks, chain) = (self.tasks.take(), self.chain.take());
        drop((tasks, chain));
    }

    /// An exchange moved to another route after the policies had decided for one.
    pub(crate) fn count_route_change(&self) {
        Counter::define(&self.shared, "route_changed").increment();
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.shared.now()
    }
}

impl Shared {
    pub(crate) fn new(host: Rc<dyn Host>) -> Self {
        Self {
            host,
            http: RefCell::default(),
            grpc: RefCell::default(),
            metrics: RefCell::default(),
            current: Cell::new(0),
            now: Cell::new(None),
            log_level: Cell::new(None),
            woken: RefCell::default(),
        }
    }

    /// A callback about `context` begins.
    pub(crate) fn begin(&self, context: u32) {
        self.current.set(context);
        self.now.set(None);
        self.log_level.set(self.log_level.get().filter(|(_, asked)| asked.is_some()));
    }

    /// Whether a line of this level is logged. The proxy is asked once in a while, where the time is known.
    pub(crate) fn logs(&self, level: LogLevel) -> bool {
        let now = self.now.get();
        let holds = |asked: Option<Timestamp>| match (asked, now) {
            (Some(asked), Some(now)) => asked <= now && now - asked < LEVEL_HOLDS,
            (Some(_), None) => false,
            (None, _) => true,
        };
        let known = self.log_level.get().filter(|(_, asked)| holds(*asked));
        let (lowest, asked) = known.unwrap_or_else(|| (self.host.log_level(), now));
        self.log_level.set(Some((lowest, asked)));
        level >= lowest
    }

    /// The time, which does not pass while a callback is handled: the policies of an exchange agree on it, and the host is asked once.
    pub(crate) fn now(&self) -> Timestamp {
        let now = self.now.get().unwrap_or_else(|| Timestamp::from_nanos(self.host.now_nanos()));
        self.now.set(Some(now));
        now
    }

    /// Makes host calls act on `context`. `false`: the host does not know it, and calls would act on another one.
    pub(crate) fn enter(&self, context: u32) -> bool {
        if self.current.get() == context {
            return true;
        }
        let entered = self.host.set_effective_context(context).is_ok();
        if entered {
            self.current.set(context);
        }
        entered
    }
}
