//! Cost by the size of the request's body.

use gatewright::{Context, Fault, Flow, Phases, Policy, Request as Handled, Setup, config::ConfigError};
use gatewright_testing::message::Request;
use gatewright_testing::proxy::Proxy;
use rate_limit::{Config, RateLimit};
use serde_json::{Value, json};

/// The policy as a module has it that is built with the feature `body`.
struct WithBodies(RateLimit);

impl Policy for WithBodies {
    type Config = Config;
    const PHASES: Phases = Phases::REQUEST_BODY.and(Phases::RESPONSE_HEADERS);

    fn new(config: Config, setup: &Setup) -> Result<Self, ConfigError> {
        RateLimit::new(config, setup).map(Self)
    }

    async fn handle(&self, request: Handled, cx: &Context) -> Result<Flow, Fault> {
        self.0.handle(request, cx).await
    }
}

/// 100 units of 10 bytes in a day, at most 20 for one request; told in `ratelimit`.
fn config() -> Value {
    let rule = json!({"name": "bytes", "limits": [{"rate": "100/d"}], "cost": {"body": "10B", "max": 20}});
    json!({"policy": {"rules": [rule], "headers": {"on": "all"}}})
}

fn start<P: Policy>() -> Proxy {
    Proxy::builder().config(config().to_string()).policy::<P>("rate-limit").unwrap()
}

/// What is left after a request, and what came to the upstream.
fn left(proxy: &mut Proxy, request: Request) -> (String, Vec<u8>) {
    let exchange = proxy.send(request);
    let standing = exchange.response().unwrap().header("ratelimit").unwrap();
    let left = standing.split([';', '=']).nth(2).unwrap().to_owned();
    (left, exchange.upstream_request().unwrap().body_bytes())
}

fn sized(bytes: usize) -> Request {
    Request::post("/", vec![b'x'; bytes]).with_header("content-length", bytes.to_string())
}

fn chunked(chunks: &[usize]) -> Request {
    chunks.iter().fold(Request::new("POST", "/"), |request, bytes| request.with_body(vec![b'x'; *bytes]))
}

#[test]
fn a_length_that_is_said_costs_what_it_says() {
    for start in [start::<RateLimit>, start::<WithBodies>] {
        let mut proxy = start();
        assert_eq!(left(&mut proxy, Request::get("/")).0, "99", "no body costs 1");
        assert_eq!(left(&mut proxy, sized(10)).0, "98");
        assert_eq!(left(&mut proxy, sized(11)).0, "96");
        assert_eq!(left(&mut proxy, sized(5000)), ("76".to_owned(), vec![b'x'; 5000]), "20 at most");
    }
}

#[test]
fn a_body_that_says_no_length_is_counted_whatever_its_cut() {
    for chunks in [&[30][..], &[1, 29], &[10, 10, 10], &[29, 1]] {
        let mut proxy = start::<WithBodies>();
        assert_eq!(left(&mut proxy, chunked(chunks)), ("97".to_owned(), vec![b'x'; 30]), "{chunks:?}");
    }
    let mut proxy = start::<WithBodies>();
    assert_eq!(left(&mut proxy, chunked(&[150, 150, 150])), ("80".to_owned(), vec![b'x'; 450]));
}

#[test]
fn a_module_without_bodies_takes_an_unknown_length_for_the_largest() {
    let mut proxy = start::<RateLimit>();
    assert_eq!(left(&mut proxy, chunked(&[5])), ("80".to_owned(), vec![b'x'; 5]));
}

#[test]
fn lengths_that_contradict_each_other_are_not_believed() {
    let mut proxy = start::<RateLimit>();
    let twice = chunked(&[5]).with_header("content-length", "5").with_header("content-length", "500");
    assert_eq!(left(&mut proxy, twice).0, "80");
}
