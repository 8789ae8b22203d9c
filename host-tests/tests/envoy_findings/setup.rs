//! The probe guest, and what it found.

use gatewright_host::build::{self, Target};
use gatewright_host::scenario::{Scene, Stage};
use gatewright_testing::message::{Request, Response};

use crate::HOST;

/// The probe on all requests.
pub(crate) fn probe() -> Scene {
    Scene::new("probe", &build::module("guest-probe", Target::Wasip1).unwrap())
}

/// The scene on the host whose findings these are.
pub(crate) fn start(scene: Scene) -> Box<dyn Stage> {
    scene.start(HOST).unwrap()
}

/// What the probe found, in order.
pub(crate) fn results(response: &Response) -> Vec<String> {
    response.header_values("x-probe")
}

/// What commands of the request's first phase found.
pub(crate) fn found(stage: &mut dyn Stage, path: &str, commands: &str) -> Vec<String> {
    results(&stage.answer(&Request::get(path).with_header("x-probe-request-headers", commands)).unwrap())
}

/// What one command found in one phase, where everything else goes well.
pub(crate) fn result(stage: &mut dyn Stage, phase: &str, command: &str) -> String {
    let response = stage.answer(&Request::get("/").with_header(&format!("x-probe-{phase}"), command)).unwrap();
    assert_eq!(response.status(), 200);
    let found = results(&response);
    let [line] = found.as_slice() else { panic!("one result expected, not {found:?}") };
    line.strip_prefix(command).and_then(|line| line.strip_prefix('=')).unwrap().to_owned()
}
