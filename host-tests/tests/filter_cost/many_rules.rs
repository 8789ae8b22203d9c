//! Rules by the hundred.

use gatewright_testing::message::Request;
use serde_json::{Value, json};

use super::{Metered, deny};

/// What a browser's request looks like behind a proxy.
fn browser() -> Request {
    Request::get("/api/v1/customers/8c7a/orders/2026-01/items?expand=lines,totals&page=3&sort=-created")
        .with_host("api.example.com")
        .with_header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
        .with_header("accept", "application/json")
        .with_header("accept-encoding", "gzip, deflate, br")
        .with_header("accept-language", "en-US,en;q=0.5")
        .with_header("x-forwarded-proto", "https")
        .with_header("x-request-id", "5f4dcc3b-5aa7-4d61-8327-deb882cf99aa")
}

/// Patterns as filters have them.
fn pattern(number: usize) -> String {
    match number % 5 {
        0 => format!(r"(?i)\bunion{number}\b\s+select\b"),
        1 => format!(r"(?i)/etc{number}/(?:passwd|shadow)"),
        2 => format!(r"(?i)<script{number}[^>]{{0,20}}>"),
        3 => format!(r"\.\./{{1,3}}secret{number}"),
        _ => format!(r"(?i)\bexec{number}\s*\([a-z0-9_]{{1,10}}\)"),
    }
}

/// So many patterns on the path, and twenty on the user agent.
fn rules(on_path: usize) -> Vec<Value> {
    let path = (0..on_path).map(|n| deny(format!("p{n}"), json!({"path": {"regex": pattern(n)}})));
    let agent =
        (0..20).map(|n| deny(format!("u{n}"), json!({"headers": [{"name": "user-agent", "regex": pattern(n)}]})));
    path.chain(agent).collect()
}

#[test]
fn a_thousand_patterns_cost_little_more_than_seventy() {
    let fuel = |on_path| Metered::new(&json!({ "rules": rules(on_path) })).fuel(&browser());
    let (none, seventy, thousand) = (Metered::new(&json!({})).fuel(&browser()), fuel(50), fuel(980));
    println!("none {none:?}, 70 {seventy:?}, 1000 {thousand:?}");
    assert_eq!((seventy.1, thousand.1), (200, 200));
    assert!(thousand.0 * 10 <= seventy.0 * 12, "{} is more than 1.2 times {}", thousand.0, seventy.0);
}

#[test]
fn a_refusal_costs_little_more_than_a_pass() {
    let mut rules = rules(50);
    rules.push(deny("last".into(), json!({"path": {"regex": "/orders/[0-9]"}})));
    let denied = Metered::new(&json!({ "rules": rules })).fuel(&browser());
    rules.pop();
    let passed = Metered::new(&json!({ "rules": rules })).fuel(&browser());
    println!("denied {denied:?}, passed {passed:?}");
    assert_eq!((denied.1, passed.1), (403, 200));
    // Two events and the reply; in a proxy the upstream's part is saved.
    assert!(denied.0 <= passed.0 + 20_000, "{} is more than {} and 20,000", denied.0, passed.0);
}

#[test]
fn a_list_costs_the_same_whatever_its_size() {
    let entries = (0..100_000).map(|n| format!("client-{n}/{}", n * 7)).collect::<Vec<_>>();
    let rule = json!([deny("listed".into(), json!({"headers": [{"name": "user-agent", "list": "agents"}]}))]);
    let with = |entries: &[String]| json!({"lists": {"agents": {"texts": entries}}, "rules": rule});
    let small = Metered::new(&with(&entries[..10])).fuel(&browser());
    let mut large = Metered::new(&with(&entries));
    let none = Metered::new(&json!({})).fuel(&browser());
    let (passed, refused) =
        (large.fuel(&browser()), large.fuel(&browser().with_header("user-agent", "client-99999/699993")));
    println!("none {none:?}, 10 {small:?}, 100,000 {passed:?}");
    assert!(passed.0 * 100 <= small.0 * 101, "{} is more than 1.01 times {}", passed.0, small.0);
    // The user agent of the request stands before the listed one: both are looked at.
    assert_eq!((passed.1, refused.1), (200, 403));
}

#[test]
fn every_group_costs_little_on_ordinary_requests() {
    let groups = json!({
        "sql_injection": "deny", "cross_site_scripting": "deny", "path_traversal": "deny", "command_injection": "deny",
        "template_injection": "deny", "ssrf": "deny", "scanners": "deny", "secrets_in_urls": "deny",
    });
    let none = Metered::new(&json!({})).fuel(&browser());
    let mut metered = Metered::new(&json!({ "groups": groups }));
    let (first, later) = (metered.first(&browser()), metered.fuel(&browser()));
    println!("none {none:?}, every group: first {first:?}, later {later:?}");
    assert_eq!((first.1, later.1), (200, 200));
    assert!(later.0 <= none.0 + 60_000, "{} is more than {} and 60,000", later.0, none.0);
    // Automata are warm before the first request.
    assert!(first.0 <= 2 * later.0, "{} is more than twice {}", first.0, later.0);
}
