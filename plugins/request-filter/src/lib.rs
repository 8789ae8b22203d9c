//! Decides what may reach a service.
#![forbid(unsafe_code)]

pub mod addresses;
pub mod body;
pub mod contract;
pub mod engine;
pub mod groups;
pub mod list;
pub mod normalise;
pub mod transform;
pub mod value;

mod answer;
mod bodies;
mod config;
mod hygiene;
mod journal;
mod policy;
mod rules;
mod surroundings;
mod walk;

pub use config::*;
pub use policy::RequestFilter;

#[cfg(feature = "body")]
gatewright::export!(RequestFilter, request_body);
#[cfg(not(feature = "body"))]
gatewright::export!(RequestFilter);
gatewright::embed_schema!("../config.schema.json");
