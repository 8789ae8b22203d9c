//! What may be asked about a request.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::matcher::RouteMatch;
use crate::config::HeaderName;

/// What may be asked about a request. Each answer may cost a host call, so nothing is asked that no route in question needs, and
/// nothing is asked twice.
///
/// `None` means that there is no such thing. A caller whose host failed to answer keeps that to itself, answers `None`, and treats
/// the exchange as one that could not be decided: the result of the search is then worth nothing.
pub trait RouteQuery {
    /// Name of the route that the proxy chose.
    fn route_name(&self) -> Option<Cow<'_, [u8]>>;
    /// `:authority` or `Host`, as sent.
    fn host(&self) -> Option<Cow<'_, [u8]>>;
    /// `:path`, as sent.
    fn path(&self) -> Option<Cow<'_, [u8]>>;
    /// `:method`.
    fn method(&self) -> Option<Cow<'_, [u8]>>;
    /// The combined value of a header field (RFC 9110 §5.3): all its lines, joined with `,` as Envoy's own route matching does.
    /// With the first line only, a client could choose its settings by sending a second.
    fn header(&self, name: &HeaderName) -> Option<Cow<'_, [u8]>>;
    /// A value from the metadata of the route that the proxy chose.
    fn metadata(&self, key: &str) -> Option<Cow<'_, [u8]>>;
}

/// Which attributes of a request any route asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The name of the chosen route.
    pub route_name: bool,
    /// The host.
    pub host: bool,
    /// The path.
    pub path: bool,
    /// The method.
    pub method: bool,
    /// These header fields.
    pub headers: BTreeSet<HeaderName>,
    /// These keys of the chosen route's metadata.
    pub metadata: BTreeSet<String>,
}

impl Needs {
    pub(super) fn add(&mut self, matches: &RouteMatch) {
        self.route_name |= matches.route_name.is_some();
        self.host |= matches.host.is_some();
        self.path |= matches.path.is_some();
        self.method |= !matches.methods.is_empty();
        self.headers.extend(matches.headers.iter().map(|header| header.name.clone()));
        self.metadata.extend(matches.metadata.keys().cloned());
    }
}
