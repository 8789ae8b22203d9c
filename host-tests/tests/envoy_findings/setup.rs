//! The probe guest in an Envoy, and what it found.

use std::path::PathBuf;

use gatewright_host::build::{self, Target};
use gatewright_host::envoy::{Deployment, Envoy, EnvoyBuilder, EnvoyDeployment, Listener, Route, WasmFilter};
use gatewright_host::net::{Answer, Upstream};
use gatewright_testing::message::{Request, Response};

/// The probe as a filter of this name.
pub(crate) fn probe(name: &str) -> WasmFilter {
    WasmFilter::new(name, &module())
}

/// One filter on all requests.
pub(crate) fn deploy(filter: WasmFilter) -> EnvoyDeployment {
    start(Envoy::builder(Listener::new().filter(filter).route(Route::prefix("/").cluster("main"))))
}

/// An upstream that answers `ok`, as cluster `main`.
pub(crate) fn start(builder: EnvoyBuilder) -> EnvoyDeployment {
    start_with(builder, |_| Response::new(200).with_body("ok").into())
}

/// An upstream of one's own, as cluster `main`.
pub(crate) fn start_with(
    builder: EnvoyBuilder,
    handler: impl Fn(&Request) -> Answer + Send + Sync + 'static,
) -> EnvoyDeployment {
    let upstream = Upstream::start(handler).unwrap();
    let envoy = builder.cluster("main", upstream.address()).start().unwrap();
    EnvoyDeployment { envoy, upstream }
}

/// What the probe found, in order.
pub(crate) fn results(response: &Response) -> Vec<String> {
    response.header_values("x-probe")
}

/// What one command found in one phase, where everything else goes well.
pub(crate) fn result(proxy: &dyn Deployment, phase: &str, command: &str) -> String {
    let response = proxy.send(&Request::get("/").with_header(&format!("x-probe-{phase}"), command)).unwrap();
    assert_eq!(response.status(), 200);
    let found = results(&response);
    let [line] = found.as_slice() else { panic!("one result expected, not {found:?}") };
    line.strip_prefix(command).and_then(|line| line.strip_prefix('=')).unwrap().to_owned()
}

fn module() -> PathBuf {
    build::module("guest-probe", Target::Wasip1).unwrap()
}
