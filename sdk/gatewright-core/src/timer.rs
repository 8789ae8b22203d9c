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
    clock: Forward,
}

/// A clock that does not go back: the proxy's, plus every step back that was seen. Whoever waits must not wait an hour longer
/// because somebody set the proxy's clock.
#[derive(Default)]
struct Forward {
    last: Timestamp,
    lost: Duration,
}

impl Forward {
    fn read(&mut self, clock: Timestamp) -> Timestamp {
        self.lost = self.lost.saturating_add(self.last - clock);
        self.last = clock;
        clock + self.lost
    }
}

impl Timers {
    /// Wakes `owner` after `delay`, at the earliest.
    pub(crate) fn add(&mut self, host: &dyn Host, delay: Duration, owner: Owner) -> (Timestamp, u64) {
        let now = self.now(host);
        self.last_id += 1;
        let key = (now + delay, self.last_id);
        self.due.insert(key, owner);
        self.arm(host, now);
        key
    }

    /// Takes the waiters whose moment has come, in order, at most `limit`.
    pub(crate) fn take_due(&mut self, host: &dyn Host, limit: usize) -> Vec<Owner> {
        let now = self.now(host);
        let mut due = Vec::new();
        while let Some(first) = self.due.first_entry().filter(|first| first.key().0 <= now && due.len() < limit) {
            due.push(first.remove());
        }
        due
    }

    /// Sets the tick anew after it ran: the host would repeat the old period.
    pub(crate) fn arm_again(&mut self, host: &dyn Host) {
        self.armed = None;
        if self.due.is_empty() {
            // Nothing to wait for: a tick would only cost.
            let _ = host.set_tick_period(0);
            return;
        }
        let now = self.now(host);
        self.arm(host, now);
    }

    fn now(&mut self, host: &dyn Host) -> Timestamp {
        self.clock.read(Timestamp::from_nanos(host.now_nanos()))
    }

    /// Sets the host's tick for the next moment. A tick costs the whole worker.
    fn arm(&mut self, host: &dyn Host, now: Timestamp) {
        let next = self.due.first_key_value().map(|((deadline, _), _)| *deadline);
        let Some(deadline) = next.filter(|_| next != self.armed) else { return };
        let millis = (deadline - now).as_nanos().div_ceil(1_000_000).max(1);
        if host.set_tick_period(u32::try_from(millis).unwrap_or(u32::MAX)).is_ok() {
            self.armed = next;
        }
    }
}

/// Waits until a moment on the proxy's clock. A clock that is set back does not make it longer.
#[must_use = "a sleep does nothing unless it is awaited"]
pub struct Sleep {
    root: Rc<Root>,
    key: (Timestamp, u64),
}

impl Sleep {
    pub(crate) fn new(root: &Rc<Root>, owner: Owner, duration: Duration) -> Self {
        let key = root.timers.borrow_mut().add(root.host(), duration, owner);
        Self { root: Rc::clone(root), key }
    }

    pub(crate) fn of_exchange(exchange: &Exchange, duration: Duration) -> Self {
        Self::new(&exchange.root, Owner::Exchange(exchange.id), duration)
    }

    /// Whether the moment has come.
    pub(crate) fn is_over(&self) -> bool {
        let mut timers = self.root.timers.borrow_mut();
        timers.now(self.root.host()) >= self.key.0
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

#[cfg(test)]
mod tests {
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn a_clock_that_is_set_back_goes_on_from_where_it_was() {
        let mut clock = Forward::default();
        let read = [100, 40, 50, 10, 200].map(|seconds| clock.read(Timestamp::from_seconds(seconds)).seconds());
        assert_eq!(read, [100, 100, 110, 110, 300]);
    }
}
