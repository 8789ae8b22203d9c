//! Asking an issuer about tokens that say nothing themselves (RFC 7662).
//!
//! - [`config`]: what an operator writes; [`answer`]: what the issuer says.
//! - [`cache`]: answers that are kept; [`flights`]: one question for all requests with a token.

mod answer;
mod cache;
mod config;
mod flights;

use std::cell::RefCell;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatewright::config::{ConfigError, Upstream};
use gatewright::{Cause, Context, Counter, Fault, Secret, Setup};
use sha2::{Digest as _, Sha256};

pub use config::IntrospectionConfig;

use self::answer::Verdict;
use self::cache::{Cache, Digest};
use self::flights::{Flights, Outcome, Part};
use crate::jose::Refusal;
use crate::keys::{Endpoint, nanos};

/// Bytes that an answer has at most.
const MAX_ANSWER: usize = 64 * 1024;
const SECOND: u64 = 1_000_000_000;

/// Whether a token is none of the three parts of a JSON Web Token, so that only its issuer knows what it says. What is no `b64token`
/// (RFC 6750 §2.1) is none of an issuer's either: asking about it would let a client make its request undecidable.
pub(crate) fn is_opaque(token: &[u8]) -> bool {
    let body = token.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
    let plain = token.get(..body).is_some_and(|body| !body.is_empty() && body.iter().all(letter));
    plain && token.iter().filter(|byte| **byte == b'.').count() != 2
}

/// Asks an issuer about tokens, and remembers what it said.
pub(crate) struct Introspection {
    upstream: Upstream,
    endpoint: Endpoint,
    authorization: Secret<String>,
    timeout: Duration,
    /// Nanoseconds.
    cache_ttl: u64,
    negative_cache_ttl: u64,
    /// Apart, so that a flood of bad tokens does not push out good ones.
    active: RefCell<Cache>,
    inactive: RefCell<Cache>,
    flights: Flights,
    calls: Counter,
    failures: Counter,
}

impl Introspection {
    pub(crate) fn new(config: &IntrospectionConfig, setup: &Setup) -> Result<Self, ConfigError> {
        config.check()?;
        let endpoint = Endpoint::parse(&config.uri).map_err(|message| ConfigError::at("uri", message))?;
        let cache_ttl = nanos(config.cache_ttl.as_std());
        Ok(Self {
            upstream: config.upstream.clone(),
            endpoint,
            authorization: basic(&config.client_id, config.client_secret.expose()),
            timeout: config.timeout.as_std(),
            cache_ttl,
            negative_cache_ttl: nanos(config.negative_cache_ttl.as_std()).min(cache_ttl),
            active: RefCell::new(Cache::new(config.max_entries.get())),
            inactive: RefCell::new(Cache::new(config.max_entries.get())),
            flights: Flights::default(),
            calls: setup.counter("introspection.calls"),
            failures: setup.counter("introspection.failures"),
        })
    }

    /// What the issuer says about a token, now or within the time that answers are kept. The caller bounds the token's size.
    ///
    /// # Errors
    /// The outer error when the issuer gave no clear answer in time; the inner one when the token is refused.
    pub(crate) async fn claims(&self, token: &[u8], cx: &Context) -> Outcome {
        // What a bearer token may consist of (RFC 6750 §2.1) is ASCII, so this refuses no good one.
        let Ok(token) = std::str::from_utf8(token) else { return Ok(Err(Refusal::Encoding)) };
        // Time to wait for another request's answer, and for one's own should that request go away.
        let limit = self.timeout.saturating_mul(2);
        cx.timeout(limit, self.find(token, cx)).await.unwrap_or_else(|_| Err(fault("no answer in time")))
    }

    async fn find(&self, token: &str, cx: &Context) -> Outcome {
        let digest: Digest = Sha256::digest(token).into();
        loop {
            if let Some(verdict) = self.cached(&digest, cx.now().nanos()) {
                return Ok(verdict);
            }
            match self.flights.join(digest, cx) {
                Part::Leads(leader) => {
                    let outcome = self.ask(token, digest, cx).await;
                    leader.land(outcome.clone());
                    return outcome;
                }
                Part::Follows(flight) => {
                    if let Some(outcome) = flight.outcome(cx).await {
                        return outcome;
                    }
                }
                Part::Refused => return Err(fault("too many requests ask at once")),
            }
        }
    }

    fn cached(&self, token: &Digest, now: u64) -> Option<Verdict> {
        let active = self.active.borrow_mut().get(token, now);
        active.or_else(|| self.inactive.borrow_mut().get(token, now))
    }

    async fn ask(&self, token: &str, digest: Digest, cx: &Context) -> Outcome {
        self.calls.increment();
        let outcome = self.call(token, cx).await.and_then(|body| {
            let verdict = answer::read(&body)?;
            self.keep(digest, &verdict, body.len(), cx.now().nanos());
            Ok(verdict)
        });
        outcome.map_err(|reason| {
            self.failures.increment();
            fault(&reason)
        })
    }

    async fn call(&self, token: &str, cx: &Context) -> Result<Vec<u8>, String> {
        let call = self.endpoint.call("POST", cx, &self.upstream, self.timeout);
        let call =
            call.header("authorization", self.authorization.expose().as_str()).header("accept", "application/json");
        let call = call.form(&[("token", token), ("token_type_hint", "access_token")]).max_answer(MAX_ANSWER);
        let answer = call.send().await.map_err(|error| error.to_string())?;
        match answer.status() {
            200 => Ok(answer.body().to_vec()),
            status => Err(format!("the answer's status is {status}")),
        }
    }

    fn keep(&self, token: Digest, verdict: &Verdict, bytes: usize, now: u64) {
        match verdict {
            Ok(claims) => {
                let left =
                    claims.expires().map_or(u64::MAX, |expires| expires.saturating_mul(SECOND).saturating_sub(now));
                let ttl = self.cache_ttl.min(left);
                self.active.borrow_mut().put(token, verdict.clone(), bytes, ttl, now);
            }
            Err(_) => self.inactive.borrow_mut().put(token, verdict.clone(), 0, self.negative_cache_ttl, now),
        }
    }
}

/// A client's name and password as a header value: form-encoded first (RFC 6749 §2.3.1), then as RFC 7617 has it.
fn basic(id: &str, secret: &str) -> Secret<String> {
    let form = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    Secret::new(format!("Basic {}", STANDARD.encode(format!("{}:{}", form(id), form(secret)))))
}

fn fault(reason: &str) -> Fault {
    Fault::new(Cause::Callout, format!("introspection: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_token_of_three_parts_is_not_opaque() {
        let opaque = ["abc", "a.b", "a.b.c", "a.b.c.d.e", "a-._~+/Z9=="].map(|token| is_opaque(token.as_bytes()));
        assert_eq!(opaque, [true, true, false, true, true]);
    }

    #[test]
    fn rfc6750_2_1_what_is_no_token_is_nothing_to_ask_about() {
        for token in ["", "=", "==", "a b", "a=b", "a\0", "ä", "a,b", "\"a\""] {
            assert!(!is_opaque(token.as_bytes()), "{token:?}");
        }
    }

    #[test]
    fn names_and_passwords_are_form_encoded_and_not_shown() {
        let header = basic("a:b", "p%w ü");
        let text = STANDARD.decode(header.expose().strip_prefix("Basic ").unwrap()).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), "a%3Ab:p%25w+%C3%BC");
        assert_eq!(format!("{header:?}"), "[secret]");
    }
}
