//! One scenario, two proxies: a plugin's `.wasm` in a real Envoy, and in wasmtime on the emulated proxy.
//!
//! A [`Scene`] says what surrounds the plugin; [`Scene::start`] builds it on either [`Host`] and gives a [`Stage`] to act on.

mod on_envoy;
mod on_wasmtime;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use gatewright_testing::message::{Request, Response};

use crate::envoy::{Configuration, FailurePolicy};
use crate::net::{Answer, Received};

/// The upstream of a route that names none.
pub const SERVICE: &str = "upstream";

/// Where a scenario plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// A real Envoy.
    Envoy,
    /// wasmtime on the emulated proxy.
    Wasmtime,
}

/// A plugin, and what surrounds it.
#[derive(Clone)]
pub struct Scene {
    /// The `.wasm` file.
    pub module: PathBuf,
    /// The plugin's name.
    pub plugin: String,
    /// The plugin's configuration.
    pub configuration: Configuration,
    /// Further configurations in the same VM, by name, for routes that name them. The first route to name one makes the plugin run
    /// on routes that name one only.
    pub plugins: BTreeMap<String, Configuration>,
    /// The routes in order. None: one named `default`.
    pub routes: Vec<Route>,
    /// What answers, by name. [`SERVICE`] answers 200 with the body `ok` unless it is here.
    pub upstreams: BTreeMap<String, Callee>,
    /// What happens once the VM has died.
    pub failure_policy: FailurePolicy,
    /// Whether body callbacks come while headers are paused.
    pub allow_on_headers_stop_iteration: bool,
    /// How many workers there are.
    pub workers: u32,
    /// How many bytes of a body the proxy buffers.
    pub buffer_limit: u32,
    /// How many header fields a request may have.
    pub max_request_headers: u32,
    /// How long a client waits for the next bytes.
    pub patience: Duration,
    /// Whether the host has Envoy's `verify_signature`. Envoy always has.
    pub verify_signature: bool,
}

/// A route to an upstream.
#[derive(Clone, Debug)]
pub struct Route {
    prefix: String,
    name: String,
    upstream: String,
    header: Option<(String, String)>,
    plugin: Option<String>,
}

/// What stands behind the proxy.
#[derive(Clone)]
pub enum Callee {
    /// It takes connections.
    Answers(Arc<dyn Fn(&Request) -> Answer + Send + Sync>),
    /// Nobody listens there.
    Refuses,
}

/// A plugin on a running proxy.
pub trait Stage {
    /// Sends one request on a connection of its own.
    ///
    /// # Errors
    /// No answer's headers came, or not within the client's patience.
    fn send(&mut self, request: &Request) -> Result<Received>;

    /// Sends one request, goes away when an upstream has got something, and waits until the proxy has noticed.
    ///
    /// # Errors
    /// The upstream got nothing.
    fn abort(&mut self, request: &Request, upstream: &str) -> Result<()>;

    /// Sends one request, another one when an upstream has got something, and gives what came back for the first and the second.
    ///
    /// # Errors
    /// The upstream got nothing.
    fn meanwhile(&mut self, first: &Request, upstream: &str, second: &Request) -> Result<[Result<Received>; 2]>;

    /// What an upstream has got, in order.
    fn requests(&self, upstream: &str) -> Vec<Request>;

    /// What the plugin has logged, and what the host said about it.
    ///
    /// # Errors
    /// The log cannot be read.
    fn log(&self) -> Result<Vec<String>>;

    /// A counter or gauge of the proxy; None where there is none of that name.
    ///
    /// # Errors
    /// The proxy does not answer.
    fn stat(&self, name: &str) -> Result<Option<u64>>;

    /// Gives the plugin another configuration: an update of the listener. A refused one is told.
    ///
    /// # Errors
    /// The proxy does not say what became of it.
    fn configure(&mut self, configuration: &Configuration) -> Result<Result<(), String>>;

    /// Lets time pass.
    fn advance(&mut self, time: Duration);

    /// Calls of a host function so far; None where nobody counts.
    fn host_calls(&self, function: &str) -> Option<u64>;

    /// Sends one request that must be answered whole.
    ///
    /// # Errors
    /// It was not.
    fn answer(&mut self, request: &Request) -> Result<Response> {
        let received = self.send(request)?;
        anyhow::ensure!(received.ending == crate::net::Ending::Complete, "the response ended early: {received:?}");
        Ok(received.response)
    }

    /// Lines of the log that tell of a VM that died.
    ///
    /// # Errors
    /// The log cannot be read.
    fn crashes(&self) -> Result<Vec<String>> {
        let mut lines = self.log()?;
        lines.retain(|line| ["panicked", "trapped", "Function: "].iter().any(|sign| line.contains(sign)));
        Ok(lines)
    }
}

impl Scene {
    /// A plugin on all requests, with everything as Gatewright's documentation has it.
    #[must_use]
    pub fn new(plugin: &str, module: &Path) -> Self {
        Self {
            module: module.into(),
            plugin: plugin.into(),
            configuration: Configuration::None,
            plugins: BTreeMap::new(),
            routes: Vec::new(),
            upstreams: BTreeMap::new(),
            failure_policy: FailurePolicy::Closed,
            allow_on_headers_stop_iteration: true,
            workers: 1,
            buffer_limit: 1 << 20,
            max_request_headers: 100,
            patience: Duration::from_secs(20),
            verify_signature: true,
        }
    }

    /// The plugin's configuration.
    #[must_use]
    pub fn configuration(mut self, configuration: Configuration) -> Self {
        self.configuration = configuration;
        self
    }

    /// Adds an upstream.
    #[must_use]
    pub fn upstream(mut self, name: &str, answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        self.upstreams.insert(name.into(), Callee::Answers(Arc::new(answer)));
        self
    }

    /// Adds an upstream at which nobody listens.
    #[must_use]
    pub fn dead_upstream(mut self, name: &str) -> Self {
        self.upstreams.insert(name.into(), Callee::Refuses);
        self
    }

    /// Adds a route behind the others.
    #[must_use]
    pub fn route(mut self, route: Route) -> Self {
        self.routes.push(route);
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// The module cannot be loaded, refuses its configuration (the error then says what it logged), or the host cannot be started.
    pub fn start(mut self, host: Host) -> Result<Box<dyn Stage>> {
        let ok = || Callee::Answers(Arc::new(|_: &Request| Response::new(200).with_body("ok").into()));
        self.upstreams.entry(SERVICE.into()).or_insert_with(ok);
        if self.routes.is_empty() {
            self.routes.push(Route::prefix("/").named("default"));
        }
        match host {
            Host::Envoy => Ok(Box::new(on_envoy::start(self)?)),
            Host::Wasmtime => Ok(Box::new(on_wasmtime::start(self)?)),
        }
    }
}

impl Route {
    /// Matches paths that begin so.
    #[must_use]
    pub fn prefix(prefix: &str) -> Self {
        Self { prefix: prefix.into(), name: String::new(), upstream: SERVICE.into(), header: None, plugin: None }
    }

    /// Names it.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }

    /// Sends its requests to this upstream.
    #[must_use]
    pub fn to(mut self, upstream: &str) -> Self {
        self.upstream = upstream.into();
        self
    }

    /// Matches only requests with this header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.header = Some((name.into(), value.into()));
        self
    }

    /// Runs the plugin with the configuration of this name.
    #[must_use]
    pub fn plugin(mut self, name: &str) -> Self {
        self.plugin = Some(name.into());
        self
    }
}
