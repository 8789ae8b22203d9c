//! A policy that does what a test's request header tells it: `x-trouble`, steps separated by `;`, those before `forward` on the
//! request, those after it on the response. See `steps.rs` for the steps. A configuration with `panic: true` panics.

mod steps;

use gatewright::prelude::*;

use steps::{Exchange, die};

/// Settings of one route.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The upstream of callouts.
    idp: Upstream,
    /// Comes back as a response header, to tell configurations apart.
    #[serde(default)]
    mark: String,
    /// Whether to panic when configured.
    #[serde(default)]
    panic: bool,
}

/// The policy.
pub struct Trouble(Config);

impl Policy for Trouble {
    type Config = Config;
    const PHASES: Phases = Phases::ALL;

    fn new(config: Config, _: &Setup) -> Result<Self, ConfigError> {
        if config.panic {
            die("configuration");
        }
        Ok(Self(config))
    }

    async fn handle(&self, request: Request, cx: &Context) -> Result<Flow, Fault> {
        let steps = request.header("x-trouble").map(|steps| String::from_utf8_lossy(steps).into_owned());
        let mut exchange = Exchange::new(request, &self.0, cx);
        for step in steps.unwrap_or_default().split(';').map(str::trim).filter(|step| !step.is_empty()) {
            if let Some(reply) = exchange.step(step).await? {
                return Ok(reply.into());
            }
        }
        exchange.end().await
    }
}

gatewright::export!(Trouble, request_body, response_body);
