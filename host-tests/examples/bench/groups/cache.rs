//! response-cache against Envoy's own cache filter, and against no cache.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use gatewright_host::envoy::{Configuration, HttpFilter, Listener, Route};
use gatewright_host::net::Upstream;
use gatewright_testing::message::{Request as Received, Response};
use serde_json::json;

use super::{Bar, Group, Request, Row, Server, floor, quiet, wasm};

pub(crate) fn group() -> Result<Group> {
    let both = |side: &str| vec![of_size(side, "1"), of_size(side, "16")];
    let servers = vec![
        with_origin(vec![], both("no cache"))?,
        with_origin(vec![native()], both("cache"))?,
        with_origin(vec![floor::of("response-cache: hit")?], vec![of_size("floor", "1")])?,
        with_origin(vec![ours()?], both("response-cache"))?,
    ];
    let row = |size: &str, against: &str, bar: f64, about| {
        let (ours, against) = (format!("response-cache, {size} KiB"), format!("{against}, {size} KiB"));
        Row::new(&ours, &against, Some(Bar::Ratio(bar)), about)
    };
    let rows = vec![
        row("1", "cache", 1.2, "a hit; Envoy's own filter, which is marked unfinished"),
        row("16", "cache", 1.2, "the same"),
        Row::new("floor, 1 KiB", "cache, 1 KiB", None, "only the host calls of a hit; of one that never changes"),
        row("1", "no cache", 0.55, "a hit, against asking an upstream on this machine"),
        row("16", "no cache", 0.55, "the same"),
    ];
    Ok(Group { title: "Response cache, hits", servers, rows })
}

fn of_size(side: &str, size: &str) -> Request {
    let mut request = Request::new(&format!("{side}, {size} KiB"));
    request.path = path(size);
    request
}

/// The path of a body of this many KiB; as long as the paths of an API are.
pub(super) fn path(size: &str) -> String {
    format!("/api/v1/orders/42/{size}?expand=items,customer&page=2")
}

/// An Envoy in front of an origin that says what may be stored, and sends bodies as [`path`] names them.
pub(super) fn with_origin(filters: Vec<HttpFilter>, requests: Vec<Request>) -> Result<Server> {
    let date = response_cache::http::date::format(now()?);
    let cached = !filters.is_empty();
    let origin = Upstream::start(move |request: &Received| {
        let size = if request.path() == path("16") { 16 } else { 1 };
        Response::new(200)
            // Envoy's own filter stores nothing without it.
            .with_header("date", &date)
            .with_header("cache-control", "public, max-age=86400")
            .with_header("content-type", "application/json")
            .with_header("etag", "\"one\"")
            .with_body("x".repeat(size * 1024))
    })?;
    let listener = filters.into_iter().fold(Listener::new(), Listener::filter);
    let listener = listener.route(Route::prefix("/").name("all").cluster("origin"));
    let envoy = quiet(listener).cluster("origin", origin.address()).start()?;
    let server = Server { envoy, requests, _origin: Some(origin) };
    if cached {
        check_hits(&server)?;
    }
    Ok(server)
}

/// What is compared are hits: the second answer to each kind of request has an age.
fn check_hits(server: &Server) -> Result<()> {
    for request in &server.requests {
        let authorization = request.varying.as_ref().map(|(name, value)| (*name, value(0)));
        let fields = request.fields.iter().cloned().chain(authorization);
        let sent = Received::get(&request.path).with_host("api.example.com");
        let sent = fields.fold(sent, |sent, (name, value)| sent.with_header(name, value));
        server.envoy.send(&sent)?;
        let second = server.envoy.send(&sent)?;
        ensure!(second.header("age").is_some(), "{}: the second answer is no hit: {second:?}", request.variant);
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a real Envoy has the real time")]
fn now() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}

fn ours() -> Result<HttpFilter> {
    wasm("response-cache", Configuration::Struct(json!({"policy": {}})))
}

pub(super) fn native() -> HttpFilter {
    let store = "type.googleapis.com/envoy.extensions.http.cache.simple_http_cache.v3.SimpleHttpCacheConfig";
    HttpFilter::new(
        "envoy.filters.http.cache",
        "envoy.extensions.filters.http.cache.v3.CacheConfig",
        json!({"typed_config": {"@type": store}}),
    )
}
