//! Decides what may reach a service.
#![forbid(unsafe_code)]

pub mod addresses;
pub mod body;
pub mod engine;
pub mod groups;
pub mod list;
pub mod normalise;
pub mod transform;
pub mod value;

mod answer;
mod config;
mod hygiene;
mod journal;
mod policy;
mod rules;
mod surroundings;
mod walk;

pub use config::*;
pub use policy::RequestFilter;

gatewright::export!(RequestFilter);
