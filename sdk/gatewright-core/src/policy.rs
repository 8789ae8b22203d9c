//! What a policy author writes.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::config::ConfigError;
use crate::context::Context;
use crate::fault::Fault;
use crate::flow::Flow;
use crate::phases::Phases;
use crate::request::Request;
use crate::setup::Setup;

/// One policy: its settings, and what it does with an exchange.
///
/// A value of the type exists for each route that has settings of its own, in every worker of the proxy.
pub trait Policy: Sized + 'static {
    /// Settings of one route, as they stand in the configuration. Give it `#[serde(deny_unknown_fields)]`.
    type Config: DeserializeOwned + JsonSchema;

    /// What the policy needs beyond request headers; the same phases stand in `export!`.
    const PHASES: Phases = Phases::REQUEST_HEADERS;

    /// Checks the settings and makes the policy ready. Everything that can be computed once is computed here.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the setting. The configuration is then refused as a whole, and an old one goes on serving.
    fn new(config: Self::Config, setup: &Setup) -> Result<Self, ConfigError>;

    /// Handles one exchange.
    ///
    /// # Errors
    /// A [`Fault`] if the policy could not decide; the SDK then does what `failure_mode` says.
    #[expect(async_fn_in_trait, reason = "a worker is one thread, so no caller needs the future to be Send")]
    async fn handle(&self, request: Request, cx: &Context) -> Result<Flow, Fault>;
}

/// A policy whose type is forgotten.
pub(crate) trait AnyPolicy {
    fn handle(self: Rc<Self>, request: Request, cx: Context) -> Pin<Box<dyn Future<Output = Result<Flow, Fault>>>>;
}

impl<P: Policy> AnyPolicy for P {
    fn handle(self: Rc<Self>, request: Request, cx: Context) -> Pin<Box<dyn Future<Output = Result<Flow, Fault>>>> {
        Box::pin(async move { Policy::handle(&*self, request, &cx).await })
    }
}
