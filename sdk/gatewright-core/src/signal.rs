//! One waiter's event that others in the same worker wait for: the end of a fetch that several exchanges need.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::root::Owner;
use crate::services::Services;

/// Wakes everybody in this worker who waits for it. Cheap to clone; all clones are one signal.
#[derive(Clone, Default)]
pub struct Signal(Rc<Inner>);

#[derive(Default)]
struct Inner {
    /// Who waits, by a number of the wait. A notification takes them all out.
    waiting: RefCell<BTreeMap<u64, Owner>>,
    last: Cell<u64>,
}

/// Waits for a [`Signal`].
#[must_use = "a wait does nothing unless it is awaited"]
pub struct Notified {
    signal: Signal,
    number: u64,
}

impl Signal {
    /// Waits for the next [`Signal::notify`] from now on, also for one that comes before the wait is awaited.
    pub fn wait(&self, services: &Services) -> Notified {
        let number = self.0.last.get().wrapping_add(1);
        self.0.last.set(number);
        self.0.waiting.borrow_mut().insert(number, services.owner());
        Notified { signal: self.clone(), number }
    }

    /// Wakes everybody who waits now. They run when whoever calls this waits itself or is done: in a callback of the worker's own, at
    /// most a few at a time.
    pub fn notify(&self, services: &Services) {
        let waiting = self.0.waiting.take();
        services.root().shared.woken.borrow_mut().extend(waiting.into_values());
    }
}

impl Future for Notified {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.signal.0.waiting.borrow().contains_key(&self.number) { Poll::Pending } else { Poll::Ready(()) }
    }
}

impl Drop for Notified {
    fn drop(&mut self) {
        if let Ok(mut waiting) = self.signal.0.waiting.try_borrow_mut() {
            waiting.remove(&self.number);
        }
    }
}
