//! The policy.

use std::rc::Rc;

use gatewright::config::{ConfigError, Mode, StatusCode};
use gatewright::{Context, Fault, Flow, Phases, Policy, Request, Setup};

use crate::admission::{Admission, Admitted, Refused};
use crate::answer;
use crate::body;
use crate::config::{Config, Headers, Refusal, Responses, Undecided};
use crate::global::Ask;
use crate::remote::{Passed, Remote};
use crate::rule::{Charge, Demand, Rule};
use crate::shared::Shared;

const MAX_RULES: usize = 32;
/// How often a request may try again: others may come first each time.
const MAX_TRIES: u32 = 16;
const SEES_BODY: bool = cfg!(feature = "body");
const SEES_RESPONSE: bool = cfg!(feature = "response");

/// What came of asking the service.
type Asked<'a> = Result<Box<Passed<'a>>, Box<Refused<'a>>>;

/// Limits how much a client may ask for.
pub struct RateLimit {
    rules: Vec<Rule>,
    shared: Rc<Shared>,
    refusal: Refusal,
    headers: Headers,
    when_contended: Undecided,
    when_full: Undecided,
    needs_response: bool,
    /// Bytes of a request's body that matter; 0 if none does.
    most_body: usize,
}

impl Policy for RateLimit {
    type Config = Config;
    const PHASES: Phases = match (SEES_BODY, SEES_RESPONSE) {
        (false, false) => Phases::REQUEST_HEADERS,
        (false, true) => Phases::RESPONSE_HEADERS,
        (true, false) => Phases::REQUEST_BODY,
        (true, true) => Phases::REQUEST_BODY.and(Phases::RESPONSE_HEADERS),
    };

    fn new(config: Config, setup: &Setup) -> Result<Self, ConfigError> {
        let shared = Shared::of(setup, config.memory)?;
        check_refusal(&config.refusal)?;
        check_rules(&config)?;
        let service = config.service.clone().map(|service| shared.service(service, setup)).transpose()?;
        let rule = |(index, rule)| {
            Rule::new(rule, &shared, service.as_ref()).map_err(|error: ConfigError| error.index(index).within("rules"))
        };
        let rules = config.rules.into_iter().enumerate().map(rule).collect::<Result<Vec<_>, _>>()?;
        let needs_response = config.headers.on == Responses::All || rules.iter().any(Rule::needs_response);
        if needs_response && !SEES_RESPONSE {
            let message =
                "settle, penalty and `headers: {on: all}` need the response; this module was built without it";
            return Err(ConfigError::new(message));
        }
        let most_body = rules.iter().map(Rule::counts_body).max().unwrap_or(0);
        let Config { refusal, headers, when_contended, when_full, .. } = config;
        Ok(Self { rules, shared, refusal, headers, when_contended, when_full, needs_response, most_body })
    }

    async fn handle(&self, mut request: Request, cx: &Context) -> Result<Flow, Fault> {
        let mut demand = Demand { charges: Vec::with_capacity(self.rules.len()), asks: Vec::new() };
        // What only few requests wait for is on the heap: the others must not carry the room for it.
        let body = if self.most_body > 0 { Box::pin(body::size(&mut request, self.most_body)).await? } else { 0 };
        for rule in &self.rules {
            rule.demand(&request, body, cx, &mut demand);
        }
        let admitted = match self.admission().attempt(&demand.charges, cx)? {
            Err(refused) if refused.rule.queue > 0 => Box::pin(self.queue(refused, &demand.charges, cx)).await?,
            decided => decided,
        };
        let mut admitted = match admitted {
            Ok(admitted) => admitted,
            Err(refused) => return Ok(self.refuse(refused).into()),
        };
        let passed = match demand.asks.as_slice() {
            [] => None,
            asks => match Box::pin(self.ask(asks, cx)).await? {
                Ok(passed) => Some(passed),
                Err(refused) => {
                    admitted.undo(cx.now().nanos());
                    return Ok(self.refuse(*refused).into());
                }
            },
        };
        let told = passed.map(|passed| passed.hand_over(&mut request, &mut admitted)).unwrap_or_default();
        admitted.keep_places(cx);
        if !self.needs_response && (told.is_empty() || !SEES_RESPONSE) {
            return Ok(request.forward().into());
        }
        let mut response = request.forward().await;
        admitted.settle(&response, cx.now().nanos());
        if self.headers.on == Responses::All {
            answer::describe_response(&mut response, &admitted.accounts(), self.headers);
        }
        told.iter().for_each(|(name, value)| response.append_header(name, value.as_slice()));
        Ok(response.into())
    }
}

impl RateLimit {
    /// Lets a refused request try again, as long as it may wait.
    async fn queue<'a>(
        &'a self,
        mut refused: Refused<'a>,
        charges: &'a [Charge<'a>],
        cx: &Context,
    ) -> Result<Result<Admitted<'a>, Refused<'a>>, Fault> {
        let (arrived, mut waiting) = (cx.now(), None);
        for _ in 0..MAX_TRIES {
            let waited = cx.now() - arrived;
            let waited = u64::try_from(waited.as_nanos()).unwrap_or(u64::MAX);
            let patience = refused.rule.queue.saturating_sub(waited);
            // In shadow mode nobody may be made to wait.
            if refused.retry_after > patience || cx.mode() == Mode::Shadow {
                break;
            }
            waiting = waiting.or_else(|| self.shared.wait());
            if waiting.is_none() {
                break;
            }
            cx.sleep(std::time::Duration::from_nanos(refused.retry_after)).await;
            refused = match self.admission().attempt(charges, cx)? {
                Ok(admitted) => return Ok(Ok(admitted)),
                Err(refused) => refused,
            };
        }
        Ok(Err(refused))
    }

    /// Asks the rate limit service.
    async fn ask<'a>(&'a self, asks: &'a [Ask<'a>], cx: &'a Context) -> Result<Asked<'a>, Fault> {
        let remote = Remote { admission: self.admission(), cx, asks };
        Ok(remote.pass().await?.map(Box::new).map_err(Box::new))
    }

    fn admission(&self) -> Admission<'_> {
        Admission { shared: &self.shared, when_contended: self.when_contended, when_full: self.when_full }
    }

    fn refuse(&self, refused: Refused<'_>) -> gatewright::Reply {
        let reply = answer::refusal(&self.refusal, &refused.rule.reason, refused.retry_after);
        answer::describe_reply(reply, &[refused.account], self.headers, refused.told)
    }
}

fn check_refusal(refusal: &Refusal) -> Result<(), ConfigError> {
    let status = refusal.status.map_or(429, StatusCode::as_u16);
    if (400..=599).contains(&status) {
        return Ok(());
    }
    Err(ConfigError::at("refusal.status", format!("{status} is no refusal; write a number from 400 to 599")))
}

fn check_rules(config: &Config) -> Result<(), ConfigError> {
    let rules = &config.rules;
    if rules.is_empty() || rules.len() > MAX_RULES {
        return Err(ConfigError::at("rules", format!("found {} rules; write 1 to {MAX_RULES}", rules.len())));
    }
    for (index, rule) in rules.iter().enumerate() {
        if let Some(first) = rules.iter().take(index).position(|other| other.name == rule.name) {
            let message = format!("`{}` is the name of rules[{first}] already", rule.name);
            return Err(ConfigError::at("name", message).index(index).within("rules"));
        }
    }
    Ok(())
}
