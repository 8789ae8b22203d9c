//! What a client is told: RFC 6750 §3, and no more.

use gatewright::Reply;

/// The request carries no token. A client that did not authenticate is told how, not what was wrong (RFC 6750 §3.1).
pub(crate) fn missing(realm: &str) -> Reply {
    reply(401, format!("Bearer realm=\"{realm}\"")).with_reason("token_missing")
}

/// The request carries several tokens, or one in a form that cannot be read (RFC 6750 §3.1: 400).
pub(crate) fn invalid_request(realm: &str, reason: &'static str) -> Reply {
    reply(400, format!("Bearer realm=\"{realm}\", error=\"invalid_request\"")).with_reason(reason)
}

/// The token is not good. Which check it failed is for the event alone.
pub(crate) fn invalid_token(realm: &str, reason: &'static str) -> Reply {
    reply(401, format!("Bearer realm=\"{realm}\", error=\"invalid_token\"")).with_reason(reason)
}

fn reply(status: u16, challenge: String) -> Reply {
    Reply::deny(status, "").with_header("www-authenticate", challenge)
}
