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
mod bodies;
mod config;
mod hygiene;
mod journal;
mod policy;
mod response;
mod rules;
mod surroundings;
mod walk;

pub use config::*;
pub use policy::RequestFilter;

/// The callbacks of a module of its own.
#[cfg(feature = "export")]
mod export {
    use crate::RequestFilter;

    #[cfg(all(feature = "body", feature = "response"))]
    gatewright::export!(RequestFilter, request_body, response_body);
    #[cfg(all(feature = "body", not(feature = "response")))]
    gatewright::export!(RequestFilter, request_body);
    #[cfg(all(not(feature = "body"), feature = "response"))]
    gatewright::export!(RequestFilter, response_body);
    #[cfg(not(any(feature = "body", feature = "response")))]
    gatewright::export!(RequestFilter);
}
#[cfg(feature = "export")]
gatewright::embed_schema!("../config.schema.json");
