//! response-cache in an Envoy of its own: what it answers itself, and its hit ratio.

use std::path::Path;

use anyhow::Result;
use gatewright_host::envoy::{Configuration, Envoy, Listener, Route, WasmFilter};
use gatewright_host::net::Upstream;
use gatewright_testing::message::{Request, Response};
use serde_json::json;

use crate::table;

/// What the origin says of its articles, for people.
pub(crate) const ABOUT: &str = "articles are fresh for a minute; /slow may be sent stale while it is fetched anew.";
const HEAD: [&str; 4] = ["request", "answer", "cache-status", "the origin saw"];
/// How often the popular article is asked for at the end.
const READERS: usize = 50;

/// Plays the scene and prints what happened.
pub(crate) fn show(module: &Path) -> Result<()> {
    let origin = Upstream::start(|request: &Request| {
        let lifetime = if request.path() == "/slow" { "max-age=0, stale-while-revalidate=60" } else { "max-age=60" };
        Response::new(200).with_header("cache-control", lifetime).with_header("etag", "\"1\"").with_body("an article\n")
    })?;
    let filter = WasmFilter::new("response-cache", module).configuration(Configuration::Struct(json!({"policy": {}})));
    let listener = Listener::new().filter(filter).route(Route::prefix("/").cluster("origin"));
    let envoy = Envoy::builder(listener).cluster("origin", origin.address()).start()?;
    let rows: Result<Vec<_>> =
        scenes().into_iter().map(|(what, request)| row(&envoy, &origin, what, &request)).collect();
    table::lines(HEAD, &rows?);
    for _ in 0..READERS {
        envoy.send(&Request::get("/articles/1"))?;
    }
    println!("\nThen {READERS} readers of /articles/1. {}", ratio(&envoy)?);
    Ok(())
}

fn scenes() -> [(&'static str, Request); 9] {
    let article = || Request::get("/articles/1");
    [
        ("GET /articles/1", article()),
        ("GET /articles/1 again", article()),
        ("HEAD /articles/1", Request::new("HEAD", "/articles/1")),
        ("GET /articles/1, the client has it", article().with_header("if-none-match", "\"1\"")),
        ("GET /articles/1, bytes 3 to 9", article().with_header("range", "bytes=3-9")),
        ("POST /articles/1", Request::post("/articles/1", "a correction")),
        ("GET /articles/1 after that", article()),
        ("GET /slow", Request::get("/slow")),
        ("GET /slow again, stale", Request::get("/slow")),
    ]
}

fn row(envoy: &Envoy, origin: &Upstream, what: &str, request: &Request) -> Result<[String; 4]> {
    let seen = origin.requests().len();
    let response = envoy.send(request)?;
    let status = response.header("cache-status").unwrap_or_default();
    // What a stale answer makes the cache fetch in the background is not this request's.
    let asked = status.contains("fwd=").then(|| origin.requests().into_iter().nth(seen)).flatten();
    let saw = asked.map_or("nothing".to_owned(), |asked| {
        format!("{} {}", asked.header(":method").unwrap_or_default(), asked.path())
    });
    Ok([what.to_owned(), response.status().to_string(), status, saw])
}

/// The hit ratio, from Envoy's counters.
fn ratio(envoy: &Envoy) -> Result<String> {
    let stats = envoy.stats()?;
    let count = |name: &str| {
        let name = format!("wasmcustom.gatewright.response-cache.{name}");
        stats.iter().find(|(found, _)| *found == name).map_or(0, |(_, value)| *value)
    };
    let (hits, stale, misses) = (count("hit"), count("stale"), count("miss") + count("revalidated"));
    let answered = hits + stale;
    let percent = answered * 100 / (answered + misses).max(1);
    Ok(format!("The counters say: {hits} hits, {stale} stale, {misses} misses: a hit ratio of {percent} %."))
}
