//! All rules of a configuration.

use std::collections::{BTreeMap, HashSet};

use gatewright::config::ConfigError;

use super::compile::Compiler;
use super::node::{Facts, Holds, Node};
use super::question::Question;
use super::report::Finding;
use crate::config::{self, Action, Groups, List, Severity};
use crate::engine::{Engine, Hits};
use crate::groups::Signature;

/// A rule, ready to be asked.
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) action: Action,
    pub(crate) score: u32,
    pub(crate) severity: Severity,
    pub(crate) tags: Vec<String>,
    pub(crate) shadow: bool,
    pub(super) node: Node,
    late: bool,
}

/// All rules of a configuration, compiled.
pub(crate) struct RuleSet {
    pub(crate) engine: Engine,
    pub(crate) rules: Vec<Rule>,
    tests: usize,
    /// For each test the rules to look at if it held.
    triggered: Vec<Vec<u32>>,
    /// Rules to look at for every request.
    always: Vec<u32>,
    /// The first rules that the body may decide.
    first_late_allow: Option<u32>,
    first_late_deny: Option<u32>,
    any_late: bool,
}

/// What rule sets are made of. Routes of the same source share a set: patterns are compiled once for a configuration.
#[derive(PartialEq)]
pub(crate) struct Source {
    pub(crate) rules: Vec<config::Rule>,
    pub(crate) lists: BTreeMap<String, List>,
    pub(crate) groups: Groups,
    /// Whether bodies are inspected.
    pub(crate) bodies: bool,
    pub(crate) contract: Option<config::Contract>,
}

/// What the rules say about a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) decision: Decision,
    /// The sum of scores.
    pub(crate) score: u32,
    /// Rules that held and did not decide: those that score, and those in shadow.
    pub(crate) noted: Vec<u32>,
}

/// What is decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Decision {
    /// No rule decided; the score may.
    #[default]
    Open,
    /// This rule lets the request pass.
    Allow(u32),
    /// This rule refuses the request.
    Deny(u32),
    /// The body must be read first.
    AwaitsBody,
}

impl RuleSet {
    /// Compiles rules.
    pub(crate) fn new(source: &Source) -> Result<(Self, Vec<Finding>), ConfigError> {
        let Source { rules, lists, groups, bodies, .. } = source;
        let mut compiler = Compiler::new(lists, *bodies)?;
        let compiled = rules.iter().enumerate().map(|(index, rule)| {
            if rule.score.is_some() && rule.action != Action::Score {
                let error = ConfigError::at("score", "only a rule with `action: score` has a score");
                return Err(error.index(index).within("rules"));
            }
            let node = compiler.condition(rule, &format!("rules[{index}]"));
            let node = node.map_err(|error| error.index(index).within("rules"))?;
            Ok(Rule::new(rule, node))
        });
        let mut compiled = compiled.collect::<Result<Vec<_>, ConfigError>>()?;
        let own = compiled.len();
        compiled.extend(super::builtin::rules(groups, &mut compiler)?);
        check_ids(&compiled)?;
        let (engine, questions) = compiler.finish()?;
        let findings = super::report::findings(compiled.get(..own).unwrap_or_default(), &questions);
        Ok((Self::of(compiled, engine, &questions), findings))
    }

    /// Room for what tests of this set find.
    pub(crate) fn hits(&self) -> Hits {
        Hits::new(self.tests)
    }

    /// What the rules say, given the tests that held.
    pub(crate) fn judge(&self, hits: &Hits, facts: &dyn Facts, body_read: bool) -> Judgement {
        let mut judgement = Judgement::default();
        for index in self.candidates(hits) {
            let Some(rule) = self.rules.get(index as usize) else { continue };
            if rule.node.holds(hits, facts, body_read) != Holds::Yes {
                continue;
            }
            match rule.action {
                _ if rule.shadow => judgement.noted.push(index),
                Action::Score => {
                    judgement.noted.push(index);
                    judgement.score = judgement.score.saturating_add(rule.score);
                }
                action => {
                    judgement.decision = self.settled(action, index, body_read);
                    return judgement;
                }
            }
        }
        if self.any_late && !body_read {
            judgement.decision = Decision::AwaitsBody;
        }
        judgement
    }

    /// Whether an earlier rule, which the body may decide, could say otherwise.
    fn settled(&self, action: Action, index: u32, body_read: bool) -> Decision {
        let (other, decision) = match action {
            Action::Allow => (self.first_late_deny, Decision::Allow(index)),
            Action::Deny | Action::Score => (self.first_late_allow, Decision::Deny(index)),
        };
        let open = !body_read && other.is_some_and(|other| other < index);
        if open { Decision::AwaitsBody } else { decision }
    }

    /// The rules that could hold, in order.
    fn candidates(&self, hits: &Hits) -> Vec<u32> {
        let triggered = hits.all().iter().filter_map(|test| self.triggered.get(*test as usize)).flatten();
        let mut candidates = self.always.iter().chain(triggered).copied().collect::<Vec<_>>();
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }

    fn of(rules: Vec<Rule>, engine: Engine, questions: &[Question]) -> Self {
        let mut triggered = vec![Vec::new(); questions.len()];
        let mut always = Vec::new();
        let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        for (index, rule) in rules.iter().enumerate() {
            match rule.node.triggers() {
                None => always.push(number(index)),
                Some(tests) => tests.iter().for_each(|(test, _)| {
                    if let Some(rules) = triggered.get_mut(*test as usize) {
                        rules.push(number(index));
                    }
                }),
            }
        }
        let first_late = |action: Action| {
            rules.iter().position(|rule| rule.late && !rule.shadow && rule.action == action).map(number)
        };
        let (first_late_allow, first_late_deny) = (first_late(Action::Allow), first_late(Action::Deny));
        let any_late = rules.iter().any(|rule| rule.late);
        let tests = questions.len();
        Self { engine, rules, tests, triggered, always, first_late_allow, first_late_deny, any_late }
    }
}

impl Rule {
    fn new(rule: &config::Rule, node: Node) -> Self {
        let late = node.is_late();
        Self {
            id: rule.id.clone(),
            action: rule.action,
            score: rule.score.unwrap_or_else(|| rule.severity.score()),
            severity: rule.severity,
            tags: rule.tags.clone(),
            shadow: rule.shadow,
            node,
            late,
        }
    }

    /// A built-in rule.
    pub(super) fn built_in(signature: &Signature, group: &str, action: Action, shadow: bool, node: Node) -> Self {
        let late = node.is_late();
        let (id, severity) = (signature.id.to_owned(), signature.severity);
        Self { id, action, score: severity.score(), severity, tags: vec![group.to_owned()], shadow, node, late }
    }
}

fn check_ids(rules: &[Rule]) -> Result<(), ConfigError> {
    let mut known = HashSet::new();
    for (index, rule) in rules.iter().enumerate() {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let problem = if rule.id.is_empty() || rule.id.len() > 64 || !rule.id.bytes().all(good) {
            "is no id; use up to 64 letters, digits, `_`, `-` and `.`"
        } else if !known.insert(rule.id.as_str()) {
            "is the id of an earlier rule; give each its own"
        } else {
            continue;
        };
        let shown: String = rule.id.chars().take(64).collect();
        return Err(ConfigError::at("id", format!("{shown:?} {problem}")).index(index).within("rules"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
