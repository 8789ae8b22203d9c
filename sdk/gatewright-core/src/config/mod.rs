//! Configuration: from the bytes a proxy hands over to settings that are known to be good.
//!
//! [`source::decode`] turns the bytes into a JSON value, [`compile`] turns the value into a [`Plan`]: the settings of every route,
//! found by [`Plan::find`]. Everything that can be wrong is found here, once, and named by its path ([`ConfigError`]).
//! The types re-exported here ([`Duration`], [`Size`], [`HeaderName`], ...) are the vocabulary of a policy's own `Config`.

mod envelope;
mod error;
mod explain;
mod json;
mod merge;
mod plan;
mod protobuf;
mod schema;
pub mod source;
mod strict;
mod typed;
mod value;

pub use envelope::{Envelope, FailureMode, Mode, RouteEntry};
pub use error::ConfigError;
pub use plan::{Plan, Selected, Settings, compile};
pub use schema::envelope_schema;
pub use typed::from_value;
pub(crate) use value::text;
pub use value::{
    Cidr, Duration, HeaderName, HeaderValue, Method, Percent, Rate, RateUnit, Sha256Hex, Size, StatusCode, Upstream,
};
