//! What a module takes before the first request: its size, CPU time until Envoy serves, memory, memory of a further worker.

use std::fs;

use anyhow::{Context, Result};
use gatewright_host::build::{self, Target};
use gatewright_host::envoy::{Configuration, Listener, Route};
use serde_json::{Value, json};

use crate::groups::{routes, wasm};

/// Workers of the Envoy that is compared with one of a single worker.
const WORKERS: u32 = 3;
const STARTS: usize = 3;

/// The table of all modules, measured now.
pub(crate) fn table(mut say: impl FnMut(&str)) -> Result<String> {
    let mut table = "**Before the first request**\n\n| | module, KB | CPU until it serves, s | RSS, MB | RSS of a further worker, MB |\n\
                     |---|---|---|---|---|\n"
        .to_owned();
    for (name, size, listener) in subjects()? {
        let one = median(&listener, 1)?;
        let many = median(&listener, WORKERS)?;
        let further = (many.rss - one.rss) / f64::from(WORKERS - 1);
        let size = size.map_or(String::new(), |size| format!("{}", size / 1000));
        let row = format!("| {name} | {size} | {:.2} | {:.0} | {further:.1} |\n", one.cpu, one.rss);
        say(row.trim_end());
        table += &row;
    }
    Ok(table)
}

/// What is started: its name, the module's bytes, the listener.
type Subject = (String, Option<u64>, Listener);

fn subjects() -> Result<Vec<Subject>> {
    let plain = || Listener::new().route(Route::prefix("/").name("all").direct_response(200, "hello"));
    let mut subjects = vec![("no filter".to_owned(), None, plain())];
    for (package, configuration) in modules() {
        let path = build::module(package, Target::Wasip1)?;
        let size = fs::metadata(&path).with_context(|| format!("reading {}", path.display()))?.len();
        let listener = plain().filter(wasm(package, Configuration::Struct(configuration))?);
        subjects.push((package.to_owned(), Some(size), listener));
    }
    subjects.extend(routes::listeners()?.into_iter().map(|(name, listener)| (name.to_owned(), None, listener)));
    Ok(subjects)
}

fn modules() -> Vec<(&'static str, Value)> {
    let keys = json!({"keys": [{"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"}]});
    let jwt = json!({"providers": [{"name": "main", "issuer": "https://issuer.example", "audiences": ["orders"], "jwks": {"inline": keys}}]});
    let limit = json!({"rules": [{"name": "all", "limits": [{"rate": "100/s"}]}]});
    let alone = |policy: &Value| json!({ "policy": policy });
    let part = |name: &str, policy: &Value| json!({"use": name, "policy": policy});
    let all = json!([
        part("rate-limit", &limit),
        part("request-filter", &json!({})),
        part("jwt-auth", &jwt),
        part("response-cache", &json!({})),
    ]);
    vec![
        ("guest-empty", alone(&json!({}))),
        ("rate-limit", alone(&limit)),
        ("jwt-auth", alone(&jwt)),
        ("request-filter", alone(&json!({}))),
        ("response-cache", alone(&json!({}))),
        ("gateway", json!({ "policies": all })),
    ]
}

/// CPU in seconds, memory in MB.
#[derive(Clone, Copy)]
struct Taken {
    cpu: f64,
    rss: f64,
}

/// The start in the middle, by CPU time.
fn median(listener: &Listener, workers: u32) -> Result<Taken> {
    let mut taken = Vec::new();
    for _ in 0..STARTS {
        let envoy = routes::start(listener.clone(), workers)?;
        taken.push(Taken { cpu: envoy.cpu_ns()? as f64 / 1e9, rss: envoy.rss()? as f64 / 1e6 });
    }
    taken.sort_by(|one, other| one.cpu.total_cmp(&other.cpu));
    taken.get(STARTS / 2).copied().context("no start")
}
