//! Rules: conditions compiled to tests, and their evaluation.

mod builtin;
mod clock;
mod compile;
mod glob;
mod node;
mod question;
mod report;
mod set;

pub(crate) use node::Facts;
pub(crate) use report::Finding;
pub(crate) use set::{Decision, Judgement, Rule, RuleSet, Source};
