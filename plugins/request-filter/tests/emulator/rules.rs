//! Rules on every place.

use gatewright_testing::message::Request;
use gatewright_testing::proxy::Proxy;
use request_filter::RequestFilter;
use serde_json::json;

use crate::support::{get, outcome, proxy, rules};

#[test]
fn a_rule_is_named_where_it_refuses() {
    let mut proxy = rules(&json!([{"id": "no-admin", "action": "deny", "when": {"path": {"prefix": "/admin"}}}]));
    assert_eq!(proxy.send(get("/")).status(), 200);
    assert_eq!(outcome(&proxy.send(get("/admin/x"))), (403, "rule.no-admin".into()));
    for spelling in ["/%61dmin", "//admin", "/x/../admin", "/./admin", "/;a/admin"] {
        assert_eq!(outcome(&proxy.send(get(spelling))), (403, "rule.no-admin".into()), "{spelling}");
    }
    assert_eq!(proxy.world().metric("gatewright.request-filter.rule.no-admin"), Some(6));
    let events = proxy.world().logs().iter().filter(|line| line.message.contains("\"rule\":\"no-admin\"")).count();
    assert_eq!(events, 6);
}

#[test]
fn every_place_of_the_head() {
    let cases = [
        (json!({"methods": ["PUT"]}), Request::new("PUT", "/")),
        (json!({"host": {"exact": "evil.example"}}), get("/").with_header(":authority", "EVIL.example.:80")),
        (json!({"path": {"template": "/a/{id}/c"}}), get("/a/b/c")),
        (json!({"path": {"glob": "/a/*.php"}}), get("/a/x.php")),
        (json!({"path": {"regex": "^/a[0-9]+$"}}), get("/a17")),
        (json!({"query": [{"name": "q", "contains": "<script"}]}), get("/?a=1&q=%3Cscript")),
        (json!({"query": [{"contains": "a b"}]}), get("/?z=xa+bx")),
        (
            json!({"headers": [{"name": "user-agent", "regex": "sqlmap/[0-9]", "exact": null}]}),
            get("/").with_header("user-agent", "x sqlmap/1"),
        ),
        (json!({"headers": [{"contains": "${jndi"}]}), get("/").with_header("x-any", "a${jndi:x}")),
        (json!({"cookies": [{"name": "s", "exact": "<"}]}), get("/").with_header("cookie", "a=b; s=%3c")),
        (json!({"values": {"exact": "evil"}}), get("/?evil")),
        (json!({"time": {"before": "2027-01-01T00:00:00Z", "not_before": "2026-01-01T00:00:00Z"}}), get("/")),
    ];
    for (when, request) in cases {
        let mut proxy = rules(&json!([{"id": "r", "action": "deny", "when": when}]));
        assert_eq!(outcome(&proxy.send(request)), (403, "rule.r".into()), "{when}");
        if when.get("time").is_none() {
            assert_eq!(proxy.send(get("/innocent?x=y")).status(), 200, "{when}");
        }
    }
}

#[test]
fn an_outcome_is_that_of_the_rule_or_else_the_general_one() {
    let own = json!({"status": 404, "body": "no such thing", "headers": [{"name": "x-why", "value": "rule"}]});
    let mut proxy = proxy(&json!({
        "outcome": {"status": 400, "body": "{}", "content_type": "application/json"},
        "rules": [
            {"id": "own", "action": "deny", "when": {"path": {"exact": "/own"}}, "outcome": own},
            {"id": "general", "action": "deny", "when": {"path": {"exact": "/general"}}},
        ],
    }));
    let own = proxy.send(get("/own")).response().unwrap();
    assert_eq!(
        (own.status(), own.text().as_str(), own.header("x-why").as_deref()),
        (404, "no such thing", Some("rule"))
    );
    let general = proxy.send(get("/general")).response().unwrap();
    assert_eq!((general.status(), general.header("content-type").as_deref()), (400, Some("application/json")));
}

#[test]
fn scores_reach_a_threshold() {
    let rule = |id: &str, text: &str| json!({"id": id, "action": "score", "severity": "warning", "when": {"query": [{"contains": text}]}});
    let config =
        json!({"rules": [rule("a", "aa"), rule("b", "bb")], "scoring": {"threshold": 6, "outcome": {"status": 418}}});
    let mut proxy = proxy(&config);
    assert_eq!(proxy.send(get("/?q=aa")).status(), 200);
    assert_eq!(outcome(&proxy.send(get("/?q=aabb"))), (418, "score".into()));
    assert_eq!(proxy.world().metric("gatewright.request-filter.score"), Some(1));
}

