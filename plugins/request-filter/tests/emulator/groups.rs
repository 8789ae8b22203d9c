//! Built-in groups.

use serde_json::json;

use crate::support::{get, outcome, proxy};

#[test]
fn a_group_refuses_or_scores_or_is_off() {
    let attack = "/?id=1%27%20UNION%20SELECT%20password%20FROM%20users--";
    let deny = proxy(&json!({"groups": {"sql_injection": "deny"}})).send(get(attack));
    let (status, reason) = outcome(&deny);
    assert!(status == 403 && reason.starts_with("rule.sqli-"), "{reason}");
    assert_eq!(proxy(&json!({})).send(get(attack)).status(), 200);
    let score = json!({"groups": {"sql_injection": "score"}, "scoring": {"threshold": 5}});
    assert_eq!(outcome(&proxy(&score).send(get(attack))), (403, "score".into()));
    let shadow = json!({"groups": {"sql_injection": "deny", "shadow": true}});
    assert_eq!(proxy(&shadow).send(get(attack)).status(), 200);
}

#[test]
fn a_cookie_without_a_name_is_looked_at_too() {
    let mut proxy = proxy(&json!({"groups": {"cross_site_scripting": "deny"}}));
    let mut send = |cookie: &str| proxy.send(get("/").with_header("cookie", cookie)).status();
    assert_eq!(send("a=1; theme"), 200);
    assert_eq!(send("a=<script>alert(1)</script>"), 403);
    assert_eq!(send("<script>alert(1)</script>"), 403);
}

#[test]
fn an_allow_rule_goes_before_groups() {
    let mut proxy = proxy(&json!({
        "rules": [{"id": "search", "action": "allow", "when": {"path": {"exact": "/search"}}}],
        "groups": {"cross_site_scripting": "deny"},
    }));
    assert_eq!(proxy.send(get("/search?q=%3Cscript%3Ealert(1)%3C/script%3E")).status(), 200);
    assert_eq!(proxy.send(get("/other?q=%3Cscript%3Ealert(1)%3C/script%3E")).status(), 403);
    assert_eq!(proxy.send(get("/other;%3Cscript%3Ealert(1)%3C/script%3E")).status(), 403);
}
