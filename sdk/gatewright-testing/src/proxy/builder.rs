//! Setting up a proxy.

use std::rc::Rc;
use std::time::Duration;

use serde_json::{Map, Value};

use super::Proxy;
use super::answer::{Answer, GrpcAnswer, GrpcCall};
use super::connection::Connection;
use super::encode;
use super::route::Route;
use super::vm::VmHost;
use super::worker::{StartError, Worker};
use super::world::World;
use crate::guest::{Guest, Trap};
use crate::message::Request;

/// What the proxy does with requests after its VM died (Envoy's `failure_policy`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailurePolicy {
    /// Answers 503 until the configuration changes.
    #[default]
    Closed,
    /// Lets them pass without the filter.
    Open,
    /// Starts the VM again with the next request, unless it was started less than the back-off interval ago.
    Reload,
}

/// Makes the guest of a VM. It is called again for every VM, and when a dead one is replaced.
pub(crate) type Factory = Rc<dyn Fn(VmHost) -> Result<Box<dyn Guest>, Trap>>;

/// One plugin configuration: a root context in every VM.
#[derive(Clone, Debug)]
pub(crate) struct Plugin {
    pub(crate) name: String,
    pub(crate) config: Vec<u8>,
}

/// What does not change while a proxy runs.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) vm_id: String,
    pub(crate) root_id: String,
    pub(crate) vm_config: Vec<u8>,
    pub(crate) routes: Vec<Route>,
    pub(crate) failure_policy: FailurePolicy,
    pub(crate) reload_backoff: Duration,
    pub(crate) allow_on_headers_stop_iteration: bool,
    pub(crate) buffer_limit: usize,
    pub(crate) max_request_headers: usize,
    pub(crate) route_timeout: Duration,
}

/// A proxy that is being set up.
#[must_use]
pub struct Builder {
    world: World,
    workers: usize,
    first_worker: usize,
    main_thread: bool,
    plugins: Vec<Plugin>,
    connection: Connection,
    settings: Settings,
}

impl Builder {
    pub(crate) fn new() -> Self {
        let settings = Settings {
            vm_id: String::new(),
            root_id: String::new(),
            vm_config: Vec::new(),
            routes: vec![Route::prefix("").named("default")],
            failure_policy: FailurePolicy::Closed,
            reload_backoff: Duration::from_secs(1),
            allow_on_headers_stop_iteration: false,
            buffer_limit: 1 << 20,
            max_request_headers: 100,
            route_timeout: Duration::from_secs(15),
        };
        let plugins = vec![Plugin { name: "plugin".to_owned(), config: Vec::new() }];
        Self {
            world: World::default(),
            workers: 1,
            first_worker: 0,
            main_thread: false,
            plugins,
            connection: Connection::default(),
            settings,
        }
    }

    /// Runs in a world that others share. Set it before upstreams.
    pub fn world(mut self, world: &World) -> Self {
        self.world = world.clone();
        self
    }

    /// Seeds whatever is random. It makes a new world: set it before upstreams.
    pub fn seed(mut self, seed: u64) -> Self {
        self.world = World::new(seed);
        self
    }

    /// Number of workers, each with a VM of its own; 1 unless set.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// Number of the first worker, for a proxy that is one of several in a world.
    pub fn first_worker(mut self, number: usize) -> Self {
        self.first_worker = number;
        self
    }

    /// Also runs the VMs that Envoy runs on its main thread: a canary that is thrown away, then one that gets no requests.
    pub fn main_thread(mut self) -> Self {
        self.main_thread = true;
        self
    }

    /// The plugin's configuration.
    pub fn config(mut self, config: impl Into<Vec<u8>>) -> Self {
        if let Some(plugin) = self.plugins.first_mut() {
            plugin.config = config.into();
        }
        self
    }

    /// The plugin's name; `plugin` unless set.
    pub fn plugin_name(mut self, name: &str) -> Self {
        if let Some(plugin) = self.plugins.first_mut() {
            name.clone_into(&mut plugin.name);
        }
        self
    }

    /// The plugin's configuration as native YAML: it reaches the guest as a protobuf `google.protobuf.Struct`.
    pub fn struct_config(self, config: &Map<String, Value>) -> Self {
        self.config(encode::protobuf_struct(config))
    }

