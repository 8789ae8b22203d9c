//! Settings of the policy.

mod body;
mod conditions;
mod contract;
mod groups;
mod hygiene;
mod outcome;
mod response;
mod rules;
mod texts;

use std::collections::BTreeMap;

pub use body::{Body, Encoded};
pub use conditions::{Normalise, Odd, PathConditions, ValueConditions};
pub use contract::Contract;
pub use groups::{GroupMode, Groups};
pub use hygiene::{Hygiene, Limits};
pub use outcome::{Header, Outcome};
pub use response::{Mask, Response, SecurityHeaders, Unreadable};
pub use rules::{
    Action, Certificate, CertificateField, ClientIp, Condition, List, Match, Rule, Scoring, Sees, Severity, Time,
    Weekday,
};
pub use texts::Texts;

use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of one route.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Which oddities of spelling are refused before any rule is asked.
    #[serde(default)]
    pub normalise: Normalise,
    /// What is refused as malformed, ambiguous or too large before any rule is asked.
    #[serde(default)]
    pub hygiene: Hygiene,
    /// Lists that rules refer to by name.
    #[serde(default)]
    pub lists: BTreeMap<String, List>,
    /// The rules, in the order in which they are asked. The first `allow` or `deny` that holds decides; scores add up.
    #[serde(default)]
    #[schemars(length(max = 4096))]
    pub rules: Vec<Rule>,
    /// Built-in rules, by group. They are asked after the others.
    #[serde(default)]
    pub groups: Groups,
    /// The contract of the API: requests that are not in it are refused. Needs `body.inspect`.
    #[serde(default)]
    pub contract: Option<Contract>,
    /// How bodies are inspected.
    #[serde(default)]
    pub body: Body,
    /// What the sum of scores leads to.
    #[serde(default)]
    pub scoring: Scoring,
    /// What is done to responses.
    #[serde(default)]
    pub response: Response,
    /// What a request gets that a rule or the sum of scores refuses. A rule may say otherwise.
    #[serde(default)]
    pub outcome: Outcome,
}
