//! The gateway with all four policies against the chain of Envoy's own four filters, on a cache hit.

use std::rc::Rc;

use anyhow::Result;
use gatewright_host::envoy::{Configuration, HttpFilter};
use serde_json::{Value, json};

use super::{Bar, Group, Request, Row, cache, filter, floor, jwt, limits, wasm};
use crate::load::Vary;

pub(crate) fn group() -> Result<Group> {
    let (one, many) = (jwt::RS256.tokens(1)?, jwt::RS256.tokens(jwt::TOKENS)?);
    let request = |variant: &str, tokens: &Vary| {
        let mut request = Request::new(variant).with("x-client", "c1").varying("authorization", Rc::clone(tokens));
        request.path = cache::path("1");
        vec![request]
    };
    let servers = vec![
        cache::with_origin(natives(Some(&json!({})))?, request("four filters, token seen", &one))?,
        cache::with_origin(natives(None)?, request("four filters, token not seen", &many))?,
        cache::with_origin(vec![gateway(&json!({}))?], request("gateway, token seen", &one))?,
        cache::with_origin(vec![gateway(&json!({"max_tokens": 1}))?], request("gateway, token not seen", &many))?,
        cache::with_origin(vec![floor::of("gateway: four policies, hit")?], request("floor, token seen", &one))?,
        cache::with_origin(modules()?, request("four modules, token seen", &one))?,
    ];
    let row = |token: &str, bar: f64| {
        let (ours, native) = (format!("gateway, {token}"), format!("four filters, {token}"));
        Row::new(&ours, &native, Some(Bar::Ratio(bar)), "limit, 70 patterns, RS256, cache hit of 1 KiB")
    };
    let rows = vec![
        row("token seen", 0.8),
        row("token not seen", 0.85),
        Row::new("floor, token seen", "four filters, token seen", None, "only the host calls of the gateway"),
        Row::new("gateway, token seen", "four modules, token seen", None, "one module against a module for each"),
    ];
    Ok(Group { title: "All four policies on one request", servers, rows })
}

fn natives(token_cache: Option<&Value>) -> Result<Vec<HttpFilter>> {
    // Envoy's cache serves no request with `authorization`, so its filter takes the token out.
    let jwt = jwt::native(jwt::RS256, token_cache, false)?;
    Ok(vec![limits::local_ratelimit(), filter::rbac(), jwt, cache::native()])
}

fn limit() -> Value {
    json!({"rules": [limits::rule(&json!({"size": 32}))]})
}

fn gateway(token_cache: &Value) -> Result<HttpFilter> {
    let policies = json!([
        {"use": "rate-limit", "policy": limit()},
        {"use": "request-filter", "policy": filter::policy(70, 0)},
        {"use": "jwt-auth", "policy": jwt::policy(jwt::RS256, token_cache, false)?},
        {"use": "response-cache", "policy": {}},
    ]);
    wasm("gateway", Configuration::Struct(json!({"policies": policies})))
}

fn modules() -> Result<Vec<HttpFilter>> {
    let module = |name: &str, policy: Value| wasm(name, Configuration::Struct(json!({"policy": policy})));
    Ok(vec![
        module("rate-limit", limit())?,
        module("request-filter", filter::policy(70, 0))?,
        module("jwt-auth", jwt::policy(jwt::RS256, &json!({}), false)?)?,
        module("response-cache", json!({}))?,
    ])
}
