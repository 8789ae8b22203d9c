//! The policy.

use std::cell::RefCell;

use gatewright::config::ConfigError;
use gatewright::host::LogLevel;
use gatewright::{Context, Fault, Flow, Phases, Policy, Reply, Request, Setup};

use crate::answer::Answer;
use crate::bodies::{self, Bodies};
use crate::body::overflow::Inspection;
use crate::config::Config;
use crate::engine::Hits;
use crate::hygiene::Checks;
use crate::journal::Journal;
use crate::normalise::Conditions;
use crate::response::Responses;
use crate::rules::{Decision, Finding, Judgement, RuleSet};
use crate::surroundings::{Surroundings, identity};
use crate::value::Refusal;
use crate::walk::Walk;

/// Findings of the report that are logged one by one.
const MAX_FINDINGS: usize = 32;

/// What the features of this build need.
const PHASES: Phases = {
    let body = if cfg!(feature = "body") { Phases::REQUEST_BODY } else { Phases::REQUEST_HEADERS };
    let response = if cfg!(feature = "response") { Phases::RESPONSE_BODY } else { Phases::REQUEST_HEADERS };
    body.and(response)
};

/// Decides what may reach a service.
pub struct RequestFilter {
    checks: Checks,
    rules: RuleSet,
    journal: Journal,
    bodies: Bodies,
    responses: Responses,
    answer: Answer,
    threshold: u32,
    score_in_shadow: bool,
    refused_in_path: Conditions,
    refused_in_values: Conditions,
    /// Sets of hits that are not in use: making one for each request would cost as much as many a scan.
    spare: RefCell<Vec<Hits>>,
}

impl Policy for RequestFilter {
    type Config = Config;
    const PHASES: Phases = PHASES;

    fn new(config: Config, setup: &Setup) -> Result<Self, ConfigError> {
        let (rules, findings) = RuleSet::new(&config.rules, &config.lists, &config.groups, config.body.inspect)?;
        report(&findings, rules.rules.is_empty(), setup);
        if config.body.inspect && !Self::PHASES.contains(Phases::REQUEST_BODY) {
            return Err(ConfigError::at(
                "body.inspect",
                "this module was built without bodies; use one with the feature `body`",
            ));
        }
        let responses = Responses::new(config.response)?;
        if responses.is_on() && !Self::PHASES.contains(Phases::RESPONSE_BODY) {
            return Err(ConfigError::at(
                "response",
                "this module was built without responses; use one with the feature `response`",
            ));
        }
        if config.scoring.threshold == 0 {
            return Err(ConfigError::at(
                "scoring.threshold",
                "a threshold of 0 refuses every request; write at least 1",
            ));
        }
        let this = Self {
            checks: Checks::new(config.hygiene),
            journal: Journal::new(&rules.rules, setup),
            responses,
            bodies: Bodies::new(config.body),
            answer: Answer::new(config.outcome, config.scoring.outcome, &config.rules),
            threshold: config.scoring.threshold,
            score_in_shadow: config.scoring.shadow,
            refused_in_path: config.normalise.path.refused(),
            refused_in_values: config.normalise.values.refused(),
            spare: RefCell::default(),
            rules,
        };
        this.warm();
        Ok(this)
    }

    async fn handle(&self, mut request: Request, cx: &Context) -> Result<Flow, Fault> {
        let mut hits = self.take_hits();
        let judged = self.judge(&mut request, cx, &mut hits).await?;
        self.give_back(hits);
        let refused = match judged {
            Ok(judgement) => self.verdict(&judgement, cx),
            Err(refusal) => Some(self.refuse(refusal)),
        };
        match refused {
            Some(reply) => Ok(self.responses.dressed(reply).into()),
            None if self.responses.is_on() => self.responses.of(request).await,
            None => Ok(request.forward().into()),
        }
    }
}

impl RequestFilter {
    async fn judge(
        &self,
        request: &mut Request,
        cx: &Context,
        hits: &mut Hits,
    ) -> Result<Result<Judgement, Refusal>, Fault> {
        let (judgement, inspection) = match self.judge_head(request, cx, hits) {
            Ok((judgement, Some(inspection))) => (judgement, inspection),
            Ok((judgement, None)) => return Ok(Ok(judgement)),
            Err(refusal) => return Ok(Err(refusal)),
        };
        if matches!(judgement.decision, Decision::Allow(_) | Decision::Deny(_)) {
            return Ok(Ok(judgement));
        }
        let read = bodies::read(request, inspection, &self.walk(), hits).await?;
        let judged = || self.rules.judge(hits, &Surroundings::new(cx, request.headers()), true);
        Ok(read.map(|()| judged()))
    }

    /// What the head alone tells, and what reads the body if there may be one to read.
    fn judge_head(
        &self,
        request: &Request,
        cx: &Context,
        hits: &mut Hits,
    ) -> Result<(Judgement, Option<Inspection>), Refusal> {
        let headers = request.headers();
        let seen = self.checks.check(headers)?;
        self.walk().head(&seen, headers, hits)?;
        identity(&self.rules.engine, cx, hits);
        let inspection = self.bodies.inspection(&seen)?;
        let judgement = self.rules.judge(hits, &Surroundings::new(cx, headers), inspection.is_none());
        Ok((judgement, inspection))
    }

    /// The refusal that a judgement leads to. Rules that held are counted and logged.
    fn verdict(&self, judgement: &Judgement, cx: &Context) -> Option<Reply> {
        let over = judgement.decision == Decision::Open && judgement.score >= self.threshold;
        self.journal.note(judgement, &self.rules.rules, over, cx);
        match judgement.decision {
            Decision::Deny(rule) => Some(self.answer.of_rule(rule, self.rules.rules.get(rule as usize)?.id.as_str())),
            Decision::Open if over && !self.score_in_shadow => Some(self.answer.of_score()),
            Decision::Open | Decision::Allow(_) | Decision::AwaitsBody => None,
        }
    }

    fn refuse(&self, refusal: Refusal) -> Reply {
        let reply = Reply::deny(refusal.status, refusal.reason);
        if refusal.status == 405 { reply.with_header("allow", self.checks.allow()) } else { reply }
    }

    fn walk(&self) -> Walk<'_> {
        Walk {
            engine: &self.rules.engine,
            limits: self.checks.limits(),
            refused_in_path: self.refused_in_path,
            refused_in_values: self.refused_in_values,
        }
    }

    /// Runs every test once, so that the first request does not pay for what tests need to run.
    fn warm(&self) {
        let mut hits = self.rules.hits();
        self.rules.engine.warm(&mut hits);
        self.give_back(hits);
    }

    fn take_hits(&self) -> Hits {
        self.spare.borrow_mut().pop().unwrap_or_else(|| self.rules.hits())
    }

    fn give_back(&self, mut hits: Hits) {
        const KEPT: usize = 8;
        hits.clear();
        let mut spare = self.spare.borrow_mut();
        if spare.len() < KEPT {
            spare.push(hits);
        }
    }
}

/// Says what is odd about the rules.
fn report(findings: &[Finding], no_rules: bool, setup: &Setup) {
    let services = setup.services();
    for finding in findings.iter().take(MAX_FINDINGS) {
        services.log(LogLevel::Warn, || format!("gatewright: request-filter: {finding}"));
    }
    if let Some(more @ 1..) = findings.len().checked_sub(MAX_FINDINGS) {
        services.log(LogLevel::Warn, || format!("gatewright: request-filter: {more} more findings"));
    }
    if no_rules {
        services.log(LogLevel::Warn, || {
            "gatewright: request-filter: a route without any rule; only hygiene is checked".to_owned()
        });
    }
}
