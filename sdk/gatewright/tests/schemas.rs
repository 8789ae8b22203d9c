//! The schemas of the configurations are JSON Schemas, accept what the plugins accept, and refuse what they refuse.
#![cfg(not(target_family = "wasm"))]
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::{ValidationError, Validator, draft202012};
use serde_json::{Value, json};

/// A plugin with a schema.
struct Plugin {
    name: String,
    schema: Value,
    /// The configurations of its case files.
    configs: Vec<Value>,
}

#[test]
fn schemas_follow_draft_2020_12() {
    for Plugin { name, schema, .. } in plugins() {
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        let problem = draft202012::meta::validator().validate(&schema).err().map(|error| describe(&error));
        assert_eq!(problem, None, "{name}");
    }
}

#[test]
fn the_configurations_of_all_case_files_are_accepted() {
    for Plugin { name, schema, configs } in plugins() {
        let validator = validator(&schema);
        for config in configs {
            let problems: Vec<_> = validator.iter_errors(&config).map(|error| describe(&error)).collect();
            assert_eq!(problems, [""; 0], "{name}: {config}");
        }
    }
}

#[test]
fn a_field_that_does_not_exist_is_refused_at_every_level() {
    for Plugin { name, schema, configs } in plugins() {
        let validator = validator(&schema);
        let places = ["", "/policy", "/routes/0", "/routes/0/match", "/routes/0/policy", "/policy/providers/0"];
        for (config, place) in configs.iter().flat_map(|config| places.map(|place| (config, place))) {
            let mut wrong = config.clone();
            let Some(Value::Object(fields)) = wrong.pointer_mut(place) else { continue };
            fields.insert("no_such_field".to_owned(), json!(1));
            assert!(!validator.is_valid(&wrong), "{name} at {place:?}: {wrong}");
        }
    }
}

#[test]
fn the_envelope_is_checked() {
    for Plugin { name, schema, configs } in plugins() {
        let validator = validator(&schema);
        let is_valid = |field: &str, value: Value| {
            let mut config = configs[0].clone();
            // A gateway has an envelope for each policy.
            let in_gateway = config.get("policies").is_some();
            let envelope = if in_gateway { &mut config["policies"][0] } else { &mut config };
            envelope[field] = value;
            validator.is_valid(&config)
        };
        for (field, good) in [
            ("mode", json!("shadow")),
            // What a reader of YAML 1.1 makes of `mode: off`.
            ("mode", json!(false)),
            ("failure_mode", json!("open")),
            ("routes", json!([{"match": {"path": "/a/{id}"}, "mode": "off"}])),
            ("routes", json!([{"match": {"host": "*.example.com", "headers": [{"name": "x-a", "present": true}]}}])),
        ] {
            assert!(is_valid(field, good.clone()), "{name}: {field}: {good}");
        }
        for (field, wrong) in [
            ("mode", json!("on")),
            ("failure_mode", json!("shut")),
            ("policy", json!([])),
            ("routes", json!([{"mode": "off"}])),
            ("routes", json!([{"match": {"path": "a"}}])),
            ("routes", json!([{"match": {"headers": [{"exact": "a"}]}}])),
        ] {
            assert!(!is_valid(field, wrong.clone()), "{name}: {field}: {wrong}");
        }
    }
}

/// Every plugin of the workspace that has a schema; that all have one is what the host's tests of modules say.
fn plugins() -> Vec<Plugin> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders = ["plugins", "examples"].into_iter().flat_map(|folder| children(&root.join(folder)));
    let found: Vec<_> =
        folders.filter(|folder| folder.join("config.schema.json").exists()).map(|folder| plugin(&folder)).collect();
    assert!(found.len() >= 2, "{} plugins", found.len());
    found
}

fn plugin(folder: &Path) -> Plugin {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let schema = serde_json::from_slice(&fs::read(folder.join("config.schema.json")).unwrap()).unwrap();
    let configs: Vec<_> = children(&folder.join("tests/cases")).iter().map(|file| config(file)).collect();
    assert!(!configs.is_empty(), "{name} has no case file");
    Plugin { name, schema, configs }
}

/// The configuration as a case file has it. What `${name}` in it stands for is a text, as the name itself is.
fn config(file: &Path) -> Value {
    let text = fs::read_to_string(file).unwrap();
    let file: Value = serde_saphyr::from_str(&text).unwrap();
    file["config"].clone()
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn validator(schema: &Value) -> Validator {
    draft202012::new(schema).unwrap()
}

fn describe(error: &ValidationError<'_>) -> String {
    format!("{}: {error}", error.instance_path())
}
