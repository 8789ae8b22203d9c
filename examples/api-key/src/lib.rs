//! Rejects requests that carry no known API key, and tells the client how long the upstream took.
use std::collections::HashSet;

use gatewright::prelude::*;

/// Settings of one route.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Header that carries the key.
    header: HeaderName,
    /// SHA-256 of each accepted key, in hex.
    keys: HashSet<Sha256Hex>,
}

/// The policy.
pub struct ApiKey(Config);

impl Policy for ApiKey {
    type Config = Config;
    const PHASES: Phases = Phases::RESPONSE_HEADERS;

    fn new(config: Config, _: &Setup) -> Result<Self, ConfigError> {
        Ok(Self(config))
    }

    async fn handle(&self, mut request: Request, cx: &Context) -> Result<Flow, Fault> {
        let Ok(Some(key)) = request.single_header(&self.0.header) else {
            return Ok(Reply::unauthorized("ApiKey").into());
        };
        if !self.0.keys.contains(&Sha256Hex::of(key)) {
            return Ok(Reply::forbidden("unknown_key").into());
        }
        request.remove_header(&self.0.header);
        let started = cx.now();
        let mut response = request.forward().await;
        response.set_header("x-upstream-ms", (cx.now() - started).as_millis());
        Ok(response.into())
    }
}

gatewright::export!(ApiKey, response_headers);
gatewright::embed_schema!("../config.schema.json");
