//! A proxy in plain Rust that behaves as Envoy does towards a guest. Time is virtual and every run repeats exactly.
//!
//! ```
//! # use gatewright_testing::proxy::{Answer, Proxy, StartError};
//! # use gatewright_testing::message::{Request, Response};
//! # use gatewright_testing::scripted::Scripted;
//! # use std::time::Duration;
//! # fn main() -> Result<(), StartError> {
//! let mut proxy = Proxy::builder()
//!     .upstream("upstream", |_| Answer::delay(Duration::from_millis(5), Response::new(204)))
//!     .start(|_host| Ok(Scripted::new().boxed()))?;
//! let exchange = proxy.send(Request::get("/orders"));
//! assert!(exchange.is_pending());
//! proxy.advance(Duration::from_millis(5));
//! assert_eq!(exchange.status(), 204);
//! # Ok(())
//! # }
//! ```

mod answer;
mod builder;
mod clock;
mod connection;
mod encode;
mod exchange;
mod faults;
mod fields;
mod host;
mod interleave;
mod metrics;
mod properties;
mod queues;
mod route;
mod shared_data;
mod side;
mod stepwise;
mod timeline;
mod vm;
mod worker;
mod world;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use gatewright_core::host::{Direction, LogLevel};

pub use self::answer::{Answer, GrpcAnswer, GrpcCall};
pub use self::builder::{Builder, FailurePolicy};
pub use self::connection::{Connection, PeerCertificate};
pub use self::encode::protobuf_struct;
pub use self::exchange::Exchange;
pub use self::faults::{Calls, HostCalls};
pub use self::interleave::race;
pub use self::route::Route;
pub use self::vm::{GrpcStream, VmHost};
pub use self::worker::StartError;
pub use self::world::{LogLine, World};

use self::builder::Plugin;
use self::clock::nanos;
use self::worker::Worker;
use crate::message::Request;

/// More events than this without time passing are a loop.
const MAX_EVENTS_AT_ONCE: usize = 100_000;

/// A running proxy.
pub struct Proxy {
    world: World,
    workers: Vec<Worker>,
    connection: Connection,
    plugins: Vec<Plugin>,
}

/// A request that is being set up.
#[must_use]
pub struct Call<'a> {
    proxy: &'a mut Proxy,
    request: Request,
    worker: usize,
    connection: Connection,
    properties: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Proxy {
    /// Sets up a proxy.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn new(world: World, workers: Vec<Worker>, connection: Connection, plugins: Vec<Plugin>) -> Self {
        let mut proxy = Self { world, workers, connection, plugins };
        proxy.settle();
        proxy
    }

    /// Sends a request to the first worker, and runs until it is answered or waits for time or the test.
    pub fn send(&mut self, request: Request) -> Exchange {
        self.exchange(request).send()
    }

    /// Sets up a request: its worker, connection, properties.
    pub fn exchange(&mut self, request: Request) -> Call<'_> {
        let (worker, connection) = (self.workers.first().map_or(0, |worker| worker.number), self.connection.clone());
        Call { proxy: self, request, worker, connection, properties: BTreeMap::new() }
    }

    /// Lets time pass. Ticks, answers and timeouts come in the order of their time.
    pub fn advance(&mut self, duration: Duration) {
        let target = self.world.elapsed().saturating_add(nanos(duration));
        self.settle();
        // Each round lets at least one event happen; a tick every nanosecond is the test's own wish.
        while let Some(due) = self.next_due().filter(|due| *due <= target) {
            self.world.lock().clock.pass_until(due);
            if !self.settle() {
                break;
            }
        }
        self.world.lock().clock.pass_until(target);
        self.settle();
    }

    /// Lets happen what is due now, such as what other proxies of the world put into queues.
    pub fn run(&mut self) {
        self.settle();
    }

    /// Gives the first plugin a new configuration. As in Envoy, it is tried out first; refused, the old one keeps serving.
    pub fn configure(&mut self, config: impl Into<Vec<u8>>) -> Result<(), StartError> {
        let first = self.plugins.first().map(|plugin| plugin.name.clone()).unwrap_or_default();
        self.configure_plugin(&first, config)
    }

    /// Gives the plugin of this name a new configuration.
    pub fn configure_plugin(&mut self, name: &str, config: impl Into<Vec<u8>>) -> Result<(), StartError> {
        let mut plugins = self.plugins.clone();
        if let Some(plugin) = plugins.iter_mut().find(|plugin| plugin.name == name) {
            plugin.config = config.into();
        }
        if let Some(worker) = self.workers.first() {
            worker.try_out(&plugins)?;
        }
        for worker in &mut self.workers {
            worker.configure(&plugins)?;
        }
        self.plugins = plugins;
        self.settle();
        Ok(())
    }

    /// What all VMs share: clock, shared data, metrics, logs, faults.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// All log lines so far.
    #[must_use]
    pub fn logs(&self) -> Vec<LogLine> {
        self.world.logs()
    }

    /// Value of a counter or gauge; `None` where nobody defined it.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<u64> {
        self.world.metric(name)
    }

    /// What guests called since the start or the last reset.
    #[must_use]
    pub fn host_calls(&self) -> HostCalls {
        self.world.host_calls()
    }

    /// Whether a worker's VM lives.
    #[must_use]
    pub fn is_alive(&self, worker: usize) -> bool {
        self.workers.iter().any(|other| other.number == worker && other.vm.is_some())
    }

    pub(crate) fn worker(&mut self, number: usize) -> Option<&mut Worker> {
        self.workers.iter_mut().find(|worker| worker.number == number)
    }

    /// Lets everything happen that is due. `false`: it did not come to an end.
    pub(crate) fn settle(&mut self) -> bool {
        for _ in 0..MAX_EVENTS_AT_ONCE {
            let now = self.world.elapsed();
            // A queue's value wakes another worker: ask all of them again after each event.
            let earliest = |worker: &&mut Worker| worker.next_due().unwrap_or(u64::MAX);
            let mut workers: Vec<&mut Worker> = self.workers.iter_mut().collect();
            workers.sort_by_key(|worker| earliest(worker));
            if !workers.into_iter().any(|worker| worker.happen(now)) {
                return true;
            }
        }
        let message = format!("{MAX_EVENTS_AT_ONCE} events without time passing: stopped");
        self.world.write_log(LogLevel::Critical, message, "proxy");
        false
    }

    fn next_due(&self) -> Option<u64> {
        self.workers.iter().filter_map(Worker::next_due).min()
    }
}

