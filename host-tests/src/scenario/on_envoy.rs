//! Scenes in a real Envoy.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};
use gatewright_testing::message::Request;
use serde_json::json;

use super::{Callee, Scene, Stage};
use crate::envoy::{Configuration, Envoy, HttpFilter, Listener, Route, Update, WasmFilter};
use crate::net::wait::Deadline;
use crate::net::{Client, Received, Refusing, Upstream};

const LIMIT: Duration = Duration::from_secs(20);

struct OnEnvoy {
    envoy: Envoy,
    upstreams: BTreeMap<String, Upstream>,
    _refusing: Vec<Refusing>,
    scene: Scene,
}

pub(super) fn start(scene: Scene) -> Result<impl Stage> {
    let mut builder = Envoy::builder(listener(&scene)).dynamic().concurrency(scene.workers);
    let (mut upstreams, mut refusing) = (BTreeMap::new(), Vec::new());
    for (name, callee) in &scene.upstreams {
        let address = match callee {
            Callee::Refuses => {
                let nobody = Refusing::new()?;
                let address = nobody.address();
                refusing.push(nobody);
                address
            }
            Callee::Answers(answer) => {
                let answer = answer.clone();
                let upstream = Upstream::start(move |request: &Request| answer(request))?;
                let address = upstream.address();
                upstreams.insert(name.clone(), upstream);
                address
            }
        };
        builder = builder.cluster(name, address);
    }
    Ok(OnEnvoy { envoy: builder.start()?, upstreams, _refusing: refusing, scene })
}

fn listener(scene: &Scene) -> Listener {
    let per_route = scene.routes.iter().any(|route| route.plugin.is_some());
    let filter =
        if per_route { HttpFilter::filter_chain() } else { filter(scene, &scene.plugin, &scene.configuration).into() };
    let mut listener = Listener::new()
        .filter(filter)
        .per_connection_buffer_limit(scene.buffer_limit)
        .manager_field("common_http_protocol_options", json!({"max_headers_count": scene.max_request_headers}))
        .manager_field("max_request_headers_kb", 1_000.into());
    for route in &scene.routes {
        listener = listener.route(envoy_route(scene, route));
    }
    listener
}

fn envoy_route(scene: &Scene, route: &super::Route) -> Route {
    let mut made = Route::prefix(&route.prefix).name(&route.name).cluster(&route.upstream);
    if let Some((name, value)) = &route.header {
        made = made.header(name, value);
    }
    let Some(plugin) = &route.plugin else { return made };
    let none = Configuration::None;
    let configuration = scene.plugins.get(plugin).unwrap_or(&none);
    made.filter_chain([filter(scene, plugin, configuration).into()])
}

fn filter(scene: &Scene, name: &str, configuration: &Configuration) -> WasmFilter {
    WasmFilter::new(name, &scene.module)
        .vm_id(&scene.plugin)
        .configuration(configuration.clone())
        .failure_policy(scene.failure_policy)
        .allow_on_headers_stop_iteration(scene.allow_on_headers_stop_iteration)
}

impl OnEnvoy {
    fn client(&self) -> Result<Client> {
        Client::connect_with(self.envoy.address(), self.scene.patience)
    }

    /// Sends a request whole, and waits until the upstream has got something.
    fn begin(&self, request: &Request, upstream: &str) -> Result<Client> {
        let before = self.requests(upstream).len();
        let mut client = self.client()?;
        client.start(request)?;
        request.body.iter().try_for_each(|piece| client.piece(piece))?;
        client.end(&request.trailers)?;
        let came = || (self.requests(upstream).len() > before).then_some(());
        Deadline::after(LIMIT).poll(came).with_context(|| format!("{upstream} got nothing"))?;
        Ok(client)
    }

    /// Waits until every exchange is over, for the plugin too.
    fn wait_until_idle(&self) -> Result<()> {
        let idle = || anyhow::Ok((self.envoy.stat("http.main.downstream_rq_active")? == Some(0)).then_some(()));
        Deadline::after(LIMIT).try_poll(idle)?.context("Envoy did not end the exchange")
    }
}

impl Stage for OnEnvoy {
    fn send(&mut self, request: &Request) -> Result<Received> {
        self.client()?.send(request)
    }

    fn abort(&mut self, request: &Request, upstream: &str) -> Result<()> {
        self.begin(request, upstream)?.abort();
        self.wait_until_idle()
    }

    fn meanwhile(&mut self, first: &Request, upstream: &str, second: &Request) -> Result<[Result<Received>; 2]> {
        let mut client = self.begin(first, upstream)?;
        let second = self.send(second);
        Ok([client.receive(), second])
    }

    fn requests(&self, upstream: &str) -> Vec<Request> {
        self.upstreams.get(upstream).map(Upstream::requests).unwrap_or_default()
    }

    fn log(&self) -> Result<Vec<String>> {
        self.wait_until_idle()?;
        Ok(self.envoy.log_lines()?.into_iter().map(|line| line.message).collect())
    }

    fn stat(&self, name: &str) -> Result<Option<u64>> {
        self.envoy.stat(name)
    }

    fn configure(&mut self, configuration: &Configuration) -> Result<Result<(), String>> {
        let scene = Scene { configuration: configuration.clone(), ..self.scene.clone() };
        Ok(match self.envoy.update(&listener(&scene))? {
            Update::Rejected(reason) => Err(reason),
            Update::Accepted => {
                self.scene = scene;
                Ok(())
            }
        })
    }

    #[expect(clippy::disallowed_methods, reason = "Envoy has no other clock than the real one")]
    fn advance(&mut self, time: Duration) {
        std::thread::sleep(time);
    }

    fn host_calls(&self, _function: &str) -> Option<u64> {
        None
    }
}
