//! Plugins on the emulated proxy.

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use gatewright_testing::guest::{Guest, Trap};
use gatewright_testing::message::Request;
use gatewright_testing::proxy::{self, Answer, Proxy, VmHost, World};

use super::{Callee, Deployed, Handler, NativePlugin, Outcome, Received, Route, SERVICE, Setup};
use crate::wasm::WasmModule;

/// Virtual time that an exchange may take. Every timeout of a sane configuration is shorter.
const LIMIT: Duration = Duration::from_secs(120);
const STEP: Duration = Duration::from_millis(100);

struct Emulated(Proxy);

pub(super) fn now() -> u64 {
    World::default().now_nanos() / 1_000_000_000
}

pub(super) fn native(plugin: NativePlugin, setup: Setup) -> Result<Box<dyn Deployed>> {
    start(setup, move |host| plugin(host))
}

pub(super) fn wasm(module: &Path, setup: Setup) -> Result<Box<dyn Deployed>> {
    let module = WasmModule::load(module)?;
    start(setup, move |host| {
        let guest = module.guest(Rc::new(host)).map_err(|error| Trap(format!("{error:#}")))?;
        Ok(Box::new(guest) as Box<dyn Guest>)
    })
}

fn start(
    setup: Setup,
    factory: impl Fn(VmHost) -> Result<Box<dyn Guest>, Trap> + 'static,
) -> Result<Box<dyn Deployed>> {
    let mut builder = Proxy::builder()
        .vm_id(&setup.plugin)
        .config(serde_json::to_vec(&setup.config)?)
        .allow_on_headers_stop_iteration(true)
        .upstream(SERVICE, answers(setup.service));
    for (name, callee) in setup.upstreams {
        builder = match callee {
            Callee::Answers(handler) => builder.upstream(&name, answers(handler)),
            Callee::Refuses => builder.upstream(&name, |_| Answer::refused()),
        };
    }
    if !setup.routes.is_empty() {
        builder = builder.routes(setup.routes.iter().map(route));
    }
    match builder.start(factory) {
        Ok(proxy) => Ok(Box::new(Emulated(proxy))),
        Err(error) => Err(anyhow!("the emulated proxy did not start: {error}")),
    }
}

fn answers(handler: Handler) -> impl FnMut(&Request) -> Answer + Send + 'static {
    move |request| match handler(request) {
        Outcome::Respond(response) => Answer::response(response),
        Outcome::Timeout => Answer::timeout(),
        // Envoy answers for an upstream that resets before its headers, as for one that takes no connection.
        Outcome::Reset => Answer::refused(),
    }
}

fn route(route: &Route) -> proxy::Route {
    let mut built = proxy::Route::prefix(&route.prefix).named(&route.name).to(SERVICE);
    for (namespace, values) in &route.metadata {
        for (key, value) in values {
            built = built.metadata(namespace, key, value.clone());
        }
    }
    built
}

impl Deployed for Emulated {
    fn advance(&mut self, time: Duration) {
        self.0.advance(time);
    }

    fn send(&mut self, request: &Request) -> Result<Received> {
        let exchange = self.0.send(request.clone());
        let mut waited = Duration::ZERO;
        while exchange.is_pending() && waited < LIMIT {
            self.0.advance(STEP);
            waited += STEP;
        }
        let cut = exchange.was_cut() || exchange.is_pending() || exchange.is_hung();
        Ok(Received { response: exchange.response_so_far(), cut })
    }

    fn log_lines(&self) -> Result<Vec<String>> {
        Ok(self.0.logs().into_iter().map(|line| line.message).collect())
    }

    fn metric(&self, name: &str) -> Result<u64> {
        Ok(self.0.metric(name).unwrap_or(0))
    }
}
