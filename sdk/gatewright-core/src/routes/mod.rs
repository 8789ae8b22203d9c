//! Which settings a request gets: matching by route name, host, path, method, header and route metadata.
//!
//! [`RouteIndex`] finds the most specific [`RouteMatch`] of a request without scanning all of them. [`RouteQuery`] is what it may ask
//! about the request. Paths are compared in their canonical form ([`canonical_path`]).

mod header_match;
mod host;
mod host_index;
mod index;
mod matcher;
mod path;
mod path_index;
mod pattern;
mod query;
mod search;
mod table;

pub use header_match::{HeaderCondition, HeaderMatch};
pub use host::HostPattern;
pub use index::{Found, RouteIndex, Variables};
pub use matcher::RouteMatch;
pub use path::canonical_path;
pub use pattern::PathPattern;
pub use query::{Needs, RouteQuery};
