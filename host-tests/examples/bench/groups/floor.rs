//! The guest that makes a policy's host calls and nothing else (`host-tests/guests/floor`): what of the policy's cost is the proxy's.

use std::fs;

use anyhow::{Context, Result, bail};
use gatewright_host::build::workspace_root;
use gatewright_host::envoy::{Configuration, HttpFilter};
use serde_json::Value;

use super::wasm;

/// Calls of the host in the order in which a policy makes them, and the letters by which the guest knows them.
const CALLS: [(&str, &str); 7] = [
    ("proxy_get_header_map_pairs", "p"),
    ("proxy_get_current_time_nanoseconds", "t"),
    ("proxy_get_shared_data", "g"),
    ("proxy_set_shared_data", "s"),
    ("proxy_increment_metric", "c"),
    ("proxy_record_metric", "h"),
    ("proxy_send_local_response", "r"),
];

/// The guest with a callback in which it does nothing.
pub(super) fn empty() -> Result<HttpFilter> {
    wasm("guest-floor", Configuration::Text(String::new()))
}

/// The guest with the calls of this exchange, when it is warm, from `host-tests/budgets.json`.
pub(super) fn of(exchange: &str) -> Result<HttpFilter> {
    let path = workspace_root().join("host-tests/budgets.json");
    let budgets: Value =
        serde_json::from_slice(&fs::read(&path).with_context(|| format!("reading {}", path.display()))?)?;
    let calls = budgets.pointer(&format!("/exchanges/{exchange}/steady/host_calls")).and_then(Value::as_object);
    let calls = calls.with_context(|| format!("{}: no exchange {exchange:?}", path.display()))?;
    let letter = |name: &str| CALLS.iter().any(|(known, _)| *known == name);
    // In time that goes by, it is called twice a second.
    if let Some(other) = calls.keys().find(|name| *name != "proxy_get_log_level" && !letter(name)) {
        bail!("{exchange}: the floor guest cannot call {other}");
    }
    let count = |name: &str| calls.get(name).and_then(Value::as_u64).unwrap_or_default();
    let letters = CALLS.iter().map(|(name, letter)| letter.repeat(count(name) as usize)).collect::<String>();
    wasm("guest-floor", Configuration::Text(letters))
}
