//! What the documentation says is true: its code is the code of the examples, its configurations are accepted or refused as it says,
//! its events are those of a run, and its links lead somewhere. Rust blocks of the guide are doc tests of this crate.
#![cfg(not(target_family = "wasm"))]
#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "docs/events.rs"]
mod events;
#[path = "docs/links.rs"]
mod links;
#[path = "docs/markdown.rs"]
mod markdown;
#[path = "docs/sources.rs"]
mod sources;
#[path = "docs/yaml.rs"]
mod yaml;
