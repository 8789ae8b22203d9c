//! Two real Envoys, one limit: rate-limit against the Limitador engine and a real Redis.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod authority;
mod deployment;
mod exact;
mod leased;
mod trouble;
