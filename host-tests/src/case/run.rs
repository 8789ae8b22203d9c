//! Plays a case file on a host.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use gatewright_testing::message::{Request, Response};
use serde_json::{Map, Value};

use super::check::{self, Observation};
use super::file::{Case, CaseFile, Rule, When};
use super::message::Fault;
use super::report::Failure;
use super::vars::Vars;
use crate::deploy::{Callee, Deployed, Handler, Outcome, Platform, Route, Setup};

/// The longest time that is really waited for, on hosts whose time is real.
pub const SLEEP_LIMIT: Duration = Duration::from_secs(3);

/// How a line begins that a decision event is.
const EVENT: &str = r#"{"event":"decision""#;

/// Runs the cases of a file that are for this host, in order, on one deployment of the plugin.
///
/// # Errors
/// A value cannot be made or the plugin cannot be started.
pub fn run(file: &CaseFile, plugin: &str, platform: &Platform) -> Result<Vec<Failure>> {
    run_parsed(file, plugin, platform).with_context(|| file.path.display().to_string())
}

fn run_parsed(file: &CaseFile, plugin: &str, platform: &Platform) -> Result<Vec<Failure>> {
    let tests = file.path.parent().and_then(Path::parent).unwrap_or(&file.path);
    let vars = Vars::make(&file.vars, tests, platform.now())?;
    let traffic = Arc::new(Mutex::new(Traffic::default()));
    let setup = setup(file, plugin, &vars, &traffic)?;
    let mut running = Running { deployed: platform.start(setup)?, vars, traffic };
    let mut failures = Vec::new();
    for case in file.cases.iter().filter(|case| case.runs_on(platform.kind())) {
        let (seen, before) = running.play(case).with_context(|| format!("case {:?}", case.name))?;
        let mismatches =
            check::check(&case.expect, &seen, &running.vars).with_context(|| format!("case {:?}", case.name))?;
        if !mismatches.is_empty() {
            let log = seen.logs.into_iter().skip(before).collect();
            let (file, case) = (file.path.clone(), case.name.clone());
            failures.push(Failure { file, case, host: platform.kind(), mismatches, log });
        }
    }
    Ok(failures)
}

/// What the upstreams were asked, and what the service answers now.
#[derive(Default)]
struct Traffic {
    /// What callouts get, by upstream.
    rules: Rules,
    answer: Option<Outcome>,
    service: Vec<Request>,
    callouts: BTreeMap<String, usize>,
    unruled: Vec<String>,
}

type Rules = BTreeMap<String, Vec<(When, Outcome)>>;
type SharedTraffic = Arc<Mutex<Traffic>>;

struct Running {
    deployed: Box<dyn Deployed>,
    vars: Vars,
    traffic: SharedTraffic,
}

impl Running {
    /// What was seen of a case, and how many lines had been logged before.
    fn play(&mut self, case: &Case) -> Result<(Observation, usize)> {
        let request = case.request.build(&self.vars)?;
        let answer = case.upstream.build(&self.vars).context("upstream")?;
        let answer = case.upstream.fault.map_or(Outcome::Respond(answer), |_| Outcome::Reset);
        let changed = ready(&case.upstreams, &self.vars)?;
        lock(&self.traffic).begin(answer, changed);
        self.deployed.advance(case.advance);
        let before = self.deployed.log_lines()?.len();
        let metrics = self.metrics(case)?;
        let received = self.deployed.send(&request)?;
        let logs = self.deployed.log_lines()?;
        let events = logs.iter().skip(before).filter_map(|line| event(line)).collect();
        let grown =
            self.metrics(case)?.into_iter().map(|(name, now)| (name.clone(), now - metrics.get(&name).unwrap_or(&0)));
        let metrics = grown.collect();
        let (service, callouts, unruled) = lock(&self.traffic).end();
        let (response, cut) = (received.response, received.cut);
        Ok((Observation { response, cut, service, callouts, unruled, events, metrics, logs }, before))
    }

    fn metrics(&self, case: &Case) -> Result<BTreeMap<String, i64>> {
        let value = |name: &String| Ok((name.clone(), i64::try_from(self.deployed.metric(name)?)?));
        case.expect.metrics.keys().map(value).collect()
    }
}

