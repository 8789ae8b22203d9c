//! The contract of the API.

use gatewright_testing::message::Request;
use gatewright_testing::proxy::Proxy;
use serde_json::{Value, json};

use crate::support::{get, outcome, proxy};

fn api(more: &Value) -> Proxy {
    let item = json!({"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string", "maxLength": 4}}, "additionalProperties": false});
    let limit = json!({"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}});
    let document = json!({
        "openapi": "3.1.0", "info": {"title": "orders", "version": "1"},
        "paths": {"/orders": {
            "get": {"parameters": [limit]},
            "post": {"requestBody": {"required": true, "content": {"application/json": {"schema": item}}}},
        }},
    });
    let mut settings = json!({"contract": {"document": document}, "body": {"inspect": true, "max_size": "64B"}});
    for (field, value) in more.as_object().unwrap() {
        match value {
            Value::Object(members) => settings[field].as_object_mut().unwrap().extend(members.clone()),
            other => settings[field] = other.clone(),
        }
    }
    proxy(&settings)
}

fn post(body: &str) -> Request {
    Request::post("/orders", body).with_header("content-type", "application/json")
}

#[test]
fn what_is_not_in_the_contract_is_refused() {
    let mut proxy = api(&json!({}));
    for (request, expected) in [
        (get("/orders?limit=5"), (200, "")),
        (get("/other"), (404, "contract_unknown_path")),
        (Request::new("PUT", "/orders"), (405, "contract_unknown_method")),
        (get("/orders?limit=500"), (400, "contract_parameter_invalid")),
        (post(r#"{"sku": "A-1"}"#), (200, "")),
        (post(r#"{"sku": "A-1", "x": 1}"#), (400, "contract_body_invalid")),
        (post(r#"{"sku": 1}"#), (400, "contract_body_invalid")),
        (Request::new("POST", "/orders"), (400, "contract_body_missing")),
        (post("{}").with_header("content-type", "text/plain"), (400, "content_type_repeated")),
        (Request::post("/orders", "x").with_header("content-type", "text/plain"), (415, "contract_media_type")),
    ] {
        let got = outcome(&proxy.send(request.clone()));
        assert_eq!((got.0, got.1.as_str()), expected, "{request:?}");
    }
}

#[test]
fn a_body_that_was_not_read_is_not_as_described() {
    let long = format!(r#"{{"sku": "{}"}}"#, "a".repeat(100));
    let mut prefix = api(&json!({"body": {"overflow": "inspect_prefix"}}));
    assert_eq!(outcome(&prefix.send(post(&long))), (413, "contract_body_unread".into()));
}

#[test]
fn a_rule_that_allows_does_not_suspend_the_contract() {
    let mut proxy = api(&json!({"rules": [{"id": "all", "action": "allow"}]}));
    assert_eq!(proxy.send(post(r#"{"sku": "A-1"}"#)).status(), 200);
    assert_eq!(outcome(&proxy.send(post("{}"))), (400, "contract_body_invalid".into()));
}

#[test]
fn a_contract_in_shadow_only_tells() {
    let mut proxy = api(&json!({"contract": {"shadow": true}}));
    assert_eq!(proxy.send(get("/other")).status(), 200);
    assert_eq!(proxy.send(post("{}")).status(), 200);
    let logs = proxy.world().logs();
    let told = logs.iter().filter(|line| line.message.contains("\"event\":\"violation\"")).count();
    assert_eq!(told, 2);
}
