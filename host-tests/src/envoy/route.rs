//! A route of Envoy's one virtual host.

use serde_json::{Map, Value, json};

use super::HttpFilter;
use super::filter::typed;

/// Matches requests and says what becomes of them. The first that matches wins.
#[derive(Clone, Debug)]
pub struct Route {
    matcher: Map<String, Value>,
    headers: Vec<Value>,
    fields: Map<String, Value>,
    metadata: Map<String, Value>,
    filters: Map<String, Value>,
    response_headers: Vec<Value>,
}

impl Route {
    /// Matches paths that begin so.
    #[must_use]
    pub fn prefix(prefix: &str) -> Self {
        Self::matching("prefix", prefix.into())
    }

    /// Matches this path.
    #[must_use]
    pub fn path(path: &str) -> Self {
        Self::matching("path", path.into())
    }

    /// Names it, for `xds.route_name`.
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        self.field("name", name.into())
    }

    /// Matches only requests that carry this header with this value.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(json!({"name": name, "string_match": {"exact": value}}));
        self
    }

    /// Adds metadata under a namespace.
    #[must_use]
    pub fn metadata(mut self, namespace: &str, value: Value) -> Self {
        self.metadata.insert(namespace.into(), value);
        self
    }

    /// Sends requests to a cluster ([`super::EnvoyBuilder::cluster`]).
    #[must_use]
    pub fn cluster(self, name: &str) -> Self {
        self.field("route", json!({"cluster": name}))
    }

    /// Answers requests at once.
    #[must_use]
    pub fn direct_response(self, status: u16, body: &str) -> Self {
        let body = if body.is_empty() { json!({}) } else { json!({"body": {"inline_string": body}}) };
        let mut reply = json!({"status": status});
        if let (Some(reply), Value::Object(body)) = (reply.as_object_mut(), body) {
            reply.extend(body);
        }
        self.field("direct_response", reply)
    }

    /// Adds a response header, by which a test sees which route was taken.
    #[must_use]
    pub fn response_header(mut self, name: &str, value: &str) -> Self {
        self.response_headers.push(json!({"header": {"key": name, "value": value}}));
        self
    }

    /// `typed_per_filter_config` of the filter with this name.
    #[must_use]
    pub fn filter_config(mut self, filter: &str, message: &str, fields: Value) -> Self {
        self.filters.insert(filter.into(), typed(message, fields));
        self
    }

    /// The filters that [`HttpFilter::filter_chain`] runs on this route.
    #[must_use]
    pub fn filter_chain(self, filters: impl IntoIterator<Item = HttpFilter>) -> Self {
        let filters: Vec<Value> = filters.into_iter().map(|filter| filter.json()).collect();
        let message = "envoy.extensions.filters.http.filter_chain.v3.FilterChainConfigPerRoute";
        self.filter_config("envoy.filters.http.filter_chain", message, json!({"filter_chain": {"filters": filters}}))
    }

    /// Any other field of Envoy's `Route`.
    #[must_use]
    pub fn field(mut self, name: &str, value: Value) -> Self {
        self.fields.insert(name.into(), value);
        self
    }

    pub(super) fn json(&self) -> Value {
        let mut matcher = self.matcher.clone();
        matcher.insert("headers".into(), self.headers.clone().into());
        let mut route = self.fields.clone();
        route.insert("match".into(), matcher.into());
        route.insert("metadata".into(), json!({"filter_metadata": self.metadata}));
        route.insert("typed_per_filter_config".into(), self.filters.clone().into());
        route.insert("response_headers_to_add".into(), self.response_headers.clone().into());
        route.into()
    }

    fn matching(field: &str, value: Value) -> Self {
        Self {
            matcher: Map::from_iter([(field.to_owned(), value)]),
            headers: Vec::new(),
            fields: Map::new(),
            metadata: Map::new(),
            filters: Map::new(),
            response_headers: Vec::new(),
        }
    }
}
