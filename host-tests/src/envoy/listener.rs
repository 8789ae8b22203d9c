//! Envoy's one listener: its filters and routes. The part of a configuration that can change while Envoy runs.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::filter::typed;
use super::{HttpFilter, Route, Tls};

/// The name under which Envoy knows the listener.
pub(super) const NAME: &str = "main";

/// Filters in order, then routes in order.
#[derive(Clone, Debug, Default)]
pub struct Listener {
    filters: Vec<HttpFilter>,
    routes: Vec<Route>,
    per_connection_buffer_limit: Option<u32>,
    access_log: Option<String>,
    tls: Option<Tls>,
    manager: Map<String, Value>,
}

impl Listener {
    /// No filter but the router, and no route: everything is answered 404.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a filter behind the others.
    #[must_use]
    pub fn filter(mut self, filter: impl Into<HttpFilter>) -> Self {
        self.filters.push(filter.into());
        self
    }

    /// Adds a route behind the others.
    #[must_use]
    pub fn route(mut self, route: Route) -> Self {
        self.routes.push(route);
        self
    }

    /// How many bytes of a body Envoy buffers; 1 MiB unless told.
    #[must_use]
    pub fn per_connection_buffer_limit(mut self, bytes: u32) -> Self {
        self.per_connection_buffer_limit = Some(bytes);
        self
    }

    /// Writes a line per request in this format (Envoy's command operators); read by [`super::Envoy::access_log`].
    #[must_use]
    pub fn access_log(mut self, format: &str) -> Self {
        self.access_log = Some(format.trim_end().into());
        self
    }

    /// Speaks TLS.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Sets any other field of Envoy's `HttpConnectionManager`.
    #[must_use]
    pub fn manager_field(mut self, name: &str, value: Value) -> Self {
        self.manager.insert(name.into(), value);
        self
    }

    /// The listener as JSON, on any free port of the loopback interface.
    pub(super) fn json(&self, access_log: &Path) -> Value {
        let manager_type = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
        let manager = typed(manager_type, self.manager_json(access_log));
        let mut chain =
            json!({"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]});
        if let (Some(tls), Some(fields)) = (&self.tls, chain.as_object_mut()) {
            fields.insert("transport_socket".into(), tls.json());
        }
        let mut listener = json!({
            "name": NAME,
            "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
            "filter_chains": [chain],
        });
        if let (Some(limit), Some(fields)) = (self.per_connection_buffer_limit, listener.as_object_mut()) {
            fields.insert("per_connection_buffer_limit_bytes".into(), limit.into());
        }
        listener
    }

    fn manager_json(&self, access_log: &Path) -> Value {
        let router =
            HttpFilter::new("envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router", json!({}));
        let filters: Vec<Value> = self.filters.iter().chain([&router]).map(HttpFilter::json).collect();
        let routes: Vec<Value> = self.routes.iter().map(Route::json).collect();
        let mut manager = json!({
            "stat_prefix": NAME,
            "codec_type": "AUTO",
            "http_protocol_options": {"enable_trailers": true},
            "route_config": {"virtual_hosts": [{"name": "default", "domains": ["*"], "routes": routes}]},
            "http_filters": filters,
        });
        if let Some(fields) = manager.as_object_mut() {
            fields.extend(self.access_log_json(access_log).map(|value| ("access_log".to_owned(), value)));
            fields.extend(self.manager.clone());
        }
        manager
    }

    fn access_log_json(&self, path: &Path) -> Option<Value> {
        let format = self.access_log.as_ref()?;
        let text = format!("{format}\n");
        let file = json!({"path": path, "log_format": {"text_format_source": {"inline_string": text}}});
        let message = "envoy.extensions.access_loggers.file.v3.FileAccessLog";
        Some(json!([{"name": "envoy.access_loggers.file", "typed_config": typed(message, file)}]))
    }
}

/// Where Envoy reads its listeners: from a file, again whenever it is replaced.
pub(super) fn discovery_source(file: &Path) -> Value {
    json!({"lds_config": {"resource_api_version": "V3", "path_config_source": {"path": file}}})
}

/// The content of that file.
pub(super) fn discovery(listener: Value, version: u64) -> Value {
    json!({"version_info": version.to_string(), "resources": [typed("envoy.config.listener.v3.Listener", listener)]})
}
