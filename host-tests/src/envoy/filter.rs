//! HTTP filters as Envoy's configuration has them, above all the wasm filter.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::type_url;

/// An HTTP filter: a name and a configuration of any type.
#[derive(Clone, Debug)]
pub struct HttpFilter(Value);

impl HttpFilter {
    /// A filter from the full name of its configuration message and that message's other fields.
    #[must_use]
    pub fn new(name: &str, message: &str, fields: Value) -> Self {
        Self(json!({"name": name, "typed_config": typed(message, fields)}))
    }

    /// Envoy's `filter_chain`, which runs what a route gives it ([`super::Route::filter_chain`]). Envoy 1.39 and later.
    #[must_use]
    pub fn filter_chain() -> Self {
        let message = "envoy.extensions.filters.http.filter_chain.v3.FilterChainConfig";
        Self::new("envoy.filters.http.filter_chain", message, json!({}))
    }

    /// Skips the filter except where a route turns it on.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        if let Some(fields) = self.0.as_object_mut() {
            fields.insert("disabled".into(), true.into());
        }
        self
    }

    /// The filter as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        self.0.clone()
    }
}

/// How a configuration is written, which decides what bytes a plugin gets.
#[derive(Clone, Debug, Default)]
pub enum Configuration {
    /// None at all.
    #[default]
    None,
    /// A `StringValue`: the text arrives as it is.
    Text(String),
    /// A `BytesValue`: the bytes arrive as they are.
    Bytes(Vec<u8>),
    /// A `Struct`, as native YAML is: arrives as protobuf.
    Struct(Value),
}

impl Configuration {
    fn json(&self) -> Option<Value> {
        match self {
            Self::None => None,
            Self::Text(text) => Some(typed("google.protobuf.StringValue", json!({"value": text}))),
            Self::Bytes(bytes) => Some(typed("google.protobuf.BytesValue", json!({"value": STANDARD.encode(bytes)}))),
            Self::Struct(value) => Some(typed("google.protobuf.Struct", json!({"value": value}))),
        }
    }
}

/// What happens to requests once a plugin's VM has died.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailurePolicy {
    /// They are answered 503.
    #[default]
    Closed,
    /// They pass without the plugin.
    Open,
    /// The VM is made anew, at most once per this back-off. Not 1 ms: Envoy 1.40 halves it in whole milliseconds, divides by that
    /// and dies.
    Reload(Duration),
}

/// A wasm plugin as an HTTP filter.
#[derive(Clone, Debug)]
pub struct WasmFilter {
    name: String,
    root_id: String,
    vm_id: String,
    path: PathBuf,
    configuration: Configuration,
    failure_policy: FailurePolicy,
    allow_on_headers_stop_iteration: bool,
}

impl WasmFilter {
    /// A module from a file. Its VM id is its name.
    #[must_use]
    pub fn new(name: &str, path: &Path) -> Self {
        Self {
            name: name.into(),
            root_id: String::new(),
            vm_id: name.into(),
            path: path.into(),
            configuration: Configuration::None,
            failure_policy: FailurePolicy::Closed,
            allow_on_headers_stop_iteration: true,
        }
    }

    /// Which of the module's root contexts to use.
    #[must_use]
    pub fn root_id(mut self, root_id: &str) -> Self {
        self.root_id = root_id.into();
        self
    }

    /// Which VM to share with plugins of the same id and code; also the key space of shared data.
    #[must_use]
    pub fn vm_id(mut self, vm_id: &str) -> Self {
        self.vm_id = vm_id.into();
        self
    }

    /// The plugin's configuration.
    #[must_use]
    pub fn configuration(mut self, configuration: Configuration) -> Self {
        self.configuration = configuration;
        self
    }

    /// What happens once the VM has died.
    #[must_use]
    pub fn failure_policy(mut self, policy: FailurePolicy) -> Self {
        self.failure_policy = policy;
        self
    }

    /// Whether body callbacks come while headers are paused (the default here, not Envoy's).
    #[must_use]
    pub fn allow_on_headers_stop_iteration(mut self, allow: bool) -> Self {
        self.allow_on_headers_stop_iteration = allow;
        self
    }

    /// The filter's `typed_config`.
    #[must_use]
    pub fn typed_config(&self) -> Value {
        let mut config = json!({
            "name": self.name,
            "root_id": self.root_id,
            "failure_policy": self.failure_policy_name(),
            "allow_on_headers_stop_iteration": self.allow_on_headers_stop_iteration,
            "vm_config": {
                "vm_id": self.vm_id,
                "runtime": "envoy.wasm.runtime.v8",
                "code": {"local": {"filename": self.path}},
            },
        });
        if let Some(fields) = config.as_object_mut() {
            fields.extend(self.configuration.json().map(|value| ("configuration".to_owned(), value)));
            fields.extend(self.reload_config().map(|value| ("reload_config".to_owned(), value)));
        }
        typed("envoy.extensions.filters.http.wasm.v3.Wasm", json!({"config": config}))
    }

    fn failure_policy_name(&self) -> &'static str {
        match self.failure_policy {
            FailurePolicy::Closed => "FAIL_CLOSED",
            FailurePolicy::Open => "FAIL_OPEN",
            FailurePolicy::Reload(_) => "FAIL_RELOAD",
        }
    }

    fn reload_config(&self) -> Option<Value> {
        let FailurePolicy::Reload(backoff) = self.failure_policy else { return None };
        Some(json!({"backoff": {"base_interval": format!("{}.{:09}s", backoff.as_secs(), backoff.subsec_nanos())}}))
    }
}

impl From<WasmFilter> for HttpFilter {
    fn from(filter: WasmFilter) -> Self {
        Self(json!({"name": filter.name, "typed_config": filter.typed_config()}))
    }
}

/// A message of this type with these fields.
pub(super) fn typed(message: &str, fields: Value) -> Value {
    let mut fields = fields;
    if let Some(object) = fields.as_object_mut() {
        object.insert("@type".into(), type_url(message).into());
    }
    fields
}
