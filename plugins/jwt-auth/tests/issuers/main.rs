//! Issuers that serve their keys or answer for their tokens, behind a proxy of one or several workers.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what a test's helper cannot do fails the test"
)]

mod discovery;
mod introspection;
mod joined;
mod leases;
mod property;
mod races;
mod refresh;
mod rotation;
mod support;
mod trouble;
mod updates;
mod waiting;
