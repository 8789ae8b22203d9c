//! Time that passes while a policy waits.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::exchange::Exchange;
use crate::host::Host;
use crate::root::{Owner, Root};
use crate::time::Timestamp;

/// Moments that somebody waits for, and who.
#[derive(Default)]
pub(crate) struct Timers {
    due: BTreeMap<(Timestamp, u64), Owner>,
    last_id: u64,
    /// The moment that the host's tick is set for.
    armed: Option<Timestamp>,
}

impl Timers {
    fn add(&mut self, deadline: Timestamp, owner: Owner) -> (Timestamp, u64) {
        self.last_id += 1;
        let key = (deadline, self.last_id);
        self.due.insert(key, owner);
        key
    }

    /// Takes the waiters whose moment has come, in order.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Vec<Owner> {
        let later = self.due.split_off(&(now, u64::MAX));
        std::mem::replace(&mut self.due, later).into_values().collect()
    }

    /// Sets the tick anew after it ran: the host would repeat the old period.
    pub(crate) fn arm_again(&mut self, host: &dyn Host, now: Timestamp) {
        let ran = self.armed.take().is_some();
        if ran || !self.due.is_empty() {
            self.arm(host, now);
        }
        if ran && self.due.is_empty() {
            // Nothing to wait for: a tick would only cost.
            let _ = host.set_tick_period(0);
        }
    }

    /// Sets the host's tick for the next moment, and stops it when nobody waits. A tick costs the whole worker.
    pub(crate) fn arm(&mut self, host: &dyn Host, now: Timestamp) {
        let next = self.due.first_key_value().map(|((deadline, _), _)| *deadline);
        let Some(deadline) = next.filter(|_| next != self.armed) else { return };
        let millis = (deadline - now).as_nanos().div_ceil(1_000_000).max(1);
        if host.set_tick_period(u32::try_from(millis).unwrap_or(u32::MAX)).is_ok() {
            self.armed = next;
        }
    }
}

/// Waits until a moment on the proxy's clock.
#[must_use = "a sleep does nothing unless it is awaited"]
pub struct Sleep {
    root: Rc<Root>,
    key: (Timestamp, u64),
}

impl Sleep {
    pub(crate) fn new(root: &Rc<Root>, owner: Owner, duration: Duration) -> Self {
        let now = root.now();
        let mut timers = root.timers.borrow_mut();
        let key = timers.add(now + duration, owner);
        timers.arm(root.host(), now);
        drop(timers);
        Self { root: Rc::clone(root), key }
    }

    pub(crate) fn of_exchange(exchange: &Exchange, duration: Duration) -> Self {
        Self::new(&exchange.root, Owner::Exchange(exchange.id), duration)
    }

    /// Whether the moment has come.
    pub(crate) fn is_over(&self) -> bool {
        self.root.now() >= self.key.0
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.is_over() { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        // The tick is left to run out: stopping it here would cost a host call for each timeout that is not needed.
        if let Ok(mut timers) = self.root.timers.try_borrow_mut() {
            timers.due.remove(&self.key);
        }
    }
}
