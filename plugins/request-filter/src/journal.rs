//! Rules in events and metrics, by id.

use gatewright::config::Mode;
use gatewright::host::LogLevel;
use gatewright::{Context, Counter, Setup};
use serde::Serialize;

use crate::contract::Violation;
use crate::rules::{Decision, Judgement, Rule};

/// Counts and logs rules that held.
pub(crate) struct Journal {
    /// By the rule's place in the list.
    rules: Vec<Counter>,
    /// Requests that reached the threshold.
    score: Counter,
}

/// A rule that held, as it is logged.
#[derive(Serialize)]
struct Event<'a> {
    event: &'static str,
    version: u32,
    policy: &'a str,
    mode: Mode,
    rule: &'a str,
    action: &'static str,
    shadow: bool,
    severity: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<u32>,
}

impl Journal {
    pub(crate) fn new(rules: &[Rule], setup: &Setup) -> Self {
        let counter = |rule: &Rule| setup.counter(&format!("request-filter.rule.{}", rule.id));
        Self { rules: rules.iter().map(counter).collect(), score: setup.counter("request-filter.score") }
    }

    /// Notes the rules that held. `over` says that the threshold was reached: the rules that scored then are news.
    pub(crate) fn note(&self, judgement: &Judgement, rules: &[Rule], over: bool, cx: &Context) {
        if over {
            self.score.increment();
        }
        let decided = match judgement.decision {
            Decision::Allow(rule) | Decision::Deny(rule) => Some(rule),
            Decision::Open | Decision::AwaitsBody => None,
        };
        for index in judgement.noted.iter().copied().chain(decided) {
            let known = (rules.get(index as usize), self.rules.get(index as usize));
            let (Some(rule), Some(counter)) = known else { continue };
            counter.increment();
            let news = rule.shadow || over || matches!(judgement.decision, Decision::Deny(decided) if decided == index);
            cx.log(if news { LogLevel::Info } else { LogLevel::Debug }, || event(rule, cx));
        }
    }
}

/// A violation of the contract, as it is logged. It names places of the document, no values.
#[derive(Serialize)]
struct Breach<'a> {
    event: &'static str,
    version: u32,
    policy: &'a str,
    mode: Mode,
    reason: &'a str,
    place: &'a str,
    shadow: bool,
}

/// Logs a violation of the contract.
pub(crate) fn violation(violation: &Violation, shadow: bool, cx: &Context) {
    let breach = || Breach {
        event: "violation",
        version: 1,
        policy: cx.policy_name(),
        mode: cx.mode(),
        reason: violation.refusal.reason,
        place: &violation.place,
        shadow,
    };
    cx.log(LogLevel::Info, || serde_json::to_string(&breach()).unwrap_or_default());
}

fn event(rule: &Rule, cx: &Context) -> String {
    let event = Event {
        event: "rule",
        version: 1,
        policy: cx.policy_name(),
        mode: cx.mode(),
        rule: &rule.id,
        action: rule.action.as_str(),
        shadow: rule.shadow,
        severity: rule.severity.as_str(),
        tags: &rule.tags,
        score: (rule.action == crate::config::Action::Score).then_some(rule.score),
    };
    serde_json::to_string(&event).unwrap_or_default()
}
