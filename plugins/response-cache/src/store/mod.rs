//! Stored responses that all workers of the proxy share.
//!
//! What the store promises:
//! - After [`Store::purge`] or [`Store::invalidate`] returned `Ok`, no worker finds what it removed, and no fetch that was already under way
//!   can store what it brings.
//! - A stored response is found whole or not at all.
//! - It never takes more host memory than [`Settings::memory`], whatever is asked for.
//!
//! How to use it, per request:
//! ```text
//! lookup(key) ── fresh variant that matches ──► body(variant), reply
//!     │ none
//! begin_fill(key) ──► Leader(fill)      forward; commit, pass or drop the fill when the response is known
//!                 ──► Follower(flight)  wait(flight), then lookup again; after a bounded wait forward and do not store
//!                 ──► Pass              forward and do not store
//! ```
//! Take the [`Fill`] **before** the request goes to the origin: it is what a purge in between is noticed by.

mod agreement;
mod bucket;
mod commit;
mod events;
mod fill;
mod geometry;
mod head;
mod hot;
mod inner;
mod key;
mod lookup;
mod metrics;
mod open;
mod purge;
mod settings;
mod stored;
mod wait;
mod wire;

pub use self::commit::Committed;
pub use self::fill::{Begin, Fill, Flight};
pub use self::key::Key;
pub use self::open::Store;
pub use self::purge::MAX_SELECTORS;
pub use self::settings::Settings;
pub use self::stored::{Body, Content, Variant};

/// What a purge is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selector<'a> {
    /// Everything.
    All,
    /// Every key of this URL, as [`Store::key`] was given it.
    Url(&'a [u8]),
    /// Every URL that begins with these bytes.
    Prefix(&'a [u8]),
    /// Every response stored with this tag.
    Tag(&'a [u8]),
}

/// How thorough a purge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purge {
    /// Gone.
    Hard,
    /// Found still, with [`Variant::soft_purged`]: stale from now on, whatever its age.
    Soft,
}

#[cfg(test)]
mod tests;
