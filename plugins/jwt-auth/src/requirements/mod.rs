//! What a route asks of a token beyond its being good.

mod check;
mod glob;
mod predicate;
mod scopes;
mod step_up;

use std::collections::BTreeMap;

use gatewright::config::Duration;
use gatewright::syntax::hex_digit;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

pub use self::glob::Glob;
pub use self::predicate::ClaimPredicate;
use crate::claim_path::ClaimPath;
use crate::jose::Claims;

/// What a request must show. Everything given here must hold; nothing given is a token of any provider.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Name of the provider whose token it must be.
    #[serde(default)]
    pub provider: Option<String>,
    /// One of these must hold.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub any_of: Option<Vec<Requirement>>,
    /// All of these must hold.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub all_of: Option<Vec<Requirement>>,
    /// This must hold if the request carries a token. One without a token passes; one with a bad token does not. Stands alone.
    #[serde(default)]
    pub optional: Option<Box<Requirement>>,
    /// What claims must say; all must hold.
    #[serde(default)]
    pub claims: Vec<ClaimPredicate>,
    /// Scopes that the token must all have, in `scope` (RFC 8693 §4.2) or `scp`.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Variables of the matched route's path template, and the claim that each must be equal to: `{ user: sub }` lets a user see
    /// `/users/{user}` only of their own.
    #[serde(default)]
    pub path_claims: BTreeMap<String, ClaimPath>,
    /// Ways of authenticating, one of which `acr` must name (RFC 9470 §5).
    #[serde(default)]
    pub acr_values: Vec<String>,
    /// Methods of authenticating that `amr` must all name, such as `mfa` (RFC 8176).
    #[serde(default)]
    pub amr: Vec<String>,
    /// How long ago the user may have authenticated (`auth_time`, RFC 9470 §5).
    #[serde(default)]
    pub max_age: Option<Duration>,
}

/// A verified token and what is asked about it.
pub(crate) struct Evidence<'a> {
    pub(crate) provider: &'a str,
    pub(crate) claims: &'a Claims,
    /// Seconds that the issuer's clock may be off.
    pub(crate) clock_skew: u64,
    /// Seconds since the Unix epoch.
    pub(crate) now: u64,
    /// What stands in the path for a variable of the route's template.
    pub(crate) path_variable: &'a dyn Fn(&str) -> Option<&'a str>,
}

/// What does not hold, the farthest from passing first.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unmet<'r> {
    /// There is no token.
    Token,
    /// The token is another provider's.
    Provider,
    /// A claim says something else.
    Claim,
    /// A claim is not what the path says.
    PathClaim,
    /// A scope is missing.
    Scope(&'r Requirement),
    /// The user did not authenticate well or lately enough.
    StepUp(&'r Requirement),
}

impl Requirement {
    /// Checks a token, or that there is none.
    pub(crate) fn check(&self, evidence: Option<&Evidence<'_>>) -> Result<(), Unmet<'_>> {
        if let Some(inner) = &self.optional {
            return if evidence.is_some() { inner.check(evidence) } else { Ok(()) };
        }
        match evidence {
            Some(evidence) => self.check_token(evidence)?,
            None if self.asks_itself() => return Err(Unmet::Token),
            None => {}
        }
        if let Some(all) = &self.all_of {
            all.iter().try_for_each(|one| one.check(evidence))?;
        }
        self.any_of.as_ref().map_or(Ok(()), |any| check_any(any, evidence))
    }

    fn check_token(&self, evidence: &Evidence<'_>) -> Result<(), Unmet<'_>> {
        if self.provider.as_deref().is_some_and(|provider| provider != evidence.provider) {
            return Err(Unmet::Provider);
        }
        if !self.claims.iter().all(|predicate| predicate.holds(evidence.claims)) {
            return Err(Unmet::Claim);
        }
        if !self.path_claims.iter().all(|(name, claim)| is_in_path(name, claim, evidence)) {
            return Err(Unmet::PathClaim);
        }
        if !scopes::has_all(evidence.claims, &self.scopes) {
            return Err(Unmet::Scope(self));
        }
        if step_up::is_met(self, evidence) { Ok(()) } else { Err(Unmet::StepUp(self)) }
    }

    /// Whether a token is asked for by this node itself. One that only has branches leaves that to them.
    fn asks_itself(&self) -> bool {
        let branches_only = self.any_of.is_some() || self.all_of.is_some();
        !branches_only || self.has_conditions()
    }

    fn has_conditions(&self) -> bool {
        self.provider.is_some()
            || !self.claims.is_empty()
            || !self.path_claims.is_empty()
            || !self.scopes.is_empty()
            || self.asks_step_up()
    }

    fn asks_step_up(&self) -> bool {
        !self.acr_values.is_empty() || !self.amr.is_empty() || self.max_age.is_some()
    }
}

impl Unmet<'_> {
    /// How close the token came: of several alternatives the client hears about the closest.
    fn rank(self) -> u8 {
        match self {
            Self::Token => 0,
            Self::Provider => 1,
            Self::Claim => 2,
            Self::PathClaim => 3,
            Self::Scope(_) => 4,
            Self::StepUp(_) => 5,
        }
    }
}

fn check_any<'r>(any: &'r [Requirement], evidence: Option<&Evidence<'_>>) -> Result<(), Unmet<'r>> {
    let mut closest = Unmet::Token;
    for one in any {
        match one.check(evidence) {
            Ok(()) => return Ok(()),
            Err(unmet) if unmet.rank() > closest.rank() => closest = unmet,
            Err(_) => {}
        }
    }
    Err(closest)
}

/// Whether a variable of the path is what the claim says. A route without this variable lets nobody in: the setting is there to keep
/// users apart.
fn is_in_path(name: &str, claim: &ClaimPath, evidence: &Evidence<'_>) -> bool {
    let Some(value) = (evidence.path_variable)(name).and_then(decoded) else { return false };
    match claim.find(evidence.claims) {
        Some(Value::String(text)) => text.as_bytes() == value,
        Some(Value::Number(number)) => number.to_string().as_bytes() == value,
        _ => false,
    }
}

/// A segment of a path as a service reads it: decoded once. None if services differ about it, as some take `%2F` for the end of a segment.
fn decoded(segment: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let [high, low] = [0, 1].map(|at| after.get(at).and_then(|digit| hex_digit(*digit)));
        (rest, _) = match high.zip(low).filter(|_| *byte == b'%') {
            Some((high, low)) => (after.get(2..)?, out.push(high << 4 | low)),
            None => (after, out.push(*byte)),
        };
    }
    let odd = |byte: &u8| matches!(byte, b'/' | b'\\' | 0);
    (!out.iter().any(odd)).then_some(out)
}

#[cfg(test)]
mod tests;