    /// A further plugin configuration in the same VMs, for routes that name it.
    pub fn plugin(mut self, name: &str, config: impl Into<Vec<u8>>) -> Self {
        self.plugins.push(Plugin { name: name.to_owned(), config: config.into() });
        self
    }

    /// Id of the VM: the key space of shared data and queues. Empty unless set.
    pub fn vm_id(mut self, vm_id: &str) -> Self {
        self.settings.vm_id = vm_id.to_owned();
        self
    }

    /// Id of the root contexts. Empty unless set.
    pub fn root_id(mut self, root_id: &str) -> Self {
        self.settings.root_id = root_id.to_owned();
        self
    }

    /// Configuration of the VM.
    pub fn vm_config(mut self, config: impl Into<Vec<u8>>) -> Self {
        self.settings.vm_config = config.into();
        self
    }

    /// The routes, in order. Unless set, one route named `default` takes everything to `upstream`.
    pub fn routes(mut self, routes: impl IntoIterator<Item = Route>) -> Self {
        self.settings.routes = routes.into_iter().collect();
        self
    }

    /// Where requests come from unless they say otherwise.
    pub fn connection(mut self, connection: Connection) -> Self {
        self.connection = connection;
        self
    }

    /// What happens after a VM died.
    pub fn failure_policy(mut self, policy: FailurePolicy) -> Self {
        self.settings.failure_policy = policy;
        self
    }

    /// Least time between a load of a VM, its first included, and the next; 1 s unless set.
    pub fn reload_backoff(mut self, interval: Duration) -> Self {
        self.settings.reload_backoff = interval;
        self
    }

    /// Lets body callbacks come while headers are held (Envoy's `allow_on_headers_stop_iteration`).
    pub fn allow_on_headers_stop_iteration(mut self, allow: bool) -> Self {
        self.settings.allow_on_headers_stop_iteration = allow;
        self
    }

    /// Most body bytes that the proxy buffers; 1 MiB unless set.
    pub fn buffer_limit(mut self, bytes: usize) -> Self {
        self.settings.buffer_limit = bytes;
        self
    }

    /// Most header fields that a request may have, its pseudo-header fields included; 100 unless set.
    pub fn max_request_headers(mut self, count: usize) -> Self {
        self.settings.max_request_headers = count;
        self
    }

    /// How long the upstream of a route may take; 15 s unless set.
    pub fn route_timeout(mut self, timeout: Duration) -> Self {
        self.settings.route_timeout = timeout;
        self
    }

    /// Registers an HTTP upstream, for routes and callouts. Where `upstream` is not registered, it answers 200.
    pub fn upstream(self, name: &str, answer: impl FnMut(&Request) -> Answer + Send + 'static) -> Self {
        self.world.upstream(name, answer);
        self
    }

    /// Registers a gRPC upstream. The closure answers unary calls; a test answers streams by hand.
    pub fn grpc_upstream(self, name: &str, answer: impl FnMut(&GrpcCall) -> GrpcAnswer + Send + 'static) -> Self {
        self.world.grpc_upstream(name, answer);
        self
    }

    /// Starts the VMs. As Envoy, it refuses to start with a guest that traps or that refuses its configuration.
    pub fn start(
        self,
        factory: impl Fn(VmHost) -> Result<Box<dyn Guest>, Trap> + 'static,
    ) -> Result<Proxy, StartError> {
        let factory: Factory = Rc::new(factory);
        let settings = Rc::new(self.settings);
        let start = |number: usize, label: &str| {
            Worker::start(self.world.clone(), settings.clone(), factory.clone(), number, label, &self.plugins)
        };
        let mut workers = Vec::new();
        let mut main = None;
        if self.main_thread {
            drop(start(usize::MAX, "canary")?);
            main = Some(start(usize::MAX, "main thread")?);
        }
        for number in self.first_worker..self.first_worker + self.workers.max(1) {
            workers.push(start(number, &format!("worker {number}"))?);
        }
        workers.extend(main);
        Ok(Proxy::new(self.world, workers, self.connection, self.plugins))
    }
}