#[test]
fn a_rule_in_shadow_only_tells() {
    let mut proxy = rules(&json!([{"id": "s", "action": "deny", "shadow": true, "tags": ["trial"]}]));
    assert_eq!(proxy.send(get("/")).status(), 200);
    assert_eq!(proxy.world().metric("gatewright.request-filter.rule.s"), Some(1));
    let logs = proxy.world().logs();
    let event = logs.iter().find(|line| line.message.contains("\"event\":\"rule\"")).unwrap();
    assert!(event.message.contains("\"shadow\":true") && event.message.contains("\"trial\""), "{}", event.message);
}

#[test]
fn oddities_of_spelling_are_refused_by_name() {
    let mut proxy = rules(&json!([]));
    for (path, reason) in [
        ("/%2561", "double_encoding"),
        ("/a%2fb", "encoded_slash"),
        ("/a\\b", "backslash"),
        ("/%c0%ae", "overlong_utf8"),
        ("/%ff", "invalid_utf8"),
        ("/%00", "nul"),
        ("/%u0041", "percent_u"),
        ("/%", "invalid_percent"),
        ("/../a", "above_root"),
        ("/a/..;/b", "ambiguous_dot_segment"),
        ("/?a=%00", "nul"),
        ("/?%c0%ae=1", "overlong_utf8"),
        ("/?a=%25252525252541", "encoded_too_deep"),
    ] {
        assert_eq!(outcome(&proxy.send(get(path))), (400, reason.into()), "{path}");
    }
    for path in ["/a//b", "/a/./b", "/a;b", "/?a=%2541&b=100%", "/%e6%97%a5"] {
        assert_eq!(proxy.send(get(path)).status(), 200, "{path}");
    }
}

#[test]
fn oddities_can_be_accepted() {
    let mut proxy = proxy(&json!({"normalise": {"path": {"encoded_slash": "accept"}, "values": {"nul": "accept"}}}));
    assert_eq!(proxy.send(get("/a%2fb?c=%00")).status(), 200);
    assert_eq!(outcome(&proxy.send(get("/a%5cb"))), (400, "backslash".into()));
}

#[test]
fn hygiene_comes_first() {
    let mut proxy = rules(&json!([]));
    let refused = proxy.send(Request::new("TRACE", "/"));
    assert_eq!(outcome(&refused), (405, "method_not_allowed".into()));
    let allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    assert_eq!(refused.response().unwrap().header("allow").as_deref(), Some(allow));
    assert_eq!(outcome(&proxy.send(get(&format!("/{}", "a".repeat(4096))))), (414, "path_too_long".into()));
}

#[test]
fn what_is_odd_about_the_rules_is_told_when_they_are_loaded() {
    let proxy = rules(&json!([
        {"id": "wide", "action": "deny", "when": {"path": {"prefix": "/a"}}},
        {"id": "narrow", "action": "deny", "when": {"path": {"prefix": "/a/b"}}},
    ]));
    let told =
        "gatewright: request-filter: rule narrow never decides: rule wide holds whenever it does, and comes first";
    assert!(proxy.world().logs().iter().any(|line| line.message == told));
}

#[test]
fn routes_of_the_same_rules_share_them() {
    let config = json!({
        "policy": {"rules": [{"id": "wide", "action": "deny"}, {"id": "narrow", "action": "deny"}]},
        "routes": [
            {"match": {"path": "/a"}, "policy": {"outcome": {"status": 404}}},
            {"match": {"path": "/b"}, "policy": {"rules": []}},
        ],
    });
    let builder = Proxy::builder().config(config.to_string().as_str());
    let mut proxy = builder.policy::<RequestFilter>("request-filter").unwrap();
    let logs = proxy.world().logs();
    let told = |part: &str| logs.iter().filter(|line| line.message.contains(part)).count();
    assert_eq!((told("rule narrow never decides"), told("routes[1]: a route without any rule")), (1, 1));
    assert_eq!(
        (proxy.send(get("/")).status(), proxy.send(get("/a")).status(), proxy.send(get("/b")).status()),
        (403, 404, 200)
    );
    assert_eq!(proxy.world().metric("gatewright.request-filter.rule.wide"), Some(2));
}
