//! Several limits on one request: all of them are charged, or none.

use std::rc::Rc;

use gatewright::store::StoreError;
use gatewright::{Cause, Context, Fault, Response};

use crate::algorithm::{Limit, Standing};
use crate::answer::Account;
use crate::config::Undecided;
use crate::in_flight::Place;
use crate::rule::{Charge, Rule, number};
use crate::service::Fields;
use crate::shared::Shared;
use crate::store::{Claim, Decision, Held, Store as _};

/// When to come back where nobody can know.
pub(crate) const RETRY_AFTER: u64 = 1_000_000_000;

/// How requests are admitted.
pub(crate) struct Admission<'a> {
    pub(crate) shared: &'a Rc<Shared>,
    pub(crate) when_contended: Undecided,
    pub(crate) when_full: Undecided,
}

/// A request that may pass.
pub(crate) struct Admitted<'a> {
    shared: &'a Rc<Shared>,
    taken: Vec<Taken<'a>>,
    /// How the client stands with limits that are not kept here.
    elsewhere: Vec<Account<'a>>,
}

/// A request that may not.
pub(crate) struct Refused<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) retry_after: u64,
    /// How the client stands.
    pub(crate) account: Account<'a>,
    /// What the service wants the client to be told.
    pub(crate) told: Fields,
}

struct Taken<'a> {
    charge: &'a Charge<'a>,
    standing: Standing,
    held: Hold,
}

enum Hold {
    /// It was only looked at, or is not enforced.
    Nothing,
    /// It was taken.
    Cost(Held),
    /// It is taken until the exchange is over.
    Place(Place),
}

/// What one limit says.
enum Answer {
    Taken(Hold, Standing),
    Refused(u64, Standing),
    /// It could not be counted, and passes this limit.
    Uncounted,
}

impl<'a> Admission<'a> {
    /// Takes everything, or nothing.
    ///
    /// The limits are charged one after the other. If one refuses, the others are given back what they were charged: until then, they may
    /// refuse another request that they would have had room for. None ever admits one too many.
    pub(crate) fn attempt(
        &self,
        charges: &'a [Charge<'a>],
        cx: &Context,
    ) -> Result<Result<Admitted<'a>, Refused<'a>>, Fault> {
        let now = cx.now().nanos();
        let mut admitted =
            Admitted { shared: self.shared, taken: Vec::with_capacity(charges.len()), elsewhere: Vec::new() };
        for charge in charges {
            match self.ask(charge, cx, now) {
                Ok(Answer::Taken(held, standing)) => admitted.taken.push(Taken { charge, standing, held }),
                Ok(Answer::Uncounted) => {}
                Ok(Answer::Refused(_, standing)) if !charge.rule.is_enforced(charge.key) => {
                    self.shared.metrics.not_enforced.increment();
                    admitted.taken.push(Taken { charge, standing, held: Hold::Nothing });
                }
                Ok(Answer::Refused(retry_after, standing)) => {
                    admitted.undo(now);
                    let account = Account::of(charge.counter, standing);
                    return Ok(Err(Refused { rule: charge.rule, retry_after, account, told: Fields::new() }));
                }
                Err(fault) => {
                    admitted.undo(now);
                    return Err(fault);
                }
            }
        }
        Ok(Ok(admitted))
    }

    fn ask(&self, charge: &Charge<'_>, cx: &Context, now: u64) -> Result<Answer, Fault> {
        let (claim, rule) = (charge.claim(), charge.rule);
        let decided = match claim.limit {
            // A request is in flight once, whatever it costs; and it must be known exactly when it ends.
            Limit::Concurrency(_) => self.shared.table.take_some(claim, 1, 1, now),
            _ if rule.penalty.is_some() => rule.store.look(claim, charge.cost, now),
            _ => rule.store.take(claim, charge.cost, now),
        };
        match decided {
            Ok(Decision::Refused(retry_after, standing)) => Ok(Answer::Refused(retry_after, standing)),
            Ok(Decision::Taken(held, standing)) => Ok(Answer::Taken(self.hold(charge, held, cx), standing)),
            Err(error) => Ok(match self.undecided(&error)? {
                Undecided::Allow => Answer::Uncounted,
                _ => Answer::Refused(RETRY_AFTER, Standing { remaining: 0, reset: RETRY_AFTER }),
            }),
        }
    }

    fn hold(&self, charge: &Charge<'_>, held: Held, cx: &Context) -> Hold {
        let limit = charge.counter.limit;
        match (limit, held) {
            (Limit::Concurrency(_), Held::Shared(ticket)) => {
                let (shared, host) = (Rc::clone(self.shared), cx.host());
                Hold::Place(Place { shared, host, limit, key: charge.key, ticket })
            }
            _ if charge.rule.penalty.is_some() => Hold::Nothing,
            (_, held) => Hold::Cost(held),
        }
    }

    /// What the configuration says of a limit that could not be counted.
    pub(crate) fn undecided(&self, error: &StoreError) -> Result<Undecided, Fault> {
        let metrics = &self.shared.metrics;
        let outcome = match error {
            StoreError::Contended { .. } => {
                metrics.contended.increment();
                self.when_contended
            }
            StoreError::BucketFull => {
                metrics.full.increment();
                self.when_full
            }
            _ => Undecided::Fault,
        };
        match outcome {
            Undecided::Fault => Err(Fault::new(Cause::Store, error.to_string())),
            deny_or_allow => Ok(deny_or_allow),
        }
    }
}

