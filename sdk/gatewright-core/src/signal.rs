//! One waiter's event that others in the same worker wait for: the end of a fetch that several exchanges need.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use crate::root::Owner;
use crate::services::Services;

/// Wakes everybody in this worker who waits for it. Cheap to clone; all clones are one signal.
#[derive(Clone, Default)]
pub struct Signal(Rc<Inner>);

#[derive(Default)]
struct Inner {
    count: Cell<u64>,
    waiting: RefCell<Vec<Owner>>,
}

impl Signal {
    /// Waits for the next [`Signal::notify`].
    pub async fn wait(&self, services: &Services) {
        let before = self.0.count.get();
        self.0.waiting.borrow_mut().push(services.owner());
        poll_fn(|_| if self.0.count.get() == before { Poll::Pending } else { Poll::Ready(()) }).await;
    }

    /// Wakes everybody who waits now.
    pub fn notify(&self, services: &Services) {
        self.0.count.set(self.0.count.get().wrapping_add(1));
        let waiting = std::mem::take(&mut *self.0.waiting.borrow_mut());
        services.root().shared.woken.borrow_mut().extend(waiting);
    }
}
