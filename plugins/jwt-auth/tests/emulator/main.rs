//! The policy in an emulated proxy, by topic.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod binding;
mod cache;
mod corpus;
mod outcome;
mod places;
mod providers;
mod requirements;
mod revocation;
mod support;
