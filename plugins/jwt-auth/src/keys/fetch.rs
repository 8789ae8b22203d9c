//! Fetching a key set, by one call or two.

use std::time::Duration;

use gatewright::Services;
use gatewright::callout::Answer;
use serde_json::Value;

use super::document::{self, Document};
use super::endpoint::Endpoint;
use super::freshness;
use super::plan::{Discovery, Location, Origin, Plan};
use crate::jose::json;

/// A good key set, and how long the issuer says it is.
pub(super) struct Fetched {
    pub(super) document: Document,
    pub(super) max_age: Option<Duration>,
}

/// Fetches the key set.
///
/// # Errors
/// When there is no good one. The text says why, for the operator; a redirect is one of the reasons.
pub(super) async fn fetch(plan: &Plan, services: &Services) -> Result<Fetched, String> {
    let location = match &plan.origin {
        Origin::Document(location) => location.clone(),
        Origin::Discovery(discovery) => {
            let metadata = get(&discovery.metadata, plan, services).await?;
            let endpoint = discover(discovery, metadata.body())?;
            Location { upstream: discovery.jwks_upstream.clone(), endpoint }
        }
    };
    let answer = get(&location, plan, services).await?;
    let max_age = freshness::max_age(answer.headers());
    let document = document::read(answer.body())?;
    Ok(Fetched { document, max_age })
}

async fn get(location: &Location, plan: &Plan, services: &Services) -> Result<Answer, String> {
    let call = location.endpoint.call("GET", services, &location.upstream, plan.times.timeout);
    let call = call.header("accept", "application/json, application/jwk-set+json").max_answer(plan.max_bytes);
    let answer = call.send().await.map_err(|error| error.to_string())?;
    match answer.status() {
        200 => Ok(answer),
        status => Err(format!("the answer's status is {status}")),
    }
}

/// The `jwks_uri` of OpenID Provider metadata, if it is this issuer's (OpenID Connect Discovery 1.0 §4.3) and where it may be.
fn discover(discovery: &Discovery, metadata: &[u8]) -> Result<Endpoint, String> {
    let members = json::parse_object(metadata).map_err(|error| format!("the metadata is not valid JSON: {error}"))?;
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    if text("issuer") != Some(discovery.issuer.as_str()) {
        return Err("the metadata's `issuer` is not the provider's".to_owned());
    }
    let uri = text("jwks_uri").ok_or("the metadata has no `jwks_uri`")?;
    let endpoint = Endpoint::parse(uri).map_err(|error| format!("the metadata's `jwks_uri`: {error}"))?;
    if endpoint.origin() != discovery.jwks_origin.origin() {
        let (scheme, authority) = discovery.jwks_origin.origin();
        return Err(format!(
            "the metadata's `jwks_uri` is not at {scheme}://{authority}; if it should be, set `jwks_origin`"
        ));
    }
    Ok(endpoint)
}

#[cfg(test)]
mod tests {
    use super::super::config::DiscoveredJwks;
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn discovered(metadata: &str) -> Result<Endpoint, String> {
        let config: DiscoveredJwks = serde_json::from_str(r#"{"upstream": "idp"}"#).unwrap();
        let plan = Plan::of_discovery(&config, "https://idp.example/").unwrap();
        match &plan.origin {
            Origin::Discovery(discovery) => discover(discovery, metadata.as_bytes()),
            Origin::Document(_) => panic!("no discovery"),
        }
    }

    #[test]
    fn metadata_must_be_the_issuers_and_name_a_set_where_it_may_be() {
        let good = r#"{"issuer": "https://idp.example/", "jwks_uri": "https://idp.example/keys"}"#;
        assert_eq!(discovered(good), Endpoint::parse("https://idp.example/keys"));
        let bad = [
            ("[]", "not valid JSON"),
            (r#"{"jwks_uri": "https://idp.example/keys"}"#, "`issuer`"),
            (r#"{"issuer": "https://idp.example", "jwks_uri": "https://idp.example/keys"}"#, "`issuer`"),
            (r#"{"issuer": ["https://idp.example/"], "jwks_uri": "https://idp.example/keys"}"#, "`issuer`"),
            (r#"{"issuer": "https://idp.example/"}"#, "no `jwks_uri`"),
            (r#"{"issuer": "https://idp.example/", "jwks_uri": "/keys"}"#, "no endpoint"),
            (
                r#"{"issuer": "https://idp.example/", "jwks_uri": "http://idp.example/keys"}"#,
                "not at https://idp.example",
            ),
            (
                r#"{"issuer": "https://idp.example/", "jwks_uri": "https://evil.example/keys"}"#,
                "not at https://idp.example",
            ),
            (r#"{"issuer": "https://idp.example/", "jwks_uri": "https://idp.example@evil.example/"}"#, "no endpoint"),
        ];
        for (metadata, part) in bad {
            let error = discovered(metadata).unwrap_err();
            assert!(error.contains(part), "{metadata}: {error}");
        }
    }
}
