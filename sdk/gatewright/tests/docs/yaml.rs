//! Configurations in the documentation are accepted by the policy that they are for, or refused with the message shown.
//!
//! A block ```` ```yaml name ```` is a whole configuration of the policy `name`. Where a block ```` ```text refused ```` comes next, it is
//! what the policy logs about it. Any other YAML block is a piece of Envoy's configuration: every wasm plugin in it is tried.

use api_key::ApiKey;
use gatewright_testing::proxy::{Builder, Proxy, World};
use jwt_auth::JwtAuth;
use rate_limit::RateLimit;
use response_cache::ResponseCache;
use serde_json::Value;

use crate::markdown::{self, Block};

const WASM: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";

#[test]
fn configurations_are_accepted_or_refused_as_shown() {
    let (mut accepted, mut refused) = (0, 0);
    for page in markdown::pages() {
        let blocks = page.blocks();
        for (index, block) in blocks.iter().enumerate().filter(|(_, block)| block.info.starts_with("yaml")) {
            let next = blocks.get(index + 1).filter(|next| next.info == "text refused");
            for (name, config) in plugins(block) {
                let found = refusal(&name, &config).unwrap_or_else(|| panic!("{}: no policy {name}", block.place));
                match next {
                    Some(next) => assert_eq!(joined(&next.text), found.unwrap_or_default(), "{}", next.place),
                    None => assert_eq!(found, None, "{}", block.place),
                }
                *(if next.is_some() { &mut refused } else { &mut accepted }) += 1;
            }
        }
    }
    assert!(accepted >= 6 && refused >= 6, "{accepted} accepted, {refused} refused: where are the others?");
}

/// The configurations in a block, each with the name of its policy.
fn plugins(block: &Block) -> Vec<(String, Value)> {
    let value: Value = serde_saphyr::from_str(&block.text).unwrap_or_else(|error| panic!("{}: {error}", block.place));
    if let Some(policy) = block.info.strip_prefix("yaml ") {
        return vec![(policy.to_owned(), value)];
    }
    let mut found = Vec::new();
    collect(&value, &mut found);
    found
}

fn collect(value: &Value, found: &mut Vec<(String, Value)>) {
    if value["@type"] == WASM {
        let config = &value["config"];
        assert_eq!(config["configuration"]["@type"], "type.googleapis.com/google.protobuf.Struct");
        assert_eq!(config["allow_on_headers_stop_iteration"], true);
        found.push((config["name"].as_str().unwrap().to_owned(), config["configuration"]["value"].clone()));
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, found)),
        _ => {}
    }
}

/// What the policy says against a configuration, given to it as Envoy gives native YAML; `None` for a policy that is not known.
fn refusal(policy: &str, config: &Value) -> Option<Option<String>> {
    let world = World::default();
    let builder = Proxy::builder().world(&world).struct_config(config.as_object().unwrap());
    let started = start(policy, builder)?;
    let logged = world.logs().into_iter().map(|line| line.message).find(|line| line.contains("configuration refused"));
    assert_eq!(started, logged.is_none(), "{policy} says why it refuses a configuration");
    Some(logged)
}

fn start(policy: &str, builder: Builder) -> Option<bool> {
    Some(match policy {
        "api-key" => builder.policy::<ApiKey>("api-key").is_ok(),
        "jwt-auth" => builder.policy::<JwtAuth>("jwt-auth").is_ok(),
        "rate-limit" => builder.policy::<RateLimit>("rate-limit").is_ok(),
        "response-cache" => builder.policy::<ResponseCache>("response-cache").is_ok(),
        _ => return None,
    })
}

/// A message that is shown over several lines.
fn joined(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}
