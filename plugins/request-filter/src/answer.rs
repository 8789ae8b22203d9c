//! What a refused request gets.

use gatewright::Reply;
use gatewright::config::StatusCode;

use crate::config::{Outcome, Rule};

/// The outcomes of a configuration.
pub(crate) struct Answer {
    general: Outcome,
    score: Option<Outcome>,
    /// By the rule's place in the list.
    rules: Vec<Option<Outcome>>,
}

impl Answer {
    pub(crate) fn new(general: Outcome, score: Option<Outcome>, rules: &[Rule]) -> Self {
        Self { general, score, rules: rules.iter().map(|rule| rule.outcome.clone()).collect() }
    }

    pub(crate) fn of_rule(&self, rule: u32, id: &str) -> Reply {
        let own = self.rules.get(rule as usize).and_then(Option::as_ref);
        reply(own.unwrap_or(&self.general), format!("rule.{id}"))
    }

    pub(crate) fn of_score(&self) -> Reply {
        reply(self.score.as_ref().unwrap_or(&self.general), "score".to_owned())
    }
}

fn reply(outcome: &Outcome, reason: String) -> Reply {
    let status = outcome.status.map_or(403, StatusCode::as_u16);
    let mut reply = Reply::deny(status, reason);
    for header in &outcome.headers {
        reply = reply.with_header(&header.name, header.value.as_str());
    }
    match &outcome.body {
        Some(body) => {
            let content_type = outcome.content_type.as_ref().map_or("text/plain", |value| value.as_str());
            reply.with_body(content_type, body.as_str())
        }
        None => reply,
    }
}
