//! The naive model: a service, the proxies' leases, and lists of all that was granted and admitted.

use super::super::{Flight, Lease, Step, Terms};
use super::START;

#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) proxies: usize,
    /// The service's limit: so many in each window.
    pub(super) quota: u32,
    pub(super) period: u64,
    pub(super) terms: Terms,
    /// How long an answer travels.
    pub(super) latency: u64,
    /// Whether the service tells what remains and when its window ends.
    pub(super) hints: bool,
}

pub(super) struct Model {
    shape: Shape,
    now: u64,
    leases: Vec<Lease>,
    flights: Vec<Call>,
    window: (u64, u32),
    pub(super) lose: bool,
    pub(super) calls: u64,
    pub(super) granted: Vec<(u64, u32)>,
    pub(super) admitted: Vec<(u64, u32)>,
}

/// A call that was decided and whose answer is on its way.
#[derive(Clone, Copy)]
struct Call {
    proxy: usize,
    flight: Flight,
    cost: u32,
    arrives: u64,
    decided: u64,
    over_limit: bool,
    remaining: u32,
    lost: bool,
}

impl Model {
    pub(super) fn new(shape: Shape) -> Self {
        Self {
            shape,
            now: START,
            leases: vec![Lease::default(); shape.proxies],
            flights: Vec::new(),
            window: (0, 0),
            lose: false,
            calls: 0,
            granted: Vec::new(),
            admitted: Vec::new(),
        }
    }

    /// Lets time pass, and answers arrive.
    pub(super) fn pass(&mut self, nanos: u64) {
        let until = self.now + nanos;
        while let Some(at) = self.flights.iter().position(|call| call.arrives <= until) {
            let call = self.flights.remove(at);
            self.now = self.now.max(call.arrives);
            self.arrive(call);
        }
        self.now = until;
    }

    pub(super) fn request(&mut self, proxy: usize, cost: u32) {
        match self.leases[proxy].take(self.shape.terms, self.now, cost) {
            Step::Served(_) => self.admitted.push((self.now, cost)),
            Step::Fetch(flight) => self.call(proxy, flight, cost),
            // Whoever waits is gone here: they would come again.
            Step::Denied(_) | Step::Wait => {}
        }
    }

    /// Panics if the lists break a promise.
    pub(super) fn check(&self) {
        let Shape { quota, period, terms, proxies, latency, hints } = self.shape;
        let (granted, admitted) = (Sums::of(&self.granted), Sums::of(&self.admitted));
        let outstanding = if hints && latency == 0 { 0 } else { proxies as u64 * u64::from(terms.max) };
        for (at, _) in &self.admitted {
            let window = at / period * period;
            let found = admitted.between(window, window + period - 1);
            assert!(found <= u64::from(quota) + outstanding, "{found} in a window, {:?}", self.shape);
        }
        let sample = || self.admitted.iter().step_by(1 + self.admitted.len() / 200).map(|(at, _)| *at);
        for from in sample() {
            for to in sample().filter(|to| *to >= from) {
                let before = from.saturating_sub(terms.expiry + latency);
                let (found, most) = (admitted.between(from, to), granted.between(before, to));
                assert!(found <= most, "{found} of {most} granted in the stretch and the expiry before it");
            }
        }
    }

    fn call(&mut self, proxy: usize, flight: Flight, cost: u32) {
        assert!(!self.flights.iter().any(|call| call.proxy == proxy && !call.lost), "two flights of one proxy");
        self.calls += 1;
        let number = self.now / self.shape.period;
        if self.window.0 != number {
            self.window = (number, 0);
        }
        let remaining = self.shape.quota - self.window.1;
        let over_limit = flight.batch > remaining;
        if !over_limit {
            self.window.1 += flight.batch;
            self.granted.push((self.now, flight.batch));
        }
        let lost = std::mem::take(&mut self.lose);
        let (arrives, decided) = (self.now + self.shape.latency, self.now);
        let call = Call { proxy, flight, cost, arrives, decided, over_limit, remaining, lost };
        if self.shape.latency == 0 { self.arrive(call) } else { self.flights.push(call) }
    }

    fn arrive(&mut self, call: Call) {
        let Shape { terms, hints, period, .. } = self.shape;
        let lease = &mut self.leases[call.proxy];
        let reset = period - call.decided % period;
        if call.lost {
            lease.land(call.flight);
        } else if !call.over_limit {
            lease.granted(terms, self.now, call.flight, call.cost, hints.then_some(reset));
            self.admitted.push((self.now, call.cost));
        } else if let Some(less) = call.flight.less(call.cost, if hints { call.remaining } else { 0 }) {
            self.call(call.proxy, less, call.cost);
        } else {
            lease.denied(self.now, call.flight, call.cost, if hints { reset } else { terms.expiry });
        }
    }
}

/// Sums of a list over stretches of time.
struct Sums(Vec<(u64, u64)>);

impl Sums {
    /// Of a list in the order of time.
    fn of(list: &[(u64, u32)]) -> Self {
        let mut sum = 0;
        Self(
            list.iter()
                .map(|(at, cost)| {
                    sum += u64::from(*cost);
                    (*at, sum)
                })
                .collect(),
        )
    }

    /// Both ends included.
    fn between(&self, from: u64, to: u64) -> u64 {
        let until = |count: usize| count.checked_sub(1).map_or(0, |last| self.0[last].1);
        let first = self.0.partition_point(|(at, _)| *at < from);
        let end = self.0.partition_point(|(at, _)| *at <= to);
        until(end) - until(first)
    }
}
