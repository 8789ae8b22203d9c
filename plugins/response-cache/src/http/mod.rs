//! HTTP caching as the RFCs have it: pure functions over header fields and times. Nothing here knows a proxy or a store.

pub mod cache_control;
pub mod conditional;
pub mod date;
pub mod directive;
pub mod fields;
pub mod freshness;
pub mod groups;
pub mod invalidation;
pub mod parts;
pub mod range;
pub mod reuse;
pub mod status;
pub mod storable;
pub mod targeted;
pub mod text;
pub mod vary;
