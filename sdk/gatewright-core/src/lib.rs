//! The exchange model of Gatewright: what a policy is, and how a proxy's events drive it.
#![forbid(unsafe_code)]

pub mod host;
pub mod pairs;
