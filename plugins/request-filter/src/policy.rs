//! The policy.

use std::rc::Rc;

use gatewright::config::ConfigError;
use gatewright::{Context, Fault, Flow, Phases, Policy, Reply, Request, Setup};

use crate::answer::Answer;
use crate::bodies::{self, Bodies};
use crate::body::overflow::Inspection;
use crate::compiled::Compiled;
use crate::config::Config;
use crate::conform::Collected;
use crate::contract::{Found, Violation};
use crate::engine::Hits;
use crate::hygiene::Checks;
use crate::journal;
use crate::normalise::Conditions;
use crate::response::Responses;
use crate::rules::{Decision, Judgement, Source};
use crate::stop::Stop;
use crate::surroundings::{Surroundings, identity};
use crate::value::Refusal;
use crate::walk::Walk;

/// What the features of this build need.
const PHASES: Phases = {
    let body = if cfg!(feature = "body") { Phases::REQUEST_BODY } else { Phases::REQUEST_HEADERS };
    let response = if cfg!(feature = "response") { Phases::RESPONSE_BODY } else { Phases::REQUEST_HEADERS };
    body.and(response)
};

/// Decides what may reach a service.
pub struct RequestFilter {
    compiled: Rc<Compiled>,
    checks: Checks,
    bodies: Bodies,
    responses: Responses,
    answer: Answer,
    threshold: u32,
    score_in_shadow: bool,
    refused_in_path: Conditions,
    refused_in_values: Conditions,
}

impl Policy for RequestFilter {
    type Config = Config;
    const PHASES: Phases = PHASES;

    fn new(config: Config, setup: &Setup) -> Result<Self, ConfigError> {
        check(&config)?;
        let responses = Responses::new(config.response)?;
        let answer = Answer::new(config.outcome, config.scoring.outcome, &config.rules);
        let (rules, lists, groups, bodies) = (config.rules, config.lists, config.groups, config.body.inspect);
        Ok(Self {
            compiled: Compiled::of(Source { rules, lists, groups, bodies, contract: config.contract }, setup)?,
            checks: Checks::new(config.hygiene),
            bodies: Bodies::new(config.body),
            responses,
            answer,
            threshold: config.scoring.threshold,
            score_in_shadow: config.scoring.shadow,
            refused_in_path: config.normalise.path.refused(),
            refused_in_values: config.normalise.values.refused(),
        })
    }

    async fn handle(&self, mut request: Request, cx: &Context) -> Result<Flow, Fault> {
        let mut hits = self.compiled.take_hits();
        let judged = self.judge(&mut request, cx, &mut hits).await;
        self.compiled.give_back(hits);
        let refused = match judged {
            Ok(judgement) => self.verdict(&judgement, cx),
            Err(Stop::Refused(refusal)) => Some(self.refuse(refusal)),
            Err(Stop::Undecided(fault)) => return Err(fault),
        };
        match refused {
            Some(reply) => Ok(self.responses.dressed(reply).into()),
            None if self.responses.is_on() => self.responses.of(request).await,
            None => Ok(request.forward().into()),
        }
    }
}

impl RequestFilter {
    async fn judge(&self, request: &mut Request, cx: &Context, hits: &mut Hits) -> Result<Judgement, Stop> {
        let Head { judgement, inspection, operation, content_type } = self.judge_head(request, cx, hits)?;
        let read = match judgement.decision {
            Decision::Deny(_) => return Ok(judgement),
            // What a rule lets pass must still be as the contract says.
            Decision::Allow(_) => operation.is_some(),
            Decision::Open | Decision::AwaitsBody => true,
        };
        let mut collected = operation.as_ref().map(|_| Collected::default());
        if let Some(inspection) = inspection.filter(|_| read) {
            bodies::read(request, inspection, &self.walk(), hits, collected.as_mut()).await?;
        }
        if let (Some(operation), Some(collected)) = (operation, collected) {
            self.breach(collected.check(&operation, content_type.as_deref()), cx)?;
        }
        Ok(match judgement.decision {
            Decision::AwaitsBody => self.compiled.rules.judge(hits, &Surroundings::new(cx, request.headers()), true),
            _ => judgement,
        })
    }

