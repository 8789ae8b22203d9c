//! The promises of `algorithm`, against a list of what was admitted.

mod examples;
mod model;
mod promises;
