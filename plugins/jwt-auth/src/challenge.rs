//! What a client is told: RFC 6750 §3, RFC 9449 §7.1, RFC 9470 §3, and no more.

use gatewright::Reply;

use crate::config::Provider;
use crate::denial::{Denial, Told};
use crate::jose::Algorithm;
use crate::seconds;

/// Makes the answers of one route.
pub(crate) struct Challenges {
    realm: String,
    problem_json: bool,
    /// Schemes that a client without a token hears of.
    offers_bearer: bool,
    offers_dpop: bool,
}

impl Challenges {
    pub(crate) fn new(realm: String, problem_json: bool, providers: &[Provider]) -> Self {
        let dpop_only = |provider: &Provider| provider.dpop.required;
        Self {
            realm,
            problem_json,
            offers_bearer: !providers.iter().all(dpop_only),
            offers_dpop: providers.iter().any(dpop_only),
        }
    }

    /// The answer to a refused request. `is_dpop`: its token came with the scheme `DPoP`.
    pub(crate) fn reply(&self, denial: Denial<'_>, is_dpop: bool) -> Reply {
        let told = denial.told();
        let mut reply = Reply::deny(told.status(), denial.reason());
        let missing = matches!(told, Told::Missing);
        let dpop = is_dpop || !self.offers_bearer || matches!(told, Told::InvalidProof);
        if if missing { self.offers_bearer } else { !dpop } {
            reply = reply.with_header("www-authenticate", self.challenge("Bearer", told));
        }
        if if missing { self.offers_dpop } else { dpop } {
            let algorithms: Vec<_> = proof_algorithms().map(Algorithm::name).collect();
            let challenge = self.challenge("DPoP", told) + &parameter("algs", &algorithms.join(" "));
            reply = reply.with_header("www-authenticate", challenge);
        }
        if self.problem_json { reply.with_body("application/problem+json", problem(told.status())) } else { reply }
    }

    fn challenge(&self, scheme: &str, told: Told<'_>) -> String {
        let mut text = format!("{scheme} realm=\"{}\"", self.realm);
        if let Some(error) = told.error() {
            text += &parameter("error", error);
        }
        match told {
            Told::Insufficient(Some(wanted)) => text += &parameter("scope", &wanted.scopes.join(" ")),
            Told::StepUp(wanted) => {
                if !wanted.acr_values.is_empty() {
                    text += &parameter("acr_values", &wanted.acr_values.join(" "));
                }
                if let Some(age) = wanted.max_age {
                    text += &parameter("max_age", &seconds::of(age).to_string());
                }
            }
            _ => {}
        }
        text
    }
}

/// Algorithms a proof may be signed with: every one whose key is not a shared secret.
pub(crate) fn proof_algorithms() -> impl Iterator<Item = Algorithm> {
    let secret = |algorithm: &Algorithm| matches!(algorithm, Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512);
    Algorithm::ALL.into_iter().filter(move |algorithm| !secret(algorithm))
}

/// The values are checked when the policy is configured: nothing in them ends a quoted string.
fn parameter(name: &str, value: &str) -> String {
    format!(", {name}=\"{value}\"")
}

/// A problem of no special type has the title of its status (RFC 9457 §4.2.1).
fn problem(status: u16) -> String {
    let title = match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        _ => "Forbidden",
    };
    format!(r#"{{"type":"about:blank","title":"{title}","status":{status}}}"#)
}
