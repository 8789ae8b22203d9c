//! Many routes with settings of their own: by Envoy's `filter_chain`, and by the configuration's own `routes`.

use anyhow::Result;
use gatewright_host::envoy::{Configuration, Envoy, HttpFilter, Listener, Route};
use serde_json::{Value, json};

use super::{Bar, Group, Request, Row, Server, quiet, wasm};

const MANY: usize = 1000;

pub(crate) fn group() -> Result<Group> {
    let plain = |variant: &str| vec![Request::new(variant)];
    let server = |envoy: Envoy, variant: &str| Server { envoy, requests: plain(variant), _origin: None };
    let servers = vec![
        server(start(without_filter(1), 1)?, "no filter, 1 route"),
        server(start(without_filter(MANY), 1)?, "no filter, 1,000 routes"),
        server(start(by_filter_chain(1)?, 1)?, "filter_chain, 1 route"),
        server(start(by_filter_chain(MANY)?, 1)?, "filter_chain, 1,000 routes"),
        server(start(by_routes(1)?, 1)?, "routes, 1 route"),
        server(start(by_routes(MANY)?, 1)?, "routes, 1,000 routes"),
    ];
    let rows = vec![
        Row::new("no filter, 1,000 routes", "no filter, 1 route", None, "Envoy goes through its routes one by one"),
        Row::new(
            "filter_chain, 1,000 routes",
            "filter_chain, 1 route",
            None,
            "a rate limit of its own on each of Envoy's routes",
        ),
        Row::new("filter_chain, 1 route", "no filter, 1 route", None, "the same on one route"),
        Row::new(
            "filter_chain, 1,000 routes",
            "no filter, 1,000 routes",
            None,
            "what the limits add to Envoy's own search",
        ),
        Row::new(
            "routes, 1,000 routes",
            "routes, 1 route",
            Some(Bar::Ratio(1.1)),
            "the same by `routes` of one plugin",
        ),
        Row::new("filter_chain, 1,000 routes", "routes, 1,000 routes", None, "one way against the other"),
    ];
    Ok(Group { title: "A thousand routes with settings of their own", servers, rows })
}

/// The same Envoys, to see what they take to start.
pub(crate) fn listeners() -> Result<Vec<(&'static str, Listener)>> {
    Ok(vec![
        ("rate-limit, 1 route by filter_chain", by_filter_chain(1)?),
        ("rate-limit, 1,000 routes by filter_chain", by_filter_chain(MANY)?),
        ("rate-limit, 1,000 routes by `routes`", by_routes(MANY)?),
    ])
}

pub(crate) fn start(listener: Listener, workers: u32) -> Result<Envoy> {
    quiet(listener).concurrency(workers).start()
}

/// The last route is the one that requests take.
fn path(number: usize, count: usize) -> String {
    if number + 1 == count { "/api/v1/orders/".to_owned() } else { format!("/api/v1/things{number}/") }
}

/// No two routes have the same settings.
fn policy(number: usize) -> Value {
    let rate = format!("{}/s", 1_000_000_000 - number);
    json!({"rules": [{"name": "all", "limits": [{"rate": rate}], "lots": {"size": 1000}}]})
}

fn without_filter(count: usize) -> Listener {
    (0..count).fold(Listener::new(), |listener, number| {
        let route = Route::prefix(&path(number, count)).name(&format!("r{number}")).direct_response(200, "hello");
        listener.route(route)
    })
}

fn by_filter_chain(count: usize) -> Result<Listener> {
    (0..count).try_fold(Listener::new().filter(HttpFilter::filter_chain()), |listener, number| {
        let filter = wasm("rate-limit", Configuration::Struct(json!({"policy": policy(number)})))?;
        let route = Route::prefix(&path(number, count)).name(&format!("r{number}")).direct_response(200, "hello");
        Ok(listener.route(route.filter_chain([filter])))
    })
}

fn by_routes(count: usize) -> Result<Listener> {
    let route = |number| json!({"match": {"path": path(number, count) + "**"}, "policy": policy(number)});
    let routes: Vec<Value> = (0..count).map(route).collect();
    let filter = wasm("rate-limit", Configuration::Struct(json!({"policy": policy(count), "routes": routes})))?;
    Ok(Listener::new().filter(filter).route(Route::prefix("/").name("all").direct_response(200, "hello")))
}
