//! Asking the rate limit service for one request: leases first, then one call for all that is exact, then what stands in for it.

use gatewright::{Cause, Context, Fault, Request};

use crate::admission::{Admission, Admitted, RETRY_AFTER, Refused};
use crate::algorithm::Standing;
use crate::answer::Account;
use crate::config::Undecided;
use crate::global::Ask;
use crate::service::{Answer, Descriptor, Failure, Fields, Outcome, Status, Unavailable, Want};
use crate::shared::Shared;

/// What the service let pass.
#[derive(Default)]
pub(crate) struct Passed<'a> {
    /// For the upstream.
    request_fields: Fields,
    /// For the client.
    response_fields: Fields,
    /// How the client stands.
    accounts: Vec<Account<'a>>,
    /// What stood in for the service.
    fallback: Option<Admitted<'a>>,
    /// What leases served, and when they were granted.
    leased: Vec<(Want<'a>, u64)>,
    unanswered: Vec<(&'a Ask<'a>, Unavailable)>,
}

/// One request and its surroundings.
pub(crate) struct Remote<'a, 'b> {
    pub(crate) admission: Admission<'b>,
    pub(crate) cx: &'b Context,
    pub(crate) asks: &'a [Ask<'a>],
}

impl<'a> Remote<'a, 'a> {
    /// Takes everything, or gives back what can be. After a fault nothing is: the request may pass, and then it counts.
    pub(crate) async fn pass(&self) -> Result<Result<Passed<'a>, Refused<'a>>, Fault> {
        let mut passed = Passed::default();
        match self.decide(&mut passed).await? {
            None => Ok(Ok(passed)),
            Some(refused) => {
                passed.undo(self.shared(), self.cx.now().nanos());
                Ok(Err(refused))
            }
        }
    }

    async fn decide(&self, passed: &mut Passed<'a>) -> Result<Option<Refused<'a>>, Fault> {
        if let Some(refused) = self.take_leased(passed).await? {
            return Ok(Some(refused));
        }
        if let Some(refused) = self.ask_exact(passed).await {
            return Ok(Some(refused));
        }
        self.fall_back(passed)
    }

    async fn take_leased(&self, passed: &mut Passed<'a>) -> Result<Option<Refused<'a>>, Fault> {
        for ask in self.asks {
            let Some(want) = ask.want() else { continue };
            let refused = match self.shared().leases.take(want, self.cx).await {
                Ok(Outcome::Served(granted_at)) => {
                    passed.leased.push((want, granted_at));
                    continue;
                }
                Err(Failure::Service(unavailable)) => {
                    passed.unanswered.push((ask, unavailable));
                    continue;
                }
                Err(Failure::Store(error)) => match self.admission.undecided(&error)? {
                    Undecided::Allow => continue,
                    _ => refused(ask, RETRY_AFTER, Status::default(), Fields::new()),
                },
                Ok(Outcome::Denied(retry_after, answer)) => {
                    let answer = answer.unwrap_or_default();
                    let status = answer.only_status();
                    let status = Status { reset: status.reset.or(Some(retry_after)), ..status };
                    refused(ask, retry_after, status, answer.response_fields)
                }
            };
            if ask.rule.is_enforced(ask.key) {
                return Ok(Some(refused));
            }
            self.shared().metrics.not_enforced.increment();
        }
        Ok(None)
    }

    async fn ask_exact(&self, passed: &mut Passed<'a>) -> Option<Refused<'a>> {
        let exact: Vec<_> = self.asks.iter().filter(|ask| ask.want().is_none()).collect();
        let service = &exact.first()?.global.service;
        let descriptors: Vec<Descriptor> = exact.iter().map(|ask| ask.descriptor.clone()).collect();
        let mut answer = match service.ask(self.cx, &descriptors).await {
            Ok(answer) => answer,
            Err(unavailable) => {
                passed.unanswered.extend(exact.iter().map(|ask| (*ask, unavailable.clone())));
                return None;
            }
        };
        // A service that does not tell them apart means all.
        if answer.statuses.len() != exact.len() {
            answer.statuses = vec![Status { over_limit: answer.over_limit, ..Status::default() }; exact.len()];
        }
        if answer.over_limit {
            return self.over_limit(&exact, answer);
        }
        passed.accounts.extend(exact.iter().zip(&answer.statuses).map(|(ask, status)| account(ask, *status)));
        passed.request_fields.append(&mut answer.request_fields);
        passed.response_fields.append(&mut answer.response_fields);
        None
    }

    fn over_limit(&self, exact: &[&'a Ask<'a>], answer: Answer) -> Option<Refused<'a>> {
        let retry_after = answer.retry_after().unwrap_or(RETRY_AFTER);
        let mut over = exact.iter().zip(&answer.statuses).filter(|(_, status)| status.over_limit);
        let enforced = over.find(|(ask, _)| ask.rule.is_enforced(ask.key));
        let Some((ask, status)) = enforced else {
            self.shared().metrics.not_enforced.increment();
            return None;
        };
        Some(refused(ask, retry_after, *status, answer.response_fields))
    }

    /// Limits of this proxy stand in for those that the service did not answer for.
    fn fall_back(&self, passed: &mut Passed<'a>) -> Result<Option<Refused<'a>>, Fault> {
        let mut fault = None;
        for (ask, Unavailable(why)) in std::mem::take(&mut passed.unanswered) {
            let Some(charges) = &ask.fallback else {
                fault = fault.or(Some(Fault::new(Cause::Callout, why)));
                continue;
            };
            ask.global.service.metrics.fallback.increment();
            match self.admission.attempt(charges, self.cx)? {
                Err(refused) => return Ok(Some(refused)),
                Ok(admitted) => match &mut passed.fallback {
                    Some(fallback) => fallback.join(admitted),
                    none => *none = Some(admitted),
                },
            }
        }
        fault.map_or(Ok(None), Err)
    }

    fn shared(&self) -> &'a Shared {
        self.admission.shared
    }
}

impl<'a> Passed<'a> {
    /// Tells the upstream what the service wants it to know, and nobody else: what the client sent under these names goes. The rest is
    /// the exchange's from now on. What is left is for the client.
    pub(crate) fn hand_over(self, request: &mut Request, admitted: &mut Admitted<'a>) -> Fields {
        self.request_fields.iter().for_each(|(name, _)| request.remove_header(name));
        self.request_fields.into_iter().for_each(|(name, value)| request.append_header(&name, value));
        admitted.remember(self.accounts);
        self.fallback.into_iter().for_each(|fallback| admitted.join(fallback));
        self.response_fields
    }

    /// Gives back what can be: what the service itself counted cannot.
    fn undo(self, shared: &Shared, now: u64) {
        for (want, granted_at) in self.leased {
            if shared.leases.put_back(want, granted_at, now).is_err() {
                shared.metrics.lost.increment();
            }
        }
        if let Some(fallback) = self.fallback {
            fallback.undo(now);
        }
    }
}

fn refused<'a>(ask: &'a Ask<'a>, retry_after: u64, status: Status, told: Fields) -> Refused<'a> {
    Refused { rule: ask.rule, retry_after, account: account(ask, status), told }
}

fn account<'a>(ask: &'a Ask<'a>, status: Status) -> Account<'a> {
    let label = &*ask.rule.name;
    Account {
        label,
        policy: status.limit.map(|(requests, seconds)| format!("\"{label}\";q={requests};w={seconds}").into()),
        allowance: status.limit.map(|(requests, _)| requests),
        timed: status.reset.is_some(),
        standing: Standing { remaining: status.remaining, reset: status.reset.unwrap_or(0) },
    }
}
