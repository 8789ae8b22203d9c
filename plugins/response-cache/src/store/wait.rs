//! Requests that wait for another request's fetch, in any worker.
//!
//! In its own worker the one who fetches wakes them. In others they are woken by a broadcast, sent only if somebody there waits. A
//! broadcast may get lost, so whoever waits also looks for himself now and then.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use std::time::Duration;

use gatewright::store::{Broadcast, BroadcastLimits, SharedStore, WorkerId};
use gatewright::{Services, Setup, Signal, Timestamp};

use super::bucket::{self, View};
use super::inner::Inner;
use super::{Flight, Store};

const NAME: &str = "over";
const LIMITS: BroadcastLimits = BroadcastLimits {
    workers: 256,
    message_bytes: 8,
    messages: 1024,
    window: Duration::from_secs(1),
    heartbeat_ttl: Duration::from_secs(10),
    batch: 256,
};
const HEARTBEAT: Duration = Duration::from_secs(3);
/// How often who waits looks for himself: with broadcasts, and without.
const LOOK: Duration = Duration::from_millis(250);
const LOOK_ALONE: Duration = Duration::from_millis(20);

/// Who waits in this worker, and the way to the other workers.
pub(super) struct Waits {
    store: SharedStore,
    worker: WorkerId,
    services: Option<Services>,
    /// By the token of the fetch: how many wait, and their signal.
    signals: RefCell<HashMap<u64, (usize, Signal)>>,
    broadcast: RefCell<Option<Broadcast>>,
}

/// One who waits, until dropped.
struct Waiting<'a> {
    waits: &'a Waits,
    token: u64,
    signal: Signal,
}

impl Store {
    /// Waits until another request's fetch is over, but not longer than this. Whether something is stored now, a look-up tells.
    pub async fn wait(&self, flight: Flight, services: &Services, limit: Duration) {
        let inner = &self.0;
        let waiting = inner.waits.enter(flight.token);
        let over = async {
            loop {
                // Before the look, so that no end is missed in between.
                let notified = waiting.signal.wait(services);
                if !inner.is_under_way(flight, services.now()) {
                    return;
                }
                let _ = services.timeout(inner.waits.patience(), notified).await;
            }
        };
        let _ = services.timeout(limit, over).await;
    }
}

impl Inner {
    /// Wakes those who wait for fetches that are over.
    pub(super) fn wake(&self, ended: &[bucket::Flight]) {
        for flight in ended {
            self.waits.notify(flight.token);
            if flight.awaited {
                self.waits.tell_others(flight.token);
            }
        }
    }

    /// Keeps up the worker's seat among those that are told, and takes what it is told.
    pub(super) fn listen(self: &Rc<Self>, setup: &Setup) {
        let inner = Rc::downgrade(self);
        setup.spawn(|services| listen(inner, services));
    }

    fn is_under_way(&self, flight: Flight, now: Timestamp) -> bool {
        let Ok((value, _)) = self.buckets.get(flight.bucket) else { return false };
        let found = View::parse(&value).and_then(|view| view.flight(flight.token));
        found.is_some_and(|flight| !flight.pass && flight.is_under_way(now.nanos()))
    }
}

impl Waits {
    pub(super) fn new(store: SharedStore, worker: WorkerId, services: Option<Services>) -> Self {
        Self { store, worker, services, signals: RefCell::default(), broadcast: RefCell::default() }
    }

    fn enter(&self, token: u64) -> Waiting<'_> {
        let mut signals = self.signals.borrow_mut();
        let (count, signal) = signals.entry(token).or_default();
        *count += 1;
        Waiting { waits: self, token, signal: signal.clone() }
    }

    fn notify(&self, token: u64) {
        let signal = self.signals.borrow().get(&token).map(|(_, signal)| signal.clone());
        if let (Some(signal), Some(services)) = (signal, &self.services) {
            signal.notify(services);
        }
    }

    fn notify_all(&self) {
        let tokens: Vec<u64> = self.signals.borrow().keys().copied().collect();
        tokens.into_iter().for_each(|token| self.notify(token));
    }

    fn tell_others(&self, token: u64) {
        let broadcast = self.broadcast.borrow();
        if let (Some(broadcast), Some(services)) = (&*broadcast, &self.services) {
            // Who is not told looks for himself.
            let _ = broadcast.publish(&token.to_le_bytes(), services.now().nanos());
        }
    }

    fn patience(&self) -> Duration {
        if self.broadcast.borrow().is_some() { LOOK } else { LOOK_ALONE }
    }

    fn keep_seat(&self, now: Timestamp) {
        let mut broadcast = self.broadcast.borrow_mut();
        match &mut *broadcast {
            Some(seat) => {
                // The seat is lost or was not renewed in time: messages may be missing, so all look for themselves.
                let missed = seat.heartbeat(now.nanos()).is_err() || seat.missed().is_ok_and(|missed| missed > 0);
                drop(broadcast);
                if missed {
                    self.notify_all();
                }
            }
            None => *broadcast = Broadcast::join(&self.store, NAME, self.worker, LIMITS, now.nanos()).ok(),
        }
    }

    fn receive(&self) {
        let messages = self.broadcast.borrow_mut().as_mut().and_then(|seat| seat.receive().ok()).unwrap_or_default();
        for message in messages {
            if let Some(token) = message.first_chunk() {
                self.notify(u64::from_le_bytes(*token));
            }
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut signals = self.waits.signals.borrow_mut();
        if let Some((count, _)) = signals.get_mut(&self.token) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                signals.remove(&self.token);
            }
        }
    }
}

async fn listen(inner: Weak<Inner>, services: Services) {
    while let Some(waits) = inner.upgrade() {
        waits.waits.keep_seat(services.now());
        drop(waits);
        let told = services.until(|| {
            if let Some(inner) = inner.upgrade() {
                inner.waits.receive();
            }
            None::<()>
        });
        let _ = services.timeout(HEARTBEAT, told).await;
    }
}
