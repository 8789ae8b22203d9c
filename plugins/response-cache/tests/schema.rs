//! The schema that the module carries is the one of the settings' types.

use std::fs;
use std::path::Path;

use gatewright::config::envelope_schema;
use response_cache::Config;
use serde_json::Value;

#[test]
fn the_checked_in_schema_is_that_of_the_settings() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config.schema.json");
    let schema = envelope_schema::<Config>();
    if std::env::var_os("UPDATE_SCHEMAS").is_some_and(|value| value == "1") {
        return fs::write(path, format!("{schema:#}\n")).unwrap();
    }
    let checked_in: Value = serde_json::from_slice(&fs::read(path).unwrap_or_default()).unwrap_or_default();
    assert!(
        checked_in == schema,
        "config.schema.json is stale: run UPDATE_SCHEMAS=1 cargo test --package response-cache --test schema and commit it"
    );
}
