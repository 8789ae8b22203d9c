//! Scenes in wasmtime, on the emulated proxy. Time is virtual.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use gatewright_testing::message::{Request, Response};
use gatewright_testing::proxy::{self, Answer, Builder, Exchange, Proxy, World, protobuf_struct};
use serde_json::Value;

use super::{Callee, Route, Scene, Stage};
use crate::envoy::{Configuration, FailurePolicy};
use crate::foreign;
use crate::net::{Answer as NetAnswer, Ending, Received};
use crate::wasm::{GuestOptions, WasmModule};

/// How finely time passes while an exchange is under way.
const STEP: Duration = Duration::from_millis(10);

struct OnWasmtime {
    proxy: Proxy,
    got: BTreeMap<String, Got>,
    workers: usize,
    sent: usize,
    patience: Duration,
}

/// The requests that an upstream got.
type Got = Arc<Mutex<Vec<Request>>>;

pub(super) fn start(scene: Scene) -> Result<impl Stage> {
    let module = WasmModule::load(&scene.module)?;
    let world = World::default();
    let mut got = BTreeMap::new();
    for (name, callee) in &scene.upstreams {
        got.insert(name.clone(), upstream(&world, name, callee.clone()));
    }
    if scene.verify_signature {
        world.foreign("verify_signature", foreign::verify_signature);
    }
    let options = GuestOptions::default();
    let started = builder(&scene, &world).start(move |host| module.boxed(host, &options));
    let proxy = started.map_err(|error| anyhow!("{error}\n{}", messages(&world).join("\n")))?;
    Ok(OnWasmtime { proxy, got, workers: scene.workers as usize, sent: 0, patience: scene.patience })
}

fn builder(scene: &Scene, world: &World) -> Builder {
    let mut builder = Proxy::builder()
        .world(world)
        .plugin_name(&scene.plugin)
        .vm_id(&scene.plugin)
        .workers(scene.workers as usize)
        .config(bytes(&scene.configuration))
        .routes(routes(scene))
        .allow_on_headers_stop_iteration(scene.allow_on_headers_stop_iteration)
        .buffer_limit(scene.buffer_limit as usize)
        .max_request_headers(scene.max_request_headers as usize);
    for (name, configuration) in &scene.plugins {
        builder = builder.plugin(name, bytes(configuration));
    }
    match scene.failure_policy {
        FailurePolicy::Closed => builder,
        FailurePolicy::Open => builder.failure_policy(proxy::FailurePolicy::Open),
        FailurePolicy::Reload(backoff) => builder.failure_policy(proxy::FailurePolicy::Reload).reload_backoff(backoff),
    }
}

fn bytes(configuration: &Configuration) -> Vec<u8> {
    match configuration {
        Configuration::None => Vec::new(),
        Configuration::Text(text) => text.clone().into_bytes(),
        Configuration::Bytes(bytes) => bytes.clone(),
        Configuration::Struct(Value::Object(fields)) => protobuf_struct(fields),
        Configuration::Struct(_) => Vec::new(),
    }
}

fn routes(scene: &Scene) -> Vec<proxy::Route> {
    let per_route = scene.routes.iter().any(|route| route.plugin.is_some());
    let route = |route: &Route| {
        let mut made = proxy::Route::prefix(&route.prefix).named(&route.name).to(&route.upstream);
        if let Some((name, value)) = &route.header {
            made = made.with_header(name, value);
        }
        match &route.plugin {
            Some(plugin) => made.plugin(plugin),
            None if per_route => made.without_filter(),
            None => made,
        }
    };
    scene.routes.iter().map(route).collect()
}

fn upstream(world: &World, name: &str, callee: Callee) -> Got {
    let got = Got::default();
    let seen = Arc::clone(&got);
    world.upstream(name, move |request| match &callee {
        Callee::Refuses => Answer::refused(),
        Callee::Answers(decide) => {
            seen.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
            answer(decide(request))
        }
    });
    got
}

fn answer(answer: NetAnswer) -> Answer {
    match answer {
        NetAnswer::Respond(response) => Answer::response(response),
        NetAnswer::After(time, later) => self::answer(*later).after(time),
        NetAnswer::Reset | NetAnswer::Raw(_) => Answer::failed(),
        NetAnswer::Hang => Answer::timeout(),
        NetAnswer::Truncated(response) => Answer::truncated(response),
    }
}

fn messages(world: &World) -> Vec<String> {
    world.logs().into_iter().map(|line| line.message).collect()
}

impl OnWasmtime {
    fn begin(&mut self, request: &Request) -> Exchange {
        let worker = self.sent % self.workers.max(1);
        self.sent += 1;
        self.proxy.exchange(request.clone()).on_worker(worker).send()
    }

    /// What the client gets within its patience.
    fn receive(&mut self, exchange: &Exchange) -> Result<Received> {
        let mut waited = Duration::ZERO;
        while exchange.is_pending() && waited < self.patience {
            self.proxy.advance(STEP);
            waited += STEP;
        }
        let ending = match () {
            () if exchange.is_pending() || exchange.is_hung() => Ending::TimedOut,
            () if exchange.was_cut() => Ending::Cut,
            () => Ending::Complete,
        };
        match exchange.response_so_far() {
            Some(response) => Ok(Received { interim: Vec::<Response>::new(), response, ending }),
            None if ending == Ending::TimedOut => bail!("no answer: read timeout"),
            None => bail!("no answer: the stream was reset"),
        }
    }
}

impl Stage for OnWasmtime {
    fn send(&mut self, request: &Request) -> Result<Received> {
        let exchange = self.begin(request);
        self.receive(&exchange)
    }

    fn meanwhile(&mut self, first: &Request, upstream: &str, second: &Request) -> Result<[Result<Received>; 2]> {
        let before = self.requests(upstream).len();
        let exchange = self.begin(first);
        if self.requests(upstream).len() == before {
            bail!("{upstream} got nothing");
        }
        let second = self.send(second);
        Ok([self.receive(&exchange), second])
    }

    fn abort(&mut self, request: &Request, upstream: &str) -> Result<()> {
        let before = self.requests(upstream).len();
        let exchange = self.begin(request);
        if self.requests(upstream).len() == before {
            bail!("{upstream} got nothing");
        }
        self.proxy.abort(&exchange);
        Ok(())
    }

    fn requests(&self, upstream: &str) -> Vec<Request> {
        let got = self.got.get(upstream);
        got.map(|got| got.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
    }

    fn log(&self) -> Result<Vec<String>> {
        Ok(messages(self.proxy.world()))
    }

    fn stat(&self, name: &str) -> Result<Option<u64>> {
        Ok(self.proxy.metric(name.strip_prefix("wasmcustom.").unwrap_or(name)))
    }

    fn configure(&mut self, configuration: &Configuration) -> Result<Result<(), String>> {
        Ok(self.proxy.configure(bytes(configuration)).map_err(|error| error.to_string()))
    }

    fn advance(&mut self, time: Duration) {
        self.proxy.advance(time);
    }

    fn host_calls(&self, function: &str) -> Option<u64> {
        Some(self.proxy.host_calls().of(function).calls)
    }
}
