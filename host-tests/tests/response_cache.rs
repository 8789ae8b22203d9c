//! response-cache in a real Envoy with two workers: what only threads, sockets and an origin that takes its time can show.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::disallowed_methods,
    reason = "an origin that takes its time, and purges at different moments of a fetch"
)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use gatewright_host::build::{self, Target};
use gatewright_host::envoy::{Configuration, Envoy, Listener, Route, WasmFilter};
use gatewright_host::net::{Client, Upstream};
use gatewright_testing::message::{Request, Response};
use serde_json::json;

/// SHA-256 of `secret`.
const DIGEST: &str = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
/// Authority of every request.
const HOST: &str = "test.example";
const LANES: u64 = 5;
const TRIES: u64 = 200;

/// What the origin has, by path.
type Versions = Arc<Mutex<BTreeMap<Vec<u8>, u64>>>;

/// An origin that reads what it has, and answers after this.
fn origin(versions: &Versions, delay: Duration) -> Upstream {
    let versions = Arc::clone(versions);
    let answer = move |request: &Request| {
        let path = request.path().into_bytes();
        if request.header(":method").as_deref() == Some("POST") {
            *versions.lock().unwrap().entry(path).or_default() += 1;
            return Response::new(200);
        }
        let version = versions.lock().unwrap().get(&path).copied().unwrap_or_default();
        thread::sleep(delay);
        Response::new(200).with_header("cache-control", "max-age=1000").with_body(version.to_string())
    };
    Upstream::start(answer).unwrap()
}

fn envoy(origin: &Upstream) -> Envoy {
    let module = build::module("response-cache", Target::Wasip1).unwrap();
    let policy = json!({"policy": {"purge": {"secrets": [DIGEST]}}});
    let filter = WasmFilter::new("response-cache", &module)
        .configuration(Configuration::Struct(policy))
        .allow_on_headers_stop_iteration(true);
    let listener = Listener::new().filter(filter).route(Route::prefix("/").cluster("origin"));
    Envoy::builder(listener).cluster("origin", origin.address()).concurrency(2).start().unwrap()
}

fn purge(path: &str, scope: &str) -> Request {
    Request::new("PURGE", path).with_header("x-purge-key", "secret").with_header("x-purge-scope", scope)
}

fn version(client: &mut Client, path: &str) -> String {
    client.send(&Request::get(path)).unwrap().response.text()
}

/// One lane's tries: a fetch is under way while the origin changes and a purge, or an unsafe request, is answered. From then on nobody
/// gets the old version. Returns how many fetches brought it nevertheless to the client that had asked before.
fn lane(envoy: &Envoy, versions: &Versions, lane: u64) -> u64 {
    let mut clients: Vec<Client> = (0..4).map(|_| envoy.client().unwrap()).collect();
    let [slow, admin, one, two] = &mut clients[..] else { return 0 };
    let mut old = 0;
    for number in 0..TRIES {
        let path = format!("/{lane}-{number}");
        slow.raw(format!("GET {path} HTTP/1.1\r\nhost: {HOST}\r\n\r\n").as_bytes()).unwrap();
        thread::sleep(Duration::from_millis(number * 7 % 25));
        let request = match number % 4 {
            0 => Request::post(&path, "x"),
            scope => {
                versions.lock().unwrap().insert(path.clone().into_bytes(), 1);
                purge(
                    &path,
                    if scope == 1 {
                        "url"
                    } else if scope == 2 {
                        "prefix"
                    } else {
                        "all"
                    },
                )
            }
        };
        assert_eq!(admin.send(&request).unwrap().response.status(), 200);
        assert_eq!(version(one, &path), "1", "{path}, at once");
        old += u64::from(slow.receive().unwrap().response.text() == "0");
        for client in [&mut *one, &mut *two, &mut *slow] {
            assert_eq!(version(client, &path), "1", "{path}, later");
        }
    }
    old
}

#[test]
fn after_a_purge_nobody_gets_what_was_under_way() {
    let versions = Versions::default();
    let origin = origin(&versions, Duration::from_millis(20));
    let envoy = envoy(&origin);
    let old: u64 = thread::scope(|scope| {
        let (envoy, versions) = (&envoy, &versions);
        let lanes: Vec<_> = (0..LANES).map(|number| scope.spawn(move || lane(envoy, versions, number))).collect();
        lanes.into_iter().map(|lane| lane.join().unwrap()).sum()
    });
    // The test must have had something to see: fetches that a purge overtook.
    assert!(old > LANES * TRIES / 4, "{old} of {}", LANES * TRIES);
    assert_eq!(envoy.stat("wasmcustom.gatewright.response-cache.store.torn").unwrap().unwrap_or(0), 0);
}

#[test]
fn a_thousand_misses_are_one_request_to_the_origin() {
    let origin = origin(&Versions::default(), Duration::from_secs(2));
    let envoy = envoy(&origin);
    let mut clients: Vec<Client> = (0..1000).map(|_| envoy.client().unwrap()).collect();
    for client in &mut clients {
        client.raw(format!("GET /one HTTP/1.1\r\nhost: {HOST}\r\n\r\n").as_bytes()).unwrap();
    }
    for client in &mut clients {
        let received = client.receive().unwrap();
        assert_eq!((received.response.status(), received.response.text()), (200, "0".to_owned()));
    }
    assert_eq!(origin.requests().len(), 1);
}
