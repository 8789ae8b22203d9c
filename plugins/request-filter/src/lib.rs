//! Decides what may reach a service.
#![forbid(unsafe_code)]

pub mod body;
pub mod transform;
pub mod value;
