//! The naive model: everything that was admitted and not given back, with its time.

use super::super::{Limit, STATE_BYTES, Ticket};

/// A limit under test, the clock that it sees, and the list.
pub(super) struct Bench {
    pub(super) limit: Limit,
    pub(super) state: [u8; STATE_BYTES],
    /// What the clock shows.
    pub(super) clock: u64,
    /// Time as it can have seemed to pass: real time, and every step forwards. Steps back do not count.
    pub(super) lived: u64,
    pub(super) admitted: Vec<Admitted>,
    /// How often the clock was set.
    pub(super) steps: u32,
    /// The latest `lived` of which the state has seen a reading.
    observed: u64,
    /// When the clock was set last.
    stepped: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Admitted {
    pub(super) ticket: Ticket,
    pub(super) lived: u64,
    pub(super) clock: u64,
    pub(super) steps: u32,
    pub(super) in_flight: bool,
}

pub(super) const START: u64 = 1_767_225_600_000_000_000;

impl Bench {
    pub(super) fn new(limit: Limit) -> Self {
        Self {
            limit,
            state: [0; STATE_BYTES],
            clock: START,
            lived: 10_000_000_000,
            admitted: Vec::new(),
            steps: 0,
            observed: 0,
            stepped: None,
        }
    }

    pub(super) fn pass(&mut self, nanos: u64) {
        self.clock += nanos;
        self.lived += nanos;
    }

    pub(super) fn step(&mut self, nanos: i64) {
        self.clock = self.clock.saturating_add_signed(nanos);
        self.lived += u64::try_from(nanos).unwrap_or(0);
        self.steps += 1;
        self.stepped = Some(self.lived);
    }

    /// Whether it was admitted.
    pub(super) fn take(&mut self, cost: u32) -> bool {
        self.take_stale(0, cost)
    }

    /// The same, with a reading that is so old. It counts as the latest that the state has seen, if that is later.
    pub(super) fn take_stale(&mut self, age: u64, cost: u32) -> bool {
        // Stale readings and small steps are told apart by their size alone: both together could look like a large step.
        let settled = self.stepped.is_none_or(|stepped| self.lived - stepped > 2_000_000_000);
        let age = if settled { age } else { 0 };
        let taken = self.limit.take(&mut self.state, self.clock - age, cost);
        self.see(age);
        let (lived, clock, steps) = (self.observed.max(self.lived.saturating_sub(age)), self.clock, self.steps);
        let entry = |ticket| Admitted { ticket, lived, clock, steps, in_flight: true };
        self.admitted.extend(taken.into_iter().map(entry));
        taken.is_ok()
    }

    pub(super) fn charge(&mut self, cost: u32) {
        self.see(0);
        self.limit.charge(&mut self.state, self.clock, cost);
    }

    fn see(&mut self, age: u64) {
        self.observed = self.observed.max(self.lived.saturating_sub(age));
    }

    /// Gives something back; for a concurrency limit, the request ended.
    pub(super) fn put_back(&mut self, index: usize) {
        if self.admitted.is_empty() {
            return;
        }
        let index = index % self.admitted.len();
        let entry = self.admitted.remove(index);
        self.see(0);
        self.limit.put_back(&mut self.state, self.clock, entry.ticket);
    }

    /// Panics if the list breaks the limit's promise.
    pub(super) fn check(&self) {
        match self.limit {
            Limit::Gcra(limit) => self.check_windows(|length| length / limit.interval + u64::from(limit.burst)),
            Limit::SlidingWindow(limit) => {
                self.check_windows(|length| if length < limit.period { u64::from(limit.quota) } else { u64::MAX })
            }
            Limit::FixedWindow(limit) => {
                for last in self.admitted.iter() {
                    let same = |other: &&Admitted| {
                        other.clock / limit.period == last.clock / limit.period && other.steps == last.steps
                    };
                    assert!(cost(self.admitted.iter().filter(same)) <= u64::from(limit.quota), "{:?}", self.admitted);
                }
            }
            Limit::Concurrency(limit) => {
                let young = |entry: &&Admitted| entry.in_flight && self.lived - entry.lived < limit.max_duration;
                assert!(cost(self.admitted.iter().filter(young)) <= u64::from(limit.quota), "{:?}", self.admitted);
            }
        }
    }

    /// Whether the list allows one more, by the definition of the algorithm. Only for clocks that are never set.
    pub(super) fn allows(&self, cost_of_next: u32) -> bool {
        let next = u64::from(cost_of_next);
        let age = |entry: &Admitted| self.lived - entry.lived;
        match self.limit {
            Limit::Gcra(limit) => {
                let from = |first: usize| cost(self.admitted.iter().skip(first)) + next;
                let fits =
                    |(first, entry): (usize, &Admitted)| from(first) * limit.interval <= limit.span() + age(entry);
                self.admitted.iter().enumerate().all(fits) && next <= u64::from(limit.burst)
            }
            Limit::FixedWindow(limit) => {
                let now = self.clock / limit.period;
                let same = |entry: &&Admitted| entry.clock / limit.period == now;
                cost(self.admitted.iter().filter(same)) + next <= u64::from(limit.quota)
            }
            // An eighth of a window stricter than the definition: what is out of 9/8 of a window must not count.
            Limit::SlidingWindow(limit) => {
                let recent = |entry: &&Admitted| age(entry) < limit.period + limit.period.div_ceil(8);
                cost(self.admitted.iter().filter(recent)) + next <= u64::from(limit.quota)
            }
            Limit::Concurrency(limit) => cost(self.admitted.iter()) + next <= u64::from(limit.quota),
        }
    }

    fn check_windows(&self, most: impl Fn(u64) -> u64) {
        for (last, entry) in self.admitted.iter().enumerate() {
            for (first, earlier) in self.admitted.iter().enumerate().take(last + 1) {
                let length = entry.lived - earlier.lived;
                let sum = cost(self.admitted.iter().take(last + 1).skip(first));
                assert!(sum <= most(length), "{sum} in {length} ns: {:?}", self.admitted);
            }
        }
    }
}

fn cost<'a>(entries: impl Iterator<Item = &'a Admitted>) -> u64 {
    entries.map(|entry| u64::from(entry.ticket.cost)).sum()
}
