//! Routes of the emulated proxy.

use serde_json::{Map, Value};

use super::fields::{self, Name as _};
use crate::message::{Fields, Response};

/// One route. The first that matches is taken, as in Envoy.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    pub(crate) name: String,
    matcher: Matcher,
    header: Option<(String, String)>,
    pub(crate) cluster: String,
    pub(crate) virtual_host: String,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) plugin: Option<String>,
    pub(crate) filtered: bool,
    pub(crate) direct: Option<Response>,
}

#[derive(Clone, Debug, PartialEq)]
enum Matcher {
    Prefix(String),
    Exact(String),
}

impl Route {
    /// A route for every path that starts so.
    #[must_use]
    pub fn prefix(prefix: &str) -> Self {
        Self::new(Matcher::Prefix(prefix.to_owned()))
    }

    /// A route for one path; the query does not matter.
    #[must_use]
    pub fn exact(path: &str) -> Self {
        Self::new(Matcher::Exact(path.to_owned()))
    }

    /// The route's name, which guests read as `xds.route_name`.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = name.to_owned();
        self
    }

    /// Matches only requests whose first field of this name has this value.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.header = Some((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// The upstream that requests go to; `upstream` where none is named.
    #[must_use]
    pub fn to(mut self, upstream: &str) -> Self {
        self.cluster = upstream.to_owned();
        self
    }

    /// Adds a value to the route's metadata (`filter_metadata`), in a namespace.
    #[must_use]
    pub fn metadata(mut self, namespace: &str, key: &str, value: impl Into<Value>) -> Self {
        let values = self.metadata.entry(namespace).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(values) = values {
            values.insert(key.to_owned(), value.into());
        }
        self
    }

    /// Runs the plugin of this name instead of the first: a configuration of its own, as with Envoy's `filter_chain` filter.
    #[must_use]
    pub fn plugin(mut self, name: &str) -> Self {
        self.plugin = Some(name.to_owned());
        self
    }

    /// Switches the filter off.
    #[must_use]
    pub fn without_filter(mut self) -> Self {
        self.filtered = false;
        self
    }

    /// Answers from the proxy itself, without an upstream.
    #[must_use]
    pub fn direct_response(mut self, response: Response) -> Self {
        self.direct = Some(response);
        self
    }

    pub(crate) fn matches(&self, headers: &Fields) -> bool {
        let path = fields::text(headers, ":path");
        let path = path.split('?').next().unwrap_or_default();
        let path_matches = match &self.matcher {
            Matcher::Prefix(prefix) => path.starts_with(prefix.as_str()),
            Matcher::Exact(exact) => path == exact,
        };
        let header_matches = |(name, value): &(String, String)| {
            headers.iter().find(|(n, _)| n.is(name)).is_some_and(|(_, v)| v == value.as_bytes())
        };
        path_matches && self.header.as_ref().is_none_or(header_matches)
    }

    fn new(matcher: Matcher) -> Self {
        Self {
            name: String::new(),
            matcher,
            header: None,
            cluster: "upstream".to_owned(),
            virtual_host: "default".to_owned(),
            metadata: Map::new(),
            plugin: None,
            filtered: true,
            direct: None,
        }
    }
}
