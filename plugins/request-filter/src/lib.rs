//! Decides what may reach a service.
#![forbid(unsafe_code)]

pub mod body;
pub mod engine;
pub mod groups;
pub mod list;
pub mod normalise;
pub mod transform;
pub mod value;
