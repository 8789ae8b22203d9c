//! The schema that the module carries is the one of the settings' types.

use api_key::Config;
use gatewright::config::envelope_schema;
use gatewright_testing::schema::is_checked_in;

#[test]
fn the_checked_in_schema_is_that_of_the_settings() {
    let schema = envelope_schema::<Config>();
    let current = is_checked_in(env!("CARGO_MANIFEST_DIR"), &schema, &format!("{schema:#}")).unwrap();
    assert!(
        current,
        "config.schema.json is stale: run UPDATE_SCHEMAS=1 cargo test --package api-key --test schema and commit it"
    );
}
