//! request-filter against Envoy's `rbac`, with the same patterns.

use anyhow::Result;
use gatewright_host::envoy::{Configuration, HttpFilter};
use serde_json::{Map, Value, json};

use super::{Bar, Group, Request, Row, answering, floor, wasm};

/// Patterns that look like those of real rule sets; `#` is a number, so that no two are the same.
const ON_PATH: [&str; 5] = [
    r"(?i)union\s+select\s+col#",
    r"/\.(git|svn|env)#/",
    r"(?i)<script#[^>]*>",
    r"\.\./\.\./dir#",
    r"(?i)(wp|cms)-admin#\.(php|asp)",
];
const ON_AGENT: [&str; 4] =
    [r"(?i)sqlmap#", r"(?i)(nikto|nessus)#/\d+", r"masscan#(/|\s)", r"(?i)python-requests/#\.[0-9]+\.[0-9]+-evil"];

pub(crate) fn group() -> Result<Group> {
    let plain = |variant: &str| Request::new(variant);
    let mut denied = Request::new("request-filter, 70 rules, denied").answered(403);
    denied.path = "/wp-admin4.php".to_owned();
    let servers = vec![
        answering(vec![], vec![plain("no filter")])?,
        answering(vec![rbac()], vec![plain("rbac, 70 rules")])?,
        answering(vec![floor::of("request-filter: seventy patterns")?], vec![plain("floor")])?,
        answering(vec![ours(70, 0)?], vec![plain("request-filter, 70 rules"), denied])?,
        answering(vec![ours(1000, 0)?], vec![plain("request-filter, 1,000 rules")])?,
        answering(vec![ours(70, 100_000)?], vec![plain("request-filter, 70 rules and a list").with("x-client", "c1")])?,
        answering(vec![ours(70, 1)?], vec![plain("request-filter, 70 rules and a name").with("x-client", "c1")])?,
    ];
    let row = |ours: &str, against: &str, bar: f64, about| {
        Row::new(&format!("request-filter, {ours}"), against, Some(Bar::Ratio(bar)), about)
    };
    let rows = vec![
        Row::new("rbac, 70 rules", "no filter", None, "Envoy's own filter: 50 patterns on the path, 20 on the agent"),
        row("70 rules", "rbac, 70 rules", 0.75, "the same patterns, and the checks of the protocol"),
        Row::new("floor", "rbac, 70 rules", None, "only the host calls of the filter"),
        row("1,000 rules", "request-filter, 70 rules", 1.2, "growth with the number of patterns"),
        row(
            "70 rules and a list",
            "request-filter, 70 rules and a name",
            1.05,
            "a list of 100,000 names against one of 1",
        ),
        row("70 rules, denied", "request-filter, 70 rules", 1.0, "a refused request"),
    ];
    Ok(Group { title: "Request filter, by patterns", servers, rows })
}

/// Five of seven patterns are on the path.
fn patterns(count: usize) -> impl Iterator<Item = (bool, String)> {
    (0..count).map(move |number| {
        let on_path = number * 7 < count * 5;
        let all: &[&str] = if on_path { &ON_PATH } else { &ON_AGENT };
        let pattern = all.get(number % all.len()).copied().unwrap_or_default();
        (on_path, pattern.replace('#', &number.to_string()))
    })
}

pub(super) fn ours(rules: usize, list: usize) -> Result<HttpFilter> {
    wasm("request-filter", Configuration::Struct(json!({"policy": policy(rules, list)})))
}

pub(super) fn policy(rules: usize, list: usize) -> Value {
    let rule = |(number, (on_path, pattern)): (usize, (bool, String))| {
        let when = if on_path {
            json!({"path": {"regex": pattern}})
        } else {
            json!({"headers": [{"name": "user-agent", "regex": pattern}]})
        };
        json!({"id": format!("r{number}"), "action": "deny", "when": when})
    };
    let mut rules: Vec<Value> = patterns(rules).enumerate().map(rule).collect();
    if list == 0 {
        return json!({"rules": rules});
    }
    let names: Vec<String> = (0..list).map(|number| format!("blocked-{number}")).collect();
    rules.push(json!({"id": "list", "action": "deny", "when": {"headers": [{"name": "x-client", "list": "blocked"}]}}));
    json!({"rules": rules, "lists": {"blocked": {"texts": names}}})
}

/// A rule for each pattern, as one writes it. Envoy matches a whole value.
pub(super) fn rbac() -> HttpFilter {
    let policy = |(number, (on_path, pattern)): (usize, (bool, String))| {
        let name = if on_path { ":path" } else { "user-agent" };
        let regex = json!({"safe_regex": {"regex": format!(".*{pattern}.*")}});
        let permission = json!({"header": {"name": name, "string_match": regex}});
        (format!("r{number}"), json!({"permissions": [permission], "principals": [{"any": true}]}))
    };
    let policies: Map<String, Value> = patterns(70).enumerate().map(policy).collect();
    HttpFilter::new(
        "envoy.filters.http.rbac",
        "envoy.extensions.filters.http.rbac.v3.RBAC",
        json!({"rules": {"action": "DENY", "policies": policies}}),
    )
}
