//! What the client is told.

use gatewright::{Reply, Response};

use crate::algorithm::Standing;
use crate::config::{self, Headers};
use crate::counter::Counter;

const SECOND: u64 = 1_000_000_000;
/// RESOURCE_EXHAUSTED
const GRPC_STATUS: u32 = 8;
const TOO_MANY_REQUESTS: u16 = 429;

/// How the client stands with one limit.
pub(crate) struct Account<'a> {
    pub(crate) counter: &'a Counter,
    pub(crate) standing: Standing,
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

/// Adds what `headers` asks for to a reply.
pub(crate) fn describe_reply(reply: Reply, accounts: &[Account<'_>], headers: Headers) -> Reply {
    fields(accounts, headers).into_iter().fold(reply, |reply, (name, value)| reply.with_header(name, value))
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
        let policies: Vec<_> = accounts.iter().map(|account| &*account.counter.policy).collect();
        let standings: Vec<_> = accounts.iter().map(standing_item).collect();
        fields.push(("ratelimit-policy", policies.join(", ")));
        fields.push(("ratelimit", standings.join(", ")));
    }
    if headers.legacy {
        fields.push(("x-ratelimit-limit", tightest.counter.limit.allowance().to_string()));
        fields.push(("x-ratelimit-remaining", tightest.standing.remaining.to_string()));
        fields.push(("x-ratelimit-reset", seconds(tightest.standing.reset).to_string()));
    }
    fields
}

fn standing_item(account: &Account<'_>) -> String {
    let Account { counter, standing } = account;
    let reset = match counter.limit.window() {
        Some(_) => format!(";t={}", seconds(standing.reset)),
        None => String::new(),
    };
    format!("\"{}\";r={}{reset}", counter.label, standing.remaining)
}

fn seconds(nanos: u64) -> u64 {
    nanos.div_ceil(SECOND)
}
