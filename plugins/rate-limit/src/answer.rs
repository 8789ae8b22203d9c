//! What the client is told.

use std::borrow::Cow;

use gatewright::{Reply, Response};

use crate::algorithm::Standing;
use crate::config::{self, Headers};
use crate::counter::Counter;
use crate::service::Fields;

const SECOND: u64 = 1_000_000_000;
/// RESOURCE_EXHAUSTED
const GRPC_STATUS: u32 = 8;
const TOO_MANY_REQUESTS: u16 = 429;

/// How the client stands with one limit.
#[derive(Clone)]
pub(crate) struct Account<'a> {
    /// Its name in header fields.
    pub(crate) label: &'a str,
    /// Its item in `RateLimit-Policy`, where its numbers are known.
    pub(crate) policy: Option<Cow<'a, str>>,
    /// What may be used of it, where that is known.
    pub(crate) allowance: Option<u32>,
    /// Whether `standing.reset` means something.
    pub(crate) timed: bool,
    pub(crate) standing: Standing,
}

impl<'a> Account<'a> {
    /// With a limit of this proxy.
    pub(crate) fn of(counter: &'a Counter, standing: Standing) -> Self {
        Self {
            label: &counter.label,
            policy: Some(Cow::Borrowed(&counter.policy)),
            allowance: Some(counter.limit.allowance()),
            timed: counter.limit.window().is_some(),
            standing,
        }
    }
}

/// The reply to a refused request, which may come again after so many nanoseconds.
pub(crate) fn refusal(settings: &config::Refusal, reason: &str, retry_after: u64) -> Reply {
    let status = settings.status.map_or(TOO_MANY_REQUESTS, |status| status.as_u16());
    let reply = Reply::deny(status, reason.to_owned())
        .with_grpc_status(GRPC_STATUS)
        .with_header("retry-after", seconds(retry_after).max(1).to_string());
    match &settings.body {
        Some(body) => reply.with_body(&settings.content_type, body.as_bytes()),
        None => reply,
    }
}

/// Adds what `headers` asks for to a reply; what the service says goes before it.
pub(crate) fn describe_reply(reply: Reply, accounts: &[Account<'_>], headers: Headers, told: Fields) -> Reply {
    let ours = fields(accounts, headers);
    let ours = ours.into_iter().filter(|(name, _)| !told.iter().any(|(told, _)| told.as_str() == *name));
    let reply = ours.fold(reply, |reply, (name, value)| reply.with_header(name, value));
    // Retry-After is ours: the service's is in it.
    let told = told.into_iter().filter(|(name, _)| name.as_str() != "retry-after");
    told.fold(reply, |reply, (name, value)| reply.with_header(name, value))
}

/// Adds what `headers` asks for to a response. The upstream may have limits of its own: the list fields take ours beside them.
pub(crate) fn describe_response(response: &mut Response, accounts: &[Account<'_>], headers: Headers) {
    for (name, value) in fields(accounts, headers) {
        if name.starts_with("x-") { response.set_header(name, value) } else { response.append_header(name, value) }
    }
}

fn fields(accounts: &[Account<'_>], headers: Headers) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    // The limit that will be reached first.
    let Some(tightest) = accounts.iter().min_by_key(|account| account.standing.remaining) else { return fields };
    if headers.standard {
        let policies: Vec<_> = accounts.iter().filter_map(|account| account.policy.as_deref()).collect();
        let standings: Vec<_> = accounts.iter().map(standing_item).collect();
        if !policies.is_empty() {
            fields.push(("ratelimit-policy", policies.join(", ")));
        }
        fields.push(("ratelimit", standings.join(", ")));
    }
    if headers.legacy {
        fields.extend(tightest.allowance.map(|allowance| ("x-ratelimit-limit", allowance.to_string())));
        fields.push(("x-ratelimit-remaining", tightest.standing.remaining.to_string()));
        fields.push(("x-ratelimit-reset", seconds(tightest.standing.reset).to_string()));
    }
    fields
}

fn standing_item(account: &Account<'_>) -> String {
    let reset = if account.timed { format!(";t={}", seconds(account.standing.reset)) } else { String::new() };
    format!("\"{}\";r={}{reset}", account.label, account.standing.remaining)
}

fn seconds(nanos: u64) -> u64 {
    nanos.div_ceil(SECOND)
}
