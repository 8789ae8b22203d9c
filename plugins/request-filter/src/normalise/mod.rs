//! Canonical forms of values, and what was odd about them.
//!
//! A **value** (of a parameter, a cookie, a JSON document) is decoded once by the rules of its place, which gives what a well-behaved service
//! sees. Its canonical form is what a lax one may see: percent-encoding and `%u` decoded as long as there is any, up to
//! [`MAX_ROUNDS`] times; overlong UTF-8, full-width and look-alike forms as the ASCII they stand for.
//!
//! A **path** goes through the same steps; then `\` is `/`, repeated slashes are one, dot segments are resolved, `;` parameters cut.
//!
//! Case is kept, hosts excepted. All functions take any bytes and time linear in their number, borrow where nothing changes, and give the
//! same for a canonical form as for the value it is of.

mod conditions;
mod host;
mod octets;
mod path;
mod text;

pub use conditions::{Condition, Conditions};
pub use host::canonical_host;
pub use octets::{decode_component, is_plain_text};
pub use path::{CanonicalPath, canonical_path};
pub use text::{MAX_ROUNDS, canonical_text};