impl<'a> Admitted<'a> {
    /// Adds what was admitted elsewhere.
    pub(crate) fn join(&mut self, other: Self) {
        self.taken.extend(other.taken);
    }

    /// Leaves the places of concurrency limits to the exchange: they are free when it is over.
    pub(crate) fn keep_places(&mut self, cx: &Context) {
        for taken in &mut self.taken {
            match std::mem::replace(&mut taken.held, Hold::Nothing) {
                Hold::Place(place) => cx.keep_until_end(place),
                other => taken.held = other,
            }
        }
    }

    /// Corrects the costs after the response.
    pub(crate) fn settle(&self, response: &Response, now: u64) {
        for taken in &self.taken {
            if taken.settle(response, now).is_err() {
                self.shared.metrics.lost.increment();
            }
        }
    }

    /// How the client stands.
    pub(crate) fn accounts(&self) -> Vec<Account<'a>> {
        let here = self.taken.iter().map(|taken| Account::of(taken.charge.counter, taken.standing));
        here.chain(self.elsewhere.iter().cloned()).collect()
    }

    /// How the client stands with limits that are not kept here.
    pub(crate) fn remember(&mut self, accounts: Vec<Account<'a>>) {
        self.elsewhere = accounts;
    }

    /// Gives everything back.
    pub(crate) fn undo(self, now: u64) {
        for taken in self.taken {
            let Hold::Cost(held) = taken.held else { continue };
            if taken.charge.rule.store.put_back(taken.charge.claim(), held, now).is_err() {
                self.shared.metrics.lost.increment();
            }
        }
    }
}

impl Taken<'_> {
    fn settle(&self, response: &Response, now: u64) -> Result<(), StoreError> {
        let (claim, Rule { store, settle, penalty, .. }) = (self.charge.claim(), self.charge.rule);
        let cost = self.charge.cost;
        if penalty.iter().flatten().any(|status| status.as_u16() == response.status()) {
            return store.charge(claim, cost, now);
        }
        let said = settle.as_ref().and_then(|settle| response.header(&settle.header)).and_then(number);
        match (&self.held, said) {
            (Hold::Cost(held), Some(said)) if said < cost => store.put_back(claim, held.part(cost - said), now),
            (Hold::Cost(_), Some(said)) if said > cost => store.charge(claim, said - cost, now),
            _ => Ok(()),
        }
    }
}

impl Charge<'_> {
    fn claim(&self) -> Claim<'_> {
        Claim { limit: &self.counter.limit, key: self.key }
    }
}
