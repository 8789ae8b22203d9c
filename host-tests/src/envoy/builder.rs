//! Configures and starts an Envoy.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::admin::Admin;
use super::files::Files;
use super::filter::typed;
use super::process::Process;
use super::{Envoy, Listener, find, listener, log, tls};
use crate::net::wait::Deadline;

/// Long enough to compile a large module on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(120);

/// A bootstrap configuration in the making.
#[derive(Clone, Debug)]
pub struct EnvoyBuilder {
    listener: Listener,
    dynamic: bool,
    clusters: Vec<Value>,
    concurrency: u32,
    log_level: String,
    extensions: Vec<Value>,
}

impl EnvoyBuilder {
    pub(super) fn new(listener: Listener) -> Self {
        Self {
            listener,
            dynamic: false,
            clusters: Vec::new(),
            concurrency: 1,
            log_level: "debug".into(),
            extensions: Vec::new(),
        }
    }

    /// Names an HTTP/1.1 upstream.
    #[must_use]
    pub fn cluster(mut self, name: &str, address: SocketAddr) -> Self {
        self.clusters.push(cluster_json(name, address, json!({"http_protocol_options": {"enable_trailers": true}})));
        self
    }

    /// Names an HTTP/2 upstream, as gRPC needs.
    #[must_use]
    pub fn h2_cluster(mut self, name: &str, address: SocketAddr) -> Self {
        self.clusters.push(cluster_json(name, address, json!({"http2_protocol_options": {}})));
        self
    }

    /// Names an HTTP/1.1 upstream behind TLS, whose certificate must be of this authority (a PEM file) and for this name.
    #[must_use]
    pub fn tls_cluster(mut self, name: &str, address: SocketAddr, authority: &Path, server_name: &str) -> Self {
        let mut cluster = cluster_json(name, address, json!({"http_protocol_options": {}}));
        set(&mut cluster, "transport_socket", tls::upstream_json(authority, server_name));
        self.clusters.push(cluster);
        self
    }

    /// How many workers there are; one unless told.
    #[must_use]
    pub fn concurrency(mut self, workers: u32) -> Self {
        self.concurrency = workers;
        self
    }

    /// The least level at which plugins log; `debug` unless told.
    #[must_use]
    pub fn wasm_log_level(mut self, level: &str) -> Self {
        self.log_level = level.into();
        self
    }

    /// Adds a bootstrap extension, such as `envoy.bootstrap.wasm`.
    #[must_use]
    pub fn bootstrap_extension(mut self, name: &str, message: &str, fields: Value) -> Self {
        self.extensions.push(json!({"name": name, "typed_config": typed(message, fields)}));
        self
    }

    /// Reads the listener from a file that [`Envoy::update`] can replace.
    #[must_use]
    pub fn dynamic(mut self) -> Self {
        self.dynamic = true;
        self
    }

    /// Starts the Envoy that [`find`] finds and waits until it serves.
    ///
    /// # Errors
    /// There is no Envoy, it refuses the configuration (the error then holds its reason), or it does not serve in time.
    pub fn start(self) -> Result<Envoy> {
        let binary = find()?;
        let files = Files::new()?;
        self.write(files.path())?;
        let mut process = Process::start(&binary, files, &self.arguments())?;
        match self.wait(&mut process) {
            Ok((admin, address)) => Ok(Envoy {
                process,
                admin,
                address,
                workers: u64::from(self.concurrency),
                versions: self.dynamic.then_some(0),
            }),
            Err(error) => match process.autopsy() {
                Some(failure) => Err(error.context(failure)),
                None => Err(error),
            },
        }
    }
}

impl EnvoyBuilder {
    fn arguments(&self) -> Vec<String> {
        let levels = format!("wasm:{}", self.log_level);
        let options = [
            ["--config-path", "bootstrap.json"],
            ["--admin-address-path", "admin.txt"],
            ["--concurrency", &self.concurrency.to_string()],
            ["--log-level", "warning"],
            ["--component-log-level", &levels],
            ["--log-format", log::FORMAT],
            ["--file-flush-interval-msec", "20"],
        ];
        let options = options.concat().into_iter().map(str::to_owned);
        options.chain(["--disable-hot-restart".to_owned()]).collect()
    }

    fn write(&self, dir: &Path) -> Result<()> {
        let listener = self.listener.json(&dir.join("access.log"));
        let mut bootstrap = json!({
            "node": {"id": "test", "cluster": "test"},
            "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}},
            "static_resources": {"clusters": self.clusters},
            "bootstrap_extensions": self.extensions,
        });
        if self.dynamic {
            write_json(&dir.join("lds.json"), &listener::discovery(listener, 0))?;
            set(&mut bootstrap, "dynamic_resources", listener::discovery_source(&dir.join("lds.json")));
        } else if let Some(fields) = bootstrap.get_mut("static_resources") {
            set(fields, "listeners", json!([listener]));
        }
        write_json(&dir.join("bootstrap.json"), &bootstrap)
    }

    fn wait(&self, process: &mut Process) -> Result<(Admin, SocketAddr)> {
        let file = process.file("admin.txt");
        let found = Deadline::after(START_LIMIT).try_poll(|| {
            if process.has_ended() {
                bail!("it ended");
            }
            let Some(admin) = fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok()).map(Admin)
            else {
                return Ok(None);
            };
            if !admin.is_ready() {
                return Ok(None);
            }
            if let Some(reason) = self.refusal(admin)? {
                bail!("it refused the listener: {reason}");
            }
            Ok(serving(admin)?.map(|address| (admin, address)))
        })?;
        found.with_context(|| format!("it did not serve within {START_LIMIT:?}"))
    }

    /// A refused dynamic listener leaves Envoy running without one.
    fn refusal(&self, admin: Admin) -> Result<Option<String>> {
        if self.dynamic { admin.refusal() } else { Ok(None) }
    }
}

/// Where the listener is, once every worker accepts on it.
fn serving(admin: Admin) -> Result<Option<SocketAddr>> {
    let Some(address) = admin.listener(listener::NAME)? else { return Ok(None) };
    let started = admin.stat("listener_manager.workers_started")? == Some(1);
    let accepting = started && std::net::TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok();
    Ok(accepting.then_some(address))
}

fn cluster_json(name: &str, address: SocketAddr, protocol: Value) -> Value {
    let options =
        typed("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", json!({"explicit_http_config": protocol}));
    let endpoint = json!({"address": {"socket_address": {
        "address": address.ip().to_string(), "port_value": address.port(),
    }}});
    json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": "5s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": endpoint}]}]},
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options},
    })
}

fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.into(), value);
    }
}

/// Replaces a file as a whole, by a rename: the only change that Envoy notices.
pub(super) fn write_json(path: &Path, value: &Value) -> Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, serde_json::to_vec_pretty(value)?)?;
    fs::rename(&new, path).with_context(|| format!("write {}", path.display()))
}
