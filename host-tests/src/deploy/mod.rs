//! A plugin on a running proxy, whichever proxy it is: the emulated one with the plugin compiled natively or as wasm, or Envoy.

mod emulated;
mod on_envoy;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use gatewright_testing::guest::{Guest, Trap};
use gatewright_testing::message::{Request, Response};
use gatewright_testing::proxy::VmHost;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The upstream of all routes.
pub const SERVICE: &str = "upstream";

/// Which kind of host a plugin runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HostKind {
    /// The emulated proxy, with the plugin as Rust.
    Native,
    /// The emulated proxy, with the plugin's `.wasm` in wasmtime.
    Wasmtime,
    /// A real Envoy.
    Envoy,
}

/// Makes a natively compiled plugin for a VM of the emulated proxy.
pub type NativePlugin = Rc<dyn Fn(VmHost) -> Result<Box<dyn Guest>, Trap>>;

/// A host with a plugin that it can start.
#[derive(Clone)]
pub enum Platform {
    /// The emulated proxy, with the plugin as Rust.
    Native(NativePlugin),
    /// The emulated proxy, with this `.wasm` file in wasmtime.
    Wasmtime(PathBuf),
    /// Envoy, with this `.wasm` file.
    Envoy(PathBuf),
}

/// What surrounds a plugin.
#[derive(Clone)]
pub struct Setup {
    /// The plugin's name.
    pub plugin: String,
    /// The plugin's configuration. Envoy passes it on as a `Struct`, the emulated proxy as JSON.
    pub config: Map<String, Value>,
    /// The routes, all to the service. None: one named `default`.
    pub routes: Vec<Route>,
    /// What answers requests that the plugin lets pass.
    pub service: Handler,
    /// What answers callouts, by the name of the upstream.
    pub upstreams: BTreeMap<String, Callee>,
}

/// A route of the proxy.
#[derive(Clone, Debug)]
pub struct Route {
    /// Its name.
    pub name: String,
    /// The paths it is for.
    pub prefix: String,
    /// Its `filter_metadata`: namespace, then key.
    pub metadata: BTreeMap<String, Map<String, Value>>,
}

/// Decides what an upstream does with a request.
pub type Handler = Arc<dyn Fn(&Request) -> Outcome + Send + Sync>;

/// What an upstream does with a request.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Responds.
    Respond(Response),
    /// Says nothing.
    Timeout,
    /// Resets the connection.
    Reset,
}

/// An upstream for callouts.
#[derive(Clone)]
pub enum Callee {
    /// It takes connections.
    Answers(Handler),
    /// Nobody listens there.
    Refuses,
}

/// What a client got.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// The response as far as it came; `None` before its headers.
    pub response: Option<Response>,
    /// Whether it broke off or never ended.
    pub cut: bool,
}

/// A plugin on a running proxy.
pub trait Deployed {
    /// Lets time pass: virtual time, or real time on a real proxy.
    fn advance(&mut self, time: Duration);

    /// Sends one request on a connection of its own and waits until the exchange is over, for client and plugin.
    ///
    /// # Errors
    /// The proxy does not answer at all.
    fn send(&mut self, request: &Request) -> Result<Received>;

    /// What the plugin has logged, and what the host said about it.
    ///
    /// # Errors
    /// The log cannot be read.
    fn log_lines(&self) -> Result<Vec<String>>;

    /// A counter or gauge that the plugin defined; 0 where there is none of that name.
    ///
    /// # Errors
    /// The proxy does not answer.
    fn metric(&self, name: &str) -> Result<u64>;
}

impl HostKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Native, Self::Wasmtime, Self::Envoy];
}

impl fmt::Display for HostKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Native => "native",
            Self::Wasmtime => "wasmtime",
            Self::Envoy => "envoy",
        })
    }
}

impl Platform {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> HostKind {
        match self {
            Self::Native(_) => HostKind::Native,
            Self::Wasmtime(_) => HostKind::Wasmtime,
            Self::Envoy(_) => HostKind::Envoy,
        }
    }

    /// The time on it before it starts, in seconds since the Unix epoch.
    #[must_use]
    pub fn now(&self) -> u64 {
        match self {
            Self::Native(_) | Self::Wasmtime(_) => emulated::now(),
            Self::Envoy(_) => on_envoy::now(),
        }
    }

    /// Starts the plugin on it.
    ///
    /// # Errors
    /// The plugin cannot be loaded or refuses its configuration, or the host cannot be started.
    pub fn start(&self, setup: Setup) -> Result<Box<dyn Deployed>> {
        match self {
            Self::Native(plugin) => emulated::native(Rc::clone(plugin), setup),
            Self::Wasmtime(module) => emulated::wasm(module, setup),
            Self::Envoy(module) => on_envoy::start(module, setup),
        }
    }
}
