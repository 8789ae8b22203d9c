//! One event per decision, the same for every policy. Its schema is `docs/events.md`.

use serde::Serialize;

use crate::config::Mode;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::host::LogLevel;
use crate::property;
use crate::reply::Verdict;

/// What a policy decided about an exchange.
pub(crate) struct Decision<'a> {
    pub(crate) mode: Mode,
    pub(crate) verdict: Verdict,
    pub(crate) reason: &'a str,
    pub(crate) status: Option<u16>,
    pub(crate) message: &'a str,
}

/// The event as it is logged. Adding a field is compatible; changing one needs a new `version`.
#[derive(Serialize)]
struct Event<'a> {
    event: &'static str,
    version: u32,
    policy: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<usize>,
    mode: Mode,
    verdict: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "str::is_empty")]
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl<'a> Decision<'a> {
    pub(crate) fn of_fault(mode: Mode, fault: &'a Fault) -> Self {
        let (reason, message) = (fault.cause().as_str(), fault.message());
        Self { mode, verdict: Verdict::Fault, reason, status: None, message }
    }

    /// Logs the event. What passes is for debugging; what does not is news; what could not be decided is a warning.
    pub(crate) fn log(&self, exchange: &Exchange, policy: &str, route: Option<usize>) {
        let host = exchange.host();
        let level = match self.verdict {
            Verdict::Allow | Verdict::Answer => LogLevel::Debug,
            Verdict::Deny => LogLevel::Info,
            Verdict::Fault => LogLevel::Warn,
        };
        if !exchange.root.shared.logs(level) {
            return;
        }
        let event = Event {
            event: "decision",
            version: 1,
            policy,
            route,
            mode: self.mode,
            verdict: self.verdict.as_str(),
            reason: self.reason,
            status: self.status,
            message: self.message,
            request_id: host.property(property::REQUEST_ID).ok().and_then(|id| String::from_utf8(id).ok()),
        };
        host.log(level, &serde_json::to_string(&event).unwrap_or_default());
    }
}
