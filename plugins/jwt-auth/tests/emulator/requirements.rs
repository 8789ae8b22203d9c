//! What routes ask beyond a good token.

use gatewright_testing::message::Request;
use serde_json::{Value, json};

use crate::support::{NOW, bearer, config, issuer, provider, proxy, response, token};

/// The status and the challenge for a token with these claims, on a proxy where everything asks for `requires`.
fn asked(requires: &Value, claims: &Value) -> (u16, Option<String>) {
    let mut proxy = proxy(&config(&json!({}), &json!({ "requires": requires })));
    let request = if claims.is_null() { Request::get("/") } else { bearer("/", &token(claims)) };
    let answer = response(&proxy.send(request));
    (answer.status(), answer.header("www-authenticate"))
}

fn challenge(rest: &str) -> Option<String> {
    Some(format!(r#"Bearer realm="api"{rest}"#))
}

#[test]
fn scopes() {
    let requires = json!({"scopes": ["orders:read", "orders:write"]});
    assert_eq!(asked(&requires, &json!({"scope": "orders:write x orders:read"})), (200, None));
    assert_eq!(asked(&requires, &json!({"scp": ["orders:write", "orders:read"]})), (200, None));
    let refused = (403, challenge(r#", error="insufficient_scope", scope="orders:read orders:write""#));
    assert_eq!(asked(&requires, &json!({"scope": "orders:write"})), refused);
    assert_eq!(asked(&requires, &Value::Null), (401, challenge("")));
}

#[test]
fn claims() {
    let requires = json!({"claims": [
        {"claim": "realm_access.roles", "contains": "admin"},
        {"claim": "email", "matches": "*@example.com"},
        {"claim": "tier", "one_of": [1, 2]},
        {"claim": "email_verified", "equals": true},
    ]});
    let good = json!({"realm_access": {"roles": ["user", "admin"]}, "email": "a@example.com", "tier": 2, "email_verified": true});
    assert_eq!(asked(&requires, &good), (200, None));
    for (claim, value) in [
        ("realm_access", json!({"roles": ["user"]})),
        ("email", json!("a@example.org")),
        ("tier", json!(3)),
        ("email_verified", json!("true")),
        ("tier", json!(null)),
    ] {
        let mut bad = good.clone();
        bad[claim] = value;
        assert_eq!(asked(&requires, &bad), (403, challenge(r#", error="insufficient_scope""#)), "{bad}");
    }
}

#[test]
fn better_authentication() {
    let requires = json!({"acr_values": ["phr", "mfa"], "amr": ["hwk"], "max_age": "5m"});
    let good = json!({"acr": "mfa", "amr": ["pwd", "hwk"], "auth_time": NOW - 300});
    assert_eq!(asked(&requires, &good), (200, None));
    for (claim, value) in
        [("acr", json!("pwd")), ("amr", json!(["pwd"])), ("auth_time", json!(NOW - 361)), ("auth_time", json!(null))]
    {
        let mut bad = good.clone();
        bad[claim] = value;
        let text = r#", error="insufficient_user_authentication", acr_values="phr mfa", max_age="300""#;
        assert_eq!(asked(&requires, &bad), (401, challenge(text)), "{bad}");
    }
}

#[test]
fn optional_tokens_are_none_or_good() {
    let requires = json!({"optional": {}});
    assert_eq!(asked(&requires, &Value::Null), (200, None));
    assert_eq!(asked(&requires, &json!({})), (200, None));
    assert_eq!(asked(&requires, &json!({"exp": NOW - 100})), (401, challenge(r#", error="invalid_token""#)));
    let mut proxy = proxy(&config(&json!({}), &json!({ "requires": requires })));
    assert_eq!(proxy.send(bearer("/", "")).status(), 401);
    assert_eq!(proxy.send(Request::get("/").with_header("authorization", "Bearer\tx")).status(), 401);
    assert_eq!(proxy.send(Request::get("/").with_header("authorization", "Basic eDp5")).status(), 200);
}

#[test]
fn each_route_asks_what_it_wants() {
    let providers = json!([provider("main", &json!({})), provider("partner", &json!({}))]);
    let mut proxy = proxy(&json!({
        "policy": {"providers": providers, "requires": {"provider": "main"}},
        "routes": [
            {"match": {"path": "/partner/**"}, "policy": {"requires": {"provider": "partner"}}},
            {"match": {"path": "/both"}, "policy": {"requires": {"provider": null, "any_of": [{"provider": "main"}, {"provider": "partner"}]}}},
            {"match": {"path": "/users/{user}/**"}, "policy": {"requires": {"path_claims": {"user": "sub"}}}},
            {"match": {"path": "/write"}, "policy": {"requires": {"scopes": ["w"]}}},
        ],
    }));
    let (main, partner) = (token(&json!({})), token(&json!({"iss": issuer("partner")})));
    let [spaced, encoded] = ["anna sm\u{ed}th", "anna%20sm%C3%ADth"].map(|sub| token(&json!({"sub": sub})));
    for (path, token, status) in [
        ("/users/anna%20sm%c3%adth/orders", &spaced, 200),
        ("/users/anna%20sm%c3%adth/orders", &encoded, 403),
        ("/", &main, 200),
        ("/", &partner, 401),
        ("/partner/x", &main, 401),
        ("/partner/x", &partner, 200),
        ("/both", &main, 200),
        ("/both", &partner, 200),
        ("/users/anna/orders", &main, 200),
        ("/users/berta/orders", &main, 403),
        ("/users/anna/../berta/orders", &main, 403),
        ("/users/%61nna/orders", &main, 200),
        ("/users/anna%2f/orders", &main, 403),
        ("/users/anna/orders", &partner, 401),
        ("/write", &main, 403),
    ] {
        assert_eq!(proxy.send(bearer(path, token)).status(), status, "{path}");
    }
}

#[test]
fn a_route_without_the_variable_lets_nobody_in() {
    let requires = json!({"path_claims": {"user": "sub"}});
    assert_eq!(asked(&requires, &json!({})), (403, challenge(r#", error="insufficient_scope""#)));
}
