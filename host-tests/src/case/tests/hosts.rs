//! What surrounds a plugin is the same on every host that runs modules, seen by the probe.

use super::parse;
use crate::build::{Target, module};
use crate::case::run;
use crate::deploy::Platform;

const FILE: &str = r#"
about: Answers and faults of upstreams, routes and configuration, as a plugin sees them.
config: { policy: { number: 1 } }
routes:
  - { name: orders, prefix: /orders, metadata: { ns: { key: value } } }
  - { name: rest, prefix: / }
upstreams:
  idp:
    - { when: { path: /slow }, fault: timeout }
    - { when: { path: /cut }, fault: reset }
    - { when: { path: { contains: page } }, reply: { status: 203, headers: [[x, y]] } }
  dead: [{ fault: refuse }]
cases:
  - name: a reply
    request: { path: /, headers: [[x-probe-request-headers, call idp /page1 2000]] }
    expect: { status: 200, headers: { x-probe: { matches: "call=203( .*)?" } }, callouts: { idp: 1 }, upstream: {} }
  - name: a timeout
    request: { path: /, headers: [[x-probe-request-headers, call idp /slow 100]] }
    expect: { headers: { x-probe: { matches: "call=504( .*)?" } }, callouts: { idp: 1 } }
  - name: a reset
    request: { path: /, headers: [[x-probe-request-headers, call idp /cut 2000]] }
    expect: { headers: { x-probe: { matches: "call=503( .*)?" } } }
  - name: nobody there
    request: { path: /, headers: [[x-probe-request-headers, call dead / 2000]] }
    expect: { headers: { x-probe: { matches: "call=503( .*)?" } }, callouts: { dead: 0 } }
  - name: the route and its metadata
    request: { path: /orders, headers: [[x-probe-request-headers, property xds/route_metadata/filter_metadata/ns/key]] }
    expect: { headers: { x-probe: { contains: value } } }
  - name: the other route
    request: { path: /else, headers: [[x-probe-request-headers, property xds/route_name]] }
    expect: { headers: { x-probe: { contains: rest } } }
  - name: a service that resets
    advance: 10ms
    request: { path: / }
    upstream: { fault: reset }
    expect: { status: 503, upstream: {} }
  - name: bodies and trailers
    request: { method: POST, path: /, chunks: [a, b], trailers: [[x-end, sent]] }
    upstream: { chunks: [c, { base64: ZA== }], trailers: [[x-end, got]] }
    expect: { body: cd, trailers: { x-end: got }, upstream: { body: ab, trailers: { x-end: sent } } }
"#;

fn plays(platform: fn(std::path::PathBuf) -> Platform) {
    let probe = module("guest-probe", Target::Wasip1).unwrap();
    let failures = run(&parse(FILE).unwrap(), "probe", &platform(probe)).unwrap();
    let report: String = failures.iter().map(ToString::to_string).collect();
    assert!(report.is_empty(), "{report}");
}

#[test]
fn surroundings_in_wasmtime() {
    plays(Platform::Wasmtime);
}

#[test]
fn surroundings_in_envoy() {
    plays(Platform::Envoy);
}
