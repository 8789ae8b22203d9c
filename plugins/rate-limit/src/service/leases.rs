//! Leases of one worker: who serves from them, who goes to the service, and who waits for whom.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use gatewright::store::{Change, KeyHash, StoreError};
use gatewright::{Context, Services, Signal};

use super::lease::{Flight, Lease, Step, Terms};
use super::protocol::{Answer, Descriptor};
use super::{Service, Unavailable};
use crate::store::Local;

/// How often a request looks whether another worker's flight has ended: nobody can tell it.
const POLL: Duration = Duration::from_millis(2);
/// How often others may come first.
const MAX_ROUNDS: usize = 64;
/// Calls of one flight: the batch, less, the cost alone.
const MAX_CALLS: u32 = 3;
const SLACK: u64 = 100_000_000;

/// The leases of all rules in one worker. What is granted lies in shared data, for all workers.
#[derive(Clone)]
pub(crate) struct Leases {
    table: Local,
    flights: Flights,
}

/// Flights that somebody in this worker makes or watches.
type Flights = Rc<RefCell<HashMap<KeyHash, Signal>>>;

/// What is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Want<'a> {
    pub(crate) key: KeyHash,
    pub(crate) service: &'a Service,
    pub(crate) terms: Terms,
    /// Its hits are the cost.
    pub(crate) descriptor: &'a Descriptor,
}

/// What became of it.
pub(crate) enum Outcome {
    /// Served by the lease that was granted at this time.
    Served(u64),
    /// Refused for so many nanoseconds, with the service's answer if it was just asked.
    Denied(u64, Option<Answer>),
}

/// Why there is none.
pub(crate) enum Failure {
    Service(Unavailable),
    Store(StoreError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// How long a flight takes at most, in nanoseconds, if a call takes `timeout`.
pub(crate) fn flight_time(timeout: Duration) -> u64 {
    let timeout = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
    timeout.saturating_mul(MAX_CALLS.into()).saturating_add(SLACK)
}

impl Leases {
    pub(crate) fn new(table: Local) -> Self {
        Self { table, flights: Flights::default() }
    }

    /// Takes the cost from the lease, after a call or a wait for one if it must.
    pub(crate) async fn take(&self, want: Want<'_>, cx: &Context) -> Result<Outcome, Failure> {
        let cost = want.descriptor.hits;
        for _ in 0..MAX_ROUNDS {
            let now = cx.now().nanos();
            let step = self.update(want, now, |lease| match lease.take(want.terms, now, cost) {
                step @ (Step::Served(_) | Step::Fetch(_)) => Change::Store(step),
                step => Change::Keep(step),
            })?;
            match step {
                Step::Served(granted_at) => return Ok(Outcome::Served(granted_at)),
                Step::Denied(retry_after) => return Ok(Outcome::Denied(retry_after, None)),
                Step::Fetch(flight) => return self.fetch(want, flight, cx).await,
                Step::Wait => self.wait(want, cx).await?,
            }
        }
        Err(Failure::Service(Unavailable("other requests came first at each attempt".to_owned())))
    }

    /// Gives back what was served. What cannot be given back is lost to the key.
    pub(crate) fn put_back(&self, want: Want<'_>, granted_at: u64, now: u64) -> Result<(), StoreError> {
        self.update(want, now, |lease| {
            lease.put_back(want.terms, now, want.descriptor.hits, granted_at);
            Change::Store(())
        })
    }

    async fn fetch(&self, want: Want<'_>, flight: Flight, cx: &Context) -> Result<Outcome, Failure> {
        let cost = want.descriptor.hits;
        let _landing = Landing { leases: self, want, flight, services: cx.services(), watch: self.watch(want.key, cx) };
        let mut asked = flight;
        for call in 1.. {
            let descriptor = Descriptor { hits: asked.batch, ..want.descriptor.clone() };
            let answer = want.service.ask(cx, &[descriptor]).await.map_err(Failure::Service)?;
            let now = cx.now().nanos();
            let status = answer.only_status();
            if !answer.over_limit {
                let granted = |lease: &mut Lease| lease.granted(want.terms, now, asked, cost, status.reset);
                return Ok(Outcome::Served(self.update(want, now, |lease| Change::Store(granted(lease)))?));
            }
            let remaining = if call + 1 < MAX_CALLS { status.remaining } else { cost };
            let Some(less) = asked.less(cost, remaining) else {
                let retry_after = answer.retry_after().unwrap_or(want.terms.expiry);
                let denied = |lease: &mut Lease| lease.denied(now, asked, cost, retry_after);
                let retry_after = self.update(want, now, |lease| Change::Store(denied(lease)))?;
                return Ok(Outcome::Denied(retry_after, Some(answer)));
            };
            asked = less;
        }
        Err(Failure::Service(Unavailable("the batch does not get smaller".to_owned())))
    }

    /// Waits until nobody is on the way to the service any more.
    async fn wait(&self, want: Want<'_>, cx: &Context) -> Result<(), Failure> {
        let patience = Duration::from_nanos(want.terms.flight);
        let known = self.flights.borrow().get(&want.key).cloned();
        let waited = match known {
            Some(flight) => cx.timeout(patience, flight.wait(cx)).await.map(Ok),
            None => cx.timeout(patience, self.poll(want, cx)).await,
        };
        let late = || Failure::Service(Unavailable("another request's call took too long".to_owned()));
        waited.map_err(|_| late())?
    }

    /// Looks again and again, for all in this worker who wait for the same.
    async fn poll(&self, want: Want<'_>, cx: &Context) -> Result<(), Failure> {
        let _watch = self.watch(want.key, cx);
        loop {
            cx.sleep(POLL).await;
            let now = cx.now().nanos();
            if !self.table.lease(want.key, now)?.is_in_flight(want.terms, now) {
                return Ok(());
            }
        }
    }

    fn watch(&self, key: KeyHash, cx: &Context) -> Watch {
        self.flights.borrow_mut().entry(key).or_default();
        Watch { flights: Rc::clone(&self.flights), key, services: cx.services().clone() }
    }

    fn update<R>(
        &self,
        want: Want<'_>,
        now: u64,
        change: impl FnMut(&mut Lease) -> Change<R>,
    ) -> Result<R, StoreError> {
        self.table.update_lease(want.key, now, want.terms.lifetime(), change)
    }
}

/// Ends a flight, whatever became of it: the client may have left.
struct Landing<'a> {
    leases: &'a Leases,
    want: Want<'a>,
    flight: Flight,
    services: &'a Services,
    #[expect(dead_code, reason = "dropped last: those who wait look when the flight has landed")]
    watch: Watch,
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        let now = self.services.now().nanos();
        // If this fails, the flight is over when its time is.
        let _landed = self
            .leases
            .update(self.want, now, |lease| if lease.land(self.flight) { Change::Store(()) } else { Change::Keep(()) });
    }
}

/// A flight that others in this worker can wait for. They look for themselves when it is dropped.
struct Watch {
    flights: Flights,
    key: KeyHash,
    services: Services,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let signal = self.flights.borrow_mut().remove(&self.key);
        if let Some(signal) = signal {
            signal.notify(&self.services);
        }
    }
}
