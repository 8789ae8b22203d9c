//! What the gateway costs: a further policy, and many routes.

use anyhow::Result;
use gatewright_host::envoy::{Configuration, HttpFilter};
use serde_json::{Value, json};

use super::{Bar, Group, Request, Row, answering, wasm};

pub(crate) fn group() -> Result<Group> {
    let plain = |variant: &str| vec![Request::new(variant)];
    let servers = vec![
        answering(vec![], plain("no filter"))?,
        answering(vec![gateway(&json!([limit("one")]), 0)?], plain("one policy"))?,
        answering(vec![gateway(&json!([limit("one"), off("two")]), 0)?], plain("and one that is off"))?,
        answering(vec![gateway(&json!([limit("one"), limit("two")]), 0)?], plain("two policies"))?,
        answering(vec![alone()?, alone()?], plain("two modules"))?,
        answering(vec![gateway(&json!([limit("one")]), 1)?], plain("1 route"))?,
        answering(vec![gateway(&json!([limit("one")]), 10_000)?], plain("10,000 routes"))?,
    ];
    let rows = vec![
        Row::new("one policy", "no filter", None, "a gateway with one rate limit, in lots"),
        Row::new("and one that is off", "one policy", Some(Bar::Micros(0.5)), "a further policy that does nothing"),
        Row::new("two policies", "one policy", None, "a further rate limit in the same module"),
        Row::new("two modules", "two policies", None, "the same as two wasm filters"),
        Row::new("10,000 routes", "1 route", Some(Bar::Ratio(1.1)), "routes of a configuration, by path"),
    ];
    Ok(Group { title: "Several policies, many routes", servers, rows })
}

fn limits() -> Value {
    json!({"rules": [{"name": "all", "limits": [{"rate": "1000000000/s"}], "lots": {"size": 1000}}]})
}

fn limit(name: &str) -> Value {
    json!({"use": "rate-limit", "name": name, "policy": limits()})
}

fn off(name: &str) -> Value {
    json!({"use": "rate-limit", "name": name, "mode": "off"})
}

/// The last of the routes is the one that requests take.
fn gateway(policies: &Value, routes: usize) -> Result<HttpFilter> {
    let route = |number: usize| {
        let path = if number + 1 == routes {
            "/api/v1/orders/{id}".to_owned()
        } else {
            format!("/api/v1/things{number}/{{id}}")
        };
        json!({"match": {"path": path}, "policies": {"one": {"failure_mode": "closed"}}})
    };
    let routes: Vec<Value> = (0..routes).map(route).collect();
    wasm("gateway", Configuration::Struct(json!({"policies": policies, "routes": routes})))
}

fn alone() -> Result<HttpFilter> {
    wasm("rate-limit", Configuration::Struct(json!({"policy": limits()})))
}
