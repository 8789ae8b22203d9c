use serde_json::{Value, json};

use super::*;

#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NOW: u64 = 1_000_000;

fn requirement(value: &Value) -> Requirement {
    let requirement: Requirement = serde_json::from_value(value.clone()).unwrap();
    requirement.validate(&["main", "partner"]).unwrap();
    requirement
}

/// How a requirement answers a token of `main` with these claims; null is no token.
fn outcome(wanted: &Value, claims: &Value) -> &'static str {
    let wanted = requirement(wanted);
    let parsed = (!claims.is_null()).then(|| Claims::parse(claims.to_string().as_bytes()).unwrap());
    let variable = |name: &str| (name == "id").then_some("anna");
    let evidence = parsed.as_ref().map(|claims| Evidence {
        provider: "main",
        claims,
        clock_skew: 10,
        now: NOW,
        path_variable: &variable,
    });
    match wanted.check(evidence.as_ref()) {
        Ok(()) => "met",
        Err(Unmet::Token) => "token",
        Err(Unmet::Provider) => "provider",
        Err(Unmet::Claim) => "claim",
        Err(Unmet::PathClaim) => "path",
        Err(Unmet::Scope(_)) => "scope",
        Err(Unmet::StepUp(_)) => "step-up",
    }
}

#[test]
fn nothing_asked_is_a_token_of_anybody() {
    assert_eq!(outcome(&json!({}), &json!({})), "met");
    assert_eq!(outcome(&json!({}), &Value::Null), "token");
}

#[test]
fn a_tree_is_and_of_its_fields_or_of_any_of() {
    let tree = json!({"provider": "main", "any_of": [
        {"scopes": ["a"]},
        {"all_of": [{"claims": [{"claim": "c", "equals": 1}]}, {"scopes": ["b"]}]},
    ]});
    for (claims, expected) in [
        (json!({"scope": "a"}), "met"),
        (json!({"scope": "b", "c": 1}), "met"),
        (json!({"scope": "b"}), "scope"),
        (json!({"c": 1}), "scope"),
        (Value::Null, "token"),
    ] {
        assert_eq!(outcome(&tree, &claims), expected, "{claims}");
    }
    assert_eq!(outcome(&json!({"provider": "partner", "scopes": ["a"]}), &json!({"scope": "a"})), "provider");
    assert_eq!(outcome(&json!({"any_of": [{"provider": "partner"}, {"provider": "main"}]}), &json!({})), "met");
    assert_eq!(outcome(&json!({"all_of": [{"provider": "main"}, {"provider": "partner"}]}), &json!({})), "provider");
}

#[test]
fn optional_lets_nothing_pass_but_nothing() {
    let optional = json!({"optional": {"scopes": ["a"]}});
    assert_eq!(outcome(&optional, &Value::Null), "met");
    assert_eq!(outcome(&optional, &json!({"scope": "a"})), "met");
    assert_eq!(outcome(&optional, &json!({})), "scope");
    assert_eq!(outcome(&json!({"any_of": [{"provider": "partner"}, optional]}), &Value::Null), "met");
    assert_eq!(outcome(&json!({"all_of": [{"provider": "main"}, optional]}), &Value::Null), "token");
    assert_eq!(outcome(&json!({"scopes": ["a"], "any_of": [{"optional": {}}]}), &Value::Null), "token");
}

#[test]
fn the_path_names_whose_it_is() {
    let own = json!({"path_claims": {"id": "sub"}});
    assert_eq!(outcome(&own, &json!({"sub": "anna"})), "met");
    for other in [json!({"sub": "berta"}), json!({}), json!({"sub": "Anna"})] {
        assert_eq!(outcome(&own, &other), "path", "{other}");
    }
    // A route whose path has no such variable.
    assert_eq!(outcome(&json!({"path_claims": {"user": "sub"}}), &json!({"sub": "anna"})), "path");
}

#[test]
fn authentication_is_strong_and_recent_enough() {
    let acr = json!({"acr_values": ["gold", "silver"]});
    assert_eq!(outcome(&acr, &json!({"acr": "silver"})), "met");
    for weak in [json!({"acr": "bronze"}), json!({"acr": ["gold"]}), json!({})] {
        assert_eq!(outcome(&acr, &weak), "step-up", "{weak}");
    }
    let amr = json!({"amr": ["pwd", "otp"]});
    assert_eq!(outcome(&amr, &json!({"amr": ["otp", "pwd", "x"]})), "met");
    for weak in [json!({"amr": ["pwd"]}), json!({"amr": "pwd otp"}), json!({})] {
        assert_eq!(outcome(&amr, &weak), "step-up", "{weak}");
    }
    let age = json!({"max_age": "60s"});
    for (time, expected) in [
        (json!(NOW - 60), "met"),
        (json!(NOW - 70), "met"),
        (json!(NOW - 71), "step-up"),
        (json!(NOW + 10), "met"),
        (json!(NOW + 11), "step-up"),
        (json!("now"), "step-up"),
        (json!(-1), "step-up"),
        (Value::Null, "step-up"),
    ] {
        assert_eq!(outcome(&age, &json!({ "auth_time": time })), expected, "{time}");
    }
}

#[test]
fn the_closest_alternative_is_reported() {
    let tree = json!({"any_of": [
        {"provider": "partner"},
        {"scopes": ["a"], "max_age": "1s"},
        {"claims": [{"claim": "c", "equals": 1}]},
    ]});
    assert_eq!(outcome(&tree, &json!({})), "scope");
    assert_eq!(outcome(&tree, &json!({"scope": "a"})), "step-up");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let mut deep = json!({});
    for _ in 0..8 {
        deep = json!({ "all_of": [deep] });
    }
    for (wrong, path) in [
        (json!({"provider": "other"}), "provider"),
        (json!({"any_of": []}), "any_of"),
        (json!({"all_of": [{"any_of": [{"scopes": ["a b"]}]}]}), "all_of[0].any_of[0].scopes[0]"),
        (json!({"acr_values": ["a\""]}), "acr_values[0]"),
        (json!({"optional": {}, "scopes": ["a"]}), "optional"),
        (json!({"optional": {"provider": "x"}}), "optional.provider"),
        (json!({"any_of": [{"max_age": "1500ms"}]}), "any_of[0].max_age"),
        (json!({"claims": [{"claim": "a"}]}), "claims[0]"),
        (json!({"claims": [{"claim": "a", "equals": []}]}), "claims[0].equals"),
    ] {
        let requirement: Requirement = serde_json::from_value(wrong.clone()).unwrap();
        assert_eq!(requirement.validate(&["main"]).unwrap_err().path(), path, "{wrong}");
    }
    let requirement: Requirement = serde_json::from_value(deep).unwrap();
    assert!(requirement.validate(&["main"]).unwrap_err().message().starts_with("too large a tree"));
}
