//! Decides what may reach a service.
#![forbid(unsafe_code)]

pub mod addresses;
pub mod engine;
pub mod list;
pub mod normalise;
pub mod transform;
pub mod value;

mod config;
mod rules;

pub use config::*;