impl Traffic {
    /// A case begins.
    fn begin(&mut self, answer: Outcome, changed: Rules) {
        let mut rules = std::mem::take(&mut self.rules);
        rules.extend(changed);
        *self = Self { rules, answer: Some(answer), ..Self::default() };
    }

    /// What came for the service, how many callouts there were, and those that no rule was for.
    fn end(&mut self) -> (Vec<Request>, BTreeMap<String, usize>, Vec<String>) {
        (std::mem::take(&mut self.service), std::mem::take(&mut self.callouts), std::mem::take(&mut self.unruled))
    }
}

fn setup(file: &CaseFile, plugin: &str, vars: &Vars, traffic: &SharedTraffic) -> Result<Setup> {
    let routes = file.routes.iter().map(|route| Route {
        name: route.name.clone(),
        prefix: route.prefix.clone(),
        metadata: route.metadata.clone(),
    });
    lock(traffic).rules = ready(&file.upstreams, vars)?;
    let upstreams = file.upstreams.iter().map(|(name, rules)| (name.clone(), callee(name, rules, vars, traffic)));
    Ok(Setup {
        plugin: plugin.into(),
        config: vars.fill_members(&file.config).context("config")?,
        routes: routes.collect(),
        service: service(traffic),
        upstreams: upstreams.collect(),
    })
}

fn service(traffic: &SharedTraffic) -> Handler {
    let traffic = Arc::clone(traffic);
    Arc::new(move |request| {
        let mut traffic = lock(&traffic);
        traffic.service.push(request.clone());
        traffic.answer.clone().unwrap_or_else(|| Outcome::Respond(Response::new(200)))
    })
}

fn callee(name: &str, rules: &[Rule], vars: &Vars, traffic: &SharedTraffic) -> Callee {
    if rules.iter().any(|rule| rule.fault == Some(Fault::Refuse)) {
        return Callee::Refuses;
    }
    let (name, vars, traffic) = (name.to_owned(), vars.clone(), Arc::clone(traffic));
    Callee::Answers(Arc::new(move |request| {
        let mut traffic = lock(&traffic);
        *traffic.callouts.entry(name.clone()).or_default() += 1;
        let rule = traffic.rules.get(&name).into_iter().flatten().find(|(when, _)| when.covers(request, &vars));
        if let Some((_, outcome)) = rule {
            return outcome.clone();
        }
        let method = request.header(":method").unwrap_or_default();
        traffic.unruled.push(format!("{method} {} to {name}", request.path()));
        Outcome::Respond(Response::new(500))
    }))
}

fn ready(upstreams: &BTreeMap<String, Vec<Rule>>, vars: &Vars) -> Result<Rules> {
    let rules = upstreams.iter().map(|(name, rules)| {
        let ready = rules.iter().map(|rule| Ok((rule.when.clone(), outcome(rule, vars)?)));
        Ok((name.clone(), ready.collect::<Result<_>>().with_context(|| format!("upstreams.{name}"))?))
    });
    rules.collect()
}

fn outcome(rule: &Rule, vars: &Vars) -> Result<Outcome> {
    Ok(match (&rule.reply, rule.fault) {
        (_, Some(Fault::Timeout)) => Outcome::Timeout,
        (_, Some(_)) => Outcome::Reset,
        (Some(reply), None) => Outcome::Respond(reply.build(vars)?),
        (None, None) => Outcome::Respond(Response::new(200)),
    })
}

impl When {
    fn covers(&self, request: &Request, vars: &Vars) -> bool {
        let method = request.header(":method").unwrap_or_default();
        let path = self.path.as_ref().is_none_or(|path| path.accepts(&request.path(), vars).unwrap_or(false));
        path && self.method.as_ref().is_none_or(|wanted| *wanted == method)
    }
}

fn event(line: &str) -> Option<Map<String, Value>> {
    if !line.starts_with(EVENT) {
        return None;
    }
    serde_json::from_str(line).ok()
}

fn lock(traffic: &SharedTraffic) -> MutexGuard<'_, Traffic> {
    traffic.lock().unwrap_or_else(PoisonError::into_inner)
}
