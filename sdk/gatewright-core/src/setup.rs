//! What a policy may set up when it is configured.

use std::any::{Any, TypeId};
use std::future::Future;
use std::rc::Rc;

use crate::metrics::{Counter, Gauge, Histogram};
use crate::root::{Owner, Root};
use crate::services::Services;

/// The configuration in which a policy is made ready: metrics, background tasks, and values shared with other routes.
pub struct Setup {
    root: Rc<Root>,
}

impl Setup {
    pub(crate) fn new(root: Rc<Root>) -> Self {
        Self { root }
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
        let mut tasks = self.root.tasks.borrow_mut();
        let services = Services::new(Rc::clone(&self.root), Owner::Task(self.root.id, tasks.len()));
        tasks.push(Some(Box::pin(task(services))));
    }

    /// The one value of type `T` in this configuration, made by whoever asks first: a cache for all routes, say.
    pub fn shared<T: 'static>(&self, make: impl FnOnce() -> T) -> Rc<T> {
        let wanted = TypeId::of::<T>();
        let mut singletons = self.root.singletons.borrow_mut();
        let found = singletons.iter().find(|(kind, _)| *kind == wanted).map(|(_, value)| Rc::clone(value));
        if let Some(value) = found.and_then(|value| value.downcast::<T>().ok()) {
            return value;
        }
        let value = Rc::new(make());
        singletons.push((wanted, Rc::clone(&value) as Rc<dyn Any>));
        value
    }

    /// The proxy's services as far as they make sense while a configuration is checked.
    #[must_use]
    pub fn services(&self) -> Services {
        Services::new(Rc::clone(&self.root), Owner::Task(self.root.id, usize::MAX))
    }
}
