//! Several requests with one token ask the issuer once.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use gatewright::{Fault, Services, Signal};

use super::answer::Verdict;
use super::cache::Digest;

/// Questions that one worker has under way at most.
const MAX_FLIGHTS: usize = 1024;

pub(super) type Outcome = Result<Verdict, Fault>;

/// Questions under way, by token.
#[derive(Default)]
pub(super) struct Flights(RefCell<BTreeMap<Digest, Rc<Flight>>>);

/// One question.
#[derive(Default)]
pub(super) struct Flight {
    ended: Signal,
    outcome: RefCell<Option<Outcome>>,
}

/// A request's part in a question.
pub(super) enum Part<'a> {
    /// It asks, for all.
    Leads(Leader<'a>),
    /// Another one asks.
    Follows(Rc<Flight>),
    /// There are too many questions already.
    Refused,
}

/// Who asks. Dropped without an answer, when its client went away, it lets another one ask.
pub(super) struct Leader<'a> {
    flights: &'a Flights,
    token: Digest,
    flight: Rc<Flight>,
    services: Services,
}

impl Flights {
    pub(super) fn join(&self, token: Digest, services: &Services) -> Part<'_> {
        let mut flights = self.0.borrow_mut();
        if let Some(flight) = flights.get(&token) {
            return Part::Follows(Rc::clone(flight));
        }
        if flights.len() >= MAX_FLIGHTS {
            return Part::Refused;
        }
        let flight = Rc::new(Flight::default());
        flights.insert(token, Rc::clone(&flight));
        Part::Leads(Leader { flights: self, token, flight, services: services.clone() })
    }
}

impl Flight {
    /// Waits for the end. `None`: who asked is gone without an answer.
    pub(super) async fn outcome(&self, services: &Services) -> Option<Outcome> {
        self.ended.wait(services).await;
        self.outcome.borrow().clone()
    }
}

impl Leader<'_> {
    /// Tells those who follow.
    pub(super) fn land(self, outcome: Outcome) {
        self.flight.outcome.replace(Some(outcome));
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        self.flights.0.borrow_mut().remove(&self.token);
        self.flight.ended.notify(&self.services);
    }
}
