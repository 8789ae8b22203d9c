//! The JSON Schema of a gateway's configuration.

use serde_json::{Value, json};

/// The JSON Schema (draft 2020-12) of a gateway that holds these policies: each by what `use` calls it, with the schema of its
/// [envelope](crate::config::envelope_schema).
#[must_use]
pub fn schema(policies: &[(&str, Value)]) -> Value {
    let kinds: Vec<&str> = policies.iter().map(|(name, _)| *name).collect();
    let entries: Vec<Value> = policies.iter().map(|(name, envelope)| entry(name, envelope)).collect();
    // What every policy's envelope says about it.
    let route_match = kinds.first().map(|kind| format!("{}#/properties/routes/items/properties/match", id(kind)));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Gateway configuration",
        "type": "object",
        "additionalProperties": false,
        "required": ["policies"],
        "properties": {
            "policies": {
                "description": "What requests pass, in this order. The first gets the request first, and the response last.",
                "type": "array",
                "minItems": 1,
                "maxItems": super::MAX_POLICIES,
                "items": { "required": ["use"], "properties": { "use": { "enum": kinds } }, "oneOf": entries },
            },
            "routes": {
                "description": "What is different on some routes, for several policies together.",
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["match", "policies"],
                    "properties": {
                        "match": { "description": "Which requests this is about.", "$ref": route_match },
                        "policies": {
                            "description": "By name: what an entry of the policy's own `routes` would say, without `match`.",
                            "type": "object",
                            "additionalProperties": { "type": "object", "not": { "required": ["match"] } },
                        },
                    },
                },
            },
        },
    })
}

/// A policy's envelope with its name. It is a schema resource of its own, so that its references stay within it.
fn entry(kind: &str, envelope: &Value) -> Value {
    let mut schema = envelope.clone();
    let Some(fields) = schema.as_object_mut() else { return schema };
    fields.remove("$schema");
    fields.insert("$id".to_owned(), id(kind).into());
    fields.insert("title".to_owned(), kind.into());
    fields.insert("required".to_owned(), json!(["use"]));
    if let Some(properties) = fields.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("use".to_owned(), json!({ "const": kind }));
        let name = json!({
            "description": "In metrics, events and `routes`; what `use` says unless two are of a kind.",
            "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$",
        });
        properties.insert("name".to_owned(), name);
    }
    schema
}

fn id(kind: &str) -> String {
    format!("urn:gatewright:{kind}")
}
