//! Who is woken by whom, and in which callback.

use std::rc::Rc;
use std::time::Duration;

use super::{State, Worker};
use crate::root::{Owner, Root};
use crate::running::Running;

/// How many exchanges and tasks run in one callback because of others.
pub(super) const MAX_WAKES: usize = 32;

impl Worker {
    /// Forgets an exchange that is over, and runs the tasks that this callback woke. Other exchanges run in a callback of the worker's
    /// own: a local reply of theirs would make the proxy stop this one, whatever is returned.
    pub(super) fn leave(&self, context: u32, running: Rc<Running>) {
        self.forget_if_over(context, running);
        let mut left = MAX_WAKES;
        loop {
            let woken = self.shared.woken.take();
            if woken.is_empty() {
                break;
            }
            for owner in woken {
                match owner {
                    Owner::Task(..) if left > 0 => {
                        left -= 1;
                        self.wake(owner);
                    }
                    owner => self.wake_later(owner),
                }
            }
        }
        self.shared.enter(context);
    }

    fn forget_if_over(&self, context: u32, running: Rc<Running>) {
        let Some(rest) = running.rest() else { return };
        let kept = running.take_kept();
        let forgotten = self.exchanges.borrow_mut().get_mut(&context).map(|entry| {
            entry.kept.extend(kept);
            std::mem::replace(&mut entry.state, State::Over(rest))
        });
        drop((forgotten, running));
    }

    pub(super) fn deliver(&self, context: u32, owner: Option<Owner>) {
        if let Some(owner) = owner {
            self.wake(owner);
        }
        self.run_woken(context);
    }

    /// Runs those whom others woke, then acts on `context` again. What is left after some waits for the next tick: they may wake each
    /// other without end, and the proxy does their local replies one inside the other, so many would exhaust its stack.
    pub(super) fn run_woken(&self, context: u32) {
        let mut left = MAX_WAKES;
        while left > 0 {
            let mut woken = self.shared.woken.take();
            if woken.is_empty() {
                break;
            }
            let now = left.min(woken.len());
            left -= now;
            let later = woken.split_off(now);
            woken.into_iter().for_each(|owner| self.wake(owner));
            // Before those who were woken meanwhile.
            self.shared.woken.borrow_mut().splice(..0, later);
        }
        for owner in self.shared.woken.take() {
            self.wake_later(owner);
        }
        // If the context is gone, no call follows that would act on it.
        self.shared.enter(context);
    }

    pub(super) fn wake(&self, owner: Owner) {
        match owner {
            Owner::Exchange(context) => {
                let Some(running) = self.running(context) else { return };
                // In another context's name it must not act: better that it waits.
                if self.shared.enter(context) {
                    running.on_event();
                    self.forget_if_over(context, running);
                }
            }
            Owner::Task(root, task) => {
                let Some(root) = self.root(root) else { return };
                if self.shared.enter(root.id) {
                    root.run_task(task);
                }
            }
            Owner::Nobody => {}
        }
    }

    fn wake_later(&self, owner: Owner) {
        let root = match owner {
            Owner::Exchange(context) => self.exchanges.borrow().get(&context).map(|entry| entry.root),
            Owner::Task(root, _) => Some(root),
            Owner::Nobody => None,
        };
        let Some(root) = root.and_then(|root| self.root(root)) else { return };
        if self.shared.enter(root.id) {
            root.timers.borrow_mut().add(root.host(), Duration::from_millis(1), owner);
        }
    }

    pub(super) fn run_tasks(&self, root: &Root) {
        for task in root.task_numbers() {
            self.wake(Owner::Task(root.id, task));
        }
    }
}
