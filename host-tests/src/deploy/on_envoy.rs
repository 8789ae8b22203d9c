//! Plugins on a real Envoy.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use gatewright_testing::message::Request;
use serde_json::Value;

use super::{Callee, Deployed, Handler, Outcome, Received, SERVICE, Setup};
use crate::envoy::{Configuration, Envoy, Listener, Route, WasmFilter};
use crate::net::wait::Deadline;
use crate::net::{Answer, Ending, Refusing, Upstream};

/// How long an exchange may go on in Envoy after its response has come.
const AFTERMATH: Duration = Duration::from_secs(20);

/// Envoy, and the upstreams that must outlive it.
struct OnEnvoy {
    envoy: Envoy,
    _upstreams: Vec<Upstream>,
    _refusing: Vec<Refusing>,
}

#[expect(clippy::disallowed_methods, reason = "Envoy follows the real clock, and tokens for it must too")]
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

pub(super) fn start(module: &Path, setup: Setup) -> Result<Box<dyn Deployed>> {
    let filter = WasmFilter::new(&setup.plugin, module)
        .configuration(Configuration::Struct(Value::Object(setup.config.clone())));
    let mut listener = Listener::new().filter(filter);
    for route in routes(&setup) {
        listener = listener.route(route);
    }
    let mut builder = Envoy::builder(listener);
    let (mut upstreams, mut refusing) = (Vec::new(), Vec::new());
    let callees = [(SERVICE.to_owned(), Callee::Answers(setup.service))].into_iter().chain(setup.upstreams);
    for (name, callee) in callees {
        let address = match callee {
            Callee::Answers(handler) => listen(handler, &mut upstreams)?,
            Callee::Refuses => {
                let nobody = Refusing::new()?;
                let address = nobody.address();
                refusing.push(nobody);
                address
            }
        };
        builder = builder.cluster(&name, address);
    }
    Ok(Box::new(OnEnvoy { envoy: builder.start()?, _upstreams: upstreams, _refusing: refusing }))
}

fn routes(setup: &Setup) -> Vec<Route> {
    if setup.routes.is_empty() {
        return vec![Route::prefix("/").name("default").cluster(SERVICE)];
    }
    let route = |route: &super::Route| {
        let built = Route::prefix(&route.prefix).name(&route.name).cluster(SERVICE);
        route.metadata.iter().fold(built, |built, (namespace, values)| built.metadata(namespace, values.clone().into()))
    };
    setup.routes.iter().map(route).collect()
}

fn listen(handler: Handler, upstreams: &mut Vec<Upstream>) -> Result<SocketAddr> {
    let upstream = Upstream::start(move |request| match handler(request) {
        Outcome::Respond(response) => Answer::Respond(response),
        Outcome::Timeout => Answer::Hang,
        Outcome::Reset => Answer::Reset,
    })?;
    let address = upstream.address();
    upstreams.push(upstream);
    Ok(address)
}

impl Deployed for OnEnvoy {
    #[expect(clippy::disallowed_methods, reason = "Envoy has no other clock than the real one")]
    fn advance(&mut self, time: Duration) {
        std::thread::sleep(time);
    }

    fn send(&mut self, request: &Request) -> Result<Received> {
        let received = match self.envoy.exchange(request) {
            Ok(received) => Received { cut: received.ending != Ending::Complete, response: Some(received.response) },
            Err(_) => Received { response: None, cut: true },
        };
        // The plugin's last callback comes after the response: what it logs and counts belongs to this exchange.
        let over = || anyhow::Ok((self.envoy.stat("http.main.downstream_rq_active")? == Some(0)).then_some(()));
        Deadline::after(AFTERMATH)
            .try_poll(over)?
            .context("Envoy has not ended the exchange 20 s after its response")?;
        Ok(received)
    }

    fn log_lines(&self) -> Result<Vec<String>> {
        Ok(self.envoy.log_lines()?.into_iter().map(|line| line.message).collect())
    }

    fn metric(&self, name: &str) -> Result<u64> {
        Ok(self.envoy.stat(&format!("wasmcustom.{name}"))?.unwrap_or(0))
    }
}
