//! What the log says about a key set: one line per change of state, by the worker that noticed.

use gatewright::Services;
use gatewright::host::LogLevel;
use serde::Serialize;

use super::remote::Remote;
use super::span::nanos;
use super::status::Status;

/// Warnings about single keys that are logged at most.
const MAX_WARNINGS: usize = 8;

/// How a key set stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Nothing was fetched yet.
    New,
    /// The first fetch failed: there are no keys.
    Missing,
    /// The last fetch was good.
    Fresh,
    /// The last fetch failed; the keys of an earlier one are used.
    Stale,
    /// Fetches failed for so long that the keys are not used any more.
    Expired,
}

#[derive(Serialize)]
struct Event<'a> {
    event: &'static str,
    version: u32,
    provider: &'a str,
    state: State,
    generation: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    message: &'a str,
}

impl State {
    fn of(status: &Status, stale_if_error: u64, now: u64) -> Self {
        match (status.generation, status.failures) {
            (0, 0) => Self::New,
            (0, _) => Self::Missing,
            (_, 0) => Self::Fresh,
            _ if status.is_usable(stale_if_error, now) => Self::Stale,
            _ => Self::Expired,
        }
    }

    /// How the record has it.
    fn number(self) -> u64 {
        match self {
            Self::New => 0,
            Self::Missing => 1,
            Self::Fresh => 2,
            Self::Stale => 3,
            Self::Expired => 4,
        }
    }

    fn level(self) -> LogLevel {
        match self {
            Self::New | Self::Fresh => LogLevel::Info,
            Self::Stale => LogLevel::Warn,
            Self::Missing | Self::Expired => LogLevel::Error,
        }
    }
}

/// Logs how a fetch changed the state since the log was told last, or the keys since the record `before`; `reason` if it failed.
pub(super) fn changes(remote: &Remote, services: &Services, before: Status, reason: Option<&str>, warnings: &[String]) {
    let (stale_if_error, now) = (nanos(remote.plan.times.stale_if_error), services.now().nanos());
    // The record remembers what was told: time alone changes the state too, while a fetch is under way.
    let told = remote.vault.update(|status| {
        let state = State::of(status, stale_if_error, now);
        let news = status.reported != state.number() || status.generation != before.generation;
        status.reported = state.number();
        news
    });
    let Ok(Some((_, after))) = told else { return };
    let state = State::of(&after, stale_if_error, now);
    let say = |level, message: &str| {
        let event = Event {
            event: "jwks",
            version: 1,
            provider: &remote.provider,
            state,
            generation: after.generation,
            message,
        };
        services.log(level, || serde_json::to_string(&event).unwrap_or_default());
    };
    say(state.level(), reason.unwrap_or_default());
    for warning in warnings.iter().take(MAX_WARNINGS) {
        say(LogLevel::Warn, warning);
    }
}
