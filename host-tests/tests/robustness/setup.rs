//! The plugins, and the proof that they still serve.

use gatewright_host::build::{self, Target};
use gatewright_host::envoy::Configuration;
use gatewright_host::scenario::{SERVICE, Scene, Stage};
use gatewright_testing::message::{Request, Response};
use serde_json::{Value, json};

use crate::tokens;

/// jwt-auth on all requests; its one provider knows the test keys.
pub(crate) fn jwt_auth() -> Scene {
    let module = build::module("jwt-auth", Target::Wasip1).unwrap();
    Scene::new("jwt-auth", &module).configuration(Configuration::Struct(jwt_config("api")))
}

/// Its configuration.
pub(crate) fn jwt_config(realm: &str) -> Value {
    let provider = json!({
        "name": "main",
        "issuer": tokens::ISSUER,
        "audiences": [tokens::AUDIENCE],
        "jwks": {"inline": tokens::jwks()},
    });
    json!({"policy": {"providers": [provider], "realm": realm}})
}

/// The policy that does what `x-trouble` says, on all requests.
pub(crate) fn trouble() -> Scene {
    let module = build::module("guest-trouble", Target::Wasip1).unwrap();
    Scene::new("trouble", &module).configuration(Configuration::Struct(json!({"policy": {"idp": "idp"}})))
}

/// A request with steps for `trouble`.
pub(crate) fn steps(steps: &str) -> Request {
    Request::get("/").with_header("x-trouble", steps)
}

/// A request with a good token.
pub(crate) fn with_token() -> Request {
    Request::get("/").with_header("authorization", format!("Bearer {}", tokens::good()))
}

/// The status of a request that is answered whole.
pub(crate) fn status(stage: &mut dyn Stage, request: &Request) -> u16 {
    stage.answer(request).unwrap().status()
}

/// The next hundred requests are served, in the same VM, which nothing has shaken.
pub(crate) fn still_serves(stage: &mut dyn Stage, request: &Request) {
    let before = stage.requests(SERVICE).len();
    for n in 0..100 {
        assert_eq!(status(stage, request), 200, "request {n} after the trouble");
    }
    assert_eq!(stage.requests(SERVICE).len(), before + 100);
    assert_eq!(stage.crashes().unwrap(), [""; 0]);
    for plugin in ["jwt-auth", "trouble"] {
        let reloads = stage.stat(&format!("wasm.{plugin}.vm_reload_success")).unwrap();
        assert_eq!(reloads.unwrap_or(0), 0, "reloads");
    }
}

/// An upstream that answers with what `trouble` may read.
pub(crate) fn body(_: &Request) -> gatewright_host::net::Answer {
    Response::new(200).with_body("0123456789").with_trailer("x-sum", "10").into()
}