impl Call<'_> {
    /// Sends it to this worker.
    pub fn on_worker(mut self, worker: usize) -> Self {
        self.worker = worker;
        self
    }

    /// Sends it over this connection.
    pub fn from(mut self, connection: Connection) -> Self {
        self.connection = connection;
        self
    }

    /// Sets a property, over what the proxy would say.
    pub fn property(mut self, path: &[&str], value: impl Into<Vec<u8>>) -> Self {
        self.properties.insert(path.join("\0").into_bytes(), value.into());
        self
    }

    /// Sends the request whole.
    pub fn send(self) -> Exchange {
        let ended = true;
        self.begin(ended)
    }

    /// Sends the headers only; the rest follows by [`Proxy::send_body`] and [`Proxy::send_trailers`].
    pub fn start(self) -> Exchange {
        self.begin(false)
    }

    fn begin(self, whole: bool) -> Exchange {
        let Self { proxy, request, worker, connection, properties } = self;
        let (elapsed, wall) = (proxy.world.elapsed(), proxy.world.now_nanos());
        let mut state = exchange::ExchangeState::new(worker, connection, &request.headers, elapsed, wall);
        state.properties = properties;
        if whole {
            state.request.arrive_whole(request.headers, request.body, request.trailers);
        } else {
            state.request.arrive(request.headers, false);
        }
        let exchange = Exchange(std::rc::Rc::new(std::cell::RefCell::new(state)));
        if let Some(worker) = proxy.worker(worker) {
            worker.begin(&exchange);
        } else {
            worker::fail(&mut exchange.0.borrow_mut());
        }
        proxy.settle();
        exchange
    }
}

impl Worker {
    /// A request's headers are here: chooses the route and the filter, and goes on.
    fn begin(&mut self, exchange: &Exchange) {
        let headers = exchange.0.borrow().request.headers.clone();
        if headers.len() > self.settings.max_request_headers {
            return self.refuse(exchange, 431, "request_headers_too_many");
        }
        let route = self.match_route(&headers);
        exchange.0.borrow_mut().route = route;
        let route = route.and_then(|route| self.settings.routes.get(route)).cloned();
        let filtered = route.as_ref().is_none_or(|route| route.filtered);
        match if filtered { self.filter_ready() } else { Some(false) } {
            None => return self.refuse(exchange, 503, "wasm_fail_stream"),
            Some(true) => self.enter(exchange, route.and_then(|route| route.plugin).as_deref()),
            Some(false) => {}
        }
        self.pump(exchange, Direction::Request);
    }

    fn enter(&mut self, exchange: &Exchange, plugin: Option<&str>) {
        let Some(vm) = &self.vm else { return };
        let root = vm.root_of(plugin);
        let created = vm::Context::Exchange { root, exchange: exchange.clone() };
        let context = vm.host.0.borrow_mut().new_context(created);
        let number = vm.host.0.borrow().number;
        {
            let mut state = exchange.0.borrow_mut();
            (state.context, state.vm) = (Some(context), number);
        }
        self.call(context, "proxy_on_context_create", (), |guest| guest.on_context_create(context, root));
        self.run_actions();
    }

    /// Answers without the filter.
    fn refuse(&mut self, exchange: &Exchange, status: u32, details: &str) {
        self.proxy_reply(exchange, status, "", details);
    }
}