    /// What the head alone tells, and what the body needs.
    fn judge_head(&self, request: &Request, cx: &Context, hits: &mut Hits) -> Result<Head<'_>, Stop> {
        let headers = request.headers();
        let seen = self.checks.check(headers)?;
        self.walk().head(&seen, headers, hits)?;
        let operation = match &self.compiled.contract {
            Some(contract) => self.breach(contract.head(&seen, headers), cx)?,
            None => None,
        };
        identity(&self.compiled.rules.engine, cx, hits);
        let inspection = self.bodies.inspection(&seen)?;
        let judgement = self.compiled.rules.judge(hits, &Surroundings::new(cx, headers), inspection.is_none());
        let content_type = operation.as_ref().and(seen.content_type).map(<[u8]>::to_vec);
        Ok(Head { judgement, inspection, operation, content_type })
    }

    /// Tells a violation of the contract, and refuses the request unless the contract is in shadow.
    fn breach<T>(&self, kept: Result<T, Violation>, cx: &Context) -> Result<Option<T>, Refusal> {
        let violation = match kept {
            Ok(kept) => return Ok(Some(kept)),
            Err(violation) => violation,
        };
        let shadow = self.compiled.contract.as_ref().is_some_and(|contract| contract.shadow);
        journal::violation(&violation, shadow, cx);
        if shadow { Ok(None) } else { Err(violation.refusal) }
    }

    /// The refusal that a judgement leads to. Rules that held are counted and logged.
    fn verdict(&self, judgement: &Judgement, cx: &Context) -> Option<Reply> {
        let over = judgement.decision == Decision::Open && judgement.score >= self.threshold;
        self.compiled.journal.note(judgement, &self.compiled.rules.rules, over, cx);
        match judgement.decision {
            Decision::Deny(rule) => {
                Some(self.answer.of_rule(rule, self.compiled.rules.rules.get(rule as usize)?.id.as_str()))
            }
            Decision::Open if over && !self.score_in_shadow => Some(self.answer.of_score()),
            Decision::Open | Decision::Allow(_) | Decision::AwaitsBody => None,
        }
    }

    fn refuse(&self, refusal: Refusal) -> Reply {
        let reply = Reply::deny(refusal.status, refusal.reason);
        if refusal.reason == "method_not_allowed" { reply.with_header("allow", self.checks.allow()) } else { reply }
    }

    fn walk(&self) -> Walk<'_> {
        Walk {
            engine: &self.compiled.rules.engine,
            limits: self.checks.limits(),
            refused_in_path: self.refused_in_path,
            refused_in_values: self.refused_in_values,
        }
    }
}

/// What the head of a request told.
struct Head<'a> {
    judgement: Judgement,
    /// What reads the body, if anything does.
    inspection: Option<Inspection>,
    /// The operation of the contract, if there is one.
    operation: Option<Found<'a>>,
    /// For the operation.
    content_type: Option<Vec<u8>>,
}

/// Settings that this build, or no build, can keep.
fn check(config: &Config) -> Result<(), ConfigError> {
    let problem = if config.body.inspect && !PHASES.contains(Phases::REQUEST_BODY) {
        ("body.inspect", "this module was built without bodies; use one with the feature `body`")
    } else if config.response.is_on() && !PHASES.contains(Phases::RESPONSE_BODY) {
        ("response", "this module was built without responses; use one with the feature `response`")
    } else if config.contract.is_some() && !config.body.inspect {
        ("contract", "needs the bodies of requests; set `body.inspect: true`")
    } else if config.scoring.threshold == 0 {
        ("scoring.threshold", "a threshold of 0 refuses every request; write at least 1")
    } else {
        return Ok(());
    };
    Err(ConfigError::at(problem.0, problem.1))
}
