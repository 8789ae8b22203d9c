//! Envoy's admin interface.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use gatewright_testing::message::Request;
use serde_json::Value;

use crate::net::Client;

/// Asks a running Envoy about itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admin(pub(super) SocketAddr);

impl Admin {
    /// Whether Envoy serves.
    pub(super) fn is_ready(self) -> bool {
        self.get("/ready").is_ok_and(|body| body.trim() == "LIVE")
    }

    /// Where a listener listens; None while it does not.
    pub(super) fn listener(self, name: &str) -> Result<Option<SocketAddr>> {
        let all: Value = serde_json::from_str(&self.get("/listeners?format=json")?)?;
        let statuses = all.get("listener_statuses").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let Some(found) = statuses.iter().find(|status| status.get("name").and_then(Value::as_str) == Some(name))
        else {
            return Ok(None);
        };
        let address = found.pointer("/local_address/socket_address").context("a listener without an address")?;
        let host = address.get("address").and_then(Value::as_str).context("a listener without a host")?;
        let port = address.get("port_value").and_then(Value::as_u64).context("a listener without a port")?;
        if port == 0 {
            return Ok(None);
        }
        Ok(Some(SocketAddr::new(host.parse()?, u16::try_from(port)?)))
    }

    /// All counters and gauges.
    pub(super) fn stats(self) -> Result<Vec<(String, u64)>> {
        let text = self.get("/stats")?;
        let parse = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_owned(), value.parse().ok()?))
        };
        Ok(text.lines().filter_map(parse).collect())
    }

    /// One counter or gauge.
    pub(super) fn stat(self, name: &str) -> Result<Option<u64>> {
        Ok(self.stats()?.into_iter().find(|(found, _)| found == name).map(|(_, value)| value))
    }

    /// Why the last dynamic listener was refused; None if it was not.
    pub(super) fn refusal(self) -> Result<Option<String>> {
        let dump: Value = serde_json::from_str(&self.get("/config_dump?resource=dynamic_listeners")?)?;
        let listeners = dump.get("configs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let details = listeners.iter().find_map(|listener| listener.pointer("/error_state/details"));
        Ok(details.and_then(Value::as_str).map(str::to_owned))
    }

    fn get(self, path: &str) -> Result<String> {
        let received = Client::connect(self.0)?.send(&Request::get(path).with_header("connection", "close"))?;
        let (status, text) = (received.response.status(), received.response.text());
        if status == 200 { Ok(text) } else { bail!("Envoy's admin answered {status} to {path}: {text}") }
    }
}
