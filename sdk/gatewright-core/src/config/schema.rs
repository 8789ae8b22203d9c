//! The JSON Schema of a whole configuration.

mod overlay;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use self::overlay::Overlay;
use super::envelope::{FailureMode, Mode};
use crate::routes::RouteMatch;

/// The JSON Schema (draft 2020-12) of the envelope around a policy with settings `C`.
///
/// A route's `policy` has the same fields, none of them required: what it leaves out comes from the envelope.
#[must_use]
pub fn envelope_schema<C: JsonSchema>() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let policy = generator.subschema_for::<C>().to_value();
    let mode = generator.subschema_for::<Mode>().to_value();
    let failure_mode = generator.subschema_for::<FailureMode>().to_value();
    let route_match = generator.subschema_for::<RouteMatch>().to_value();
    let mut definitions = generator.take_definitions(true);
    let overlay = Overlay::of(&policy, &mut definitions);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Policy configuration",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "mode": described(mode.clone(), "What a verdict does.", Some("enforce")),
            "failure_mode": described(failure_mode.clone(), "What a fault does: a policy that could not decide.", Some("closed")),
            "policy": described(policy, "The policy's settings, for every route.", None),
            "routes": {
                "description": "Routes with settings of their own. The most specific match wins, not the first listed.",
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["match"],
                    "properties": {
                        "match": described(route_match, "Which requests this is about.", None),
                        "mode": described(mode, "Replaces the envelope's mode.", None),
                        "failure_mode": described(failure_mode, "Replaces the envelope's failure mode.", None),
                        "policy": described(
                            overlay,
                            "Laid over the envelope's settings, field by field; a list or a null replaces the whole field.",
                            None,
                        ),
                    },
                },
            },
        },
        "$defs": definitions,
    })
}

fn described(mut schema: Value, description: &str, default: Option<&str>) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), description.into());
        if let Some(default) = default {
            schema.insert("default".to_owned(), default.into());
        }
    }
    schema
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::config::{Duration, HeaderName};
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its schema matters")]
    struct Config {
        /// Header that carries the key.
        header: HeaderName,
        limits: Limits,
        sources: Vec<Source>,
        tree: Option<Box<Tree>>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema matters")]
    struct Limits {
        timeout: Duration,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema matters")]
    struct Source {
        url: String,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema matters")]
    struct Tree {
        name: String,
        below: Option<Box<Tree>>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(default)]
    #[derive(Default)]
    struct Optional {
        kind: Kind,
        inner: Option<Box<Optional>>,
    }

    #[derive(Default, serde::Serialize, Deserialize, JsonSchema)]
    enum Kind {
        /// The first.
        #[default]
        A,
        /// The second.
        B,
    }

    #[test]
    fn the_envelope_holds_the_settings_and_the_routes() {
        let schema = envelope_schema::<Config>();
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["properties"]["policy"]["$ref"], "#/$defs/Config");
        let config = &schema["$defs"]["Config"];
        assert_eq!(config["required"], json!(["header", "limits", "sources"]));
        assert_eq!(config["properties"]["header"]["description"], "Header that carries the key.");
        assert_eq!(config["properties"]["header"]["examples"][0], "x-api-key");
        assert_eq!(schema["$defs"]["Limits"]["properties"]["timeout"]["pattern"], "^[0-9]+(ms|s|m|h|d)$");
        assert_eq!(schema["$defs"]["Mode"]["enum"], json!(["enforce", "shadow", "off", false]));
    }

    #[test]
    fn a_routes_policy_requires_nothing_at_any_depth_that_merges() {
        let schema = envelope_schema::<Config>();
        let route = &schema["properties"]["routes"]["items"];
        assert_eq!(route["required"], json!(["match"]));
        assert_eq!(route["properties"]["policy"]["$ref"], "#/$defs/Overlay.Config");
        let overlay = &schema["$defs"]["Overlay.Config"];
        assert_eq!(overlay.get("required"), None);
        assert_eq!(overlay["additionalProperties"], false);
        assert_eq!(overlay["properties"]["limits"]["$ref"], "#/$defs/Overlay.Limits");
        assert_eq!(schema["$defs"]["Overlay.Limits"].get("required"), None);
        assert_eq!(overlay["properties"]["sources"]["items"]["$ref"], "#/$defs/Source");
        assert_eq!(schema["$defs"]["Source"]["required"], json!(["url"]));
        assert_eq!(schema["$defs"]["Overlay.Tree"].get("required"), None);
    }

    #[test]
    fn what_a_route_may_say_as_it_is_has_no_second_definition() {
        let schema = envelope_schema::<Optional>();
        let route = &schema["properties"]["routes"]["items"];
        assert_eq!(route["properties"]["policy"]["$ref"], "#/$defs/Optional");
        assert_eq!(schema["$defs"]["Optional"]["properties"]["kind"]["$ref"], "#/$defs/Kind");
        assert!(!schema.to_string().contains("Overlay."), "{schema:#}");
    }

    #[test]
    fn every_reference_resolves() {
        fn references(schema: &Value, found: &mut Vec<String>) {
            match schema {
                Value::Object(fields) => fields.iter().for_each(|(key, value)| match (key.as_str(), value) {
                    ("$ref", Value::String(text)) => found.push(text.clone()),
                    _ => references(value, found),
                }),
                Value::Array(values) => values.iter().for_each(|value| references(value, found)),
                _ => {}
            }
        }
        let schema = envelope_schema::<Config>();
        let mut found = Vec::new();
        references(&schema, &mut found);
        assert!(found.len() > 6, "{found:?}");
        for reference in found {
            assert!(schema.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
    }
}
