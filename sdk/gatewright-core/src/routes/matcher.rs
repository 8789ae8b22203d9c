//! What a request must be like for a route entry to apply.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use super::header_match::{HeaderCondition, HeaderMatch};
use super::host::HostPattern;
use super::pattern::PathPattern;
use crate::config::{ConfigError, Method};
use crate::sort;

/// What a request must be like for a route entry to apply: all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteMatch {
    /// Name of the route that the proxy chose.
    pub route_name: Option<String>,
    /// Host of the request: `api.example.com` or `*.example.com`.
    pub host: Option<HostPattern>,
    /// Path of the request: `/orders/new`, `/orders/{id}` or `/orders/**`.
    pub path: Option<PathPattern>,
    /// Request methods, one of which must be the request's.
    #[serde(default)]
    pub methods: Vec<Method>,
    /// Conditions on header fields, all of which must hold.
    #[serde(default)]
    pub headers: Vec<HeaderMatch>,
    /// Values in the metadata of the route that the proxy chose, all of which must be so.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

/// Order among matches with the same route name, host and path; the smallest comes first.
pub(super) type Rank<'a> =
    (Reverse<bool>, Reverse<usize>, Reverse<usize>, usize, Reverse<Vec<&'a HeaderCondition>>, &'a RouteMatch);

impl RouteMatch {
    /// Refuses what could never match, or what would match everything.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if *self == Self::default() {
            let message = "an empty match is every request; put its settings in the envelope instead";
            return Err(ConfigError::new(message));
        }
        if self.route_name.as_deref() == Some("") {
            return Err(ConfigError::at("route_name", "a route without a name cannot be matched by name"));
        }
        let mut names = BTreeSet::new();
        if let Some(at) = self.headers.iter().position(|header| !names.insert(&header.name)) {
            return Err(ConfigError::new("this header has a condition already; keep one").index(at).within("headers"));
        }
        // Envoy answers an empty value as if there were none.
        match self.metadata.iter().find(|(_, value)| value.is_empty()) {
            Some((key, _)) => Err(ConfigError::new("an empty value cannot be matched").within(key).within("metadata")),
            None => Ok(()),
        }
    }

    /// The same match in the form that all ways to write it share.
    pub(super) fn normal(&self) -> Self {
        let mut normal = self.clone();
        normal.path = self.path.as_ref().map(PathPattern::shape);
        sort::stable(&mut normal.methods);
        normal.methods.dedup();
        sort::stable(&mut normal.headers);
        normal
    }

    /// Called on a normal form. After what is documented at [`RouteIndex`](super::RouteIndex), any order will do that does not
    /// depend on the place in the list.
    pub(super) fn rank(&self) -> Rank<'_> {
        let mut conditions: Vec<_> = self.headers.iter().map(|header| &header.condition).collect();
        sort::stable_by(&mut conditions, |a, b| b.cmp(a));
        (
            Reverse(!self.methods.is_empty()),
            Reverse(self.headers.len()),
            Reverse(self.metadata.len()),
            self.methods.len(),
            Reverse(conditions),
            self,
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::config::from_value;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn read(value: Value) -> RouteMatch {
        from_value(value).unwrap()
    }

    #[test]
    fn all_fields_are_read() {
        let written = json!({
            "route_name": "orders", "host": "*.example.com", "path": "/orders/{id}", "methods": ["GET"],
            "headers": [{"name": "x-tenant", "exact": "a"}], "metadata": {"tier": "gold"}
        });
        let read = read(written);
        assert!(read.check().is_ok());
        assert_eq!((read.methods.len(), read.headers.len(), read.metadata["tier"].as_str()), (1, 1, "gold"));
    }

    #[test]
    fn what_cannot_match_is_refused() {
        let error = |value| read(value).check().unwrap_err().to_string();
        assert_eq!(error(json!({})), "an empty match is every request; put its settings in the envelope instead");
        assert_eq!(error(json!({"route_name": ""})), "route_name: a route without a name cannot be matched by name");
        assert_eq!(
            error(json!({"headers": [{"name": "a", "exact": "1"}, {"name": "A", "present": true}]})),
            "headers[1]: this header has a condition already; keep one"
        );
        assert_eq!(error(json!({"metadata": {"a.b": ""}})), "metadata[\"a.b\"]: an empty value cannot be matched");
    }

    #[test]
    fn one_normal_form_for_all_ways_to_write_a_match() {
        let one = read(json!({"path": "/{a}", "methods": ["GET", "PUT", "GET"],
            "headers": [{"name": "a", "exact": "1"}, {"name": "b", "exact": "1"}]}));
        let other = read(json!({"path": "/{b}", "methods": ["PUT", "GET"],
            "headers": [{"name": "B", "exact": "1"}, {"name": "a", "exact": "1"}]}));
        assert_ne!(one, other);
        assert_eq!(one.normal(), other.normal());
    }
}
