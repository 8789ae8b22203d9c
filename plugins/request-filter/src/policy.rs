//! The policy.

use std::rc::Rc;

use gatewright::config::ConfigError;
use gatewright::{Context, Fault, Flow, Phases, Policy, Reply, Request, Setup};

use crate::answer::Answer;
use crate::bodies::{self, Bodies};
use crate::body::overflow::Inspection;
use crate::compiled::Compiled;
use crate::config::Config;
use crate::engine::Hits;
use crate::hygiene::Checks;
use crate::normalise::Conditions;
use crate::response::Responses;
use crate::rules::{Decision, Judgement, Source};
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
        let responses = Responses::new(config.response)?;
        check(config.body.inspect, responses.is_on(), config.scoring.threshold)?;
        let answer = Answer::new(config.outcome, config.scoring.outcome, &config.rules);
        let (rules, lists, groups, bodies) = (config.rules, config.lists, config.groups, config.body.inspect);
        Ok(Self {
            compiled: Compiled::of(Source { rules, lists, groups, bodies }, setup)?,
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
        let judged = self.judge(&mut request, cx, &mut hits).await?;
        self.compiled.give_back(hits);
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
        let judged = || self.compiled.rules.judge(hits, &Surroundings::new(cx, request.headers()), true);
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
        identity(&self.compiled.rules.engine, cx, hits);
        let inspection = self.bodies.inspection(&seen)?;
        let judgement = self.compiled.rules.judge(hits, &Surroundings::new(cx, headers), inspection.is_none());
        Ok((judgement, inspection))
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
        if refusal.status == 405 { reply.with_header("allow", self.checks.allow()) } else { reply }
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

/// Settings that this build, or no build, can keep.
fn check(bodies: bool, responses: bool, threshold: u32) -> Result<(), ConfigError> {
    let problem = if bodies && !PHASES.contains(Phases::REQUEST_BODY) {
        ("body.inspect", "this module was built without bodies; use one with the feature `body`")
    } else if responses && !PHASES.contains(Phases::RESPONSE_BODY) {
        ("response", "this module was built without responses; use one with the feature `response`")
    } else if threshold == 0 {
        ("scoring.threshold", "a threshold of 0 refuses every request; write at least 1")
    } else {
        return Ok(());
    };
    Err(ConfigError::at(problem.0, problem.1))
}
