//! The schema that the module carries is the one of its policies' settings.

use gatewright::config::envelope_schema;
use gatewright::gateway;
use gatewright_testing::schema::is_checked_in;
use serde_json::{Value, json};

fn schema() -> Value {
    gateway::schema(&[
        ("jwt-auth", envelope_schema::<jwt_auth::Config>()),
        ("rate-limit", envelope_schema::<rate_limit::Config>()),
        ("request-filter", envelope_schema::<request_filter::Config>()),
        ("response-cache", envelope_schema::<response_cache::Config>()),
    ])
}

#[test]
fn the_checked_in_schema_is_that_of_the_settings() {
    let schema = schema();
    let current = is_checked_in(env!("CARGO_MANIFEST_DIR"), &schema, &schema.to_string()).unwrap();
    assert!(
        current,
        "config.schema.json is stale: run UPDATE_SCHEMAS=1 cargo test --package gateway --test schema and commit it"
    );
}

#[test]
fn it_tells_good_configurations_from_bad_ones() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let rules = json!([{"name": "all", "limits": [{"rate": "1/m"}]}]);
    let limit = json!({"use": "rate-limit", "policy": {"rules": rules}});
    let valid = |policies: Value| validator.is_valid(&json!({"policies": policies}));
    assert!(valid(json!([limit])));
    assert!(valid(json!([limit, {"use": "rate-limit", "name": "second", "mode": "off"}])));
    assert!(!valid(json!([])));
    assert!(!valid(json!([{"policy": {}}])));
    assert!(!valid(json!([{"use": "rate-limits"}])));
    assert!(!valid(json!([{"use": "jwt-auth", "policy": {"rules": rules}}])));
    assert!(!valid(json!([{"use": "rate-limit", "name": "a b", "policy": {"rules": rules}}])));
}
