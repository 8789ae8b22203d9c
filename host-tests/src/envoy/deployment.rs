//! A proxy with a plugin in it and an upstream behind it, whichever proxy it is, so that one scenario runs on each.

use anyhow::Result;
use gatewright_testing::message::{Request, Response};

use super::{Envoy, LogLine};
use crate::net::Upstream;

/// What a scenario may do with, and ask of, a running proxy.
pub trait Deployment {
    /// Sends one request on a connection of its own.
    ///
    /// # Errors
    /// No whole response came.
    fn send(&self, request: &Request) -> Result<Response>;

    /// What the upstream has seen, in order.
    fn upstream_requests(&self) -> Vec<Request>;

    /// What the plugins have logged.
    ///
    /// # Errors
    /// The log cannot be read.
    fn log_lines(&self) -> Result<Vec<LogLine>>;

    /// A counter or gauge of the proxy, None where there is none of that name.
    ///
    /// # Errors
    /// The proxy does not answer.
    fn stat(&self, name: &str) -> Result<Option<u64>>;
}

/// A real Envoy in front of an upstream.
#[derive(Debug)]
pub struct EnvoyDeployment {
    /// The proxy.
    pub envoy: Envoy,
    /// What stands behind it.
    pub upstream: Upstream,
}

impl Deployment for EnvoyDeployment {
    fn send(&self, request: &Request) -> Result<Response> {
        self.envoy.send(request)
    }

    fn upstream_requests(&self) -> Vec<Request> {
        self.upstream.requests()
    }

    fn log_lines(&self) -> Result<Vec<LogLine>> {
        self.envoy.log_lines()
    }

    fn stat(&self, name: &str) -> Result<Option<u64>> {
        self.envoy.stat(name)
    }
}
