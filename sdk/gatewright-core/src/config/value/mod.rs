//! The vocabulary of a configuration: small types that parse once and say what to write when they cannot.

mod cidr;
mod digits;
mod duration;
mod header_name;
mod header_value;
mod method;
mod percent;
mod rate;
mod sha256;
mod size;
mod status;
pub(crate) mod text;
mod upstream;

pub use cidr::Cidr;
pub use duration::Duration;
pub use header_name::HeaderName;
pub use header_value::HeaderValue;
pub use method::Method;
pub use percent::Percent;
pub use rate::{Rate, RateUnit};
pub use sha256::Sha256Hex;
pub use size::Size;
pub use status::StatusCode;
pub use upstream::Upstream;
