//! What a policy author may rely on, in a proxy of plain Rust. Each file is about one part of the exchange model.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking, in its helpers too")]

mod bodies;
mod callouts;
mod endings;
mod events_and_metrics;
mod faults;
mod grpc;
mod headers_and_replies;
mod onion;
mod policies;
mod responses;
mod routes;
mod shadow_and_failure;
mod splits;
mod tasks_and_timers;
mod workers;
