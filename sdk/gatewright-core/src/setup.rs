//! What a policy may set up when it is configured.

use std::any::{Any, TypeId};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;

use crate::metrics::{Counter, Gauge, Histogram};
use crate::root::{Owner, Root, Task};
use crate::services::Services;

/// The configuration in which a policy is made ready: metrics, background tasks, and values shared with other routes.
pub struct Setup {
    root: Rc<Root>,
    name: Rc<str>,
    /// The entry of `routes` that a policy is being made for.
    route: Cell<Option<usize>>,
    /// Tasks that start if the configuration is accepted, by number.
    tasks: Rc<RefCell<Vec<(u64, Task)>>>,
    /// Values that the routes of a policy share, by type.
    shared: RefCell<Vec<(TypeId, Rc<dyn Any>)>>,
}

impl Setup {
    pub(crate) fn new(root: Rc<Root>) -> Self {
        let name = root.module.name.into();
        Self { root, name, route: Cell::default(), tasks: Rc::default(), shared: RefCell::default() }
    }

    /// For one of several policies: the same configuration, but what its routes share is its own.
    pub(crate) fn of_policy(&self, name: &str) -> Self {
        Self {
            root: Rc::clone(&self.root),
            name: name.into(),
            route: Cell::default(),
            tasks: Rc::clone(&self.tasks),
            shared: RefCell::default(),
        }
    }

    /// The policy's name: the module's, or the one that a gateway's configuration gives it. What is kept in shared data under this
    /// name is kept apart from another instance of the same policy.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The entry of `routes` that the settings at hand are for, from 0; `None` for those of every other request. A route that has no
    /// settings of its own makes no policy of its own.
    #[must_use]
    pub fn route(&self) -> Option<usize> {
        self.route.get()
    }

    pub(crate) fn set_route(&self, route: Option<usize>) {
        self.route.set(route);
    }

    /// A counter of this name, `gatewright.` before it.
    #[must_use]
    pub fn counter(&self, name: &str) -> Counter {
        Counter::define(&self.root.shared, name)
    }

    /// A gauge of this name, `gatewright.` before it.
    #[must_use]
    pub fn gauge(&self, name: &str) -> Gauge {
        Gauge::define(&self.root.shared, name)
    }

    /// A histogram of this name, `gatewright.` before it. State the unit in the name, as in `callout_ms`.
    #[must_use]
    pub fn histogram(&self, name: &str) -> Histogram {
        Histogram::define(&self.root.shared, name)
    }

    /// Runs a task beside the exchanges, in each worker, until the configuration is replaced. It starts when the whole
    /// configuration was accepted.
    pub fn spawn<F: Future<Output = ()> + 'static>(&self, task: impl FnOnce(Services) -> F) {
        let number = self.root.next_task();
        let task = task(Services::new(Rc::clone(&self.root), Owner::Task(self.root.id, number)));
        self.tasks.borrow_mut().push((number, Box::pin(task)));
    }

    /// The one value of type `T` that all routes of this policy share, made by whoever asks first: a cache for all routes, say.
    pub fn shared<T: 'static>(&self, make: impl FnOnce() -> T) -> Rc<T> {
        if let Some(value) = self.find() {
            return value;
        }
        // Making it may ask for other shared values, even for this one.
        let made = make();
        self.find().unwrap_or_else(|| {
            let value = Rc::new(made);
            self.shared.borrow_mut().push((TypeId::of::<T>(), Rc::clone(&value) as Rc<dyn Any>));
            value
        })
    }

    /// The proxy's clock, log, metrics and functions while a configuration is checked. Nothing can be awaited then: a wait of
    /// these services never ends. Use the [`Context`](crate::Context) of an exchange, or the services of a [task](Self::spawn).
    #[must_use]
    pub fn services(&self) -> Services {
        Services::new(Rc::clone(&self.root), Owner::Nobody)
    }

    pub(crate) fn into_tasks(self) -> Vec<(u64, Task)> {
        self.tasks.take()
    }

    fn find<T: 'static>(&self) -> Option<Rc<T>> {
        let shared = self.shared.borrow();
        let (_, value) = shared.iter().find(|(kind, _)| *kind == TypeId::of::<T>())?;
        Rc::clone(value).downcast().ok()
    }
}
