//! Does nothing, with the SDK: what the exchange model alone costs.

use gatewright::prelude::*;

/// There is nothing to set.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {}

/// The policy.
pub struct Empty;

impl Policy for Empty {
    type Config = Config;

    fn new(_: Config, _: &Setup) -> Result<Self, ConfigError> {
        Ok(Self)
    }

    async fn handle(&self, request: Request, _: &Context) -> Result<Flow, Fault> {
        Ok(request.forward().into())
    }
}

gatewright::export!(Empty);
