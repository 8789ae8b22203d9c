//! How these tests write policies, and load them.

pub(crate) use std::time::Duration;

pub(crate) use gatewright_core::config::{ConfigError, Upstream};
pub(crate) use gatewright_core::{Chain, Context, Fault, Flow, Module, Phases, Policy, Reply, Request, Setup};
pub(crate) use gatewright_testing::message::{Request as Sent, Response as Answered};
pub(crate) use gatewright_testing::proxy::{Answer, Builder, Proxy};

use gatewright_testing::native_module;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// A policy that has no settings.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoSettings {}

/// A policy without settings: its name, its phases beyond request headers, and what it does with an exchange.
macro_rules! policy {
    ($name:ident, $phases:expr, |$request:pat_param, $cx:pat_param| $body:expr) => {
        struct $name;
        impl Policy for $name {
            type Config = crate::policies::NoSettings;
            const PHASES: Phases = $phases;

            fn new(_: Self::Config, _: &Setup) -> Result<Self, ConfigError> {
                Ok(Self)
            }

            async fn handle(&self, $request: Request, $cx: &Context) -> Result<Flow, Fault> {
                $body
            }
        }
    };
}
pub(crate) use policy;

/// A proxy with this policy, named `policy`.
pub(crate) fn proxy<P: Policy>(config: &str) -> Proxy {
    with::<P>(Proxy::builder(), config)
}

/// A proxy that is set up further.
pub(crate) fn with<P: Policy>(builder: Builder, config: &str) -> Proxy {
    builder.config(config).policy::<P>("policy").unwrap()
}

/// A proxy with two policies, `outer` around `inner`, each with an envelope of its own.
pub(crate) fn onion<O: Policy, I: Policy>(builder: Builder, outer: &str, inner: &str) -> Proxy {
    fn build<O: Policy, I: Policy>(_: &str, config: Value, setup: &Setup) -> Result<Chain, ConfigError> {
        let outer = Chain::single::<O>("outer", config["outer"].clone(), setup)?;
        Ok(outer.around(Chain::single::<I>("inner", config["inner"].clone(), setup)?))
    }
    let module = Module { name: "gateway", phases: O::PHASES.and(I::PHASES), build: build::<O, I> };
    let config = format!(r#"{{"outer": {outer}, "inner": {inner}}}"#);
    builder.config(config).allow_on_headers_stop_iteration(true).start(native_module(module)).unwrap()
}

pub(crate) fn upstream(name: &str) -> Upstream {
    name.parse().unwrap()
}

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// An upstream that tells what body it got.
pub(crate) fn echo(request: &Sent) -> Answer {
    Answered::new(200).with_body(request.body_bytes()).into()
}

/// A counter of decisions.
pub(crate) fn decisions(proxy: &Proxy, policy: &str, mode: &str, verdict: &str) -> u64 {
    proxy.metric(&format!("gatewright.{policy}.{mode}.{verdict}")).unwrap_or(0)
}
